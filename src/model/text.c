#include "text.h"
#include "procman/mem.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t\r"

static bool begins_with(const char *text, size_t len, const char *mark)
{
    return len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0;
}

static void refuse_nul(const char *path, const char *text, const char *nul,
                       struct cause *why)
{
    unsigned line = 1;
    const char *start = text;

    for (const char *at = text; at < nul; at++) {
        if (*at == '\n') {
            line++;
            start = at + 1;
        }
    }
    cause_say(why,
              "%s:%u:%zu: there is a NUL byte; if this is UTF-16, "
              "save it as UTF-8",
              path, line, (size_t)(nul - start) + 1);
}

char *text_copy(const char *path, const char *text, size_t len,
                struct cause *why)
{
    if (begins_with(text, len, "\xff\xfe") ||
        begins_with(text, len, "\xfe\xff")) {
        cause_say(why, "%s:1:1: this is UTF-16; save it as UTF-8", path);
        return NULL;
    }
    if (begins_with(text, len, "\xef\xbb\xbf")) {
        text += 3;
        len -= 3;
    }

    const char *nul = len ? memchr(text, '\0', len) : NULL;
    if (!nul)
        return mem_string_of(text, len);
    refuse_nul(path, text, nul, why);
    return NULL;
}

char *text_trim(char *text)
{
    text += strspn(text, BLANKS);
    char *end = text + strlen(text);
    while (end > text && strchr(BLANKS, end[-1]))
        end--;
    *end = '\0';
    return text;
}
