#include "procman/inputs.h"
#include "procman/buf.h"
#include "procman/envfile.h"
#include "procman/mem.h"
#include "procman/os_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ENV   ".env"
#define PROCFILE_STEM "Procfile."

static bool cannot_read(struct cause *why, const char *path)
{
    return cause_say(why, "cannot read %s: %s", path, strerror(errno));
}

static bool read_procfile(struct inputs *inputs, const char *path,
                          struct cause *why)
{
    struct buf text = {0};
    bool good = os_read_file(path, &text) || cannot_read(why, path);

    good = good &&
           procfile_parse(&inputs->procfile, path, text.data ? text.data : "",
                          text.len, &inputs->warnings, why);
    buf_release(&text);
    return good;
}

static bool read_env_at(struct inputs *inputs, struct environment *values,
                        const char *path, bool may_lack, struct cause *why)
{
    struct buf text = {0};
    bool good = os_read_file(path, &text);

    if (!good && may_lack && errno == ENOENT)
        return true;
    good = good || cannot_read(why, path);
    good = good &&
           envfile_parse(values, path, text.data ? text.data : "", text.len,
                         &inputs->environment, &inputs->warnings, why);
    buf_release(&text);
    return good;
}

static bool read_env(struct inputs *inputs, struct environment *values,
                     const char *directory, const char *path, bool may_lack,
                     struct cause *why)
{
    bool here = !directory || *path == '/';
    char *whole =
        here ? mem_string(path) : mem_format("%s/%s", directory, path);
    bool good = read_env_at(inputs, values, whole, may_lack, why);

    free(whole);
    return good;
}

static bool read_env_list(struct inputs *inputs, struct environment *values,
                          const char *directory, const char *list,
                          struct cause *why)
{
    char *copy = mem_string(list), *state = NULL;
    bool good = true;

    for (char *path = strtok_r(copy, ",", &state); path && good;
         path = strtok_r(NULL, ",", &state))
        good = read_env(inputs, values, directory, path, false, why);
    free(copy);
    return good;
}

/* foreman and honcho shift all ports by it, so it must be a port. */
static bool read_port(struct inputs *inputs, const struct environment *values,
                      struct cause *why)
{
    const char *text = environment_get(values, "PORT");
    char *end;

    if (!text || !*text)
        return true;
    unsigned long port = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || port == 0 || port > 65535)
        return cause_say(why,
                         "PORT in the .env file is \"%.60s\": a base port is a "
                         "number from 1 to 65535",
                         text);
    inputs->file_port = (unsigned)port;
    return true;
}

/* ---- settings ------------------------------------------------------------ */

static bool read_settings_file(struct inputs *inputs, const char *path,
                               bool may_lack, struct notes *mistakes,
                               struct cause *why)
{
    struct buf text = {0};
    bool good = os_read_file(path, &text);

    if (!good && may_lack && errno == ENOENT)
        return true;
    if (!good) {
        cannot_read(why, path);
        notes_add(mistakes, "%s", why->text);
    }
    good = good &&
           settings_parse(&inputs->settings, path, text.data ? text.data : "",
                          text.len, mistakes, why);
    buf_release(&text);
    return good;
}

static bool read_settings_beside(struct inputs *inputs, const char *procfile,
                                 struct notes *mistakes, struct cause *why)
{
    const char *slash = strrchr(procfile, '/');
    const char *name = slash ? slash + 1 : procfile;
    int folder = (int)(name - procfile);
    size_t stem = strlen(PROCFILE_STEM);
    char *common = mem_format("%.*sprocman.ini", folder, procfile);
    bool good = read_settings_file(inputs, common, true, mistakes, why);

    if (strncmp(name, PROCFILE_STEM, stem) == 0 && name[stem]) {
        char *own =
            mem_format("%.*sprocman.%s.ini", folder, procfile, name + stem);
        struct cause first = *why;
        bool own_good = read_settings_file(inputs, own, true, mistakes, why);
        if (!good)
            *why = first;
        good = good && own_good;
        free(own);
    }
    free(common);
    return good;
}

