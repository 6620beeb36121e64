/* bytetext.h - any row of bytes as text that JSON can carry.
 *
 * Each byte becomes the character of that number (so that ASCII stays what it
 * is), and a NUL, which no JSON of ours may hold, U+0100.  What comes back is
 * byte for byte what went in.
 */
#ifndef PROCMAN_BYTETEXT_H
#define PROCMAN_BYTETEXT_H

#include "procman/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds UTF-8. */
void bytetext_encode(struct buf *to, const char *bytes, size_t len);

/* Adds the bytes; false: it is no such text, and nothing has been added. */
bool bytetext_decode(struct buf *to, const char *text);

#endif
