#include "procman/words.h"
#include "settings_inside.h"
#include "settings_reader.h"
#include "text.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

static struct settings_section *section_of(const struct settings_reader *reader)
{
    return &reader->settings->sections[reader->settings->count - 1];
}

/* ---- keys -------------------------------------------------------------- */

static const char *nearest_key(enum setting_scope scope, const char *key)
{
    const char *known[SETTINGS_MOST];
    size_t count = 0;

    for (size_t i = 0; i < settings_table_count; i++)
        if (settings_table[i].scope == scope && settings_table[i].help)
            known[count++] = settings_table[i].name;
    return words_nearest(key, known, count);
}

static void say_unknown(const struct settings_reader *reader, const char *key)
{
    enum setting_scope scope = section_of(reader)->scope;
    bool other = setting_find(
        scope == SCOPE_PROCESS ? SCOPE_SESSION : SCOPE_PROCESS, key);
    const char *nearest = nearest_key(scope, key);

    if (other && scope == SCOPE_PROCESS)
        settings_complain(reader, "\"%s\" belongs in [procman]", key);
    else if (other)
        settings_complain(reader,
                          "\"%s\" belongs to processes: write it in [NAME] or, "
                          "for all of them, in [*]",
                          key);
    else if (strncmp(key, "env.", 4) == 0 && scope == SCOPE_PROCESS)
        settings_complain(reader, "%s is not the name of a variable",
                          value_quoted(key + 4).text);
    else if (nearest)
        settings_complain(reader, "unknown key %s; did you mean \"%s\"?",
                          value_quoted(key).text, nearest);
    else
        settings_complain(reader,
                          "unknown key %s; see \"procman help settings\"",
                          value_quoted(key).text);
}

/* "color" is "colour" once more, but env.A is not env.B. */
static bool is_same(const struct settings_row *row,
                    const struct setting *setting, const char *key)
{
    return row->setting == setting &&
           (setting->type != SETTING_VARIABLE || strcmp(row->key, key) == 0);
}

static const struct settings_row *
find_row(const struct settings_section *section, const struct setting *setting,
         const char *key)
{
    for (size_t i = 0; i < section->count; i++)
        if (is_same(&section->rows[i], setting, key))
            return &section->rows[i];
    return NULL;
}

static void say_bad_value(const struct settings_reader *reader, const char *key,
                          const struct cause *why)
{
    const char *comment = strstr(reader->value, " ;");

    if (!comment)
        comment = strstr(reader->value, " #");
    settings_complain(reader, "%s: %s%s", key, why->text,
                      comment ? " (a comment needs a line of its own)" : "");
}

static void add_row(const struct settings_reader *reader, const char *key)
{
    struct settings_section *section = section_of(reader);
    const struct setting *setting = setting_find(section->scope, key);
    struct cause why;

    if (!setting) {
        say_unknown(reader, key);
        return;
    }
    const struct settings_row *twin = find_row(section, setting, key);
    if (twin)
        settings_complain(reader, "\"%s\" is on line %u already", key,
                          twin->line);
    else if (!setting_accepts(setting, reader->value, &why))
        say_bad_value(reader, key, &why);
    else
        settings_add_row(section, setting, key, reader->value, reader->line);
}

/* An ini_handler.  Which section it is, is known better here. */
static int take(void *owner, const char *section, const char *key,
                const char *value)
{
    struct settings_reader *reader = owner;

    (void)section;
    (void)value;
    if (!key) /* a build of inih that tells of new sections */
        return 1;
    if (reader->outside)
        settings_complain(reader,
                          "%s stands outside of a section; put [procman] or "
                          "[NAME] above it",
                          value_quoted(key).text);
    else if (!reader->skipping)
        add_row(reader, key);
    return 1;
}

/* ---- all of it --------------------------------------------------------- */

bool settings_sum_up(const struct notes *mistakes, size_t before,
                     struct cause *why)
{
    size_t count = mistakes->count - before;

    if (count == 0)
        return true;
    if (count == 1)
        return cause_say(why, "%s", mistakes->texts[before]);
    return cause_say(
        why, "%.900s (and %s)", mistakes->texts[before],
        words_count(count - 1, "mistake more", "mistakes more").text);
}

bool settings_parse(struct settings *settings, const char *path,
                    const char *text, size_t len, struct notes *mistakes,
                    struct cause *why)
{
    size_t before = mistakes->count;
    char *copy = text_copy(path, text, len, why);

    if (!copy) {
        notes_add(mistakes, "%s", why->text);
        return false;
    }
    struct settings_reader reader = {
        .settings = settings,
        .path = path,
        .mistakes = mistakes,
        .rest = copy,
        .first = settings->count,
        .outside = true,
    };
    int bad = ini_parse_stream(settings_hand_out, &reader, take, &reader);
    if (bad)
        notes_add(mistakes, "%s:%d: inih cannot read this", path, bad);
    free(copy);
    return settings_sum_up(mistakes, before, why);
}
