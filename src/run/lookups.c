#include "procman/lookups.h"
#include "procman/buf.h"
#include "procman/envfile.h"
#include "procman/mem.h"
#include "procman/os_account.h"
#include "procman/os_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct looking {
    struct lookups *to;
    const struct lookups_materials *from;
};

/* ---- files of variables ------------------------------------------------- */

static char *path_of(const struct looking *looking, const char *file)
{
    const char *procfile = looking->from->procfile;
    const char *slash = strrchr(procfile, '/');
    int folder = slash ? (int)(slash + 1 - procfile) : 0;

    return *file == '/' ? mem_string(file)
                        : mem_format("%.*s%s", folder, procfile, file);
}

static bool read_file(const struct looking *looking, const char *file,
                      struct environment *values, struct cause *why)
{
    char *path = path_of(looking, file);
    struct buf text = {0};
    bool good = os_read_file(path, &text) ||
                cause_say(why, "cannot read %s: %s", path, strerror(errno));

    good = good && envfile_parse(values, path, text.data ? text.data : "",
                                 text.len, looking->from->environment,
                                 looking->from->warnings, why);
    buf_release(&text);
    free(path);
    return good;
}

static bool read_files(const struct looking *looking, const char *list,
                       struct environment *values, struct cause *why)
{
    char *copy = mem_string(list), *state = NULL;
    bool good = true;

    for (char *file = strtok_r(copy, ", \t", &state); file && good;
         file = strtok_r(NULL, ", \t", &state))
        good = read_file(looking, file, values, why);
    free(copy);
    return good;
}

static void free_file(struct lookups_file *file)
{
    environment_release(&file->values);
    free(file->list);
    free(file);
}

/* Instances point into it, so it must not move. */
static const struct environment *find_files(struct looking *looking,
                                            const char *list, struct cause *why)
{
    struct lookups *to = looking->to;

    for (size_t i = 0; i < to->file_count; i++)
        if (strcmp(to->files[i]->list, list) == 0)
            return &to->files[i]->values;
    struct lookups_file *file = mem_new(1, sizeof *file);
    file->list = mem_string(list);
    if (!read_files(looking, list, &file->values, why)) {
        free_file(file);
        return NULL;
    }
    to->files = mem_resize(to->files, to->file_count + 1, sizeof(void *));
    to->files[to->file_count++] = file;
    return &file->values;
}

/* ---- users --------------------------------------------------------------- */

static const struct account *find_user(struct looking *looking,
                                       const char *name, struct cause *why)
{
    struct lookups *to = looking->to;

    for (size_t i = 0; i < to->user_count; i++)
        if (strcmp(to->users[i].name, name) == 0)
            return to->users[i].account;
    struct account *account = os_account_find(name, why);
    if (!account)
        return NULL;
    to->users = mem_resize(to->users, to->user_count + 1, sizeof *to->users);
    to->users[to->user_count++] =
        (struct lookups_user){mem_string(name), account};
    return account;
}

/* ---- all ------------------------------------------------------------------ */

static void complain(const struct looking *looking, const char *name,
                     const char *key, const struct cause *why,
                     struct notes *mistakes)
{
    char *place = settings_origin(looking->from->settings, name, key);

    notes_add(mistakes, "%s: %s: %s: %s", place, name, key, why->text);
    free(place);
}

static void look_up(struct looking *looking, struct instance *instance,
                    struct notes *mistakes)
{
    struct process_settings it;
    struct cause why;

    settings_for(looking->from->settings, instance->name, &it);
    if (it.env_file) {
        instance->file_values = find_files(looking, it.env_file, &why);
        if (!instance->file_values)
            complain(looking, instance->name, "env-file", &why, mistakes);
    }
    if (it.user) {
        instance->account = find_user(looking, it.user, &why);
        if (!instance->account)
            complain(looking, instance->name, "user", &why, mistakes);
    }
    process_settings_release(&it);
}

bool lookups_make(struct lookups *to, const struct lookups_materials *materials,
                  struct instances *instances, struct notes *mistakes,
                  struct cause *why)
{
    struct looking looking = {to, materials};
    size_t before = mistakes->count;

    *to = (struct lookups){0};
    for (size_t i = 0; i < instances->count; i++)
        look_up(&looking, &instances->all[i], mistakes);
    if (mistakes->count == before)
        return true;
    lookups_release(to);
    return cause_say(why, "%s", mistakes->texts[before]);
}

void lookups_release(struct lookups *lookups)
{
    for (size_t i = 0; i < lookups->file_count; i++)
        free_file(lookups->files[i]);
    for (size_t i = 0; i < lookups->user_count; i++) {
        free(lookups->users[i].name);
        account_free(lookups->users[i].account);
    }
    free(lookups->files);
    free(lookups->users);
    *lookups = (struct lookups){0};
}
