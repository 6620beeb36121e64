#include "procman/logmatch.h"
#include "procman/expression.h"
#include "procman/mem.h"

#include <stdlib.h>

struct logmatch {
    regex_t regex;
};

struct logmatch *logmatch_create(const char *pattern, struct cause *why)
{
    struct logmatch *logmatch = mem_new(1, sizeof *logmatch);
    struct cause said;

    if (expression_compile(&logmatch->regex, pattern, REG_NOSUB, &said))
        return logmatch;
    cause_say(why, "\"%s\" is not a regular expression: %s", pattern,
              said.text);
    free(logmatch);
    return NULL;
}

/* regexec() wants a string: what ends at the first NUL. */
bool logmatch_line(const struct logmatch *logmatch, const char *text,
                   size_t len)
{
    char line[LOGMATCH_LIMIT + 1];

    len = len < LOGMATCH_LIMIT ? len : LOGMATCH_LIMIT;
    for (size_t i = 0; i < len; i++)
        line[i] = text[i] ? text[i] : ' ';
    line[len] = '\0';
    return regexec(&logmatch->regex, line, 0, NULL, 0) == 0;
}

void logmatch_close(struct logmatch *logmatch)
{
    if (!logmatch)
        return;
    regfree(&logmatch->regex);
    free(logmatch);
}
