/* pattern.h - names with '*' and '?', as people know them from the shell.
 *
 * '*' stands for any bytes, or none, '?' for one byte; everything else stands
 * for itself.  Unlike fnmatch(3) it asks no locale, knows no brackets and no
 * backslash, and '*' takes a leading '.' and a '/' too.
 */
#ifndef PROCMAN_PATTERN_H
#define PROCMAN_PATTERN_H

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *name);

/* Does a word mean a process: by its name, or by that of the entry that it is an
 * instance of (NULL: none)? */
bool pattern_means(const char *word, const char *name, const char *entry);

/* Does it hold a '*' or '?' at all? */
bool pattern_is(const char *text);

#endif
