#include "procman/mem.h"
#include "reload_inside.h"

#include <stdlib.h>

static void renew(void *owner, struct member *member)
{
    struct supervisor *supervisor = owner;

    member->renewing = true;
    process_tell(member->process, LIFE_STOP);
    reload_changed(supervisor);
}

static void on_step(void *owner, const struct member *member, bool ok,
                    const char *text)
{
    struct supervisor *supervisor = owner;

    if (supervisor->reload) /* or a shutdown has ended it already */
        reload_say(supervisor->reload, member, ok, text);
}

/* Those that are not there yet do not come, so that the next reload is about
 * them again. */
static void give_up_new_ones(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    size_t kept = 0;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        bool is_new = change->kind == PLAN_ADDED && change->start;
        if (is_new) {
            reload_say_and_free(
                reload, change->member, false,
                mem_format("%s was not added", change->member->name));
            supervisor_forget_member(supervisor, change->member);
            change_release(change);
        } else {
            change->start = false;
            reload->changes.row[kept++] = *change;
        }
    }
    reload->changes.count = kept;
    reload_index(reload);
}

static void on_roll_over(void *owner, const char *why)
{
    struct supervisor *supervisor = owner;

    if (!supervisor->reload)
        return;
    supervisor->reload->roll = NULL;
    if (why) {
        reply_fail(&supervisor->reload->reply, 1, "%s", why);
        give_up_new_ones(supervisor);
    }
    reload_start_all(supervisor);
    reload_changed(supervisor);
}

static const struct rolling_watcher watcher = {
    .renew = renew,
    .on_step = on_step,
    .on_over = on_roll_over,
};

/* Who needs a new run, and new ones that somebody of these starts after: they
 * come up first.  The roll sees to them, and says how it went. */
static bool is_rolled(const struct supervisor *supervisor,
                      const struct member *member)
{
    const struct change *change = member->change;

    if (!change || !change->start || change->kind == PLAN_CHANGED)
        return change && change->start;
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        const struct member *other = supervisor->roster.members[i];
        if (other->change && other->change->rolled &&
            member_starts_after(other, member))
            return true;
    }
    return false;
}

/* From the end, so that it is known of those that start after one. */
static void choose(struct supervisor *supervisor)
{
    for (size_t i = supervisor->roster.count; i > 0; i--) {
        struct member *member = supervisor->roster.sequence[i - 1];
        if (is_rolled(supervisor, member))
            member->change->rolled = true;
    }
}

void reload_roll(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    struct rolling_order order = {.most_down = 1,
                                  .patience_ms = reload->patience_ms};
    struct member **row = mem_new(supervisor->roster.count, sizeof *row);

    choose(supervisor);
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct member *member = supervisor->roster.sequence[i];
        if (!member->change || !member->change->rolled)
            continue;
        member->change->start = false;
        row[order.count++] = member;
    }
    order.members = row;
    reload->step = STEP_ROLL;
    if (order.count > 0)
        reload->roll = rolling_begin(supervisor, &order, &watcher, supervisor);
    else
        reload_start_all(supervisor);
    free(row);
}

/* Those whose turn it is have come to rest. */
void reload_bring_up_renewed(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct member *member = reload->changes.row[i].member;
        if (!member->renewing || !reload_is_idle(member))
            continue;
        member->renewing = false;
        supervisor_want(supervisor, member);
    }
}
