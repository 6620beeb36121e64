#include "shutdown.h"
#include "procman/mem.h"
#include "procman/supervisor.h"
#include "procman/words.h"

#include <stddef.h>
#include <stdlib.h>

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

/* Does somebody live that must be gone first? */
static bool is_needed(const struct shutdown *shutdown, size_t index)
{
    for (size_t i = 0; shutdown->ordered && i < shutdown->count; i++) {
        const struct order_node *node = &shutdown->order->nodes[i];
        if (node->after_count == 0 || is_idle(shutdown->processes[i]))
            continue;
        for (size_t k = 0; k < node->after_count; k++)
            if (node->after[k] == index)
                return true;
    }
    return false;
}

/* Tells the next `count` that are not idle and not needed, from the end. */
static void tell(struct shutdown *shutdown, size_t count)
{
    for (size_t k = shutdown->count; k > 0 && count > 0; k--) {
        size_t i = shutdown->order->sequence[k - 1];
        if (shutdown->told[i] || is_idle(shutdown->processes[i]) ||
            is_needed(shutdown, i))
            continue;
        shutdown->told[i] = true;
        process_tell(shutdown->processes[i], LIFE_STOP);
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
    struct shutdown *shutdown = shutdown_of(timer);

    shutdown->prompt = false;
    tell(shutdown, SIZE_MAX);
    uv_timer_start(timer, on_report, SHUTDOWN_REPORT_MS - SHUTDOWN_PROMPT_MS,
                   SHUTDOWN_REPORT_MS);
}

void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop,
                   struct process **processes, const struct order *order,
                   struct output *output, struct handles *handles)
{
    *shutdown = (struct shutdown){
        .processes = processes,
        .count = order->count,
        .order = order,
        .told = mem_new(order->count, sizeof *shutdown->told),
        .output = output,
        .prompt = true,
    };
    for (size_t i = 0; i < order->count; i++)
        shutdown->ordered = shutdown->ordered || order->nodes[i].after_count;
    uv_timer_init(loop, &shutdown->timer);
    handles_add(handles, (uv_handle_t *)&shutdown->timer);
}

void shutdown_begin(struct shutdown *shutdown)
{
    size_t left = shutdown_left(shutdown);

    shutdown->begun = true;
    shutdown->step = (left + SUPERVISOR_STEPS - 1) / SUPERVISOR_STEPS;
    uv_update_time(shutdown->timer.loop);
    uv_timer_start(&shutdown->timer, on_prompt_over, SHUTDOWN_PROMPT_MS, 0);
    tell(shutdown, shutdown->step);
}

static bool all_told_are_idle(const struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->count; i++)
        if (shutdown->told[i] && !is_idle(shutdown->processes[i]))
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
        tell(shutdown, shutdown->step);
}

void shutdown_hurry(struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->count; i++) {
        process_tell(shutdown->processes[i], LIFE_STOP);
        process_hurry(shutdown->processes[i]);
    }
}

void shutdown_release(struct shutdown *shutdown)
{
    free(shutdown->told);
}
