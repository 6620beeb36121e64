/* buf.h - a growing row of bytes.
 *
 * `struct buf buf = {0};` is an empty one that holds no memory.  `data` is NULL
 * or `len` bytes followed by a NUL that is not counted, so it can be read as a
 * string if nothing in it is NUL.  Its address changes as it grows.
 */
#ifndef PROCMAN_BUF_H
#define PROCMAN_BUF_H

#include "procman/cause.h"

#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t room; /* allocated, without the final NUL */
};

/* Makes room for at least `more` bytes behind `len`; returns where they go. */
char *buf_reserve(struct buf *buf, size_t more);

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_char(struct buf *buf, char byte);
void buf_add_string(struct buf *buf, const char *text);
void buf_add_format(struct buf *buf, const char *format, ...)
    CAUSE_PRINTF(2, 3);

/* Forgets the first `len` bytes. */
void buf_drop(struct buf *buf, size_t len);

/* Hands out the string (free() it) and is empty again.  Never NULL. */
char *buf_take(struct buf *buf);

/* Gives the memory back, and is empty again. */
void buf_release(struct buf *buf);

#endif
