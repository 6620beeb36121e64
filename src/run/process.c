#include "procman/process.h"
#include "procman/handles.h"
#include "procman/mem.h"
#include "procman/plan.h"
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How soon SIGKILL is sent once more to those who came meanwhile. */
#define KILL_AGAIN_MS 100
#define WISHES        8

struct process {
    const struct process_site *site;
    const struct process_spec *spec;

    struct life life;
    bool feeding; /* inside feed(): a new wish has to wait */
    enum life_event wishes[WISHES];
    size_t wish_count;

    struct process_run now, last;
    struct backoff *backoff; /* NULL: it is never started again unasked */
    char *failure;           /* why `now` could not be started; NULL */
    pid_t *strays;           /* fled from the group, and live */
    size_t stray_count;
    bool group_gone; /* its number may be somebody else's by now */
    bool paused;

    struct handles home; /* live as long as the process: the timers */
    uv_timer_t timer;    /* what it is for depends on the state, see life.h */
    uv_timer_t quiet;    /* an unfinished line has waited long enough */

    struct handles run; /* live as long as one run: the streams */
    struct stream streams[2];
};

static void feed(struct process *process, enum life_event event);

static const struct process_watcher *watcher_of(const struct process *process)
{
    return process->site->watcher;
}

/* ---- output ----------------------------------------------------------- */

static void tell_line(struct process *process, int stream, const char *text,
                      size_t len, bool continues)
{
    watcher_of(process)->on_line(process->site->owner, process, stream, text,
                                 len, continues);
}

static void on_stdout(void *owner, const char *text, size_t len, bool continues)
{
    tell_line(owner, 1, text, len, continues);
}

static void on_stderr(void *owner, const char *text, size_t len, bool continues)
{
    tell_line(owner, 2, text, len, continues);
}

static void on_quiet(uv_timer_t *timer)
{
    struct process *process = HANDLES_OWNER(timer);

    for (int i = 0; i < 2; i++)
        lines_flush(&process->streams[i].lines);
}

static void on_read(struct stream *stream)
{
    struct process *process = stream->lines.owner;

    if (lines_waiting(&stream->lines))
        uv_timer_start(&process->quiet, on_quiet, process->site->quiet_ms, 0);
}

static void drain(struct process *process)
{
    for (int i = 0; i < 2; i++) {
        stream_drain(&process->streams[i]);
        lines_flush(&process->streams[i].lines);
    }
}

/* ---- who is there ----------------------------------------------------- */

static bool leader_is_gone(const struct process *process)
{
    return process->now.ended_ms != 0;
}

/* Strays may outlive the group for long: what was empty once stays so. */
static bool is_empty(struct process *process)
{
    if (leader_is_gone(process) && !os_group_lives(process->now.pid))
        process->group_gone = true;
    return process->group_gone && process->stray_count == 0;
}

static void signal_all(struct process *process, int signum)
{
    if (!process->group_gone)
        os_signal_group(process->now.pid, signum);
    for (size_t i = 0; i < process->stray_count; i++)
        os_signal(process->strays[i], signum);
}

static bool knows_stray(const struct process *process, pid_t pid)
{
    for (size_t i = 0; i < process->stray_count; i++)
        if (process->strays[i] == pid)
            return true;
    return false;
}

/* uv_now() is as old as this turn of the loop; never 0. */
static uint64_t now_ms(struct process *process)
{
    uv_update_time(process->site->loop);
    return uv_now(process->site->loop) + 1;
}

/* ---- what a life calls for -------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
    feed(HANDLES_OWNER(timer), LIFE_TIMER);
}

static void on_run_over(void *owner)
{
    feed(owner, LIFE_CLOSED);
}

static void arm(struct process *process, uint64_t delay_ms)
{
    uv_update_time(process->site->loop);
    uv_timer_start(&process->timer, on_timer, delay_ms, 0);
}

/* A true pipe, not UV_CREATE_PIPE: that one is a pair of sockets, and a child
 * that opens /dev/stdout by its name then fails with ENXIO.  Returns the
 * child's end, to be closed once the child has it; -1: see why. */
