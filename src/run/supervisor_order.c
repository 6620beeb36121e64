#include "supervisor_inside.h"

enum standing {
    STANDING_FINE,    /* ready, or its work is done, or nobody wants it */
    STANDING_PENDING, /* on its way up */
    STANDING_FAILED   /* for good, as long as nobody starts it by hand */
};

/* A task has done its work when it has ended well; a service must run. */
static enum standing stands(const struct supervisor *supervisor, size_t i)
{
    const struct process *process = supervisor->processes[i];

    if (supervisor->queued[i] || supervisor->held[i])
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

/* The first of those it starts after that stands like this; count: none. */
static size_t find_before(const struct supervisor *supervisor, size_t i,
                          enum standing standing)
{
    const struct order_node *node = &supervisor->config.order->nodes[i];

    for (size_t k = 0; k < node->after_count; k++)
        if (stands(supervisor, node->after[k]) == standing)
            return node->after[k];
    return supervisor->count;
}

bool supervisor_is_blocked(const struct supervisor *supervisor, size_t i)
{
    if (!supervisor->held[i])
        return false;

    const struct order_node *node = &supervisor->config.order->nodes[i];
    for (size_t k = 0; k < node->after_count; k++)
        if (supervisor_is_blocked(supervisor, node->after[k]))
            return true;
    return find_before(supervisor, i, STANDING_FAILED) < supervisor->count;
}

/* Once for each failure: it is one still while what is left of it goes. */
static void say_blocked(struct supervisor *supervisor, size_t i, size_t failed)
{
    if (supervisor->blocked_said[i])
        return;
    supervisor->blocked_said[i] = true;
    output_say(supervisor->config.output, "%s cannot start: %s %s",
               supervisor->specs[i].name, supervisor->specs[failed].name,
               supervisor->held[failed] ? "is blocked" : "has failed");
}

static void hold(struct supervisor *supervisor, size_t i, size_t for_whom)
{
    if (supervisor->held[i])
        return;
    supervisor->held[i] = true;
    supervisor->blocked_said[i] = false;
    process_hold(supervisor->processes[i], true);
    if (supervisor_is_blocked(supervisor, i))
        say_blocked(supervisor, i, for_whom);
    else
        output_say(supervisor->config.output, "%s waits for %s",
                   supervisor->specs[i].name, supervisor->specs[for_whom].name);
}

void supervisor_let_go(struct supervisor *supervisor, size_t i)
{
    if (!supervisor->held[i])
        return;
    supervisor->held[i] = false;
    process_hold(supervisor->processes[i], false);
}

void supervisor_want(struct supervisor *supervisor, size_t i)
{
    size_t failed = find_before(supervisor, i, STANDING_FAILED);
    size_t pending = find_before(supervisor, i, STANDING_PENDING);

    if (process_state(supervisor->processes[i]) != LIFE_IDLE)
        return;
    if (failed < supervisor->count) {
        hold(supervisor, i, failed);
    } else if (pending < supervisor->count) {
        hold(supervisor, i, pending);
    } else {
        supervisor_let_go(supervisor, i);
        process_tell(supervisor->processes[i], LIFE_START);
    }
}

static bool starts_after(const struct supervisor *supervisor, size_t i,
                         size_t other)
{
    const struct order_node *node = &supervisor->config.order->nodes[i];

    for (size_t k = 0; k < node->after_count; k++)
        if (node->after[k] == other)
            return true;
    return false;
}

void supervisor_order_changed(struct supervisor *supervisor, size_t i)
{
    enum standing standing = stands(supervisor, i);

    if (supervisor->phase != PHASE_RUNNING)
        return;
    for (size_t k = 0; k < supervisor->count; k++) {
        if (!supervisor->held[k] || !starts_after(supervisor, k, i))
            continue;
        if (standing == STANDING_FAILED)
            say_blocked(supervisor, k, i);
        else if (standing == STANDING_PENDING)
            supervisor->blocked_said[k] = false;
        else
            supervisor_want(supervisor, k);
    }
}
