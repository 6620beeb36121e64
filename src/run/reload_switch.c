#include "procman/mem.h"
#include "reload_inside.h"

#include <stdlib.h>

/* ---- switch --------------------------------------------------------------- */

static void forget_removed(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = reload->changes.staying; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        char *text = mem_format("%s removed", change->member->name);
        reload_say_and_free(reload, change->member, true, text);
        supervisor_forget_member(supervisor, change->member);
        change_release(change);
    }
    reload->changes.count = reload->changes.staying;
}

static void add_new(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (change->kind == PLAN_ADDED)
            change->member =
                supervisor_add_member(supervisor, change->plan, change->index);
    }
    reload_index(reload);
}

/* One that runs on with an old command takes the new plan with its next run. */
static void set_plans(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (!change->plan || change->kind == PLAN_ADDED)
            continue;
        if (change->kind == PLAN_KEPT || reload_is_idle(change->member)) {
            member_drop_next(change->member);
            member_renew(change->member, change->plan, change->index,
                         &supervisor->site);
            output_change_source(supervisor->config.output,
                                 &change->member->source);
        }
    }
}

static void arrange(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    struct member **row = mem_new(reload->changes.count, sizeof *row);

    for (size_t i = 0; i < reload->changes.count; i++)
        row[i] = reload->changes.row[i].member;
    roster_arrange(&supervisor->roster, row);
    roster_set_order(&supervisor->roster, &reload->changes.order);
    free(row);
}

void reload_switch(struct supervisor *supervisor)
{
    forget_removed(supervisor);
    add_new(supervisor);
    set_plans(supervisor);
    arrange(supervisor);
    supervisor_forget_kin(supervisor);
    supervisor_look_at_held(supervisor);
}

/* ---- start ---------------------------------------------------------------- */

void reload_start_all(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    reload->step = STEP_START;
    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (!change->start || !reload_is_idle(change->member))
            continue;
        change->member->renewing = false;
        supervisor_queue(supervisor, change->member);
    }
}

static bool is_settled(const struct change *change)
{
    const struct member *member = change->member;
    const struct process_run *run = process_run(member->process);

    if (member->renewing)
        return false;
    return !change->start || member->held || run->number > change->number ||
           (!member->queued && reload_is_idle(member));
}

bool reload_all_are_settled(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (!is_settled(&reload->changes.row[i]))
            return false;
    return true;
}

static void say_started(struct reload *reload, const struct change *change)
{
    const struct member *member = change->member;
    const struct process_run *run = process_run(member->process);
    const char *word = change->kind == PLAN_ADDED ? "added" : "changed";

    if (member->held)
        reload_say_and_free(
            reload, member, true,
            mem_format("%s %s: waits for others before it starts", member->name,
                       word));
    else if (run->number == change->number)
        reload_say_and_free(
            reload, member, false,
            mem_format("%s %s: was stopped before it was started", member->name,
                       word));
    else if (run->spawn_error)
        reload_say_and_free(reload, member, false,
                            mem_format("%s %s: %s", member->name, word,
                                       process_failure(member->process)));
    else
        reload_say_and_free(reload, member, true,
                            mem_format("%s %s: started with pid %d",
                                       member->name, word, (int)run->pid));
}

/* What a roll has done it has said itself. */
void reload_say_what_was_done(struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (change->kind == PLAN_KEPT)
            continue;
        if (change->start)
            say_started(reload, change);
        else if (!change->rolled)
            reload_say_and_free(
                reload, change->member, true,
                mem_format("%s %s: %s", change->member->name,
                           plan_change_word(change->kind),
                           change->told ? "stopped" : "stays stopped"));
    }
}
