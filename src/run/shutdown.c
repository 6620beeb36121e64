#include "shutdown.h"
#include "procman/supervisor.h"
#include "procman/words.h"

#include <stddef.h>

#define REPORT_NAMES 4

static struct shutdown *shutdown_of(uv_timer_t *timer)
{
    return (struct shutdown *)((char *)timer -
                               offsetof(struct shutdown, timer));
}

static bool is_idle(const struct process *process)
{
    return process_state(process) == LIFE_IDLE;
}

size_t shutdown_left(const struct shutdown *shutdown)
{
    size_t left = 0;

    for (size_t i = 0; i < shutdown->count; i++)
        left += !is_idle(shutdown->processes[i]);
    return left;
}

bool shutdown_is_done(const struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->count; i++)
        if (!is_idle(shutdown->processes[i]))
            return false;
    return true;
}

/* Tells the next `count` that are not idle, from the end. */
static void tell(struct shutdown *shutdown, size_t count)
{
    while (count > 0 && shutdown->untold > 0) {
        struct process *process = shutdown->processes[--shutdown->untold];
        if (is_idle(process))
            continue;
        process_tell(process, LIFE_STOP);
        count--;
    }
}

static void report_on(struct shutdown *shutdown, const struct process *process)
{
    const struct process_run *run = process_run(process);
    uint64_t waited = uv_now(shutdown->timer.loop) - run->signalled_ms;
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

    for (size_t i = 0; i < shutdown->count && said < REPORT_NAMES; i++)
        if (!is_idle(shutdown->processes[i])) {
            report_on(shutdown, shutdown->processes[i]);
            said++;
        }
    if (left > said)
        output_say(shutdown->output, "waiting for %zu more", left - said);
    if (left == 0)
        uv_timer_stop(timer);
}

static void on_prompt_over(uv_timer_t *timer)
{
    tell(shutdown_of(timer), SIZE_MAX);
    uv_timer_start(timer, on_report, SHUTDOWN_REPORT_MS - SHUTDOWN_PROMPT_MS,
                   SHUTDOWN_REPORT_MS);
}

void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop,
                   struct process **processes, size_t count,
                   struct output *output, struct handles *handles)
{
    *shutdown = (struct shutdown){
        .processes = processes,
        .count = count,
        .output = output,
    };
    uv_timer_init(loop, &shutdown->timer);
    handles_add(handles, (uv_handle_t *)&shutdown->timer);
}

void shutdown_begin(struct shutdown *shutdown)
{
    size_t left = shutdown_left(shutdown);

    shutdown->begun = true;
    shutdown->untold = shutdown->count;
    shutdown->step = (left + SUPERVISOR_STEPS - 1) / SUPERVISOR_STEPS;
    uv_update_time(shutdown->timer.loop);
    uv_timer_start(&shutdown->timer, on_prompt_over, SHUTDOWN_PROMPT_MS, 0);
    tell(shutdown, shutdown->step);
}

void shutdown_go_on(struct shutdown *shutdown)
{
    if (!shutdown->begun)
        return;
    for (size_t i = shutdown->untold; i < shutdown->count; i++)
        if (!is_idle(shutdown->processes[i]))
            return;
    tell(shutdown, shutdown->step);
}

void shutdown_hurry(struct shutdown *shutdown)
{
    tell(shutdown, SIZE_MAX);
    for (size_t i = 0; i < shutdown->count; i++)
        process_hurry(shutdown->processes[i]);
}
