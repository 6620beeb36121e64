#include "procman/supervisor.h"
#include "procman/mem.h"
#include "supervisor_inside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE  65536
#define QUIET_MS      1000
#define SPAWN_TURN_NS 5000000 /* then the loop has its turn */

/* In the order in which they are watched. */
static const int watched_signals[SUPERVISOR_SIGNALS] = {
    SIGCHLD, SIGINT,  SIGTERM,  SIGHUP, SIGQUIT,
    SIGTSTP, SIGCONT, SIGWINCH, SIGUSR1};

/* ---- signals ---- */

static void suspend(struct supervisor *supervisor, bool suspended)
{
    for (size_t i = 0; i < supervisor->roster.count; i++)
        process_suspend(supervisor->roster.members[i]->process, suspended);
}

static void learn_window(struct supervisor *supervisor)
{
    struct os_window window = {0};

    if (supervisor->config.window)
        window = supervisor->config.window(supervisor->owner);
    supervisor->site.on_terminal = window.columns > 0;
    if (window.columns == 0)
        window = (struct os_window){80, 24};
    supervisor->site.window = window;
}

static void resize(struct supervisor *supervisor)
{
    learn_window(supervisor);
    for (size_t i = 0; i < supervisor->roster.count; i++)
        process_resize(supervisor->roster.members[i]->process,
                       &supervisor->site.window);
}

/* What goes wrong, the sinks say. */
static void reopen_logs(struct supervisor *supervisor)
{
    struct cause why;

    output_reopen(supervisor->config.output, &why);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct supervisor *supervisor = HANDLES_OWNER(handle);

    switch (signum) {
    case SIGCHLD: supervisor->reap_wanted = true; break;
    case SIGTSTP:
        suspend(supervisor, true);
        output_flush(supervisor->config.output);
        raise(SIGSTOP);
        break;
    case SIGCONT: suspend(supervisor, false); break;
    case SIGUSR1: reopen_logs(supervisor); break;
    case SIGWINCH: resize(supervisor); break;
    default: supervisor_interrupt(supervisor, signum); break;
    }
}

/* A thousand deaths are a thousand signals, and each look for the dead costs
 * the kernel a walk over all children: one look a turn is enough. */
static void on_turn_end(uv_check_t *turn_end)
{
    struct supervisor *supervisor = HANDLES_OWNER(turn_end);

    if (!supervisor->reap_wanted)
        return;
    supervisor->reap_wanted = false;
    supervisor_reap(supervisor);
}

/* ---- the start ----------------------------------------------------------- */

static void on_starter_turn(uv_idle_t *starter)
{
    struct supervisor *supervisor = HANDLES_OWNER(starter);
    uint64_t began = uv_hrtime();

    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct member *member = supervisor->roster.members[i];
        if (!supervisor_unqueue(supervisor, member))
            continue;
        supervisor_want(supervisor, member);
        if (uv_hrtime() - began > SPAWN_TURN_NS)
            break;
    }
    if (supervisor->queued_count == 0) {
        uv_idle_stop(&supervisor->starter);
        reload_changed(supervisor);
        supervisor_check_end(supervisor);
    }
}

bool supervisor_unqueue(struct supervisor *supervisor, struct member *member)
{
    if (!member->queued)
        return false;
    member->queued = false;
    supervisor->queued_count--;
    return true;
}

void supervisor_queue(struct supervisor *supervisor, struct member *member)
{
    supervisor->queued_count += !member->queued;
    member->queued = true;
    uv_idle_start(&supervisor->starter, on_starter_turn);
}

void supervisor_start(struct supervisor *supervisor, const size_t *indexes,
                      size_t count)
{
    struct member **members = supervisor->roster.members;

    for (size_t i = 0; i < count; i++)
        supervisor_queue(supervisor, members[indexes[i]]);
    for (size_t i = 0; i < supervisor->roster.count && count == 0; i++)
        if (members[i]->planned->settings.autostart)
            supervisor_queue(supervisor, members[i]);
    supervisor_await_start(supervisor);
    uv_idle_start(&supervisor->starter, on_starter_turn);
}

static void watch_signals(struct supervisor *supervisor)
{
    for (size_t i = 0; i < SUPERVISOR_SIGNALS; i++) {
        uv_signal_t *handle = &supervisor->signals[i];
        uv_signal_init(supervisor->config.loop, handle);
        handles_add(&supervisor->handles, (uv_handle_t *)handle);
        if (watched_signals[i] == SIGHUP && supervisor->config.hangup_ignored)
            continue;
        uv_signal_start(handle, on_signal, watched_signals[i]);
    }
}

