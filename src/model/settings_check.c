#include "procman/mem.h"
#include "procman/words.h"
#include "settings_inside.h"

#include <stdlib.h>
#include <string.h>

static bool means_any(const struct settings *settings,
                      const struct settings_section *section,
                      const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct settings_whom whom = settings_whom(settings, names[i]);
        if (settings_section_means(section, &whom))
            return true;
    }
    return false;
}

/* A slip of the pen in [procman] is a section of a process that is not there. */
static const char *nearest_section(const struct settings *settings,
                                   const char *word, const char *const *names,
                                   size_t count)
{
    size_t counted = settings->counted_count, at = 0;
    const char **known = mem_new(count + counted + 1, sizeof *known);

    for (size_t i = 0; i < count; i++)
        known[at++] = names[i];
    for (size_t i = 0; i < counted; i++)
        known[at++] = settings->counted[i];
    known[at++] = "procman";
    const char *nearest = words_nearest(word, known, at);
    free(known);
    return nearest;
}

static void check_section(const struct settings *settings,
                          const struct settings_section *section,
                          const char *const *names, size_t count,
                          struct notes *warnings)
{
    if (section->scope == SCOPE_SESSION || !section->path ||
        means_any(settings, section, names, count))
        return;
    const char *nearest =
        nearest_section(settings, section->pattern, names, count);
    notes_add(warnings, "%s:%u: [%s] matches no process%s%s%s", section->path,
              section->line, section->pattern,
              nearest ? "; did you mean [" : "", nearest ? nearest : "",
              nearest ? "]?" : "");
}

static void warn(const struct settings *settings, const char *name,
                 const char *key, const char *what, struct notes *warnings)
{
    char *place = settings_origin(settings, name, key);

    notes_add(warnings, "%s: %s: %s", place, name, what);
    free(place);
}

/* Each is the words of somebody who will wonder why it does not happen. */
static void check_process(const struct settings *settings, const char *name,
                          struct notes *warnings)
{
    struct process_settings it;

    settings_for(settings, name, &it);
    if (it.ready.kind == READINESS_EXIT && it.kind == KIND_SERVICE)
        warn(settings, name, "ready",
             "ready = exit is for tasks; with kind = service it is ready only "
             "when it is gone",
             warnings);
    if (it.restart_delay_ms > it.restart_max_delay_ms)
        warn(settings, name, "restart-delay",
             "restart-delay is longer than restart-max-delay, which wins",
             warnings);
    if (settings_has(settings, name, "alive-interval") &&
        it.alive.kind == READINESS_AUTO)
        warn(settings, name, "alive-interval",
             "alive-interval does nothing without alive", warnings);
    if (it.min_ready > 0 && it.group.count == 0)
        warn(settings, name, "min-ready",
             "min-ready is counted in groups, and it is in none", warnings);
    if (settings_entry_of(settings, name) &&
        settings_is_own(settings, name, "instances"))
        warn(settings, name, "instances",
             "instances counts the instances of a process, not of one of them",
             warnings);
    process_settings_release(&it);
}

void settings_check(const struct settings *settings, const char *const *names,
                    size_t count, struct notes *warnings)
{
    for (size_t i = 0; i < settings->count; i++)
        check_section(settings, &settings->sections[i], names, count, warnings);
    for (size_t i = 0; i < count; i++)
        check_process(settings, names[i], warnings);
}
