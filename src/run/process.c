#include "procman/process.h"
#include "process_inside.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void feed(struct process *process, enum life_event event);

const struct process_watcher *process_watcher(const struct process *process)
{
    return process->site->watcher;
}

/* ---- who is there ----------------------------------------------------- */

bool process_leader_is_gone(const struct process *process)
{
    return process->now.ended_ms != 0;
}

static bool knows_stray(const struct process *process, pid_t pid)
{
    for (size_t i = 0; i < process->stray_count; i++)
        if (process->strays[i] == pid)
            return true;
    return false;
}

/* uv_now() is as old as this turn of the loop; never 0. */
uint64_t process_now_ms(struct process *process)
{
    uv_update_time(process->site->loop);
    return uv_now(process->site->loop) + 1;
}

/* ---- what a life calls for -------------------------------------------- */

/* Its handles have been closed with the run's. */
static void forget_console(struct process *process)
{
    if (process->console)
        console_release(process->console);
    process->console = NULL;
}

static void on_timer(uv_timer_t *timer)
{
    feed(HANDLES_OWNER(timer), LIFE_TIMER);
}

static void on_run_over(void *owner)
{
    struct process *process = owner;

    forget_console(process);
    feed(process, LIFE_CLOSED);
}

void process_arm(struct process *process, uint64_t delay_ms)
{
    uv_update_time(process->site->loop);
    uv_timer_start(&process->timer, on_timer, delay_ms, 0);
}

void process_note_trouble(struct process *process, const char *why)
{
    char *trouble = mem_string(why);

    free(process->trouble);
    process->trouble = trouble;
    process_watcher(process)->on_unwell(process->site->owner, process, trouble);
}

/* One that was never started has nobody to wait for. */
static enum life_event see_leader_off(struct process *process)
{
    process_drain(process);
    process->now.asked = process->life.asked;
    process_watcher(process)->on_ended(process->site->owner, process);
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
    process_drain(process);
    for (int i = 0; i < PROCESS_STREAMS; i++)
        stream_close(&process->streams[i]);
    if (process->console)
        console_close(process->console);
    ready_close(process->ready);
    process->ready = NULL;
    process->frozen = false;
    free(process->status);
    process->status = NULL;
    process->now.gone_ms = process_now_ms(process);
    process->last = process->now;
    if (process->run.open)
        return LIFE_NO_EVENT;
    forget_console(process);
    return LIFE_CLOSED;
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

    if (!backoff_next(process->backoff, process_now_ms(process), ready_ms,
                      chance(), &wait_ms))
        return LIFE_EXHAUSTED;
    process_arm(process, wait_ms);
    return LIFE_NO_EVENT;
}

