#include "procman/escapes.h"
#include "utf8.h"

#include <stdint.h>
#include <string.h>

#define ESC         '\033'
#define BEL         '\a'
#define PARAMETERS  "0123456789:;<=>?"
#define BETWEEN     " !\"#$%&'()*+,-./"
#define IS_FINAL(c) ((c) >= 0x40 && (c) <= 0x7e)

/* ---- nothing to do ------------------------------------------------------ */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes at once.  The high bit of a byte of the result is set if one of
 * them is not from 0x20 to 0x7e; which of them is not said. */
static uint64_t odd_ones(const char *at)
{
    uint64_t bytes;

    memcpy(&bytes, at, sizeof bytes);
    return bytes | (bytes - EACH(0x20)) | (bytes + EACH(0x01));
}

/* Nearly all lines have none, so there is no way out of the loop. */
bool escapes_none(const char *text, size_t len)
{
    char blanks[] = "        ";
    uint64_t odd = 0;

    if (len == 0)
        return true;
    if (len < 8) {
        memcpy(blanks, text, len);
        text = blanks;
        len = 8;
    }
    for (size_t i = 0; i < len / 8; i++)
        odd |= odd_ones(text + 8 * i);
    odd |= odd_ones(text + len - 8);
    return (odd & EACH(0x80)) == 0;
}

/* ---- sequences ---------------------------------------------------------- */

/* How many of the bytes at `at` are of a set. */
static size_t span(const char *at, size_t room, const char *set)
{
    size_t len = 0;

    while (len < room && at[len] != '\0' && strchr(set, at[len]))
        len++;
    return len;
}

/* ESC [ parameters intermediates final; 0: it is none. */
static size_t control_len(const char *at, size_t room)
{
    size_t len = 2;

    len += span(at + len, room - len, PARAMETERS);
    len += span(at + len, room - len, BETWEEN);
    return len < room && IS_FINAL(at[len]) ? len + 1 : 0;
}

/* ESC ] ... ended by ESC \ or, as terminals have it, by BEL. */
static size_t string_len(const char *at, size_t room)
{
    for (size_t i = 2; i < room; i++) {
        if (at[i] == BEL)
            return i + 1;
        if (at[i] == ESC)
            return i + 1 < room && at[i + 1] == '\\' ? i + 2 : 0;
        if ((unsigned char)at[i] < 0x20)
            return 0;
    }
    return 0;
}

size_t escapes_sequence(const char *at, size_t room)
{
    if (room < 2)
        return 0;
    switch (at[1]) {
    case '[': return control_len(at, room);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_': return string_len(at, room);
    default: break;
    }

    size_t len = 1 + span(at + 1, room - 1, BETWEEN);
    return len < room && at[len] >= 0x30 && at[len] <= 0x7e ? len + 1 : 0;
}

static bool is_color(const char *sequence, size_t len)
{
    return sequence[1] == '[' && sequence[len - 1] == 'm' &&
           span(sequence + 2, len - 2, "0123456789;:") == len - 3;
}

/* ---- a line ------------------------------------------------------------- */

struct cleaning {
    struct buf *to;
    size_t start;   /* of the line, in `to` */
    size_t carried; /* where what follows a CR begins */
    bool returned;  /* nothing has been shown since that CR */
    bool colored;
};

/* What stood before the CR goes; colours behind it have come already. */
static void take_the_place(struct cleaning *cleaning)
{
    struct buf *to = cleaning->to;
    size_t gone = cleaning->carried - cleaning->start;

    if (!cleaning->returned)
        return;
    if (gone > 0)
        memmove(to->data + cleaning->start, to->data + cleaning->carried,
                to->len - cleaning->carried + 1);
    to->len -= gone;
    cleaning->returned = false;
}

static void show(struct cleaning *cleaning, const char *text, size_t len)
{
    take_the_place(cleaning);
    buf_add(cleaning->to, text, len);
}

static void show_control(struct cleaning *cleaning, const char *at, size_t len)
{
    unsigned char last = (unsigned char)at[len - 1];

    take_the_place(cleaning);
    if (len == 2)
        buf_add_format(cleaning->to, "\\u%04x", last);
    else if (last >= 0x80)
        buf_add_format(cleaning->to, "\\x%02x", last);
    else
        buf_add_format(cleaning->to, "^%c", last ^ 0x40);
}

static size_t clean_escape(struct cleaning *cleaning, const char *at,
                           size_t room)
{
    size_t len = escapes_sequence(at, room);

    if (len == 0) {
        show_control(cleaning, at, 1);
        return 1;
    }
    if (is_color(at, len)) {
        buf_add(cleaning->to, at, len);
        cleaning->colored = true;
    }
    return len;
}

/* One byte that is no part of printable text, or one character of UTF-8. */
static size_t clean_odd(struct cleaning *cleaning, const char *at, size_t room)
{
    size_t len = utf8_len(at, room);
    bool stray = len == 0 && (unsigned char)*at < 0xa0;

    if (*at == ESC)
        return clean_escape(cleaning, at, room);
    if (*at == '\r') {
        cleaning->returned = true;
        cleaning->carried = cleaning->to->len;
        return 1;
    }
    len = len ? len : 1;
    if (stray || (*at != '\t' && utf8_is_control(at, len)))
        show_control(cleaning, at, len);
    else
        show(cleaning, at, len);
    return len;
}

static size_t printable_len(const char *at, size_t room)
{
    size_t len = 0;

    while (len < room && at[len] >= 0x20 && at[len] < 0x7f)
        len++;
    return len;
}

bool escapes_add(struct buf *to, const char *text, size_t len)
{
    struct cleaning cleaning = {.to = to, .start = to->len};

    while (len > 0) {
        size_t step = printable_len(text, len);
        if (step > 0)
            show(&cleaning, text, step);
        else
            step = clean_odd(&cleaning, text, len);
        text += step;
        len -= step;
    }
    return cleaning.colored;
}