static int open_stream(struct process *process, struct stream *stream,
                       struct cause *why)
{
    const struct process_site *site = process->site;
    int ends[2];

    if (!os_pipe(ends, why))
        return -1;
    if (!stream_open(stream, site->loop, ends[0], site->scratch,
                     site->scratch_size, &process->run)) {
        close(ends[1]);
        cause_say(why, "cannot watch a pipe");
        return -1;
    }
    return ends[1];
}

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

static int start_leader(struct process *process, int output, int error,
                        struct cause *why)
{
    const struct process_spec *spec = process->spec;
    char **env = plan_environment(spec->environment, spec->own);
    char *file = NULL;
    int failed =
        os_find_program(&file, spec->argv[0], path_of(spec), spec->directory);

    if (!failed) {
        struct os_child child = {
            .file = file,
            .argv = spec->argv,
            .env = env,
            .input = process->site->null,
            .output = output,
            .error = error,
            .directory = spec->directory,
            .descriptors = descriptors_of(process),
            .umask = spec->umask,
            .nice = spec->nice,
        };
        pid_t pid = os_spawn(&child);
        failed = pid < 0 ? -pid : 0;
        process->now.pid = pid < 0 ? 0 : pid;
    }
    if (failed)
        os_explain_spawn(why, file ? file : spec->argv[0], failed);
    free(file);
    free(env);
    return failed;
}

/* As the shell has it: 127 if there is no such program, else 126. */
static void note_failure(struct process *process, int error, const char *why)
{
    free(process->failure);
    process->failure = mem_format("cannot start: %s", why);
    process->now.spawn_error = error;
    process->now.code = error == ENOENT ? 127 : 126;
    process->now.ended_ms = now_ms(process);
}

static enum life_event spawn(struct process *process)
{
    const struct process_site *site = process->site;
    struct cause why = {{0}};
    int failed = EMFILE;

    process->now = (struct process_run){
        .number = process->now.number + 1,
        .started_ms = now_ms(process),
    };
    process->group_gone = false;
    int output = open_stream(process, &process->streams[0], &why);
    int error =
        output < 0 ? -1 : open_stream(process, &process->streams[1], &why);
    if (error >= 0)
        failed = start_leader(process, output, error, &why);
    close_if_open(output);
    close_if_open(error);
    if (failed) {
        note_failure(process, failed, why.text);
        watcher_of(process)->on_unstartable(site->owner, process,
                                            process->failure);
        return LIFE_CRASHED;
    }
    process_pause(process, process->paused);
    watcher_of(process)->on_started(site->owner, process);
    return LIFE_BECAME_READY;
}

static enum life_event send_stop(struct process *process)
{
    process->now.signalled_ms = now_ms(process);
    signal_all(process, process->spec->stop_signal);
    /* One that is stopped must wake up to hear it. */
    signal_all(process, SIGCONT);
    arm(process, process->spec->stop_timeout_ms);
    return is_empty(process) ? LIFE_EMPTIED : LIFE_NO_EVENT;
}

static enum life_event send_kill(struct process *process)
{
    bool first = !process->now.killed;

    process->now.killed = true;
    if (first)
        watcher_of(process)->on_kill(process->site->owner, process);
    signal_all(process, SIGKILL);
    arm(process, KILL_AGAIN_MS);
    return is_empty(process) ? LIFE_EMPTIED : LIFE_NO_EVENT;
}

/* One that was never started has nobody to wait for. */
static enum life_event see_leader_off(struct process *process)
{
    drain(process);
    process->now.asked = process->life.asked;
    watcher_of(process)->on_ended(process->site->owner, process);
    if (process->now.pid == 0)
        return LIFE_EMPTIED;
    return process->life.state == LIFE_LINGERING && process->life.want_up
               ? LIFE_IN_THE_WAY
               : LIFE_NO_EVENT;
}

