#include "utf8.h"

size_t utf8_len(const char *text, size_t room)
{
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char second_from, second_to;
        size_t len;
    } ranges[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *at = (const unsigned char *)text;

    for (size_t i = 0; room && i < sizeof ranges / sizeof *ranges; i++) {
        if (at[0] < ranges[i].first || at[0] > ranges[i].last)
            continue;
        size_t len = ranges[i].len;
        if (len > room)
            return 0;
        if (len > 1 &&
            (at[1] < ranges[i].second_from || at[1] > ranges[i].second_to))
            return 0;
        for (size_t k = 2; k < len; k++)
            if (at[k] < 0x80 || at[k] > 0xbf)
                return 0;
        return len;
    }
    return 0;
}

bool utf8_is_control(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;

    if (len == 1)
        return at[0] < 0x20 || at[0] == 0x7f;
    return len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}
