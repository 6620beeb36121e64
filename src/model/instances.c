#include "procman/instances.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNCOUNTED (-1)

/* ---- how many ---------------------------------------------------------- */

static int count_of(const struct settings *settings, const char *name)
{
    struct process_settings it;

    settings_for(settings, name, &it);
    int count = it.instances;
    process_settings_release(&it);
    return count;
}

static bool fail_unknown(const char *name, const struct procfile *procfile,
                         const char *said_by, struct cause *why)
{
    const char **names = mem_new(procfile->count, sizeof *names);

    for (size_t i = 0; i < procfile->count; i++)
        names[i] = procfile->entries[i].name;
    const char *nearest = words_nearest(name, names, procfile->count);
    free(names);
    return cause_say(why, "%s counts %s, and no process is called that%s%s%s",
                     said_by, value_quoted(name).text,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

static bool check_names(const struct formation *formation, const char *said_by,
                        const struct procfile *procfile, struct cause *why)
{
    for (size_t i = 0; i < formation->count; i++) {
        const char *name = formation->parts[i].name;
        if (strcmp(name, FORMATION_ALL) != 0 && !procfile_find(procfile, name))
            return fail_unknown(name, procfile, said_by, why);
    }
    return true;
}

bool instances_decide(const struct formation *formation, const char *said_by,
                      const struct procfile *procfile,
                      struct settings *settings, struct cause *why)
{
    if (!check_names(formation, said_by, procfile, why))
        return false;
    for (size_t i = 0; i < procfile->count; i++) {
        const char *name = procfile->entries[i].name;
        int count = formation_of(formation, name);
        char text[16];
        if (count < 0 && count_of(settings, name) != UNCOUNTED)
            continue;
        snprintf(text, sizeof text, "%d", count < 0 ? 0 : count);
        settings_decide(settings, name, "instances", text, said_by);
    }
    return true;
}

/* ---- which ------------------------------------------------------------- */

static struct instance *add(struct instances *to,
                            const struct procfile *procfile, size_t place)
{
    to->all = mem_resize(to->all, to->count + 1, sizeof *to->all);
    struct instance *instance = &to->all[to->count++];
    *instance = (struct instance){
        .entry = &procfile->entries[place],
        .place = place,
    };
    return instance;
}

static void add_counted(struct instances *to, const struct procfile *procfile,
                        size_t place, int count)
{
    int number = 1;

    do {
        struct instance *instance = add(to, procfile, place);
        instance->name = mem_format("%s.%d", instance->entry->name, number);
        instance->number = (unsigned)number;
        instance->spare = count == 0;
    } while (++number <= count);
}

static void add_entry(struct instances *to, const struct procfile *procfile,
                      size_t place, struct settings *settings)
{
    const char *name = procfile->entries[place].name;
    int count = count_of(settings, name);

    if (count == UNCOUNTED) {
        add(to, procfile, place)->name = mem_string(name);
        return;
    }
    settings_expect_instances(settings, name);
    add_counted(to, procfile, place, count);
}

/* "web.7" is in the way even if there are only two: more may come. */
static void check_entry(const struct procfile *procfile, const char *path,
                        const struct procfile_entry *entry,
                        const struct settings *settings, struct notes *mistakes)
{
    const char *owner = settings_entry_of(settings, entry->name);

    if (owner)
        notes_add(mistakes,
                  "%s:%u: \"%.100s\" would be the name of an instance of "
                  "\"%.100s\" (line %u), which is counted; give one of them "
                  "another name",
                  path, entry->line, entry->name, owner,
                  procfile_find(procfile, owner)->line);
}

bool instances_make(struct instances *to, const struct procfile *procfile,
                    const char *path, struct settings *settings,
                    struct notes *mistakes, struct cause *why)
{
    size_t before = mistakes->count;

    *to = (struct instances){0};
    for (size_t i = 0; i < procfile->count; i++)
        add_entry(to, procfile, i, settings);
    for (size_t i = 0; i < procfile->count; i++)
        check_entry(procfile, path, &procfile->entries[i], settings, mistakes);
    if (mistakes->count == before)
        return true;
    instances_release(to);
    return cause_say(why, "%s", mistakes->texts[before]);
}

void instances_release(struct instances *instances)
{
    for (size_t i = 0; i < instances->count; i++)
        free(instances->all[i].name);
    free(instances->all);
    *instances = (struct instances){0};
}