static bool read_settings(struct inputs *inputs,
                          const struct inputs_choice *choice,
                          struct notes *mistakes, struct cause *why)
{
    bool good =
        choice->config
            ? read_settings_file(inputs, choice->config, false, mistakes, why)
            : read_settings_beside(inputs, choice->procfile, mistakes, why);

    return good &&
           settings_import(&inputs->settings, choice->inherited, mistakes, why);
}

/* ---- processes ----------------------------------------------------------- */

/* -m wins over the environment, that over the file: and a formation, wherever
 * it is from, over `instances =`. */
static bool decide_counts(struct inputs *inputs, const char *option,
                          struct cause *why)
{
    struct formation formation = {0};
    struct session_settings session;
    char *said_by = option
                        ? mem_string("-m")
                        : settings_origin(&inputs->settings, NULL, "formation");

    settings_of_session(&inputs->settings, &session);
    const char *text = option ? option : session.formation;
    bool good = !text || formation_parse(&formation, text, why) ||
                cause_prefix(why, "%s", said_by);
    good = good &&
           (!text || instances_decide(&formation, said_by, &inputs->procfile,
                                      &inputs->settings, why));
    formation_release(&formation);
    session_settings_release(&session);
    free(said_by);
    return good;
}

static void decide_scaled(struct inputs *inputs, const struct formation *scaled)
{
    for (size_t i = 0; scaled && i < scaled->count; i++) {
        const struct formation_part *part = &scaled->parts[i];
        char *count = mem_format("%d", part->count);
        settings_decide(&inputs->settings, part->name, "instances", count,
                        "procman scale");
        free(count);
    }
}

static bool read_env_files(struct inputs *inputs,
                           const struct inputs_choice *choice,
                           struct environment *values, struct cause *why)
{
    const char *env = choice->env, *directory = choice->directory;
    struct session_settings session;
    bool good;

    settings_of_session(&inputs->settings, &session);
    if (!env)
        env = session.env;
    good = env ? read_env_list(inputs, values, directory, env, why)
               : read_env(inputs, values, directory, DEFAULT_ENV, true, why);
    session_settings_release(&session);
    return good;
}

static bool read_lookups(struct inputs *inputs, const char *procfile,
                         struct notes *mistakes, struct cause *why)
{
    struct lookups_materials materials = {
        .settings = &inputs->settings,
        .procfile = procfile,
        .environment = &inputs->environment,
        .warnings = &inputs->warnings,
    };

    return lookups_make(&inputs->lookups, &materials, &inputs->instances,
                        mistakes, why);
}

/* ---- all ------------------------------------------------------------------ */

static bool read_processes(struct inputs *inputs,
                           const struct inputs_choice *choice,
                           struct notes *mistakes, struct cause *why)
{
    if (!read_procfile(inputs, choice->procfile, why) ||
        !read_settings(inputs, choice, mistakes, why) ||
        !decide_counts(inputs, choice->formation, why))
        return false;
    decide_scaled(inputs, choice->scaled);
    return instances_make(&inputs->instances, &inputs->procfile,
                          choice->procfile, &inputs->settings, mistakes, why);
}

bool inputs_read(struct inputs *inputs, const struct inputs_choice *choice,
                 struct notes *mistakes, struct cause *why)
{
    struct environment values = {0};
    size_t told = mistakes->count;

    *inputs = (struct inputs){0};
    environment_import(&inputs->environment, choice->inherited);
    bool good = read_processes(inputs, choice, mistakes, why) &&
                read_env_files(inputs, choice, &values, why) &&
                read_port(inputs, &values, why);
    if (good) {
        environment_import(&inputs->environment, values.strings);
        good = read_lookups(inputs, choice->procfile, mistakes, why);
    } else if (mistakes->count == told) {
        notes_add(mistakes, "%s", why->text);
    }
    if (!good)
        inputs_release(inputs);
    environment_release(&values);
    return good;
}

void inputs_release(struct inputs *inputs)
{
    procfile_release(&inputs->procfile);
    settings_release(&inputs->settings);
    instances_release(&inputs->instances);
    lookups_release(&inputs->lookups);
    environment_release(&inputs->environment);
    notes_release(&inputs->warnings);
    *inputs = (struct inputs){0};
}
