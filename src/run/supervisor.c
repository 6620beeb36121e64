#include "procman/supervisor.h"
#include "errand.h"
#include "kin.h"
#include "procman/handles.h"
#include "procman/mem.h"
#include "procman/process.h"
#include "procman/words.h"
#include "shutdown.h"
#include "supervisor_inside.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE 65536
#define QUIET_MS 1000
#define SPAWN_TURN_NS 5000000 /* then the loop has its turn */
#define LOOK_SHARE 10 /* at most one part in so many is spent on looking */

/* In the order in which they are watched. */
static const int watched_signals[] = {SIGCHLD, SIGINT,  SIGTERM, SIGHUP,
                                      SIGQUIT, SIGTSTP, SIGCONT};
#define WATCHED (sizeof watched_signals / sizeof *watched_signals)

enum phase {
    PHASE_RUNNING,
    PHASE_STOPPING, /* nothing new is started */
    PHASE_SWEEPING, /* all processes are idle; descendants of nobody are not */
    PHASE_CLOSING
};

struct supervisor {
    struct supervisor_config config;
    supervisor_over_fn *on_over;
    void *owner;

    size_t count;
    struct process **processes; /* in the order of the plan, and so on: */
    struct process_spec *specs;
    struct source *sources;
    bool *queued; /* to be started when its turn comes */
    size_t queued_count;
    struct process_site site;

    enum phase phase;
    struct shutdown shutdown;
    struct supervisor_result result;
    struct control *control;
    struct errand *errands;

    bool look_wanted;
    struct kin *kin; /* what the last look saw */
    size_t kin_count;
    uint64_t looked_ns, look_cost_ns; /* when it ended, and what it cost */
    uint64_t *lingering_said; /* for each process, of which run */
    bool swept;               /* those left behind have been signalled */
    uint64_t sweep_until_ms;  /* then they are killed */

    /* What must be closed before it is all over: */
    struct handles handles;
    size_t open_processes;
    bool handles_open, control_open;
    uv_signal_t signals[WATCHED];
    uv_idle_t starter;
    uv_timer_t look_timer;
};

static void check_end(struct supervisor *supervisor);
static void look_if_wanted(struct supervisor *supervisor);
static void begin_stopping(struct supervisor *supervisor);

static size_t index_of(const struct supervisor *supervisor,
                       const struct process *process)
{
    return (size_t)(process_spec(process) - supervisor->specs);
}

static const struct source *source_of(const struct supervisor *supervisor,
                                      const struct process *process)
{
    return &supervisor->sources[index_of(supervisor, process)];
}

/* ---- what processes tell ---------------------------------------------- */

static void on_line(void *owner, struct process *process, int stream,
                    const char *text, size_t len, bool continues)
{
    struct supervisor *supervisor = owner;

    output_line(supervisor->config.output, source_of(supervisor, process),
                stream, text, len, continues);
}

static void on_started(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;

    output_say(supervisor->config.output, "%s started with pid %d",
               process_spec(process)->name, (int)process_run(process)->pid);
}

static void on_unstartable(void *owner, struct process *process,
                           const char *why)
{
    struct supervisor *supervisor = owner;

    output_say_for(supervisor->config.output, source_of(supervisor, process),
                   "%s", why);
}

static void say_ended(struct supervisor *supervisor,
                      const struct process *process)
{
    const struct process_run *run = process_run(process);
    const char *name = process_spec(process)->name;
    const char *asked = run->asked ? ", as asked" : "";
    struct words after = words_duration(run->ended_ms - run->started_ms);

    if (run->signum)
        output_say(supervisor->config.output, "%s was ended by %s after %s%s",
                   name, words_signal(run->signum).text, after.text, asked);
    else
        output_say(supervisor->config.output,
                   "%s exited with code %d after %s%s", name, run->code,
                   after.text, asked);
}

/* What ends on its own with anything but 0 decides how procman ends. */
static void note_failure(struct supervisor *supervisor,
                         const struct process_run *run)
{
    int code = run->signum ? 128 + run->signum : run->code;

    if (run->asked || code == 0)
        return;
    if (supervisor->result.code == 0)
        supervisor->result.code = code;
    if (supervisor->config.exit_on_error)
        begin_stopping(supervisor);
}

static void on_ended(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    const struct process_run *run = process_run(process);

    if (run->pid)
        say_ended(supervisor, process);
    note_failure(supervisor, run);
    supervisor->look_wanted = true;
}

/* Errands are answered from here and nowhere else, so none goes away while
 * another one is being looked at. */
