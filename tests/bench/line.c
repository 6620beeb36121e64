#include "line.h"

#include <stdlib.h>

char *line_pattern(size_t len)
{
    static const char digits[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char *pattern = malloc(len + LINE_SHIFT);

    if (!pattern)
        abort();
    for (size_t i = 0; i < len + LINE_SHIFT; i++)
        pattern[i] = digits[i % LINE_SHIFT];
    return pattern;
}
