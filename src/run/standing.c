#include "standing.h"
#include "procman/mem.h"
#include "supervisor_inside.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- for awaited.h ------------------------------------------------------- */

static bool leader_lives(const struct process *process)
{
    const struct process_run *run = process_run(process);

    return run->pid && !run->ended_ms;
}

/* How its last end was, also while others of it live on. */
static const struct process_run *last_end(const struct process *process)
{
    const struct process_run *run = process_run(process);

    return run->ended_ms ? run : process_last_run(process);
}

/* To stop one whose work is done changes nothing. */
static bool was_stopped(const struct process *process)
{
    const struct process_run *end = last_end(process);
    bool rests = process_state(process) == LIFE_IDLE;
    bool done = rests && end->number > 0 && !end->asked &&
                value_codes_have(process_spec(process)->success, end->code,
                                 end->signum);

    return process_asked(process) && !done;
}

/* It will be started, without anybody's doing. */
static bool is_to_start(const struct member *member)
{
    return member->queued || member->held || member->renewing;
}

uint64_t standing_run(const struct member *member)
{
    uint64_t number = process_run(member->process)->number;

    return is_to_start(member) && !leader_lives(member->process) ? number + 1
                                                                 : number;
}

const struct process_run *standing_end(const struct member *member,
                                       uint64_t run)
{
    const struct process_run *end = last_end(member->process);

    return end->number > 0 && end->number >= run ? end : NULL;
}

/* A task says with its end that it is done; of others that wait for no sign no
 * more is known than that they could be executed. */
static bool only_runs(const struct process_spec *spec)
{
    return spec->ready->kind == READINESS_EXIT ||
           (spec->ready->kind == READINESS_AUTO && !spec->notifies);
}

struct awaited_view standing_view(const struct member *member, uint64_t run)
{
    const struct process *process = member->process;
    const struct process_run *end = last_end(process);

    return (struct awaited_view){
        .state = process_state(process),
        .wanted = process_wanted(process),
        .to_start = is_to_start(member),
        .blocked = supervisor_is_blocked(member),
        .paused = process_frozen(process),
        .failed = process_failed(process) || process_crashed(process),
        .has_run = end->number > 0,
        .asked = was_stopped(process),
        .is_task = member->planned->settings.kind == KIND_TASK,
        .only_runs = only_runs(&member->spec),
        .run_is_over = standing_end(member, run) != NULL,
    };
}

/* ---- in words -------------------------------------------------------------- */

/* What people want to know of one that is at rest, and why it waits. */
const char *standing_word(const struct member *member)
{
    const struct process *process = member->process;
    const struct process_run *last = process_last_run(process);
    int kind = member->planned->settings.kind;

    if (member->held)
        return supervisor_is_blocked(member) ? "blocked" : "held";
    if (process_failed(process))
        return "failed";
    if (process_frozen(process))
        return "paused";
    if (process_state(process) == LIFE_IDLE && kind == KIND_TASK &&
        last->number > 0 && !last->asked)
        return "done";
    return life_word(process_state(process));
}

struct words standing_exit(const struct process_run *run)
{
    struct words after = words_duration(run->ended_ms - run->started_ms);
    struct words said;

    if (run->signum)
        snprintf(said.text, sizeof said.text, "was ended by %.16s after %.24s",
                 words_signal(run->signum).text, after.text);
    else
        snprintf(said.text, sizeof said.text, "exited with code %d after %.24s",
                 run->code, after.text);
    return said;
}

static char *why_waiting(const struct process *process)
{
    return mem_format("starts again in %s",
                      words_duration(process_wait_ms(process)).text);
}

/* NULL: how its leader ended says it all. */
static char *why_failed(const struct process *process)
{
    if (process_run(process)->spawn_error)
        return mem_string(process_failure(process));
    return process_trouble(process) ? mem_string(process_trouble(process))
                                    : NULL;
}

char *standing_why(const struct member *member)
{
    if (member->held)
        return supervisor_why_held(member);
    if (process_state(member->process) == LIFE_WAITING)
        return why_waiting(member->process);
    if (process_failed(member->process))
        return why_failed(member->process);
    return NULL;
}

/* ---- as a reason ------------------------------------------------------------ */

static char *reason_of_end(const struct member *member)
{
    const struct process *process = member->process;
    const struct process_spec *spec = &member->spec;
    const struct process_run *end = last_end(process);
    char *why;

    if (end->number == 0)
        return mem_string("it was not started");
    if (was_stopped(process))
        return mem_string("it was stopped");
    if ((why = why_failed(process)) != NULL)
        return why;
    if (process_failed(process) && spec->policy != LIFE_NEVER)
        return mem_format("it %s, and %u restarts within %s were too many",
                          standing_exit(end).text, spec->backoff.limit,
                          words_duration(spec->backoff.window_ms).text);
    return mem_format("it %s", standing_exit(end).text);
}

static char *reason_of_start(const struct process *process)
{
    const char *says = process_status(process);

    return says ? mem_format("it is starting, and says: %s", says)
                : mem_string("it is starting");
}

static char *reason_of_wait(const struct process *process)
{
    char *why = why_waiting(process);
    char *reason = mem_format(
        "it %s, and %s", standing_exit(process_last_run(process)).text, why);

    free(why);
    return reason;
}

char *standing_reason(const struct member *member)
{
    const struct process *process = member->process;

    if (member->held) {
        char *why = supervisor_why_held(member), *reason;
        bool waits = !supervisor_is_blocked(member);
        reason = mem_format("%s%s", waits ? "it " : "", why);
        free(why);
        return reason;
    }
    if (member->queued)
        return mem_string("its turn to start has not come");
    if (member->renewing)
        return mem_string("it is being restarted");
    if (process_frozen(process))
        return mem_string("it is paused");
    switch (process_state(process)) {
    case LIFE_STARTING: return reason_of_start(process);
    case LIFE_READY: return mem_string("it runs");
    case LIFE_WAITING: return reason_of_wait(process);
    case LIFE_IDLE: return reason_of_end(member);
    case LIFE_STOPPING:
        if (process_trouble(process) && !process_asked(process))
            return mem_string(process_trouble(process));
        return mem_string("it is being stopped");
    default:
        if (!process_wanted(process) && process_state(process) != LIFE_CLOSING)
            return mem_string("its leader has ended, others of it live on");
        return reason_of_end(member);
    }
}
