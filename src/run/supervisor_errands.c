/* What clients have asked for, told to one process after another. */
#include "procman/mem.h"
#include "procman/supervisor.h"
#include "supervisor_inside.h"

#include <stdlib.h>

static bool starts_after_another(const struct errand *errand,
                                 const struct member *member)
{
    for (size_t i = 0; i < errand->count && member->after_count > 0; i++)
        if (member_starts_after(member, member_of(errand->items[i].process)))
            return true;
    return false;
}

/* By hand one starts at once, whoever it starts after; but among those that are
 * started together the order counts. */
static void tell_to_start(struct supervisor *supervisor, struct errand *errand,
                          struct member *member)
{
    if (process_state(member->process) == LIFE_IDLE &&
        starts_after_another(errand, member))
        supervisor_want(supervisor, member);
    else
        process_tell(member->process, LIFE_START);
}

static void tell_item(struct supervisor *supervisor, struct errand *errand)
{
    struct process *process = errand->items[errand->told++].process;

    switch (errand->verb) {
    case VERB_START:
        tell_to_start(supervisor, errand, member_of(process));
        break;
    case VERB_STOP: process_tell(process, LIFE_STOP); break;
    default: process_tell(process, LIFE_RESTART); break;
    }
    errand_look(errand, process);
}

/* Who waits for one that has failed will not have been started soon. */
static void fail_blocked(struct errand *errand)
{
    for (size_t i = 0; i < errand->count && errand->verb == VERB_START; i++) {
        const struct member *member = member_of(errand->items[i].process);
        if (errand->items[i].done || !supervisor_is_blocked(member))
            continue;
        char *blocker = supervisor_why_held(member);
        char *why = mem_format("cannot start: %s", blocker);
        errand_fail(errand, member->process, why);
        free(why);
        free(blocker);
    }
}

void supervisor_look_at_starts(struct supervisor *supervisor)
{
    for (struct errand *each = supervisor->errands; each; each = each->next)
        for (size_t i = 0; i < each->count && each->verb == VERB_START; i++)
            errand_look(each, each->items[i].process);
    supervisor_look_at_errands(supervisor, NULL);
}

void supervisor_fail_blocked(struct supervisor *supervisor)
{
    for (struct errand *each = supervisor->errands; each; each = each->next)
        fail_blocked(each);
    supervisor_look_at_errands(supervisor, NULL);
}

/* Is one of those that start after it still on its way out? */
static bool is_needed(const struct errand *errand,
                      const struct process *process)
{
    for (size_t i = 0; i < errand->told; i++)
        if (!errand->items[i].done &&
            member_starts_after(member_of(errand->items[i].process),
                                member_of(process)))
            return true;
    return false;
}

/* Everybody is told at once, but those that are to stop: they are told one after
 * another as long as they end promptly, for the reason that a shutdown has. */
static bool may_tell_next(const struct errand *errand)
{
    if (errand->told == errand->count)
        return false;
    if (errand->verb != VERB_STOP)
        return true;
    if (is_needed(errand, errand->items[errand->told].process))
        return false;
    if (errand->in_a_hurry)
        return true;
    for (size_t i = 0; i < errand->told; i++)
        if (!errand->items[i].done)
            return false;
    return true;
}

static void on_prompt_over(uv_timer_t *timer)
{
    struct supervisor *supervisor = HANDLES_OWNER(timer);
    uint64_t now = uv_now(supervisor->config.loop);

    for (struct errand *each = supervisor->errands; each; each = each->next)
        each->in_a_hurry = each->in_a_hurry || each->prompt_until_ms <= now;
    supervisor_go_on_with_errands(supervisor);
}

static bool waits_for_promptness(const struct errand *errand)
{
    return errand->told < errand->count && !errand->in_a_hurry;
}

/* Each errand has a time of its own: one that is given later is no reason to
 * wait longer with the one before. */
static void watch_errands(struct supervisor *supervisor)
{
    uint64_t now = uv_now(supervisor->config.loop), next = UINT64_MAX;

    for (struct errand *each = supervisor->errands; each; each = each->next)
        if (waits_for_promptness(each) && each->prompt_until_ms < next)
            next = each->prompt_until_ms;
    if (next == UINT64_MAX)
        uv_timer_stop(&supervisor->errand_timer);
    else
        uv_timer_start(&supervisor->errand_timer, on_prompt_over,
                       next > now ? next - now : 0, 0);
}

/* What it tells may change the list: it begins anew after each. */
void supervisor_go_on_with_errands(struct supervisor *supervisor)
{
    struct errand *errand = supervisor->errands;

    uv_update_time(supervisor->config.loop);
    while (errand) {
        if (may_tell_next(errand)) {
            errand->prompt_until_ms =
                errand->begun_ms +
                (errand->told ? SHUTDOWN_PROMPT_MS : SHUTDOWN_FIRST_MS);
            const struct process *told = errand->items[errand->told].process;
            errand->open++; /* it must not be over while it tells */
            tell_item(supervisor, errand);
            fail_blocked(errand);
            errand->open--;
            supervisor_look_at_errands(supervisor, told);
            errand = supervisor->errands;
        } else {
            errand = errand->next;
        }
    }
    watch_errands(supervisor);
}

void supervisor_send(struct supervisor *supervisor, struct errand *errand)
{
    for (size_t i = 0; i < errand->count; i++) {
        struct member *member = member_of(errand->items[i].process);
        reload_give_way(supervisor, member, errand->verb == VERB_STOP);
        supervisor_unqueue(supervisor, member);
        supervisor_let_go(member);
    }
    uv_update_time(supervisor->config.loop);
    errand->begun_ms = uv_now(supervisor->config.loop);
    errand->next = supervisor->errands;
    supervisor->errands = errand;
    supervisor_go_on_with_errands(supervisor);
    supervisor_look_at_errands(supervisor, NULL);
    supervisor_check_end(supervisor);
}
