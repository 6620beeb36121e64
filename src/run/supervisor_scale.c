/* There are to be more or fewer instances of one process. */
#include "procman/mem.h"
#include "supervisor_changes.h"

#include <stdlib.h>
#include <string.h>

/* The file that has this entry. */
static struct blueprint_file *file_of(const struct supervisor *supervisor,
                                      const char *entry)
{
    struct blueprint *blueprint = supervisor->config.blueprint;

    for (size_t i = 0; i < supervisor->roster.count; i++) {
        const struct member *member = supervisor->roster.members[i];
        const char *its_entry =
            member->planned->entry ? member->planned->entry : member->name;
        bool its = strcmp(its_entry, entry) == 0;
        for (size_t k = 0; its && k < blueprint->count; k++)
            if (strcmp(blueprint->files[k].procfile, member->plan->procfile) ==
                0)
                return &blueprint->files[k];
    }
    return NULL;
}

static void set_scaled(struct formation *scaled, const char *name, int count)
{
    for (size_t i = 0; i < scaled->count; i++)
        if (strcmp(scaled->parts[i].name, name) == 0) {
            scaled->parts[i].count = count;
            return;
        }
    scaled->parts =
        mem_resize(scaled->parts, scaled->count + 1, sizeof *scaled->parts);
    scaled->parts[scaled->count++] =
        (struct formation_part){mem_string(name), count};
}

static void copy_formation(struct formation *to, const struct formation *from)
{
    *to = (struct formation){0};
    for (size_t i = 0; i < from->count; i++)
        set_scaled(to, from->parts[i].name, from->parts[i].count);
}

static void scale_to(struct supervisor *supervisor, struct control_call *call,
                     const struct reload_wish *wish,
                     const struct formation_part *part)
{
    struct blueprint_file *file = file_of(supervisor, part->name);
    struct formation before;
    struct changes changes;
    struct draft draft;
    bool good;

    copy_formation(&before, &file->scaled);
    set_scaled(&file->scaled, part->name, part->count);
    good = change_read_files(supervisor, call, &draft, CLASH_FIRST_WINS);
    if (good) {
        changes_scale(&changes, &supervisor->roster, &draft,
                      supervisor->config.blueprint, part->name);
        good =
            change_begin(supervisor, call, wish, &changes, NULL) && !wish->dry;
        draft_release(&draft);
    }
    formation_release(good ? &before : &file->scaled);
    if (!good)
        file->scaled = before;
}

static bool is_no_entry(const struct supervisor *supervisor, const char *name,
                        struct cause *why)
{
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        const struct member *member = supervisor->roster.members[i];
        if (member->planned->entry && strcmp(member->name, name) == 0)
            return cause_say(why, "%s is one of the instances of %s: say %s=2",
                             name, member->planned->entry,
                             member->planned->entry);
    }
    return cause_say(why, "no process of this session is called \"%.100s\"",
                     name);
}

static bool check_formation(const struct supervisor *supervisor,
                            const struct formation *formation,
                            struct cause *why)
{
    const char *name = formation->count == 1 ? formation->parts[0].name : NULL;

    if (!name)
        return cause_say(why, "one process at a time: web=3");
    if (file_of(supervisor, name))
        return true;
    return is_no_entry(supervisor, name, why);
}

void supervisor_scale(struct supervisor *supervisor, struct control_call *call,
                      const struct request *request)
{
    struct formation formation = {0};
    struct reload_wish wish;
    struct cause why;

    if (!change_may_begin(supervisor, call))
        return;
    bool good = change_read_wish(&wish, request, &why) &&
                formation_parse(&formation, request->names[0], &why) &&
                check_formation(supervisor, &formation, &why);
    if (good)
        scale_to(supervisor, call, &wish, &formation.parts[0]);
    else
        change_refuse(call, 2, why.text);
    formation_release(&formation);
}
