/* utf8.h - where a character of UTF-8 ends, and whether it may be shown.
 */
#ifndef PROCMAN_MODEL_UTF8_H
#define PROCMAN_MODEL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the character at `at`, of which `room` bytes may be read; 0
 * if there is none: overlong, a surrogate, cut, or no UTF-8 at all. */
size_t utf8_len(const char *at, size_t room);

/* Is the character of `len` bytes a control character?  C1 too: on some
 * terminals U+009B begins an escape sequence as ESC [ does. */
bool utf8_is_control(const char *at, size_t len);

#endif
