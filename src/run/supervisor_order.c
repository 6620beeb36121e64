#include "procman/mem.h"
#include "supervisor_inside.h"

enum standing {
    STANDING_FINE,    /* ready, or its work is done, or nobody wants it */
    STANDING_PENDING, /* on its way up */
    STANDING_FAILED   /* for good, as long as nobody starts it by hand */
};

/* A task has done its work when it has ended well; a service must run. */
static enum standing stands(const struct member *member)
{
    const struct process *process = member->process;

    if (member->queued || member->held || member->renewing)
        return STANDING_PENDING;
    if (process_failed(process))
        return STANDING_FAILED;
    switch (process_state(process)) {
    case LIFE_IDLE:
    case LIFE_READY: return STANDING_FINE;
    case LIFE_LINGERING:
    case LIFE_CLOSING:
        if (process_wanted(process))
            return STANDING_PENDING;
        return process_crashed(process) ? STANDING_FAILED : STANDING_FINE;
    default: return STANDING_PENDING;
    }
}

/* The first of those it starts after that stands like this; NULL: none. */
static const struct member *find_before(const struct member *member,
                                        enum standing standing)
{
    for (size_t i = 0; i < member->after_count; i++)
        if (stands(member->after[i]) == standing)
            return member->after[i];
    return NULL;
}

bool supervisor_is_blocked(const struct member *member)
{
    if (!member->held)
        return false;
    for (size_t i = 0; i < member->after_count; i++)
        if (supervisor_is_blocked(member->after[i]))
            return true;
    return find_before(member, STANDING_FAILED) != NULL;
}

/* The one it is blocked by: it has failed, or is blocked itself. */
static const struct member *find_blocker(const struct member *member)
{
    for (size_t i = 0; i < member->after_count; i++)
        if (supervisor_is_blocked(member->after[i]))
            return member->after[i];
    return find_before(member, STANDING_FAILED);
}

char *supervisor_why_held(const struct member *member)
{
    const struct member *other = find_blocker(member);

    if (other)
        return mem_format("%s %s", other->spec.name,
                          other->held ? "is blocked" : "has failed");
    other = find_before(member, STANDING_PENDING);
    return mem_format("waits for %s", other ? other->spec.name : "its turn");
}

/* Once for each failure: it is one still while what is left of it goes. */
static void say_blocked(struct supervisor *supervisor, struct member *member,
                        const struct member *failed)
{
    if (member->blocked_said)
        return;
    member->blocked_said = true;
    output_say_about(supervisor->config.output, &member->source, LINE_SAID,
                     "%s cannot start: %s %s", member->spec.name,
                     failed->spec.name,
                     failed->held ? "is blocked" : "has failed");
}

static void hold(struct supervisor *supervisor, struct member *member,
                 const struct member *for_whom)
{
    if (member->held)
        return;
    member->held = true;
    member->blocked_said = false;
    process_hold(member->process, true);
    waiters_note_change(&supervisor->waiters);
    if (supervisor_is_blocked(member))
        say_blocked(supervisor, member, for_whom);
    else
        output_say_about(supervisor->config.output, &member->source, LINE_SAID,
                         "%s waits for %s", member->spec.name,
                         for_whom->spec.name);
}

void supervisor_let_go(struct member *member)
{
    if (!member->held)
        return;
    member->held = false;
    process_hold(member->process, false);
}

void supervisor_want(struct supervisor *supervisor, struct member *member)
{
    const struct member *failed = find_before(member, STANDING_FAILED);
    const struct member *pending = find_before(member, STANDING_PENDING);

    if (process_state(member->process) != LIFE_IDLE)
        return;
    if (failed) {
        hold(supervisor, member, failed);
    } else if (pending) {
        hold(supervisor, member, pending);
    } else {
        supervisor_let_go(member);
        process_tell(member->process, LIFE_START);
    }
}

void supervisor_order_changed(struct supervisor *supervisor,
                              const struct member *member)
{
    enum standing standing = stands(member);

    if (supervisor->phase != PHASE_RUNNING)
        return;
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct member *other = supervisor->roster.members[i];
        if (!other->held || !member_starts_after(other, member))
            continue;
        if (standing == STANDING_FAILED)
            say_blocked(supervisor, other, member);
        else if (standing == STANDING_PENDING)
            other->blocked_said = false;
        else
            supervisor_want(supervisor, other);
    }
    if (standing == STANDING_FAILED)
        supervisor_fail_blocked(supervisor);
}

void supervisor_look_at_held(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (supervisor->roster.members[i]->held)
            supervisor_want(supervisor, supervisor->roster.members[i]);
}
