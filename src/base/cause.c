#include "procman/cause.h"

#include <stdarg.h>
#include <stdio.h>

bool cause_say(struct cause *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return false;
}

bool cause_prefix(struct cause *why, const char *format, ...)
{
    struct cause inner = *why;
    char prefix[512];
    va_list args;

    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    return cause_say(why, "%s: %.500s", prefix, inner.text);
}
