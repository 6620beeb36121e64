/* cause.h - why something did not work, in words for the person who asked.
 *
 * A function that can fail returns false and says why; its caller hands the
 * cause upwards untouched, or puts its own view in front of it.  Nobody below
 * cmd/ prints.  A cause that was never set is the empty string; one that is
 * too long for its room is cut.
 */
#ifndef PROCMAN_CAUSE_H
#define PROCMAN_CAUSE_H

#include <stdbool.h>

struct cause {
    char text[1024];
};

#if defined(__GNUC__)
#define CAUSE_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define CAUSE_PRINTF(at, first)
#endif

/* Both return false, so that a failure is one line:
 *     return cause_say(why, "no process is called \"%s\"", name); */
bool cause_say(struct cause *why, const char *format, ...) CAUSE_PRINTF(2, 3);

/* "Procfile: no such file" from "no such file". */
bool cause_prefix(struct cause *why, const char *format, ...)
    CAUSE_PRINTF(2, 3);

#endif
