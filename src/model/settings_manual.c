/* The keys of procman.ini, for the manual page. */
#include "procman/roff.h"
#include "settings_inside.h"

#include <stdlib.h>

static void add_key(struct buf *to, const struct setting *setting)
{
    struct buf term = {0}, text = {0};
    const char *words =
        setting->words ? setting->words : setting_type_word(setting);

    buf_add_format(&term, "%s = ", setting->name);
    for (; *words; words++)
        buf_add_char(&term, *words == ' ' ? '|' : *words);
    buf_add_string(&text, setting->help);
    if (*setting->fallback)
        buf_add_format(&text, " (default: %s)", setting->fallback);
    buf_add_char(&text, '.');
    roff_term(to, term.data);
    roff_text(to, text.data);
    buf_release(&term);
    buf_release(&text);
}

static void add_scope(struct buf *to, enum setting_scope scope)
{
    for (size_t i = 0; i < settings_table_count; i++)
        if (settings_table[i].scope == scope && settings_table[i].help)
            add_key(to, &settings_table[i]);
}

void settings_manual(struct buf *to)
{
    roff_subsection(to, "[procman]: defaults of the options");
    add_scope(to, SCOPE_SESSION);
    roff_subsection(to, "[NAME], or a pattern: processes");
    add_scope(to, SCOPE_PROCESS);
}
