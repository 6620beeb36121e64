#include "process_inside.h"
#include "procman/mem.h"
#include "procman/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A true pipe, not UV_CREATE_PIPE: that one is a pair of sockets, and a child
 * that opens /dev/stdout by its name then fails with ENXIO. */
int process_open_stream(struct process *process, int stream, struct cause *why)
{
    const struct process_site *site = process->site;
    int ends[2];

    if (!os_pipe(ends, why))
        return -1;
    if (!stream_open(&process->streams[stream], site->loop, ends[0],
                     site->scratch, site->scratch_size, &process->run)) {
        close(ends[1]);
        cause_say(why, "cannot watch a pipe");
        return -1;
    }
    return ends[1];
}

/* The child's; -1: there is none. */
struct ends {
    int input, output, error;
};

static void close_if_open(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

static const char *path_of(const struct process_spec *spec)
{
    const char *path = environment_get(spec->own, "PATH");

    return path ? path : environment_get(spec->environment, "PATH");
}

static struct os_limit descriptors_of(const struct process *process)
{
    struct os_limit limit = process->site->descriptors;

    if (process->spec->descriptors > 0)
        limit.soft = (uint64_t)process->spec->descriptors;
    return limit;
}

/* A directory that is not there must not look like a missing program. */
static int find_file(struct process *process, char **file, struct cause *why)
{
    const struct process_spec *spec = process->spec;

    if (spec->directory && access(spec->directory, X_OK)) {
        int error = errno;
        cause_say(why, "directory %s: %s", spec->directory, strerror(error));
        return error == ENOENT ? ENOTDIR : error;
    }
    int failed =
        os_find_program(file, spec->argv[0], path_of(spec), spec->directory);
    if (failed)
        os_explain_spawn(why, spec->argv[0], failed);
    return failed;
}

struct os_child process_child(const struct process *process, char *const *argv,
                              char *const *env, int output)
{
    const struct process_spec *spec = process->spec;

    return (struct os_child){
        .file = argv[0],
        .argv = argv,
        .env = env,
        .input = process->site->null,
        .output = output,
        .error = output,
        .directory = spec->directory,
        .descriptors = descriptors_of(process),
        .umask = spec->umask,
        .nice = spec->nice,
        .account = spec->account,
    };
}

static int start_leader(struct process *process, char **env,
                        const struct ends *ends, struct cause *why)
{
    char *file = NULL;
    int failed = find_file(process, &file, why);

    if (!failed) {
        struct os_child child =
            process_child(process, process->spec->argv, env, ends->output);
        child.file = file;
        child.error = ends->error;
        child.terminal = process->spec->input == INPUT_TERMINAL;
        if (ends->input >= 0)
            child.input = ends->input;
        pid_t pid = os_spawn(&child);
        failed = pid < 0 ? -pid : 0;
        process->now.pid = pid < 0 ? 0 : pid;
        if (failed) {
            os_explain_spawn(why, file, failed);
            if (child.account)
                cause_prefix(why, "as user %.60s", child.account->name);
        }
    }
    free(file);
    return failed;
}

/* As the shell has it: 127 if there is no such program, else 126. */
static void note_failure(struct process *process, int error, const char *why)
{
    free(process->failure);
    process->failure = mem_format("cannot start: %s", why);
    process->now.spawn_error = error;
    process->now.code = error == ENOENT ? 127 : 126;
    process->now.ended_ms = process_now_ms(process);
}

/* ---- readiness ----------------------------------------------------------- */

static void on_ready(void *owner, bool it_said_so)
{
    struct process *process = owner;

    process->says_ready = process->says_ready || it_said_so;
    process_tell(process, LIFE_BECAME_READY);
}

static void on_unwell(void *owner, const char *why)
{
    struct process *process = owner;
    enum life_state state = process->life.state;

    if (state != LIFE_STARTING && state != LIFE_READY)
        return; /* it is on its way out, and need not be well */
    process_note_trouble(process, why);
    process_tell(process, LIFE_UNHEALTHY);
}

static void on_status(void *owner, const char *text)
{
    struct process *process = owner;

    free(process->status);
    process->status = *text ? mem_string(text) : NULL;
}

static struct ready *make_ready(struct process *process, struct cause *why)
{
    static const struct ready_watcher watcher = {on_ready, on_unwell,
                                                 on_status};
    const struct process_spec *spec = process->spec;
    const struct process_site *site = process->site;
    struct ready_spec asked = {
        .loop = site->loop,
        .name = spec->name,
        .run = process->now.number,
        .ready = spec->ready,
        .alive = spec->alive,
        .alive_interval_ms = spec->alive_interval_ms,
        .notifies = spec->notifies || process->says_ready,
        .session = site->session,
        .session_path = site->session_path,
        .directory = spec->directory,
        .null = site->null,
        .descriptors = site->descriptors,
        .account = spec->account,
    };

    return ready_create(&asked, &watcher, process, why);
}

/* ---- all of it ------------------------------------------------------------ */

/* A terminal is all three: what is written there comes from its master. */
static bool open_console(struct process *process, struct ends *ends,
                         struct cause *why)
{
    const struct process_site *site = process->site;
    bool terminal = process->spec->input == INPUT_TERMINAL;
    struct stream *stream = &process->streams[STREAM_OUT];
    struct console_ends theirs;
    int master;

    process->console = console_open(site->loop, &process->run, &site->window,
                                    terminal, &theirs, &master, why);
    if (!process->console)
        return false;
    ends->input = theirs.input;
    if (!terminal)
        return true;
    ends->output = fcntl(theirs.terminal, F_DUPFD_CLOEXEC, 0);
    ends->error = fcntl(theirs.terminal, F_DUPFD_CLOEXEC, 0);
    if (!stream_open(stream, site->loop, master, site->scratch,
                     site->scratch_size, &process->run))
        return cause_say(why, "cannot watch a terminal");
    stream->terminal = true;
    return true;
}

static bool open_ends(struct process *process, struct ends *ends,
                      struct cause *why)
{
    enum process_input input = process->spec->input;

    *ends = (struct ends){-1, -1, -1};
    if (input != INPUT_NONE && !open_console(process, ends, why))
        return false;
    if (input == INPUT_TERMINAL)
        return true;
    ends->output = process_open_stream(process, STREAM_OUT, why);
    if (ends->output >= 0)
        ends->error = process_open_stream(process, STREAM_ERROR, why);
    return ends->error >= 0;
}

static int start_run(struct process *process, char **env, struct cause *why)
{
    struct ends ends;
    int failed = EMFILE;

    if (open_ends(process, &ends, why))
        failed = start_leader(process, env, &ends, why);
    close_if_open(ends.input);
    close_if_open(ends.output);
    close_if_open(ends.error);
    return failed;
}

/* What its settings say comes over the session's, what the run needs over
 * both. */
static int start_ready_run(struct process *process, struct cause *why)
{
    const struct process_spec *spec = process->spec;
    struct environment own;

    process->ready = make_ready(process, why);
    if (!process->ready)
        return EMFILE;
    environment_copy(&own, spec->own);
    environment_merge(&own, ready_environment(process->ready));
    char **env = plan_environment(spec->environment, &own);
    int failed = start_run(process, env, why);
    free(env);
    environment_release(&own);
    return failed;
}

static enum life_event wait_for_ready(struct process *process)
{
    char **env =
        plan_environment(process->spec->environment, process->spec->own);
    bool at_once = ready_started(process->ready, env, process->now.pid);

    free(env);
    if (at_once)
        return LIFE_BECAME_READY;
    if (process->spec->ready_timeout_ms)
        process_arm(process, process->spec->ready_timeout_ms);
    return LIFE_NO_EVENT;
}

enum life_event process_spawn(struct process *process)
{
    const struct process_site *site = process->site;
    struct cause why = {{0}};

    process->now = (struct process_run){
        .number = process->now.number + 1,
        .started_ms = process_now_ms(process),
    };
    free(process->trouble);
    process->trouble = NULL;
    process_watcher(process)->on_starting(site->owner, process);
    process->group_gone = false;
    process->kills = 0;
    int failed = start_ready_run(process, &why);
    if (failed) {
        note_failure(process, failed, why.text);
        process_watcher(process)->on_unstartable(site->owner, process,
                                                 process->failure);
        return LIFE_CRASHED;
    }
    process_pause(process, process->paused);
    process_watcher(process)->on_started(site->owner, process);
    return wait_for_ready(process);
}
