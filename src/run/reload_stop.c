#include "reload_inside.h"

static bool must_stop(const struct reload *reload, const struct change *change)
{
    return change->kind == PLAN_REMOVED ||
           (change->kind == PLAN_CHANGED && !reload->rolling);
}

/* Somebody may have started it anew meanwhile: with what is new. */
static bool is_down(const struct change *change)
{
    return reload_is_idle(change->member) ||
           (change->kind == PLAN_CHANGED &&
            process_run(change->member->process)->number > change->number);
}

/* Does somebody that has to stop too start after it? */
static bool is_needed(const struct reload *reload, const struct member *member)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        const struct change *other = &reload->changes.row[i];
        if (other->member && must_stop(reload, other) && !is_down(other) &&
            member_starts_after(other->member, member))
            return true;
    }
    return false;
}

static bool all_told_are_down(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (reload->changes.row[i].told && !is_down(&reload->changes.row[i]))
            return false;
    return true;
}

bool reload_all_are_down(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        const struct change *change = &reload->changes.row[i];
        if (change->member && must_stop(reload, change) && !is_down(change))
            return false;
    }
    return true;
}

static void tell_to_stop(struct supervisor *supervisor, struct change *change)
{
    struct member *member = change->member;

    change->told = true;
    member->renewing = change->start;
    supervisor_unqueue(supervisor, member);
    supervisor_let_go(member);
    process_tell(member->process, LIFE_STOP);
}

/* As a shutdown does it: one after another while they end promptly. */
void reload_stop_next(struct supervisor *supervisor, bool hurry)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = supervisor->roster.count; i > 0; i--) {
        struct member *member = supervisor->roster.sequence[i - 1];
        struct change *change = member->change;
        if (!change || change->told || !must_stop(reload, change) ||
            is_down(change) || is_needed(reload, member))
            continue;
        if (!hurry && !all_told_are_down(reload))
            return;
        tell_to_stop(supervisor, change);
        if (supervisor->reload != reload)
            return; /* that was the last straw: all are being stopped */
    }
}