struct member *supervisor_add_member(struct supervisor *supervisor,
                                     struct shared_plan *plan, size_t index)
{
    struct member *member =
        roster_add(&supervisor->roster, plan, index, &supervisor->site);

    output_add_source(supervisor->config.output, &member->source);
    process_pause(member->process, supervisor->paused);
    supervisor->open_processes++;
    return member;
}

void supervisor_forget_member(struct supervisor *supervisor,
                              struct member *member)
{
    rolling_forget(supervisor, member);
    waiters_forget(&supervisor->waiters, member);
    output_remove_source(supervisor->config.output, &member->source);
    roster_take_out(&supervisor->roster, member);
    supervisor_forget_kin(supervisor);
    process_close(member->process);
}

static void make_members(struct supervisor *supervisor)
{
    struct roster *roster = &supervisor->roster;
    const struct supervisor_config *config = &supervisor->config;

    for (size_t i = 0; i < config->plan_count; i++) {
        struct shared_plan *plan = shared_plan_create(
            &config->plans[i], config->blueprint
                                   ? config->blueprint->files[i].procfile
                                   : "Procfile");
        for (size_t k = 0; k < plan->plan.count; k++)
            supervisor_add_member(supervisor, plan, k);
        shared_plan_release(plan);
    }
    roster_set_order(roster, config->order);
}

static void make_handles(struct supervisor *supervisor)
{
    uv_loop_t *loop = supervisor->config.loop;

    handles_init(&supervisor->handles, supervisor, supervisor_handles_gone);
    supervisor->handles_open = true;
    uv_idle_init(loop, &supervisor->starter);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->starter);
    uv_check_init(loop, &supervisor->turn_end);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->turn_end);
    uv_check_start(&supervisor->turn_end, on_turn_end);
    uv_timer_init(loop, &supervisor->errand_timer);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->errand_timer);
    uv_timer_init(loop, &supervisor->reload_timer);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->reload_timer);
    uv_timer_init(loop, &supervisor->roll_timer);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->roll_timer);
    uv_timer_init(loop, &supervisor->look_timer);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->look_timer);
    shutdown_init(&supervisor->shutdown, loop, &supervisor->roster,
                  supervisor->config.output, &supervisor->handles);
    waiters_init(&supervisor->waiters, loop, &supervisor->handles);
    watch_signals(supervisor);
}

struct supervisor *supervisor_create(const struct supervisor_config *config,
                                     supervisor_over_fn *on_over, void *owner)
{
    struct supervisor *supervisor = mem_new(1, sizeof *supervisor);

    supervisor->config = *config;
    supervisor->on_over = on_over;
    supervisor->owner = owner;
    supervisor->site = (struct process_site){
        .loop = config->loop,
        .watcher = &supervisor_watcher,
        .owner = supervisor,
        .scratch = mem_new(SCRATCH_SIZE, 1),
        .scratch_size = SCRATCH_SIZE,
        .session = config->session_directory,
        .session_path = config->session,
        .null = open("/dev/null", O_RDONLY | O_CLOEXEC),
        .descriptors = config->descriptors,
        .quiet_ms = QUIET_MS,
    };
    supervisor->history = history_create(supervisor_means);
    output_add_sink(config->output, history_sink(supervisor->history));
    learn_window(supervisor);
    make_members(supervisor);
    make_handles(supervisor);
    return supervisor;
}

void supervisor_listen(struct supervisor *supervisor, struct control *control)
{
    supervisor->control = control;
    supervisor->control_open = true;
}

void supervisor_pause(struct supervisor *supervisor, bool paused)
{
    if (supervisor->phase == PHASE_CLOSING)
        return; /* the processes may be gone already */
    supervisor->paused = paused;
    for (size_t i = 0; i < supervisor->roster.count; i++)
        process_pause(supervisor->roster.members[i]->process, paused);
}

void supervisor_release(struct supervisor *supervisor)
{
    close(supervisor->site.null);
    free(supervisor->site.scratch);
    free(supervisor->kin);
    history_release(supervisor->history);
    rolling_release(supervisor);
    roster_release(&supervisor->roster);
    free(supervisor);
}
