#include "procman/settings.h"
#include "procman/mem.h"
#include "procman/pattern.h"
#include "settings_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_SECTION "procman"

/* ---- sections and rows ------------------------------------------------- */

struct settings_section *settings_add_section(struct settings *settings,
                                              const char *pattern,
                                              const char *path, unsigned line)
{
    settings->sections = mem_resize(settings->sections, settings->count + 1,
                                    sizeof *settings->sections);
    struct settings_section *section = &settings->sections[settings->count++];
    *section = (struct settings_section){
        .pattern = mem_string(pattern),
        .path = path ? mem_string(path) : NULL,
        .line = line,
        .scope = strcmp(pattern, SESSION_SECTION) == 0 ? SCOPE_SESSION
                                                       : SCOPE_PROCESS,
    };
    return section;
}

void settings_add_row(struct settings_section *section,
                      const struct setting *setting, const char *key,
                      const char *text, unsigned line)
{
    section->rows =
        mem_resize(section->rows, section->count + 1, sizeof *section->rows);
    section->rows[section->count++] = (struct settings_row){
        .setting = setting,
        .key = mem_string(key),
        .text = mem_string(text),
        .pattern = section->pattern,
        .path = section->path,
        .line = line,
    };
}

static void release_section(struct settings_section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        free(section->rows[i].key);
        free(section->rows[i].text);
    }
    free(section->rows);
    free(section->pattern);
    free(section->path);
}

void settings_release(struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        release_section(&settings->sections[i]);
    free(settings->sections);
    for (size_t i = 0; i < settings->counted_count; i++)
        free(settings->counted[i]);
    free(settings->counted);
    *settings = (struct settings){0};
}

/* ---- what counts ------------------------------------------------------- */

bool settings_section_means(const struct settings_section *section,
                            const struct settings_whom *whom)
{
    if (section->scope == SCOPE_SESSION || !whom->name)
        return section->scope == SCOPE_SESSION && !whom->name;
    return pattern_means(section->pattern, whom->name, whom->entry);
}

/* Environment and command line win over every file, whenever it was read. */
static bool wins_over(const struct settings_row *row,
                      const struct settings_row *old)
{
    return !old || old->path || !row->path;
}

void settings_rows_of(const struct settings *settings, const char *name,
                      struct settings_rows *to)
{
    const struct settings_whom whom = settings_whom(settings, name);

    *to = (struct settings_rows){{0}};
    for (size_t i = 0; i < settings->count; i++) {
        const struct settings_section *section = &settings->sections[i];
        if (!settings_section_means(section, &whom))
            continue;
        for (size_t j = 0; j < section->count; j++) {
            const struct settings_row *row = &section->rows[j];
            size_t place = (size_t)(row->setting - settings_table);
            if (wins_over(row, to->rows[place]))
                to->rows[place] = row;
        }
    }
}

static void put_variable(const struct settings_row **row, size_t *count,
                         const struct settings_row *variable)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(row[i]->key, variable->key) == 0) {
            row[i] = variable;
            return;
        }
    row[(*count)++] = variable;
}

const struct settings_row **settings_variables(const struct settings *settings,
                                               const char *name, size_t *count)
{
    const struct settings_whom whom = settings_whom(settings, name);
    const struct settings_row **row = NULL;

    *count = 0;
    for (size_t i = 0; i < settings->count; i++) {
        const struct settings_section *section = &settings->sections[i];
        if (!settings_section_means(section, &whom))
            continue;
        row = mem_resize(row, *count + section->count, sizeof *row);
        for (size_t j = 0; j < section->count; j++)
            if (section->rows[j].setting->type == SETTING_VARIABLE)
                put_variable(row, count, &section->rows[j]);
    }
    return row;
}

/* Everything that is said has been accepted before, and so are defaults. */
static void fill(const struct settings *settings, const char *name, void *to)
{
    enum setting_scope scope = name ? SCOPE_PROCESS : SCOPE_SESSION;
    struct settings_rows rows;
    struct cause why;

    settings_rows_of(settings, name, &rows);
    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->scope != scope || !setting->help ||
            setting->type == SETTING_VARIABLE)
            continue;
        bool good = setting_apply(
            setting, rows.rows[i] ? rows.rows[i]->text : setting->fallback, to,
            &why);
        assert(good);
        (void)good;
    }
}

void settings_for(const struct settings *settings, const char *name,
                  struct process_settings *to)
{
    size_t count;
    const struct settings_row **row =
        settings_variables(settings, name, &count);

    *to = (struct process_settings){0};
    fill(settings, name, to);
    for (size_t i = 0; i < count; i++)
        environment_set(&to->env, setting_variable(row[i]->key), row[i]->text);
    free(row);
}

void settings_of_session(const struct settings *settings,
                         struct session_settings *to)
{
    *to = (struct session_settings){0};
    fill(settings, NULL, to);
}

/* ---- where it is from -------------------------------------------------- */

static const struct settings_row *find_variable(const struct settings *settings,
                                                const char *name,
                                                const char *key)
{
    const struct settings_row *found = NULL;
    size_t count;
    const struct settings_row **row =
        settings_variables(settings, name, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(row[i]->key, key) == 0)
            found = row[i];
    free(row);
    return found;
}

static const struct settings_row *find_row(const struct settings *settings,
                                           const char *name, const char *key)
{
    const struct setting *setting =
        setting_find(name ? SCOPE_PROCESS : SCOPE_SESSION, key);
    struct settings_rows rows;

    if (!setting)
        return NULL;
    if (setting->type == SETTING_VARIABLE)
        return find_variable(settings, name, key);
    settings_rows_of(settings, name, &rows);
    return rows.rows[setting - settings_table];
}

char *settings_place(const struct settings_row *row)
{
    if (!row)
        return mem_string("default");
    if (!row->path)
        return mem_string(row->key);
    return mem_format("%s:%u", row->path, row->line);
}

char *settings_origin(const struct settings *settings, const char *name,
                      const char *key)
{
    return settings_place(find_row(settings, name, key));
}

bool settings_has(const struct settings *settings, const char *name,
                  const char *key)
{
    return find_row(settings, name, key);
}

bool settings_is_own(const struct settings *settings, const char *name,
                     const char *key)
{
    const struct settings_row *row = find_row(settings, name, key);

    return row && strcmp(row->pattern, name) == 0;
}
