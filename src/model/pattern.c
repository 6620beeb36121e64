#include "procman/pattern.h"

#include <string.h>

bool pattern_is(const char *text)
{
    return strpbrk(text, "*?");
}

/* Only the last '*' need ever be tried again: what the ones before it took can
 * stay as it is.  So this is never worse than pattern times name. */
bool pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *again = name;

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            again = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++again;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool pattern_means(const char *word, const char *name, const char *entry)
{
    return pattern_matches(word, name) ||
           (entry && pattern_matches(word, entry));
}
