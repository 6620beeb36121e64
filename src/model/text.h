/* text.h - may these bytes be read as the text of a file of lines?
 *
 * What people save by accident is refused in words that say how to help it:
 * UTF-16 (PowerShell's `echo >`) and NUL bytes.  Whatever else the bytes are
 * is not asked.
 */
#ifndef PROCMAN_MODEL_TEXT_H
#define PROCMAN_MODEL_TEXT_H

#include "procman/cause.h"

#include <stdbool.h>
#include <stddef.h>

/* `*skip` becomes the length of the UTF-8 byte order mark, or 0. */
bool text_begin(const char *path, const char *text, size_t len, size_t *skip,
                struct cause *why);

/* Cuts the blanks (and CR) off both ends, in place. */
char *text_trim(char *text);

#endif
