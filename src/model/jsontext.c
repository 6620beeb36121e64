#include "procman/jsontext.h"
#include "utf8.h"

#include <inttypes.h>
#include <string.h>

static void add_character(struct buf *to, const char *at, size_t len)
{
    if (len == 0)
        buf_add_string(to, "\xef\xbf\xbd");
    else if (utf8_is_control(at, len)) /* C1: its last byte is its number */
        buf_add_format(to, "\\u%04x", (unsigned)(unsigned char)at[len - 1]);
    else if (at[0] == '"' || at[0] == '\\')
        buf_add_format(to, "\\%c", at[0]);
    else
        buf_add(to, at, len);
}

/* How many bytes stand for themselves. */
static size_t plain_len(const char *text, size_t room)
{
    size_t len = 0;

    while (len < room && text[len] >= 0x20 && text[len] < 0x7f &&
           text[len] != '"' && text[len] != '\\')
        len++;
    return len;
}

bool jsontext_add_bytes(struct buf *to, const char *text, size_t room)
{
    bool good = true;

    buf_add_char(to, '"');
    while (room > 0) {
        size_t step = plain_len(text, room);
        if (step > 0) {
            buf_add(to, text, step);
        } else {
            size_t len = utf8_len(text, room);
            add_character(to, text, len);
            good = good && len > 0;
            step = len ? len : 1;
        }
        text += step;
        room -= step;
    }
    buf_add_char(to, '"');
    return good;
}

void jsontext_add_string(struct buf *to, const char *text)
{
    jsontext_add_bytes(to, text, strlen(text));
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
