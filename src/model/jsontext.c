#include "procman/jsontext.h"

#include <inttypes.h>
#include <string.h>

/* The length of the UTF-8 character at `at`, 0 if there is none.  The NUL that
 * ends a string is no continuation byte, so nothing is read behind it. */
static size_t character_len(const unsigned char *at)
{
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char second_from, second_to;
        size_t len;
    } ranges[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (at[0] < ranges[i].first || at[0] > ranges[i].last)
            continue;
        size_t len = ranges[i].len;
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

static void add_character(struct buf *to, const unsigned char *at, size_t len)
{
    bool c1 = len == 2 && at[0] == 0xc2 && at[1] < 0xa0;

    if (len == 0)
        buf_add_string(to, "\xef\xbf\xbd");
    else if (c1 || at[0] < 0x20 || at[0] == 0x7f)
        buf_add_format(to, "\\u%04x", c1 ? at[1] : at[0]);
    else if (at[0] == '"' || at[0] == '\\')
        buf_add_format(to, "\\%c", at[0]);
    else
        buf_add(to, at, len);
}

void jsontext_add_string(struct buf *to, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    buf_add_char(to, '"');
    while (*at) {
        size_t len = character_len(at);
        add_character(to, at, len);
        at += len ? len : 1;
    }
    buf_add_char(to, '"');
}

json_t *jsontext_object(const char *text, size_t len, struct cause *why)
{
    json_error_t error;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

    if (!value) {
        cause_say(why, "no JSON: %s", error.text);
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        cause_say(why, "no JSON object");
        return NULL;
    }
    return value;
}

static const json_t *member(const json_t *object, const char *key,
                            struct cause *why)
{
    const json_t *value = json_object_get(object, key);

    if (!value)
        cause_say(why, "\"%s\" is missing", key);
    return value;
}

const char *jsontext_string(const json_t *object, const char *key,
                            struct cause *why)
{
    const json_t *value = member(object, key, why);

    if (value && !json_is_string(value))
        cause_say(why, "\"%s\" is not a string", key);
    return json_string_value(value);
}

bool jsontext_integer(const json_t *object, const char *key, int64_t least,
                      int64_t most, int64_t *to, struct cause *why)
{
    const json_t *value = member(object, key, why);

    if (!value)
        return false;
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most)
        return cause_say(why,
                         "\"%s\" is not a number from %" PRId64 " to %" PRId64,
                         key, least, most);
    *to = json_integer_value(value);
    return true;
}

bool jsontext_boolean(const json_t *object, const char *key, bool *to,
                      struct cause *why)
{
    const json_t *value = member(object, key, why);

    if (!value)
        return false;
    if (!json_is_boolean(value))
        return cause_say(why, "\"%s\" is neither true nor false", key);
    *to = json_is_true(value);
    return true;
}
