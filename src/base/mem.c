#include "procman/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *there(void *memory)
{
    if (!memory) {
        static const char words[] = "procman: out of memory\n";
        fwrite(words, 1, sizeof words - 1, stderr);
        abort();
    }
    return memory;
}

void *mem_new(size_t count, size_t size)
{
    return there(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        abort();
    return there(realloc(old, count && size ? count * size : 1));
}

char *mem_string_of(const char *bytes, size_t len)
{
    char *string = there(malloc(len + 1));

    if (len)
        memcpy(string, bytes, len);
    string[len] = '\0';
    return string;
}

char *mem_string(const char *text)
{
    return mem_string_of(text, strlen(text));
}

char *mem_format(const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();

    char *string = there(malloc((size_t)len + 1));
    vsnprintf(string, (size_t)len + 1, format, again);
    va_end(again);
    return string;
}