static void look_at_errands(struct supervisor *supervisor,
                            const struct process *process)
{
    struct errand **link = &supervisor->errands;

    while (*link) {
        struct errand *errand = *link, *next = errand->next;
        errand_look(errand, process);
        if (errand_finish(errand))
            *link = next;
        else
            link = &errand->next;
    }
}

static void on_state(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;

    look_at_errands(supervisor, process);
    if (process_state(process) == LIFE_IDLE)
        shutdown_go_on(&supervisor->shutdown);
    check_end(supervisor);
}

/* ---- who else is there ------------------------------------------------- */

static bool leader_lives(const struct process *process)
{
    const struct process_run *run = process_run(process);

    return run->pid && !run->ended_ms;
}

/* Nobody of a process whose leader is gone can be there without having become
 * our child, or the child of one that has. */
static bool only_leaders_live(const struct supervisor *supervisor)
{
    pid_t *known = mem_new(supervisor->count, sizeof *known);
    size_t count = 0;

    for (size_t i = 0; i < supervisor->count; i++)
        if (leader_lives(supervisor->processes[i]))
            known[count++] = process_run(supervisor->processes[i])->pid;
    int others = os_has_other_children(known, count);
    free(known);
    return others == 0;
}

static void find_kin(struct supervisor *supervisor)
{
    struct kin_leader *leaders = mem_new(supervisor->count, sizeof *leaders);
    uint64_t began = uv_hrtime();

    for (size_t i = 0; i < supervisor->count; i++) {
        const struct process *process = supervisor->processes[i];
        leaders[i].name = process_spec(process)->name;
        if (process_state(process) != LIFE_IDLE)
            leaders[i].pid = process_run(process)->pid;
    }
    free(supervisor->kin);
    supervisor->kin =
        kin_find(leaders, supervisor->count, supervisor->config.session,
                 &supervisor->kin_count);
    free(leaders);
    supervisor->looked_ns = uv_hrtime();
    supervisor->look_cost_ns = supervisor->looked_ns - began;
}

/* The pids of those that belong to process `i`; free() them. */
static pid_t *kin_of(const struct supervisor *supervisor, size_t i,
                     bool strays_only, size_t *count)
{
    pid_t *pids = mem_new(supervisor->kin_count, sizeof *pids);
    pid_t leader = process_run(supervisor->processes[i])->pid;

    *count = 0;
    for (size_t k = 0; k < supervisor->kin_count; k++) {
        const struct kin *kin = &supervisor->kin[k];
        if (kin->owner == i && kin->pid != leader &&
            !(strays_only && kin->in_group))
            pids[(*count)++] = kin->pid;
    }
    return pids;
}

/* "71, 72, 73 and 2 more" */
static struct words list_pids(const pid_t *pids, size_t count)
{
    struct words words = {{0}};
    size_t len = 0;

    for (size_t i = 0; i < count && i < 3; i++)
        len += (size_t)snprintf(words.text + len, sizeof words.text - len,
                                "%s%d", i ? ", " : "", (int)pids[i]);
    if (count > 3)
        snprintf(words.text + len, sizeof words.text - len, " and %zu more",
                 count - 3);
    return words;
}

/* Its leader ended by itself, and others of it go on: people must know. */
static void say_lingering(struct supervisor *supervisor, size_t i)
{
    struct process *process = supervisor->processes[i];
    uint64_t number = process_run(process)->number;
    size_t count;
    pid_t *pids = kin_of(supervisor, i, false, &count);

    if (process_state(process) == LIFE_LINGERING && count > 0 &&
        supervisor->phase == PHASE_RUNNING &&
        supervisor->lingering_said[i] != number) {
        supervisor->lingering_said[i] = number;
        output_say(supervisor->config.output,
                   "%s: %zu of its processes live on (pid %s)",
                   process_spec(process)->name, count,
                   list_pids(pids, count).text);
    }
    free(pids);
}

static void hand_out_kin(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        size_t count = 0;
        pid_t *strays;
        if (!process_waits_for_kin(supervisor->processes[i]))
            continue;
        say_lingering(supervisor, i);
        strays = kin_of(supervisor, i, true, &count);
        process_set_strays(supervisor->processes[i], strays, count);
        free(strays);
    }
}

static void forget_kin(struct supervisor *supervisor)
{
    supervisor->kin_count = 0;
}

/* While all are being stopped nobody waits for strays: the sweep finds them. */
static void look(struct supervisor *supervisor)
{
    supervisor->look_wanted = false;
    if (supervisor->phase == PHASE_STOPPING || only_leaders_live(supervisor))
        forget_kin(supervisor);
    else
        find_kin(supervisor);
    hand_out_kin(supervisor);
    check_end(supervisor);
}

