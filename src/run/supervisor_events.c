#include "procman/remains.h"
#include "procman/words.h"
#include "standing.h"
#include "supervisor_inside.h"

#include <stdlib.h>

/* ---- what processes tell ---------------------------------------------- */

static void on_span(void *owner, struct process *process, int stream,
                    const struct span *span)
{
    struct supervisor *supervisor = owner;

    output_span(supervisor->config.output, &member_of(process)->source, stream,
                span);
}

static void on_starting(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    struct member *member = member_of(process);
    bool renewed = member->next_plan;

    member_take_next(member, &supervisor->site);
    if (renewed)
        output_change_source(supervisor->config.output, &member->source);
}

static void on_started(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    struct member *member = member_of(process);
    pid_t pid = process_run(process)->pid;

    *member_leader(&supervisor->roster, member) = pid;
    member->source.pid = pid;
    member->source.run = (unsigned)process_run(process)->number;
    remains_note(supervisor->config.remains, member->slot, pid);
    output_say_about(supervisor->config.output, &member->source, LINE_STARTED,
                     "%s started with pid %d", process_spec(process)->name,
                     (int)pid);
}

static void on_unstartable(void *owner, struct process *process,
                           const char *why)
{
    struct supervisor *supervisor = owner;
    struct member *member = member_of(process);

    member->source.run = (unsigned)process_run(process)->number;
    output_say_for(supervisor->config.output, &member->source, "%s", why);
}

static void say_ended(struct supervisor *supervisor,
                      const struct process *process)
{
    const struct process_run *run = process_run(process);

    output_say_about(supervisor->config.output, &member_of(process)->source,
                     LINE_ENDED, "%s %s%s", process_spec(process)->name,
                     standing_exit(run).text, run->asked ? ", as asked" : "");
}

static int code_of(const struct process_run *run)
{
    return run->signum ? 128 + run->signum : run->code;
}

/* Not the whole story: one that was not ready in time has failed however it
 * ended then. */
static bool has_ended_well(const struct process *process,
                           const struct process_run *run)
{
    return value_codes_have(process_spec(process)->success, run->code,
                            run->signum);
}

/* The first failure decides how procman ends. */
static void note_failure(struct supervisor *supervisor, int code)
{
    if (supervisor->result.code == 0)
        supervisor->result.code = code;
    if (supervisor->config.exit_on_error)
        supervisor_begin_stopping(supervisor);
}

static void on_ended(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    const struct process_run *run = process_run(process);

    if (run->pid)
        say_ended(supervisor, process);
    if (!process_wanted(process) && !run->asked &&
        !has_ended_well(process, run))
        note_failure(supervisor, code_of(run));
    supervisor->look_wanted = true;
}

/* Errands are answered from here and nowhere else, so none goes away while
 * another one is being looked at. */
