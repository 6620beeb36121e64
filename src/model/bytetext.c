#include "procman/bytetext.h"

#define NUL_STANDS_AS 0x100U

void bytetext_encode(struct buf *to, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned number = (unsigned char)bytes[i];
        if (number == 0)
            number = NUL_STANDS_AS;
        if (number < 0x80) {
            buf_add_char(to, (char)number);
        } else {
            buf_add_char(to, (char)(0xc0 | number >> 6));
            buf_add_char(to, (char)(0x80 | (number & 0x3f)));
        }
    }
}

/* Returns how many bytes of text the next character takes; 0: it is none of
 * ours. */
static size_t next(const char *text, unsigned *number)
{
    unsigned first = (unsigned char)text[0];

    *number = first;
    if (first < 0x80)
        return 1;
    if ((first & 0xfc) != 0xc0 && first != 0xc4)
        return 0;
    if (((unsigned char)text[1] & 0xc0) != 0x80)
        return 0;
    *number = (first & 0x1f) << 6 | ((unsigned char)text[1] & 0x3f);
    return *number >= 0x80 && *number <= NUL_STANDS_AS ? 2 : 0;
}

bool bytetext_decode(struct buf *to, const char *text)
{
    size_t before = to->len;

    while (*text) {
        unsigned number;
        size_t len = next(text, &number);
        if (len == 0) {
            to->len = before;
            return false;
        }
        buf_add_char(to, (char)(number == NUL_STANDS_AS ? 0 : number));
        text += len;
    }
    return true;
}
