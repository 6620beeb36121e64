/* text.h - may these bytes be read as the text of a file of lines?
 *
 * What people save by accident is refused in words that say how to help it:
 * UTF-16 (PowerShell's `echo >`) and NUL bytes.  Whatever else the bytes are
 * is not asked.
 */
#ifndef PROCMAN_MODEL_TEXT_H
#define PROCMAN_MODEL_TEXT_H

#include "procman/cause.h"

#include <stddef.h>

/* A string of its own (free() it), without the UTF-8 byte order mark; NULL if
 * it is refused.  `text` may be NULL if `len` is 0. */
char *text_copy(const char *path, const char *text, size_t len,
                struct cause *why);

/* Cuts the blanks (and CR) off both ends, in place. */
char *text_trim(char *text);

#endif
