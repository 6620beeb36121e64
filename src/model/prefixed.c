#include "procman/prefixed.h"

#include <string.h>

/* Nearly all prefixes are shorter.  To copy always so much is a few instructions,
 * where a length that is looked at would be a call. */
#define FRONT 64

/* Lays down the prefix, of which `front` is the beginning; what is too much of
 * that will be overwritten.  Returns what is behind it. */
static char *put_prefix(char *at, const char *front, const struct buf *prefix)
{
    memcpy(at, front, FRONT);
    if (prefix->len > FRONT)
        memcpy(at + FRONT, prefix->data + FRONT, prefix->len - FRONT);
    return at + prefix->len;
}

/* Room is made once for all: no line is longer here than with its own end, the
 * prefix and our LF. */
void prefixed_add(struct buf *to, const struct buf *prefix,
                  const struct span *span)
{
    size_t room = span->len + span->count * (prefix->len + 1) + FRONT;
    char *at = buf_reserve(to, room), front[FRONT] = {0};

    if (prefix->len)
        memcpy(front, prefix->data, prefix->len < FRONT ? prefix->len : FRONT);
    for (size_t i = 0; i < span->count; i++) {
        const struct span_line *line = &span->lines[i];
        at = put_prefix(at, front, prefix);
        memcpy(at, span->text + line->at, line->len);
        at += line->len;
        *at++ = '\n';
    }
    to->len = (size_t)(at - to->data);
    *at = '\0';
}
