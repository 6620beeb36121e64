#include "procman/highlight.h"
#include "procman/escapes.h"
#include "procman/expression.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

struct highlight {
    regex_t regex;
};

struct highlight *highlight_create(const char *pattern, struct cause *why)
{
    struct highlight *highlight = mem_new(1, sizeof *highlight);
    struct cause said;

    if (expression_compile(&highlight->regex, pattern, 0, &said))
        return highlight;
    cause_say(why, "\"%s\" is not a regular expression: %s", pattern,
              said.text);
    free(highlight);
    return NULL;
}

static void add_match(struct buf *to, const char *text, size_t len)
{
    buf_add_string(to, "\033[7m");
    buf_add(to, text, len);
    buf_add_string(to, "\033[27m");
}

/* A part without escape sequences; `flags` say whether it begins and ends the
 * line.  regexec() wants a string, so NUL bytes count as blanks. */
static void add_part(const struct highlight *highlight, struct buf *to,
                     const char *text, size_t len, int flags)
{
    char part[HIGHLIGHT_LIMIT + 1];
    size_t room = len < HIGHLIGHT_LIMIT ? len : HIGHLIGHT_LIMIT, at = 0;
    regmatch_t match;

    for (size_t i = 0; i < room; i++)
        part[i] = text[i] ? text[i] : ' ';
    part[room] = '\0';
    while (at < room &&
           regexec(&highlight->regex, part + at, 1, &match, flags) == 0) {
        size_t start = (size_t)match.rm_so, found = (size_t)match.rm_eo - start;
        if (at + start == room)
            break; /* nothing, behind all there is */
        buf_add(to, text + at, start);
        at += start;
        if (found > 0)
            add_match(to, text + at, found);
        else
            buf_add_char(to, text[at]);
        at += found > 0 ? found : 1;
        flags |= REG_NOTBOL;
    }
    buf_add(to, text + at, len - at);
}

void highlight_add(const struct highlight *highlight, struct buf *to,
                   const char *text, size_t len)
{
    int flags = 0;

    while (len > 0) {
        const char *escape = memchr(text, '\033', len);
        size_t part = escape ? (size_t)(escape - text) : len;
        if (part > 0)
            add_part(highlight, to, text, part,
                     flags | (escape ? REG_NOTEOL : 0));
        text += part;
        len -= part;
        if (len == 0)
            return;
        size_t sequence = escapes_sequence(text, len);
        part = sequence ? sequence : 1;
        buf_add(to, text, part);
        text += part;
        len -= part;
        flags = REG_NOTBOL;
    }
}

void highlight_close(struct highlight *highlight)
{
    if (!highlight)
        return;
    regfree(&highlight->regex);
    free(highlight);
}
