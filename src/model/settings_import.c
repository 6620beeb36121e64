#include "procman/mem.h"
#include "settings_inside.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "PROCMAN_"

/* "PROCMAN_BASE_PORT" for "base-port". */
static char *variable_of(const char *key)
{
    static const char from[] = "abcdefghijklmnopqrstuvwxyz-";
    static const char to[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    char *name = mem_format(PREFIX "%s", key);

    for (char *at = name + strlen(PREFIX); *at; at++)
        *at = to[strchr(from, *at) - from];
    return name;
}

/* The key that "NAME=value" sets; NULL: none. */
static const struct setting *setting_of(const char *string)
{
    size_t len = strcspn(string, "=");

    if (string[len] == '\0' || strncmp(string, PREFIX, strlen(PREFIX)) != 0)
        return NULL;
    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->scope != SCOPE_SESSION)
            continue;
        char *name = variable_of(setting->name);
        bool same = strlen(name) == len && strncmp(name, string, len) == 0;
        free(name);
        if (same)
            return setting_find(SCOPE_SESSION, setting->name);
    }
    return NULL;
}

static void import(struct settings_section *section,
                   const struct setting *setting, const char *string,
                   struct notes *mistakes)
{
    const char *value = strchr(string, '=') + 1;
    char *name = mem_string_of(string, strcspn(string, "="));
    struct cause why;

    if (setting_accepts(setting, value, &why))
        settings_add_row(section, setting, name, value, 0);
    else
        notes_add(mistakes, "%s: %s", name, why.text);
    free(name);
}

bool settings_import(struct settings *settings, char *const *strings,
                     struct notes *mistakes, struct cause *why)
{
    size_t before = mistakes->count;
    struct settings_section *section =
        settings_add_section(settings, "procman", NULL, 0);

    for (char *const *at = strings; *at; at++) {
        const struct setting *setting = setting_of(*at);
        if (setting)
            import(section, setting, *at, mistakes);
    }
    return settings_sum_up(mistakes, before, why);
}