void supervisor_look_at_errands(struct supervisor *supervisor,
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

/* What its end means for the others: settings `on-exit`. */
static void heed_end(struct supervisor *supervisor, struct process *process)
{
    int on_exit = member_of(process)->planned->settings.on_exit;
    const struct process_run *last = process_last_run(process);
    bool failed = process_failed(process);

    if (last->number == 0 || last->asked)
        return;
    if (failed) {
        supervisor_say_last_lines(supervisor, member_of(process));
        note_failure(supervisor, has_ended_well(process, last) ? EXIT_FAILURE
                                                               : code_of(last));
    }
    if (supervisor->phase != PHASE_RUNNING || on_exit == EXIT_IGNORED ||
        (on_exit == FAILURE_STOPS_ALL && !failed))
        return;
    output_say_about(supervisor->config.output, &member_of(process)->source,
                     LINE_SAID, "%s has %s: stopping all, as its on-exit says",
                     process_spec(process)->name, failed ? "failed" : "ended");
    supervisor_begin_stopping(supervisor);
}

static void say_state(struct supervisor *supervisor, struct process *process)
{
    const char *name = process_spec(process)->name;
    const struct process_spec *spec = process_spec(process);

    switch (process_state(process)) {
    case LIFE_READY:
        if (spec->notifies || spec->ready->kind != READINESS_AUTO)
            output_say_about(supervisor->config.output,
                             &member_of(process)->source, LINE_SAID,
                             "%s is ready after %s", name,
                             words_duration(process_age_ms(process)).text);
        break;
    case LIFE_WAITING:
        output_say_about(supervisor->config.output, &member_of(process)->source,
                         LINE_SAID, "%s will be started again in %s", name,
                         words_duration(process_wait_ms(process)).text);
        break;
    case LIFE_IDLE:
        if (process_failed(process) && spec->policy != LIFE_NEVER)
            output_say_about(
                supervisor->config.output, &member_of(process)->source,
                LINE_SAID, "%s has failed: %u restarts within %s were too many",
                name, spec->backoff.limit,
                words_duration(spec->backoff.window_ms).text);
        break;
    default: break;
    }
}

static void on_unwell(void *owner, struct process *process, const char *why)
{
    struct supervisor *supervisor = owner;

    output_say_about(supervisor->config.output, &member_of(process)->source,
                     LINE_SAID, "%s is not well: %s",
                     process_spec(process)->name, why);
}

static void on_stop_command(void *owner, struct process *process,
                            const char *why)
{
    struct supervisor *supervisor = owner;

    output_say(supervisor->config.output, "%s: its stop-command %s",
               process_spec(process)->name, why);
}

static void on_state(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    struct member *member = member_of(process);

    if (process_state(process) == LIFE_WAITING &&
        supervisor->phase != PHASE_RUNNING)
        process_tell(process, LIFE_STOP); /* nothing is started any more */
    else
        say_state(supervisor, process);
    waiters_note_change(&supervisor->waiters);
    supervisor_look_at_errands(supervisor, process);
    supervisor_go_on_with_errands(supervisor);
    supervisor_order_changed(supervisor, member);
    rolling_changed(supervisor);
    reload_changed(supervisor);
    if (process_state(process) == LIFE_CLOSING)
        remains_note(supervisor->config.remains, member->slot, 0);
    if (process_state(process) == LIFE_IDLE)
        heed_end(supervisor, process);
    if (process_state(process) == LIFE_IDLE)
        shutdown_go_on(&supervisor->shutdown);
    supervisor_check_end(supervisor);
}

/* Those that fled from a leader that still lives are found here. */
static void on_kill(void *owner, struct process *process)
{
    struct supervisor *supervisor = owner;
    const struct member *member = member_of(process);
    size_t count;

    if (supervisor_may_look(supervisor))
        supervisor_find_kin(supervisor);
    pid_t *pids = supervisor_kin_of(supervisor, member, false, &count);
    process_note_others(process, count);
    free(pids);
    pids = supervisor_kin_of(supervisor, member, true, &count);
    process_set_strays(process, pids, count);
    free(pids);
    output_say_about(supervisor->config.output, &member->source, LINE_SAID,
                     "%s did not stop within %s: killed",
                     process_spec(process)->name,
                     words_duration(process_patience_ms(process)).text);
}

void supervisor_say_stray(const struct supervisor *supervisor,
                          const struct member *member, pid_t pid)
{
    char *program = os_program_of(pid);

    output_say_about(supervisor->config.output, &member->source, LINE_SAID,
                     "%s: ending %s (pid %d), which had left its group",
                     member->spec.name, program, (int)pid);
    free(program);
}

static void on_stray(void *owner, struct process *process, pid_t pid)
{
    supervisor_say_stray(owner, member_of(process), pid);
}

/* ---- children that have ended ------------------------------------------ */

static void leader_ended(struct slot *slot, int code, int signum)
{
    slot->leader = 0;
    process_leader_ended(slot->member->process, code, signum);
}

/* Those that were told to end are asked by name: among a thousand that live the
 * kernel would look long for each of them. */
static void reap_stopping(struct supervisor *supervisor)
{
    int code, signum;

    for (size_t i = supervisor->roster.slot_count; i-- > 0;) {
        struct slot *slot = &supervisor->roster.slots[i];
        if (slot->leader &&
            process_state(slot->member->process) == LIFE_STOPPING &&
            os_reap_one(slot->leader, &code, &signum))
            leader_ended(slot, code, signum);
    }
}

static void hand_to_probes(struct supervisor *supervisor, pid_t pid, int code,
                           int signum)
{
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (process_child_ended(supervisor->roster.members[i]->process, pid,
                                code, signum))
            return;
}

static struct slot *slot_of_leader(const struct supervisor *supervisor,
                                   pid_t pid)
{
    const struct roster *roster = &supervisor->roster;

    for (size_t i = 0; i < roster->slot_count; i++)
        if (roster->slots[i].leader == pid)
            return &roster->slots[i];
    return NULL;
}

static void reap_others(struct supervisor *supervisor)
{
    int code, signum;

    for (pid_t pid; (pid = os_reap(&code, &signum)) > 0;) {
        struct slot *slot = slot_of_leader(supervisor, pid);
        if (slot)
            leader_ended(slot, code, signum);
        else
            hand_to_probes(supervisor, pid, code, signum);
    }
}

/* Any death may be that of the last one of a group.  Signals do not count how
 * often they came: whoever is there to be reaped is reaped. */
void supervisor_reap(struct supervisor *supervisor)
{
    reap_stopping(supervisor);
    reap_others(supervisor);
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (process_waits_for_kin(supervisor->roster.members[i]->process))
            supervisor->look_wanted = true;
    supervisor_look_if_wanted(supervisor);
    if (supervisor->phase == PHASE_SWEEPING)
        supervisor_check_end(supervisor);
}

const struct process_watcher supervisor_watcher = {
    .on_span = on_span,
    .on_starting = on_starting,
    .on_started = on_started,
    .on_unwell = on_unwell,
    .on_unstartable = on_unstartable,
    .on_ended = on_ended,
    .on_stop_command = on_stop_command,
    .on_kill = on_kill,
    .on_stray = on_stray,
    .on_state = on_state,
    .on_closed = supervisor_process_closed,
};