static void on_look_time(uv_timer_t *timer)
{
    struct supervisor *supervisor = HANDLES_OWNER(timer);

    look(supervisor);
}

/* A look costs what /proc is long: it may be taken at once, but looks must not
 * become most of what we do. */
static void look_if_wanted(struct supervisor *supervisor)
{
    uint64_t again = supervisor->looked_ns +
                     LOOK_SHARE * supervisor->look_cost_ns;
    uint64_t now = uv_hrtime();

    if (!supervisor->look_wanted ||
        uv_is_active((uv_handle_t *)&supervisor->look_timer))
        return;
    if (now >= again)
        look(supervisor);
    else
        uv_timer_start(&supervisor->look_timer, on_look_time,
                       (again - now) / 1000000 + 1, 0);
}

/* Those that fled from a leader that still lives are found here. */
static void on_kill(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    size_t i = index_of(supervisor, process), count;

    if (uv_hrtime() > supervisor->looked_ns +
                          LOOK_SHARE * supervisor->look_cost_ns)
        find_kin(supervisor);
    pid_t *pids = kin_of(supervisor, i, false, &count);
    process_note_others(process, count);
    free(pids);
    pids = kin_of(supervisor, i, true, &count);
    process_set_strays(process, pids, count);
    free(pids);
    output_say(supervisor->config.output, "%s did not stop within %s: killed",
               process_spec(process)->name,
               words_duration(uv_now(supervisor->config.loop) -
                              process_run(process)->signalled_ms)
                   .text);
}

static void on_stray(void *owner, struct process *process, pid_t pid)
{
    struct supervisor *supervisor = owner;
    char *program = os_program_of(pid);

    output_say(supervisor->config.output,
               "%s: ending %s (pid %d), which had left its group",
               process_spec(process)->name, program, (int)pid);
    free(program);
}

/* ---- children that have ended ------------------------------------------ */

static struct process *process_of_leader(const struct supervisor *supervisor,
                                         pid_t pid)
{
    for (size_t i = 0; i < supervisor->count; i++)
        if (leader_lives(supervisor->processes[i]) &&
            process_run(supervisor->processes[i])->pid == pid)
            return supervisor->processes[i];
    return NULL;
}

/* Any death may be that of the last one of a group.  Signals do not count how
 * often they came: whoever is there to be reaped is reaped. */
static void reap(struct supervisor *supervisor)
{
    int code, signum;

    for (pid_t pid; (pid = os_reap(&code, &signum)) > 0;) {
        struct process *process = process_of_leader(supervisor, pid);
        if (process)
            process_leader_ended(process, code, signum);
    }
    for (size_t i = 0; i < supervisor->count; i++)
        if (process_waits_for_kin(supervisor->processes[i]))
            supervisor->look_wanted = true;
    look_if_wanted(supervisor);
    if (supervisor->phase == PHASE_SWEEPING)
        check_end(supervisor);
}

/* ---- the end ------------------------------------------------------------ */

static bool is_at_rest(const struct process *process)
{
    enum life_state state = process_state(process);

    return state == LIFE_IDLE ||
           (state == LIFE_LINGERING && !process_wanted(process));
}

static bool all_at_rest(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++)
        if (!is_at_rest(supervisor->processes[i]))
            return false;
    return supervisor->queued_count == 0;
}

static void on_all_closed(struct supervisor *supervisor)
{
    if (supervisor->open_processes == 0 && !supervisor->handles_open &&
        !supervisor->control_open)
        supervisor->on_over(supervisor->owner, &supervisor->result);
}

static void on_handles_gone(void *owner)
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

static void on_process_closed(void *owner)
{
    struct supervisor *supervisor = owner;

    supervisor->open_processes--;
    on_all_closed(supervisor);
}

static void close_all(struct supervisor *supervisor)
{
    supervisor->phase = PHASE_CLOSING;
    for (size_t i = 0; i < WATCHED; i++)
        handles_close((uv_handle_t *)&supervisor->signals[i]);
    handles_close((uv_handle_t *)&supervisor->starter);
    handles_close((uv_handle_t *)&supervisor->look_timer);
    handles_close((uv_handle_t *)&supervisor->shutdown.timer);
    for (size_t i = 0; i < supervisor->count; i++)
        process_close(supervisor->processes[i]);
    if (supervisor->control)
        control_close(supervisor->control, on_control_gone);
}

static void on_sweep_time(uv_timer_t *timer)
{
    check_end(HANDLES_OWNER(timer));
}

