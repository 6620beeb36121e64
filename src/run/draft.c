#include "procman/blueprint.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct draft *draft;
    const struct blueprint *blueprint;
    enum blueprint_clash clash;
    struct notes *mistakes;
    struct cause *why;
};

/* ---- files --------------------------------------------------------------- */

static bool read_file(struct reading *reading, size_t i)
{
    const struct blueprint *blueprint = reading->blueprint;
    const struct blueprint_file *file = &blueprint->files[i];
    struct inputs_choice choice = {
        .procfile = file->procfile,
        .env = file->env,
        .config = file->config,
        .directory = file->directory,
        .inherited = blueprint->inherited,
        .formation = i == 0 ? blueprint->formation : NULL,
        .scaled = &file->scaled,
    };
    bool good = inputs_read(&reading->draft->inputs[i], &choice,
                            reading->mistakes, reading->why);

    reading->draft->count += good;
    return good;
}

static bool read_files(struct reading *reading)
{
    for (size_t i = 0; i < reading->blueprint->count; i++)
        if (!read_file(reading, i))
            return false;
    return true;
}

/* ---- names that are there twice -------------------------------------------
 */

static const struct instance *find_before(const struct reading *reading,
                                          size_t file, const char *name,
                                          size_t *where)
{
    for (*where = 0; *where < file; (*where)++) {
        const struct instances *all = &reading->draft->inputs[*where].instances;
        for (size_t i = 0; i < all->count; i++)
            if (strcmp(all->all[i].name, name) == 0)
                return &all->all[i];
    }
    return NULL;
}

static void drop(struct instances *instances, size_t index)
{
    free(instances->all[index].name);
    instances->count--;
    memmove(&instances->all[index], &instances->all[index + 1],
            (instances->count - index) * sizeof *instances->all);
}

/* Says whether the instance may stay. */
static bool check_name(struct reading *reading, size_t file,
                       const struct instance *instance)
{
    const struct blueprint_file *files = reading->blueprint->files;
    size_t where;
    const struct instance *other =
        find_before(reading, file, instance->name, &where);

    if (!other)
        return true;
    if (reading->clash == CLASH_FIRST_WINS)
        notes_add(&reading->draft->warnings,
                  "%s:%u: %s is in %s:%u now, which counts",
                  files[file].procfile, instance->entry->line, instance->name,
                  files[where].procfile, other->entry->line);
    else
        notes_add(reading->mistakes, "%s:%u: there is a %s already, in %s:%u",
                  files[file].procfile, instance->entry->line, instance->name,
                  files[where].procfile, other->entry->line);
    return false;
}

static bool check_names(struct reading *reading)
{
    size_t before = reading->mistakes->count;

    for (size_t file = 1; file < reading->draft->count; file++) {
        struct instances *all = &reading->draft->inputs[file].instances;
        for (size_t i = all->count; i > 0; i--)
            if (!check_name(reading, file, &all->all[i - 1]) &&
                reading->clash == CLASH_FIRST_WINS)
                drop(all, i - 1);
    }
    return reading->mistakes->count == before ||
           cause_say(reading->why, "%s", reading->mistakes->texts[before]);
}

/* ---- plans --------------------------------------------------------------- */

static unsigned base_port_of(const struct blueprint *blueprint,
                             const struct inputs *inputs)
{
    struct session_settings session;

    settings_of_session(&inputs->settings, &session);
    bool wanted =
        blueprint->set_ports < 0 ? session.set_ports : blueprint->set_ports;
    unsigned said = session.base_port > 0 ? (unsigned)session.base_port : 0;
    session_settings_release(&session);
    if (!wanted)
        return 0;
    if (blueprint->base_port)
        return blueprint->base_port;
    if (said)
        return said;
    return inputs->file_port ? inputs->file_port : PLAN_BASE_PORT;
}

