#include "procman/ask.h"
#include "procman/os_file.h"
#include "procman/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_path(struct request *request, const char *key, const char *path)
{
    if (!path)
        return;
    char *whole = os_absolute_path(path);
    request_add_option(request, key, whole);
    free(whole);
}

/* Whoever runs it already has to stop first; what a killed session of its has
 * left is ended now, and not while a whole session waits for that.  That it is
 * part of one already is for that one to say. */
static bool is_free(const char *procfile, struct cause *why)
{
    struct session session;
    char *path = session_path(procfile, NULL, why);
    char *whole = path ? session_whole(path) : NULL;
    bool good = path != NULL;

    if (good && strcmp(path, whole) == 0) {
        good = session_begin(&session, procfile, why);
        session_end(&session);
    }
    free(path);
    free(whole);
    return good;
}

/* Where -f names what is to be added, it does not say to what. */
static int ask_main(const struct options *options,
                    const struct request *request)
{
    struct options whole = *options;

    whole.procfile = NULL;
    whole.basedir = NULL; /* we are there */
    return ask_telling(&whole, request);
}

static int run_add(const struct command *command, const struct options *options)
{
    struct request request = {.verb = VERB_ADD};
    struct cause why;

    if (!options->procfile || options->word_count) {
        cause_say(&why, "which file? (usage: procman %s %s)", command->name,
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (!options_enter(options, &why))
        return command_fail(EXIT_NOT_DONE, &why);
    if (!is_free(options->procfile, &why))
        return command_fail(EXIT_NOT_DONE, &why);
    add_path(&request, "file", options->procfile);
    add_path(&request, "config", options->config);
    add_path(&request, "directory", ".");
    if (options->env)
        request_add_option(&request, "env", options->env);
    if (options->dry_run)
        request_add_option(&request, "dry-run", "yes");
    int code = ask_main(options, &request);
    request_release_options(&request);
    return code;
}

const struct command command_add = {
    .name = "add",
    .usage = "-f FILE [--dry-run]",
    .brief = "Take the processes of another Procfile into the session",
    .help =
        "The running session (that of \"Procfile\" here, or --session) starts\n"
        "the processes of FILE too, with the settings and .env files that\n"
        "\"start\" would take: one terminal, one Ctrl-C. Nothing else is\n"
        "touched. A name that is there already is refused. From now on the\n"
        "file belongs to the session: \"reload\" reads it again, and -f FILE\n"
        "means this session.\n",
    .run = run_add,
};