/* Returns the event the action led to at once, if any. */
static enum life_event perform(struct process *process, enum life_action action)
{
    switch (action) {
    case LIFE_SPAWN: return process_spawn(process);
    case LIFE_SIGNAL: return process_send_stop(process);
    case LIFE_KILL: return process_send_kill(process);
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

static void note_ready(struct process *process)
{
    uv_timer_stop(&process->timer);
    process->now.ready_ms = process_now_ms(process);
    if (process->ready)
        ready_watch(process->ready);
}

static void say_too_late(struct process *process)
{
    uint64_t limit = process->spec->ready_timeout_ms;
    char *why =
        mem_format("it is not ready after %s", words_duration(limit).text);

    process_note_trouble(process, why);
    free(why);
}

/* A watcher may speak a wish while it is being told of a change.  The wish is
 * kept until this step is done, so that no step ever begins inside another. */
static void feed(struct process *process, enum life_event event)
{
    process->feeding = true;
    while (event != LIFE_NO_EVENT) {
        enum life_state before = process->life.state;
        enum life_action action = life_step(&process->life, event);

        if (process->life.state != before && event == LIFE_BECAME_READY)
            note_ready(process);
        if (before == LIFE_STARTING && event == LIFE_TIMER)
            say_too_late(process);
        event = perform(process, action);
        if (process->life.state != before && event != LIFE_EXHAUSTED)
            process_watcher(process)->on_state(process->site->owner, process);
        if (event == LIFE_NO_EVENT)
            event = next_wish(process);
    }
    process->feeding = false;
}

/* ---- what comes from outside ------------------------------------------ */

void process_tell(struct process *process, enum life_event wish)
{
    bool by_hand =
        wish == LIFE_START || wish == LIFE_STOP || wish == LIFE_RESTART;

    if (process->backoff && by_hand)
        backoff_forget(process->backoff); /* somebody takes care of it */
    if (!process->feeding) {
        feed(process, wish);
        return;
    }
    if (process->wish_count == PROCESS_WISHES)
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
    bool well = value_codes_have(process->spec->success, code, signum);

    process->now.ended_ms = process_now_ms(process);
    process->now.code = code;
    process->now.signum = signum;
    if (process->ready)
        ready_ended(process->ready, well);
    feed(process, well ? LIFE_EXITED : LIFE_CRASHED);
}

bool process_child_ended(struct process *process, pid_t pid, int code,
                         int signum)
{
    if (process_stop_command_ended(process, pid, code, signum))
        return true;
    return process->ready &&
           ready_child_ended(process->ready, pid, code, signum);
}

bool process_waits_for_kin(const struct process *process)
{
    return process_leader_is_gone(process) &&
           (process->life.state == LIFE_STOPPING ||
            process->life.state == LIFE_LINGERING);
}

void process_set_strays(struct process *process, const pid_t *strays,
                        size_t count)
{
    bool stopping = process->life.state == LIFE_STOPPING;
    int signum = process->now.killed ? SIGKILL : process->spec->stop_signal;

    if (process_runs_stop_command(process) && !process->now.killed)
        return; /* they are asked when it has ended */
    for (size_t i = 0; i < count && stopping; i++)
        if (!knows_stray(process, strays[i])) {
            process_watcher(process)->on_stray(process->site->owner, process,
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
    if (!process->feeding && process_is_empty(process))
        feed(process, LIFE_EMPTIED);
}

void process_note_others(struct process *process, size_t count)
{
    process->now.killed_others = count;
}

void process_suspend(struct process *process, bool suspended)
{
    bool sleeps_on = process->frozen && !suspended;

    if (process->life.state != LIFE_IDLE && process->now.pid && !sleeps_on)
        process_signal_all(process, suspended ? SIGSTOP : SIGCONT);
}

void process_resize(struct process *process, const struct os_window *window)
{
    if (process->console)
        console_resize(process->console, window);
}

/* ---- birth and end ---------------------------------------------------- */

static void on_home_empty(void *owner)
{
    struct process *process = owner;
    const struct process_site *site = process->site;
    const struct process_spec *spec = process->spec;

    free(process->strays);
    free(process->failure);
    free(process->trouble);
    free(process->status);
    free(process->backoff);
    free(process);
    site->watcher->on_closed(site->owner, spec);
}

static void add_timer(struct process *process, uv_timer_t *timer)
{
    uv_timer_init(process->site->loop, timer);
    handles_add(&process->home, (uv_handle_t *)timer);
}

static void set_policy(struct process *process)
{
    const struct process_spec *spec = process->spec;

    process->life.policy = spec->policy;
    if (spec->policy == LIFE_NEVER)
        return;
    if (!process->backoff)
        process->backoff = mem_new(1, sizeof *process->backoff);
    backoff_init(process->backoff, &spec->backoff);
}

void process_renew(struct process *process, bool another_program)
{
    set_policy(process);
    if (another_program)
        process->says_ready = false;
}

struct process *process_create(const struct process_site *site,
                               const struct process_spec *spec)
{
    struct process *process = mem_new(1, sizeof *process);

    process->site = site;
    process->spec = spec;
    life_init(&process->life, spec->policy);
    set_policy(process);
    handles_init(&process->home, process, on_home_empty);
    handles_init(&process->run, process, on_run_over);
    add_timer(process, &process->timer);
    add_timer(process, &process->quiet);
    process_init_output(process);
    return process;
}

void process_close(struct process *process)
{
    assert(process->life.state == LIFE_IDLE);
    handles_close((uv_handle_t *)&process->timer);
    handles_close((uv_handle_t *)&process->quiet);
}
