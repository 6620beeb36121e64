#include "procman/words.h"
#include "supervisor_inside.h"

#include <signal.h>
#include <stdlib.h>

#define SWEEP_PATIENCE_MS 10000
#define GIVE_UP_MS        5000 /* on those that SIGKILL does not end */

/* ---- the end ------------------------------------------------------------ */

/* What waits for one that has failed would wait for ever. */
static bool is_at_rest(const struct member *member)
{
    enum life_state state = process_state(member->process);

    if (member->held)
        return supervisor_is_blocked(member);
    return state == LIFE_IDLE ||
           (state == LIFE_LINGERING && !process_wanted(member->process));
}

static bool all_at_rest(const struct supervisor *supervisor)
{
    if (supervisor->reload)
        return false;
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (!is_at_rest(supervisor->roster.members[i]))
            return false;
    return supervisor->queued_count == 0;
}

static void on_all_closed(struct supervisor *supervisor)
{
    if (supervisor->open_processes == 0 && !supervisor->handles_open &&
        !supervisor->control_open)
        supervisor->on_over(supervisor->owner, &supervisor->result);
}

void supervisor_handles_gone(void *owner)
{
    struct supervisor *supervisor = owner;

    supervisor->handles_open = false;
    on_all_closed(supervisor);
}

static void on_control_gone(void *owner)
{
    struct supervisor *supervisor = owner;

    supervisor->control_open = false;
    on_all_closed(supervisor);
}

void supervisor_process_closed(void *owner, const struct process_spec *spec)
{
    struct supervisor *supervisor = owner;

    struct member *member = member_of_spec(spec);

    member->process = NULL;
    if (member->out)
        member_release(member);
    supervisor->open_processes--;
    on_all_closed(supervisor);
}

static void close_all(struct supervisor *supervisor)
{
    supervisor->phase = PHASE_CLOSING;
    for (size_t i = 0; i < SUPERVISOR_SIGNALS; i++)
        handles_close((uv_handle_t *)&supervisor->signals[i]);
    handles_close((uv_handle_t *)&supervisor->starter);
    handles_close((uv_handle_t *)&supervisor->turn_end);
    handles_close((uv_handle_t *)&supervisor->look_timer);
    handles_close((uv_handle_t *)&supervisor->errand_timer);
    handles_close((uv_handle_t *)&supervisor->roll_timer);
    handles_close((uv_handle_t *)&supervisor->reload_timer);
    handles_close((uv_handle_t *)&supervisor->shutdown.timer);
    waiters_close(&supervisor->waiters);
    for (size_t i = 0; i < supervisor->roster.count; i++)
        process_close(supervisor->roster.members[i]->process);
    history_end(supervisor->history);
    if (supervisor->control)
        control_close(supervisor->control, on_control_gone);
}

static void on_sweep_time(uv_timer_t *timer)
{
    supervisor_check_end(HANDLES_OWNER(timer));
}

static void say_left_behind(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->kin_count; i++) {
        const struct kin *kin = &supervisor->kin[i];
        char *program = os_program_of(kin->pid);
        if (kin->owner == KIN_NOBODY)
            output_say(supervisor->config.output,
                       "ending %s (pid %d), which was left behind", program,
                       (int)kin->pid);
        else
            supervisor_say_stray(
                supervisor, supervisor->roster.members[kin->owner], kin->pid);
        free(program);
    }
}

/* All processes are idle; whoever is still there came of one of them. */
static void sweep(struct supervisor *supervisor)
{
    uint64_t now;

    supervisor_find_kin(supervisor);
    uv_update_time(supervisor->config.loop);
    now = uv_now(supervisor->config.loop);
    if (supervisor->kin_count == 0 ||
        (supervisor->swept && now > supervisor->sweep_until_ms + GIVE_UP_MS)) {
        close_all(supervisor);
        return;
    }
    if (!supervisor->swept) {
        say_left_behind(supervisor);
        supervisor->sweep_until_ms =
            now + (supervisor->hurried ? 0 : SWEEP_PATIENCE_MS);
    }
    bool patient = now < supervisor->sweep_until_ms;
    for (size_t i = 0; i < supervisor->kin_count; i++) {
        if (!patient)
            os_signal(supervisor->kin[i].pid, SIGKILL);
        else if (!supervisor->swept)
            os_signal(supervisor->kin[i].pid, SIGTERM);
        os_signal(supervisor->kin[i].pid, SIGCONT);
    }
    supervisor->swept = true;
    uv_timer_start(&supervisor->look_timer, on_sweep_time,
                   patient ? supervisor->sweep_until_ms - now : 10, 0);
}

