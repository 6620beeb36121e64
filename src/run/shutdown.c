#include "shutdown.h"
#include "procman/supervisor.h"
#include "procman/words.h"

#include <stddef.h>
#include <stdint.h>

#define REPORT_NAMES 4

static struct shutdown *shutdown_of(uv_timer_t *timer)
{
    return (struct shutdown *)((char *)timer -
                               offsetof(struct shutdown, timer));
}

static bool is_idle(const struct member *member)
{
    return process_state(member->process) == LIFE_IDLE;
}

size_t shutdown_left(const struct shutdown *shutdown)
{
    size_t left = 0;

    for (size_t i = 0; i < shutdown->roster->count; i++)
        left += !is_idle(shutdown->roster->members[i]);
    return left;
}

bool shutdown_is_done(const struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->roster->count; i++)
        if (!is_idle(shutdown->roster->members[i]))
            return false;
    return true;
}

/* Does somebody live that must be gone first? */
static bool is_needed(const struct shutdown *shutdown,
                      const struct member *member)
{
    for (size_t i = 0; shutdown->ordered && i < shutdown->roster->count; i++) {
        const struct member *other = shutdown->roster->members[i];
        if (other->after_count > 0 && !is_idle(other) &&
            member_starts_after(other, member))
            return true;
    }
    return false;
}

/* Tells the next `count` that are not idle and not needed, from the end. */
static void tell(struct shutdown *shutdown, size_t count)
{
    for (size_t i = shutdown->roster->count; i > 0 && count > 0; i--) {
        struct member *member = shutdown->roster->sequence[i - 1];
        if (member->told || is_idle(member) || is_needed(shutdown, member))
            continue;
        member->told = true;
        process_tell(member->process, LIFE_STOP);
        count--;
    }
}

static void report_on(struct shutdown *shutdown, struct process *process)
{
    const struct process_run *run = process_run(process);
    uint64_t waited = process_patience_ms(process);
    uint64_t patience = process_spec(process)->stop_timeout_ms;
    uint64_t rest = patience > waited ? patience - waited : 0;
    const char *name = process_spec(process)->name;

    if (run->killed)
        output_say(shutdown->output, "waiting for %s (pid %d): killed", name,
                   (int)run->pid);
    else
        output_say(shutdown->output, "waiting for %s (pid %d): SIGKILL in %s",
                   name, (int)run->pid, words_duration(rest).text);
}

static void on_report(uv_timer_t *timer)
{
    struct shutdown *shutdown = shutdown_of(timer);
    size_t left = shutdown_left(shutdown), said = 0;

    for (size_t i = 0; i < shutdown->roster->count && said < REPORT_NAMES;
         i++) {
        const struct member *member = shutdown->roster->members[i];
        if (is_idle(member))
            continue;
        report_on(shutdown, member->process);
        said++;
    }
    if (left > said)
        output_say(shutdown->output, "waiting for %zu more", left - said);
    if (left == 0)
        uv_timer_stop(timer);
}

static void on_prompt_over(uv_timer_t *timer)
{
    struct shutdown *shutdown = shutdown_of(timer);
    uint64_t report_ms = shutdown->begun_ms + SHUTDOWN_REPORT_MS;
    uint64_t now_ms = uv_now(timer->loop);

    shutdown->prompt = false;
    tell(shutdown, SIZE_MAX);
    uv_timer_start(timer, on_report,
                   report_ms > now_ms ? report_ms - now_ms : 0,
                   SHUTDOWN_REPORT_MS);
}

/* They have `limit_ms` from the beginning on; after that nobody waits. */
static void tell_next(struct shutdown *shutdown, uint64_t limit_ms)
{
    uint64_t until_ms = shutdown->begun_ms + limit_ms;
    uint64_t now_ms = uv_now(shutdown->timer.loop);

    uv_timer_start(&shutdown->timer, on_prompt_over,
                   until_ms > now_ms ? until_ms - now_ms : 0, 0);
    tell(shutdown, shutdown->step);
}

void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop,
                   const struct roster *roster, struct output *output,
                   struct handles *handles)
{
    *shutdown = (struct shutdown){
        .roster = roster,
        .output = output,
        .prompt = true,
    };
    uv_timer_init(loop, &shutdown->timer);
    handles_add(handles, (uv_handle_t *)&shutdown->timer);
}

void shutdown_begin(struct shutdown *shutdown)
{
    const struct roster *roster = shutdown->roster;
    size_t left = shutdown_left(shutdown);

    shutdown->begun = true;
    for (size_t i = 0; i < roster->count; i++)
        shutdown->ordered =
            shutdown->ordered || roster->members[i]->after_count > 0;
    shutdown->step = (left + SUPERVISOR_STEPS - 1) / SUPERVISOR_STEPS;
    uv_update_time(shutdown->timer.loop);
    shutdown->begun_ms = uv_now(shutdown->timer.loop);
    tell_next(shutdown, SHUTDOWN_FIRST_MS);
}

static bool all_told_are_idle(const struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->roster->count; i++)
        if (shutdown->roster->members[i]->told &&
            !is_idle(shutdown->roster->members[i]))
            return false;
    return true;
}

void shutdown_go_on(struct shutdown *shutdown)
{
    if (!shutdown->begun)
        return;
    if (!shutdown->prompt)
        tell(shutdown, SIZE_MAX);
    else if (all_told_are_idle(shutdown))
        tell_next(shutdown, SHUTDOWN_PROMPT_MS);
}

void shutdown_hurry(struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->roster->count; i++) {
        struct process *process = shutdown->roster->members[i]->process;
        process_tell(process, LIFE_STOP);
        process_hurry(process);
    }
}