static void say_left_behind(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->kin_count; i++) {
        char *program = os_program_of(supervisor->kin[i].pid);
        output_say(supervisor->config.output,
                   "ending %s (pid %d), which was left behind", program,
                   (int)supervisor->kin[i].pid);
        free(program);
    }
}

/* All processes are idle; whoever is still there came of one of them. */
static void sweep(struct supervisor *supervisor)
{
    uint64_t now;

    find_kin(supervisor);
    uv_update_time(supervisor->config.loop);
    now = uv_now(supervisor->config.loop);
    if (supervisor->kin_count == 0) {
        close_all(supervisor);
        return;
    }
    if (!supervisor->swept) {
        say_left_behind(supervisor);
        supervisor->sweep_until_ms = now + supervisor->config.stop_timeout_ms;
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

static void check_end(struct supervisor *supervisor)
{
    if (supervisor->phase == PHASE_RUNNING &&
        supervisor->config.exit_on_stop && all_at_rest(supervisor))
        begin_stopping(supervisor);
    if (supervisor->phase == PHASE_STOPPING &&
        shutdown_left(&supervisor->shutdown) == 0) {
        uv_timer_stop(&supervisor->look_timer);
        supervisor->phase = PHASE_SWEEPING;
    }
    if (supervisor->phase == PHASE_SWEEPING)
        sweep(supervisor);
}

static void begin_stopping(struct supervisor *supervisor)
{
    if (supervisor->phase != PHASE_RUNNING)
        return;
    supervisor->phase = PHASE_STOPPING;
    for (size_t i = 0; i < supervisor->count; i++)
        supervisor->queued[i] = false;
    supervisor->queued_count = 0;
    uv_idle_stop(&supervisor->starter);
    shutdown_begin(&supervisor->shutdown);
    supervisor->look_wanted = true;
    look_if_wanted(supervisor);
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

    if (supervisor->phase == PHASE_SWEEPING)
        supervisor->sweep_until_ms = 0;
    output_say(supervisor->config.output, "%s received again: killing %s",
               words_signal(signum).text,
               words_count(left, "process", "processes").text);
    shutdown_hurry(&supervisor->shutdown);
    check_end(supervisor);
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
    begin_stopping(supervisor);
    check_end(supervisor);
}

static void suspend(struct supervisor *supervisor, bool suspended)
{
    for (size_t i = 0; i < supervisor->count; i++)
        process_suspend(supervisor->processes[i], suspended);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct supervisor *supervisor = HANDLES_OWNER(handle);

    switch (signum) {
    case SIGCHLD: reap(supervisor); break;
    case SIGTSTP:
        suspend(supervisor, true);
        output_flush(supervisor->config.output);
        raise(SIGSTOP);
        break;
    case SIGCONT: suspend(supervisor, false); break;
    default: supervisor_interrupt(supervisor, signum); break;
    }
}

/* ---- the start ----------------------------------------------------------- */

static void on_starter_turn(uv_idle_t *starter)
{
    struct supervisor *supervisor = HANDLES_OWNER(starter);
    uint64_t began = uv_hrtime();

    for (size_t i = 0; i < supervisor->count; i++) {
        if (!supervisor_unqueue(supervisor, i))
            continue;
        process_tell(supervisor->processes[i], LIFE_START);
        if (uv_hrtime() - began > SPAWN_TURN_NS)
            break;
    }
    if (supervisor->queued_count == 0) {
        uv_idle_stop(&supervisor->starter);
        check_end(supervisor);
    }
}

bool supervisor_unqueue(struct supervisor *supervisor, size_t i)
{
    if (!supervisor->queued[i])
        return false;
    supervisor->queued[i] = false;
    supervisor->queued_count--;
    return true;
}

void supervisor_start(struct supervisor *supervisor, const size_t *indexes,
                      size_t count)
{
    for (size_t i = 0; i < (count ? count : supervisor->count); i++) {
        size_t index = count ? indexes[i] : i;
        supervisor->queued_count += !supervisor->queued[index];
        supervisor->queued[index] = true;
    }
    uv_idle_start(&supervisor->starter, on_starter_turn);
}

static void watch_signals(struct supervisor *supervisor)
{
    for (size_t i = 0; i < WATCHED; i++) {
        uv_signal_t *handle = &supervisor->signals[i];
        uv_signal_init(supervisor->config.loop, handle);
        handles_add(&supervisor->handles, (uv_handle_t *)handle);
        if (watched_signals[i] == SIGHUP && supervisor->config.hangup_ignored)
            continue;
        uv_signal_start(handle, on_signal, watched_signals[i]);
    }
}

static void make_processes(struct supervisor *supervisor)
{
    const struct supervisor_config *config = &supervisor->config;

    for (size_t i = 0; i < supervisor->count; i++) {
        const struct plan_process *planned = &config->plan->processes[i];
        supervisor->sources[i] =
            (struct source){.name = planned->name, .index = (unsigned)i};
        supervisor->specs[i] = (struct process_spec){
            .name = planned->name,
            .command = planned->command,
            .argv = planned->argv,
            .environment = &config->plan->environment,
            .own = &planned->own,
            .stop_signal = SIGTERM,
            .stop_timeout_ms = config->stop_timeout_ms,
        };
        supervisor->processes[i] =
            process_create(&supervisor->site, &supervisor->specs[i]);
        supervisor->open_processes++;
    }
}

static void make_room(struct supervisor *supervisor, size_t count)
{
    supervisor->count = count;
    supervisor->processes = mem_new(count, sizeof *supervisor->processes);
    supervisor->specs = mem_new(count, sizeof *supervisor->specs);
    supervisor->sources = mem_new(count, sizeof *supervisor->sources);
    supervisor->queued = mem_new(count, sizeof *supervisor->queued);
    supervisor->lingering_said =
        mem_new(count, sizeof *supervisor->lingering_said);
}

static void make_handles(struct supervisor *supervisor)
{
    uv_loop_t *loop = supervisor->config.loop;

    handles_init(&supervisor->handles, supervisor, on_handles_gone);
    supervisor->handles_open = true;
    uv_idle_init(loop, &supervisor->starter);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->starter);
    uv_timer_init(loop, &supervisor->look_timer);
    handles_add(&supervisor->handles, (uv_handle_t *)&supervisor->look_timer);
    shutdown_init(&supervisor->shutdown, loop, supervisor->processes,
                  supervisor->count, supervisor->config.output,
                  &supervisor->handles);
    watch_signals(supervisor);
}

struct supervisor *supervisor_create(const struct supervisor_config *config,
                                     supervisor_over_fn *on_over, void *owner)
{
    static const struct process_watcher watcher = {
        .on_line = on_line,
        .on_started = on_started,
        .on_unstartable = on_unstartable,
        .on_ended = on_ended,
        .on_kill = on_kill,
        .on_stray = on_stray,
        .on_state = on_state,
        .on_closed = on_process_closed,
    };
    struct supervisor *supervisor = mem_new(1, sizeof *supervisor);

    supervisor->config = *config;
    supervisor->on_over = on_over;
    supervisor->owner = owner;
    supervisor->site = (struct process_site){
        .loop = config->loop,
        .watcher = &watcher,
        .owner = supervisor,
        .scratch = mem_new(SCRATCH_SIZE, 1),
        .scratch_size = SCRATCH_SIZE,
        .null = open("/dev/null", O_RDONLY | O_CLOEXEC),
        .descriptors = config->descriptors,
        .quiet_ms = QUIET_MS,
    };
    make_room(supervisor, config->plan->count);
    make_processes(supervisor);
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
    for (size_t i = 0; i < supervisor->count; i++)
        process_pause(supervisor->processes[i], paused);
}

void supervisor_release(struct supervisor *supervisor)
{
    close(supervisor->site.null);
    free(supervisor->site.scratch);
    free(supervisor->kin);
    free(supervisor->processes);
    free(supervisor->specs);
    free(supervisor->sources);
    free(supervisor->queued);
    free(supervisor->lingering_said);
    free(supervisor);
}

/* ---- for requests.c ------------------------------------------------------ */

const struct plan *supervisor_plan(const struct supervisor *supervisor)
{
    return supervisor->config.plan;
}

struct process *supervisor_process(const struct supervisor *supervisor,
                                   size_t i)
{
    return supervisor->processes[i];
}

bool supervisor_is_stopping(const struct supervisor *supervisor)
{
    return supervisor->phase != PHASE_RUNNING;
}

/* The errand is in the list while the processes are told, and held, so that it
 * is not over before all of them have been. */
void supervisor_send(struct supervisor *supervisor, struct errand *errand)
{
    static const enum life_event wishes[] = {
        [VERB_START] = LIFE_START,
        [VERB_STOP] = LIFE_STOP,
        [VERB_RESTART] = LIFE_RESTART,
    };

    errand->next = supervisor->errands;
    supervisor->errands = errand;
    errand->open++;
    for (size_t i = 0; i < errand->count; i++) {
        struct process *process = errand->items[i].process;
        supervisor_unqueue(supervisor, index_of(supervisor, process));
        process_tell(process, wishes[errand->verb]);
        errand_look(errand, process);
    }
    errand->open--;
    look_at_errands(supervisor, NULL);
    check_end(supervisor);
}
