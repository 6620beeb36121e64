/* A one-off command, as the processes run: foreman's `run`. */
#include "procman/blueprint.h"
#include "procman/command.h"
#include "procman/mem.h"
#include "procman/os.h"
#include "procman/plan.h"
#include "procman/session.h"
#include "procman/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* What is to run, and as whom: borrowed from the draft and the command line. */
struct one_off {
    const struct plan *plan;         /* whose environment it has */
    const struct plan_process *like; /* one of it; NULL: like none of them */
    char *const *argv;
};

/* ---- what the files say -------------------------------------------------- */

/* The directory of the session, if it runs. */
static char *running_session(const char *procfile)
{
    struct cause none;
    char *path = session_path(procfile, NULL, &none);
    int connection = path ? session_connect(path, &none) : -1;

    if (connection >= 0) {
        close(connection);
        return path;
    }
    free(path);
    return NULL;
}

static int fail_with(struct notes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++)
        fprintf(stderr, "procman: %s\n", mistakes->texts[i]);
    notes_release(mistakes);
    return EXIT_USAGE;
}

static bool read_files(struct draft *draft, const struct options *options,
                       struct notes *mistakes)
{
    struct blueprint blueprint;
    struct cause why;

    options_blueprint(options, &blueprint);
    blueprint.inherited = environ;
    blueprint.session = running_session(options_procfile(options));
    bool good =
        draft_read(draft, &blueprint, CLASH_IS_A_MISTAKE, mistakes, &why);
    if (good && blueprint.session)
        environment_set(&draft->plans[0].environment, "PROCMAN_SESSION",
                        blueprint.session);
    blueprint_release(&blueprint);
    return good;
}

/* ---- what is meant -------------------------------------------------------- */

/* Of an entry with instances, the first; NULL: there is none. */
static const struct plan_process *find_in(const struct plan *plan,
                                          const char *name)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_process *process = &plan->processes[i];
        if (strcmp(process->name, name) == 0 ||
            (process->entry && strcmp(process->entry, name) == 0))
            return process;
    }
    return NULL;
}

/* Like this process, if there is one of that name. */
static bool be_like(struct one_off *it, const struct draft *draft,
                    const char *name)
{
    for (size_t i = 0; i < draft->count; i++) {
        it->like = find_in(&draft->plans[i], name);
        if (it->like) {
            it->plan = &draft->plans[i];
            return true;
        }
    }
    return false;
}

static bool fail_unknown(const struct draft *draft, const char *name,
                         struct cause *why)
{
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++) {
        const struct plan *plan = &draft->plans[i];
        names = mem_resize(names, count + plan->count, sizeof *names);
        for (size_t k = 0; k < plan->count; k++)
            names[count++] = plan->processes[k].name;
    }
    const char *nearest = words_nearest(name, names, count);
    free(names);
    return cause_say(why, "unknown process %s%s%s%s", value_quoted(name).text,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

/* A single word that is the name of a process stands for its command, as in
 * foreman; behind "--" it is a program. */
static bool decide(struct one_off *it, const struct draft *draft,
                   const struct options *options, struct cause *why)
{
    *it = (struct one_off){.plan = &draft->plans[0], .argv = options->words};
    if (options->word_count == 1 && options->words_before_dashes &&
        be_like(it, draft, options->words[0]))
        it->argv = it->like->argv;
    if (options->name && !be_like(it, draft, options->name))
        return fail_unknown(draft, options->name, why);
    return true;
}

/* ---- the run -------------------------------------------------------------- */

static char **environment_of(const struct one_off *it)
{
    static const struct environment none = {0};

    return plan_environment(&it->plan->environment,
                            it->like ? &it->like->own : &none);
}

static const char *value_in(char *const *row, const char *name)
{
    size_t len = strlen(name);

    for (; *row; row++)
        if (strncmp(*row, name, len) == 0 && (*row)[len] == '=')
            return *row + len + 1;
    return NULL;
}

static struct os_child child_of(const struct one_off *it, char **env)
{
    struct os_child child = {
        .argv = it->argv,
        .env = env,
        .input = STDIN_FILENO,
        .output = STDOUT_FILENO,
        .error = STDERR_FILENO,
        .umask = -1,
    };

    if (it->like) {
        const struct process_settings *settings = &it->like->settings;
        child.directory = settings->dir;
        child.umask = settings->umask;
        child.nice = settings->nice;
        child.account = it->like->account;
        if (settings->limit_nofile > 0) {
            child.descriptors = os_raise_descriptors();
            child.descriptors.soft = (uint64_t)settings->limit_nofile;
        }
    }
    return child;
}

/* As the shell has it: 127 if there is no such program, else 126. */
static int run(const struct one_off *it)
{
    int code = 0, signum = 0;
    struct cause why = {{0}};
    char *file = NULL, **env = environment_of(it);
    struct os_child child = child_of(it, env);
    const char *dir = child.directory;
    int failed = dir && access(dir, X_OK) ? errno : 0;

    if (failed) {
        cause_say(&why, "directory %s: %s", dir, strerror(failed));
        failed = EACCES;
    } else {
        failed =
            os_find_program(&file, it->argv[0], value_in(env, "PATH"), dir);
        child.file = file;
        failed = failed ? failed : -os_run(&child, &code, &signum);
        if (failed)
            os_explain_spawn(&why, file ? file : it->argv[0], failed);
    }
    free(file);
    free(env);
    if (failed)
        return command_fail(failed == ENOENT ? 127 : 126, &why);
    return signum ? 128 + signum : code;
}

static int run_exec(const struct command *command,
                    const struct options *options)
{
    struct notes mistakes = {0};
    struct cause why = {{0}};
    struct draft draft;
    struct one_off it;

    if (options->word_count == 0) {
        cause_say(&why, "which command? (usage: procman %s %s)", command->name,
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (!options_enter(options, &why))
        return command_fail(EXIT_USAGE, &why);
    if (!read_files(&draft, options, &mistakes))
        return fail_with(&mistakes);
    int code = decide(&it, &draft, options, &why)
                   ? run(&it)
                   : command_fail(EXIT_USAGE, &why);
    draft_release(&draft);
    return code;
}

const struct command command_exec = {
    .name = "exec",
    .usage = "[-n NAME] COMMAND...",
    .brief = "Run a command once, with the environment of the processes",
    .help =
        "With the variables of the session, or with -n as that process would\n"
        "run: with its PORT and PS, its variables, directory, user and "
        "limits.\n"
        "It runs here, on this terminal, whether a session runs or not. A\n"
        "single word that is the name of a process stands for its command.\n"
        "Everything from the first word on belongs to the command; it is not\n"
        "given to a shell. The exit code is that of the command; 128+n if\n"
        "signal n ended it, 127 if it was not found, 126 if it could not be\n"
        "executed.\n",
    .run = run_exec,
    .runs_words = true,
};
