/* Which names are instances, and what is decided about them. */
#include "procman/mem.h"
#include "settings_inside.h"

#include <assert.h>
#include <string.h>

void settings_expect_instances(struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->counted_count; i++)
        if (strcmp(settings->counted[i], name) == 0)
            return;
    settings->counted =
        mem_resize(settings->counted, settings->counted_count + 1,
                   sizeof *settings->counted);
    settings->counted[settings->counted_count++] = mem_string(name);
}

/* How much of "web.2" is the name of what it would be an instance of. */
static size_t entry_len(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (!dot || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
        return 0;
    return (size_t)(dot - name);
}

const char *settings_entry_of(const struct settings *settings, const char *name)
{
    size_t len = entry_len(name);

    for (size_t i = 0; len && i < settings->counted_count; i++)
        if (strncmp(settings->counted[i], name, len) == 0 &&
            settings->counted[i][len] == '\0')
            return settings->counted[i];
    return NULL;
}

struct settings_whom settings_whom(const struct settings *settings,
                                   const char *name)
{
    return (struct settings_whom){
        .name = name,
        .entry = name ? settings_entry_of(settings, name) : NULL,
    };
}

void settings_decide(struct settings *settings, const char *name,
                     const char *key, const char *text, const char *said_by)
{
    const struct setting *setting = setting_find(SCOPE_PROCESS, key);

    assert(setting && setting->type != SETTING_VARIABLE);
    settings_add_row(settings_add_section(settings, name, NULL, 0), setting,
                     said_by, text, 0);
}
