/* logmatch.h - the line by which a process says that it is ready.
 *
 * A POSIX extended regular expression (regex(7)), looked for anywhere in a
 * line, byte by byte, upper and lower case apart.  Lines are as a child writes
 * them: NUL bytes count as blanks, and only the first LOGMATCH_LIMIT bytes are
 * looked at, since a line may be long and matching it costs time.
 */
#ifndef PROCMAN_LOGMATCH_H
#define PROCMAN_LOGMATCH_H

#include "procman/cause.h"

#include <stddef.h>

enum { LOGMATCH_LIMIT = 4096 };

struct logmatch;

/* NULL: that is no regular expression, see why. */
struct logmatch *logmatch_create(const char *pattern, struct cause *why);

bool logmatch_line(const struct logmatch *logmatch, const char *text,
                   size_t len);

/* Harmless on NULL. */
void logmatch_close(struct logmatch *logmatch);

#endif