void supervisor_check_end(struct supervisor *supervisor)
{
    if (supervisor->phase == PHASE_RUNNING && supervisor->config.exit_on_stop &&
        all_at_rest(supervisor))
        supervisor_begin_stopping(supervisor);
    if (supervisor->phase == PHASE_STOPPING &&
        shutdown_is_done(&supervisor->shutdown)) {
        uv_timer_stop(&supervisor->look_timer);
        supervisor->phase = PHASE_SWEEPING;
    }
    if (supervisor->phase == PHASE_SWEEPING)
        sweep(supervisor);
}

/* Neither of those that wait for a restart, nor of those that are on their way
 * down to one: their turn to be stopped may come too late for that. */
static void call_off_restarts(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct process *process = supervisor->roster.members[i]->process;
        enum life_state state = process_state(process);
        if (state == LIFE_WAITING || state == LIFE_STOPPING ||
            state == LIFE_CLOSING)
            process_tell(process, LIFE_STOP);
    }
}

void supervisor_begin_stopping(struct supervisor *supervisor)
{
    if (supervisor->phase != PHASE_RUNNING)
        return;
    supervisor->phase = PHASE_STOPPING;
    for (size_t i = 0; i < supervisor->roster.count; i++)
        supervisor_unqueue(supervisor, supervisor->roster.members[i]);
    for (size_t i = 0; i < supervisor->roster.count; i++)
        supervisor_let_go(supervisor->roster.members[i]);
    supervisor_look_at_starts(supervisor);
    uv_idle_stop(&supervisor->starter);
    reload_stop(supervisor, "procman is shutting down");
    rolling_stop_all(supervisor, "procman is shutting down");
    waiters_begin_end(&supervisor->waiters);
    shutdown_begin(&supervisor->shutdown);
    call_off_restarts(supervisor);
    supervisor->look_wanted = true;
    supervisor_look_if_wanted(supervisor);
}

/* ---- signals ------------------------------------------------------------- */

/* A hang-up may come twice, and a reader often goes because it heard the same
 * Ctrl-C: only these show that somebody has lost patience. */
static bool shows_impatience(int signum)
{
    return signum == SIGINT || signum == SIGTERM || signum == SIGQUIT;
}

static void kill_all(struct supervisor *supervisor, int signum)
{
    size_t left = shutdown_left(&supervisor->shutdown);

    supervisor->hurried = true;
    supervisor->sweep_until_ms = uv_now(supervisor->config.loop);
    output_say(supervisor->config.output, "%s received again: killing %s",
               words_signal(signum).text,
               words_count(left, "process", "processes").text);
    shutdown_hurry(&supervisor->shutdown);
    supervisor_check_end(supervisor);
}

void supervisor_interrupt(struct supervisor *supervisor, int signum)
{
    int before = supervisor->result.signum;
    size_t left = shutdown_left(&supervisor->shutdown);

    if (supervisor->phase == PHASE_CLOSING)
        return;
    if (before && !shows_impatience(signum))
        return;
    if (before && shows_impatience(before)) {
        kill_all(supervisor, signum);
        return;
    }
    supervisor->result.signum = signum;
    if (signum != SIGPIPE)
        output_say(supervisor->config.output, "%s received: stopping %s",
                   words_signal(signum).text,
                   words_count(left, "process", "processes").text);
    supervisor_begin_stopping(supervisor);
    supervisor_check_end(supervisor);
}
