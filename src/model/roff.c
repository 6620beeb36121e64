#include "procman/roff.h"

#include <stdbool.h>
#include <string.h>

/* A '-' is a hyphen to roff, and cannot be searched for; a '.' or "'" in front
 * is a command. */
static void add_escaped(struct buf *to, const char *text, size_t len)
{
    if (len && strchr(".'", *text))
        buf_add_string(to, "\\&");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\')
            buf_add_string(to, "\\e");
        else if (text[i] == '-')
            buf_add_string(to, "\\-");
        else if (text[i] == '~')
            buf_add_string(to, "\\(ti");
        else if (text[i] == '^')
            buf_add_string(to, "\\(ha");
        else
            buf_add_char(to, text[i]);
    }
}

static void add_macro(struct buf *to, const char *macro, const char *text)
{
    buf_add_format(to, ".%s\n", macro);
    add_escaped(to, text, strlen(text));
    buf_add_char(to, '\n');
}

void roff_section(struct buf *to, const char *title)
{
    buf_add_format(to, ".SH %s\n", title);
}

void roff_subsection(struct buf *to, const char *title)
{
    add_macro(to, "SS", title);
}

void roff_term(struct buf *to, const char *term)
{
    buf_add_string(to, ".TP\n\\fB");
    add_escaped(to, term, strlen(term));
    buf_add_string(to, "\\fR\n");
}

/* From flowing text to an example and back. */
static bool change_mode(struct buf *to, bool example, bool is_one)
{
    if (is_one && !example)
        buf_add_string(to, ".nf\n");
    else if (!is_one && example)
        buf_add_string(to, ".fi\n");
    return is_one;
}

void roff_text(struct buf *to, const char *text)
{
    bool example = false, parted = false;

    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len == 0) {
            example = change_mode(to, example, false);
            parted = true;
        } else {
            if (parted)
                buf_add_string(to, ".sp\n");
            parted = false;
            example = change_mode(to, example, *text == ' ');
            add_escaped(to, text, len);
            buf_add_char(to, '\n');
        }
        text += len + (text[len] == '\n');
    }
    change_mode(to, example, false);
}
