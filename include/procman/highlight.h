/* highlight.h - what somebody looks for, shown in reverse.
 *
 * A POSIX extended regular expression (regex(7)), byte by byte, upper and lower
 * case apart, as in logmatch.h.  Colours (and other escape sequences) in a line
 * are left alone: a match lies between two of them, and only the first
 * HIGHLIGHT_LIMIT bytes of what stands there are looked at.
 */
#ifndef PROCMAN_HIGHLIGHT_H
#define PROCMAN_HIGHLIGHT_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <stddef.h>

enum { HIGHLIGHT_LIMIT = 4096 };

struct highlight;

/* NULL: that is no regular expression, see why. */
struct highlight *highlight_create(const char *pattern, struct cause *why);

/* Adds the text, with every match between ESC[7m and ESC[27m. */
void highlight_add(const struct highlight *highlight, struct buf *to,
                   const char *text, size_t len);

/* Harmless on NULL. */
void highlight_close(struct highlight *highlight);

#endif
