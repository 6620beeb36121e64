/* Any bytes.  What is left acts on no terminal: no control but TAB, no ESC but
 * that of a colour, no C1; and looking once more changes nothing. */
#include "check.h"
#include "procman/escapes.h"

#include <stdbool.h>
#include <string.h>

static size_t color_len(const char *at, size_t room)
{
    size_t len = 2;

    if (room < 3 || at[0] != '\033' || at[1] != '[')
        return 0;
    while (len < room && at[len] != '\0' && strchr("0123456789;:", at[len]))
        len++;
    return len < room && at[len] == 'm' ? len + 1 : 0;
}

/* Is the byte a part of a character that is none of C1? */
static bool continues_character(const char *text, size_t at)
{
    size_t first = at;

    while (first > 0 && at - first < 3 &&
           ((unsigned char)text[first] & 0xc0) == 0x80)
        first--;
    return (unsigned char)text[first] > 0xc2;
}

static void check_harmless(const struct buf *shown)
{
    for (size_t i = 0; i < shown->len;) {
        unsigned char byte = (unsigned char)shown->data[i];
        size_t color = color_len(shown->data + i, shown->len - i);
        if (byte == '\033')
            CHECK(color > 0);
        else
            CHECK(byte == '\t' || byte >= 0x20);
        CHECK(byte != 0x7f);
        if (byte >= 0x80 && byte < 0xa0)
            CHECK(continues_character(shown->data, i));
        i += color ? color : 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct buf once = {0}, twice = {0};

    bool colored = escapes_add(&once, text, size);
    buf_reserve(&once, 1);
    check_harmless(&once);
    if (size > 0 && escapes_none(text, size))
        CHECK(once.len == size && memcmp(once.data, text, size) == 0);
    if (once.len > 0 && memchr(once.data, '\033', once.len))
        CHECK(colored);
    escapes_add(&twice, once.data, once.len);
    buf_reserve(&twice, 1);
    CHECK(once.len == twice.len);
    CHECK(memcmp(once.data, twice.data, once.len) == 0);
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