/* Its processes run where they would if it had been started from there. */
static void set_directories(struct plan *plan, const char *directory)
{
    for (size_t i = 0; directory && i < plan->count; i++) {
        char **dir = &plan->processes[i].settings.dir;
        char *whole;
        if (*dir && **dir == '/')
            continue;
        whole =
            *dir ? mem_format("%s/%s", directory, *dir) : mem_string(directory);
        free(*dir);
        *dir = whole;
    }
}

static void make_plans(struct reading *reading)
{
    struct draft *draft = reading->draft;
    unsigned first = base_port_of(reading->blueprint, &draft->inputs[0]);
    unsigned places = 0; /* of the files that have the first one's base */

    for (size_t i = 0; i < draft->count; i++) {
        struct inputs *inputs = &draft->inputs[i];
        unsigned base = base_port_of(reading->blueprint, inputs);
        bool counted_through = base && base == first;
        struct plan_materials materials = {
            .instances = &inputs->instances,
            .settings = &inputs->settings,
            .environment = &inputs->environment,
            .base_port = counted_through ? base + 100 * places : base,
            .session = reading->blueprint->session,
        };
        /* Those are for us, if we have been started by systemd. */
        environment_unset(&inputs->environment, "NOTIFY_SOCKET");
        environment_unset(&inputs->environment, "WATCHDOG_USEC");
        environment_unset(&inputs->environment, "WATCHDOG_PID");
        plan_make(&draft->plans[i], &materials);
        set_directories(&draft->plans[i],
                        reading->blueprint->files[i].directory);
        if (counted_through)
            places += (unsigned)inputs->procfile.count;
    }
}

/* ---- who starts after whom -------------------------------------------------
 */

static void warn_once(struct notes *to, const struct notes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        bool known = false;
        for (size_t k = 0; k < to->count && !known; k++)
            known = strcmp(to->texts[k], from->texts[i]) == 0;
        if (!known)
            notes_add(to, "%s", from->texts[i]);
    }
}

/* Files that lie together share procman.ini: its sections speak of all. */
static void check_settings(struct reading *reading,
                           const struct order_member *members,
                           const char *const *names, size_t count)
{
    struct draft *draft = reading->draft;

    for (size_t i = 0; i < draft->count; i++) {
        for (size_t k = 0; k < count; k++)
            if (members[k].entry)
                settings_expect_instances(&draft->inputs[i].settings,
                                          members[k].entry);
        settings_check(&draft->inputs[i].settings, names, count,
                       &draft->inputs[i].warnings);
        warn_once(&draft->warnings, &draft->inputs[i].warnings);
    }
}

static bool make_order(struct reading *reading)
{
    struct draft *draft = reading->draft;
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++)
        count += draft->plans[i].count;
    struct order_member *members = mem_new(count, sizeof *members);
    const char **names = mem_new(count, sizeof *names);
    size_t at = 0;
    for (size_t i = 0; i < draft->count; i++)
        for (size_t k = 0; k < draft->plans[i].count; k++) {
            members[at] = plan_order_member(&draft->plans[i].processes[k]);
            names[at] = members[at].name;
            at++;
        }
    check_settings(reading, members, names, count);
    bool good = order_make(&draft->order, members, count, reading->mistakes,
                           reading->why);
    free(members);
    free(names);
    return good;
}

/* ---- all ------------------------------------------------------------------ */

bool draft_read(struct draft *draft, const struct blueprint *blueprint,
                enum blueprint_clash clash, struct notes *mistakes,
                struct cause *why)
{
    struct reading reading = {draft, blueprint, clash, mistakes, why};

    *draft = (struct draft){
        .inputs = mem_new(blueprint->count, sizeof *draft->inputs),
        .plans = mem_new(blueprint->count, sizeof *draft->plans),
    };
    bool good = read_files(&reading) && check_names(&reading);
    if (good) {
        make_plans(&reading);
        good = make_order(&reading);
    }
    if (!good)
        draft_release(draft);
    return good;
}

void draft_release(struct draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        inputs_release(&draft->inputs[i]);
        plan_release(&draft->plans[i]);
    }
    free(draft->inputs);
    free(draft->plans);
    order_release(&draft->order);
    notes_release(&draft->warnings);
    *draft = (struct draft){0};
}