static enum life_event close_run(struct process *process)
{
    uv_timer_stop(&process->timer);
    uv_timer_stop(&process->quiet);
    drain(process);
    for (int i = 0; i < 2; i++)
        stream_close(&process->streams[i]);
    process->now.gone_ms = now_ms(process);
    process->last = process->now;
    return process->run.open ? LIFE_NO_EVENT : LIFE_CLOSED;
}

/* libuv's clock is as good as any for the jitter: its last bits are chance. */
static uint32_t chance(void)
{
    uint64_t now = uv_hrtime();

    return (uint32_t)(now * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static enum life_event back_off(struct process *process)
{
    const struct process_run *run = &process->last;
    uint64_t ready_ms = run->ready_ms ? run->ended_ms - run->ready_ms : 0;
    uint64_t wait_ms;

    if (!backoff_next(process->backoff, now_ms(process), ready_ms, chance(),
                      &wait_ms))
        return LIFE_EXHAUSTED;
    arm(process, wait_ms);
    return LIFE_NO_EVENT;
}

/* Returns the event the action led to at once, if any. */
static enum life_event perform(struct process *process, enum life_action action)
{
    switch (action) {
    case LIFE_SPAWN: return spawn(process);
    case LIFE_SIGNAL: return send_stop(process);
    case LIFE_KILL: return send_kill(process);
    case LIFE_DRAIN: return see_leader_off(process);
    case LIFE_CLOSE: return close_run(process);
    case LIFE_BACK_OFF: return back_off(process);
    case LIFE_NOTHING:
    case LIFE_REST: break;
    }
    return LIFE_NO_EVENT;
}

static enum life_event next_wish(struct process *process)
{
    if (process->wish_count == 0)
        return LIFE_NO_EVENT;

    enum life_event wish = process->wishes[0];
    process->wish_count--;
    memmove(process->wishes, process->wishes + 1,
            process->wish_count * sizeof wish);
    return wish;
}

/* A watcher may speak a wish while it is being told of a change.  The wish is
 * kept until this step is done, so that no step ever begins inside another. */
static void feed(struct process *process, enum life_event event)
{
    process->feeding = true;
    while (event != LIFE_NO_EVENT) {
        enum life_state before = process->life.state;
        enum life_action action = life_step(&process->life, event);

        event = perform(process, action);
        if (process->life.state != before)
            watcher_of(process)->on_state(process->site->owner, process);
        if (event == LIFE_NO_EVENT)
            event = next_wish(process);
    }
    process->feeding = false;
}

/* ---- what comes from outside ------------------------------------------ */

void process_tell(struct process *process, enum life_event wish)
{
    if (process->backoff && wish != LIFE_TIMER)
        backoff_forget(process->backoff); /* somebody takes care of it */
    if (!process->feeding) {
        feed(process, wish);
        return;
    }
    if (process->wish_count == WISHES)
        next_wish(process); /* the last ones decide */
    process->wishes[process->wish_count++] = wish;
}

void process_hold(struct process *process, bool held)
{
    assert(process->life.state == LIFE_IDLE);
    process->life.want_up = held;
}

void process_hurry(struct process *process)
{
    if (process->life.state == LIFE_STOPPING)
        process_tell(process, LIFE_TIMER);
}

void process_leader_ended(struct process *process, int code, int signum)
{
    process->now.ended_ms = now_ms(process);
    process->now.code = code;
    process->now.signum = signum;
    feed(process, value_codes_have(process->spec->success, code, signum)
                      ? LIFE_EXITED
                      : LIFE_CRASHED);
}

bool process_waits_for_kin(const struct process *process)
{
    return leader_is_gone(process) && (process->life.state == LIFE_STOPPING ||
                                       process->life.state == LIFE_LINGERING);
}

void process_set_strays(struct process *process, const pid_t *strays,
                        size_t count)
{
    bool stopping = process->life.state == LIFE_STOPPING;
    int signum = process->now.killed ? SIGKILL : process->spec->stop_signal;

    for (size_t i = 0; i < count && stopping; i++)
        if (!knows_stray(process, strays[i])) {
            watcher_of(process)->on_stray(process->site->owner, process,
                                          strays[i]);
            os_signal(strays[i], signum);
            os_signal(strays[i], SIGCONT);
        }
    if (count)
        process->strays =
            mem_resize(process->strays, count, sizeof *process->strays);
    for (size_t i = 0; i < count; i++)
        process->strays[i] = strays[i];
    process->stray_count = count;
    if (!process->feeding && is_empty(process))
        feed(process, LIFE_EMPTIED);
}

void process_note_others(struct process *process, size_t count)
{
    process->now.killed_others = count;
}

void process_pause(struct process *process, bool paused)
{
    process->paused = paused;
    for (int i = 0; i < 2; i++)
        stream_pause(&process->streams[i], paused);
}

void process_suspend(struct process *process, bool suspended)
{
    if (process->life.state != LIFE_IDLE && process->now.pid)
        signal_all(process, suspended ? SIGSTOP : SIGCONT);
}

enum life_state process_state(const struct process *process)
{
    return process->life.state;
}

bool process_wanted(const struct process *process)
{
    return process->life.want_up;
}

bool process_failed(const struct process *process)
{
    return process->life.state == LIFE_IDLE && process->life.failed;
}

const struct process_spec *process_spec(const struct process *process)
{
    return process->spec;
}

const struct process_run *process_run(const struct process *process)
{
    return &process->now;
}

const struct process_run *process_last_run(const struct process *process)
{
    return &process->last;
}

const char *process_failure(const struct process *process)
{
    return process->failure;
}

uint64_t process_age_ms(struct process *process)
{
    uint64_t until =
        leader_is_gone(process) ? process->now.ended_ms : now_ms(process);

    return until - process->now.started_ms;
}

uint64_t process_wait_ms(const struct process *process)
{
    return process->life.state == LIFE_WAITING
               ? uv_timer_get_due_in(&process->timer)
               : 0;
}

uint64_t process_patience_ms(struct process *process)
{
    return now_ms(process) - process->now.signalled_ms;
}

/* ---- birth and end ---------------------------------------------------- */

static void on_home_empty(void *owner)
{
    struct process *process = owner;
    const struct process_site *site = process->site;

    free(process->strays);
    free(process->failure);
    free(process->backoff);
    free(process);
    site->watcher->on_closed(site->owner);
}

static void add_timer(struct process *process, uv_timer_t *timer)
{
    uv_timer_init(process->site->loop, timer);
    handles_add(&process->home, (uv_handle_t *)timer);
}

struct process *process_create(const struct process_site *site,
                               const struct process_spec *spec)
{
    struct process *process = mem_new(1, sizeof *process);

    process->site = site;
    process->spec = spec;
    life_init(&process->life, spec->policy);
    if (spec->policy != LIFE_NEVER) {
        process->backoff = mem_new(1, sizeof *process->backoff);
        backoff_init(process->backoff, &spec->backoff);
    }
    handles_init(&process->home, process, on_home_empty);
    handles_init(&process->run, process, on_run_over);
    add_timer(process, &process->timer);
    add_timer(process, &process->quiet);
    stream_init(&process->streams[0], on_stdout, process, on_read);
    stream_init(&process->streams[1], on_stderr, process, on_read);
    return process;
}

void process_close(struct process *process)
{
    assert(process->life.state == LIFE_IDLE);
    handles_close((uv_handle_t *)&process->timer);
    handles_close((uv_handle_t *)&process->quiet);
}
