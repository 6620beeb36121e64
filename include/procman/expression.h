/* expression.h - regular expressions that people write: POSIX extended ones.
 *
 * A repetition makes the compiled form of what it repeats larger, and one of a
 * repetition that of all of it: "a++++++++++++++++++++++++++++++" is a handful
 * of bytes and gigabytes of memory, and the time grows with the square of that.
 * So the size is estimated first, and what is beyond all use is refused.
 */
#ifndef PROCMAN_EXPRESSION_H
#define PROCMAN_EXPRESSION_H

#include "procman/cause.h"

#include <regex.h>

#define EXPRESSION_MOST 1000 /* parts of the compiled form, about */

/* As regcomp(3) with REG_EXTENDED and these flags (REG_NOSUB, or 0 to learn
 * where it matches); regfree() it.  False: it is none, or too large; nothing
 * needs freeing. */
bool expression_compile(regex_t *regex, const char *text, int flags,
                        struct cause *why);

#endif
