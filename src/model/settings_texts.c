#include "procman/mem.h"
#include "settings_inside.h"

#include <stdlib.h>
#include <string.h>

#define KEY_WIDTH   17
#define VALUE_WIDTH 22
#define HELP_WIDTH  74

/* ---- help -------------------------------------------------------------- */

/* Breaks the text at blanks, each line indented. */
static void add_wrapped(struct buf *to, const char *text)
{
    const int indent = 6, room = HELP_WIDTH - indent;

    while (*text) {
        int len = (int)strlen(text);
        for (int at = len > room ? room : 0; at > 0; at--)
            if (text[at] == ' ') {
                len = at;
                break;
            }
        buf_add_format(to, "%*s%.*s\n", indent, "", len, text);
        text += len;
        text += strspn(text, " ");
    }
}

/* "no|on-failure|always" of a choice's words. */
static void add_type(struct buf *to, const struct setting *setting)
{
    const char *words =
        setting->words ? setting->words : setting_type_word(setting);

    for (; *words; words++)
        buf_add_char(to, *words == ' ' ? '|' : *words);
}

static void add_help(struct buf *to, const struct setting *setting)
{
    buf_add_format(to, "  %s = ", setting->name);
    add_type(to, setting);
    if (*setting->fallback)
        buf_add_format(to, "  (%s)", setting->fallback);
    buf_add_char(to, '\n');
    add_wrapped(to, setting->help);
}

static void add_scope(struct buf *to, enum setting_scope scope)
{
    for (size_t i = 0; i < settings_table_count; i++)
        if (settings_table[i].scope == scope && settings_table[i].help)
            add_help(to, &settings_table[i]);
}

char *settings_help(void)
{
    struct buf to = {0};

    buf_add_string(
        &to, "procman.ini lies beside the Procfile.  A line is [section], "
             "key = value, or a\ncomment that begins with ; or #; the value is "
             "all that stands behind the =.\n"
             "Times: 500ms, 10s, 2m, 1h.  Sizes: 64k, 4M, 1G.  In brackets: "
             "the default.\n\n"
             "[procman]: defaults of the command line's options, which win; so "
             "do variables\nof the environment like PROCMAN_BASE_PORT=6000\n");
    add_scope(&to, SCOPE_SESSION);
    buf_add_string(&to, "\n[NAME] or a pattern like [web*] or [*]: processes; "
                        "later sections win\n");
    add_scope(&to, SCOPE_PROCESS);
    return buf_take(&to);
}

/* ---- show -------------------------------------------------------------- */

/* A value from outside must not bring escape codes. */
static void add_value(struct buf *to, const char *text)
{
    size_t begin = to->len;

    if (*text == '\0')
        text = "-";
    buf_add_string(to, words_printable(text) ? text : "(not printable)");
    while (to->len - begin < VALUE_WIDTH)
        buf_add_char(to, ' ');
}

static void add_line(struct buf *to, const char *key, const char *text,
                     const struct settings_row *row)
{
    char *place = settings_place(row);

    buf_add_format(to, "  %-*s  ", KEY_WIDTH, key);
    add_value(to, text);
    buf_add_format(to, "  %s\n", place);
    free(place);
}

static void add_variables(struct buf *to, const struct settings *settings,
                          const char *name)
{
    size_t count;
    const struct settings_row **row =
        settings_variables(settings, name, &count);

    for (size_t i = 0; i < count; i++)
        add_line(to, row[i]->key, row[i]->text, row[i]);
    free(row);
}

void settings_show(const struct settings *settings, const char *name,
                   struct buf *to)
{
    enum setting_scope scope = name ? SCOPE_PROCESS : SCOPE_SESSION;
    struct settings_rows rows;

    settings_rows_of(settings, name, &rows);
    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        const struct settings_row *row = rows.rows[i];
        if (setting->scope != scope || !setting->help)
            continue;
        if (setting->type == SETTING_VARIABLE)
            add_variables(to, settings, name);
        else
            add_line(to, setting->name, row ? row->text : setting->fallback,
                     row);
    }
}
