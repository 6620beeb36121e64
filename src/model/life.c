#include "procman/life.h"

#include <assert.h>

struct rule {
    bool known;
    enum life_state next;
    enum life_action action;
};

/* Everything not written here is ignored, on purpose. */
/* clang-format off */
static const struct rule rules[LIFE_STATES][LIFE_EVENTS] = {
    [LIFE_IDLE][LIFE_START]            = {true, LIFE_STARTING,  LIFE_SPAWN},
    [LIFE_IDLE][LIFE_RESTART]          = {true, LIFE_STARTING,  LIFE_SPAWN},
    [LIFE_STARTING][LIFE_BECAME_READY] = {true, LIFE_READY,     LIFE_NOTHING},
    [LIFE_STARTING][LIFE_STOP]         = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_STARTING][LIFE_RESTART]      = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_STARTING][LIFE_TIMER]        = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_STARTING][LIFE_UNHEALTHY]    = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_STARTING][LIFE_EXITED]       = {true, LIFE_LINGERING, LIFE_DRAIN},
    [LIFE_STARTING][LIFE_CRASHED]      = {true, LIFE_LINGERING, LIFE_DRAIN},
    [LIFE_READY][LIFE_STOP]            = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_READY][LIFE_RESTART]         = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_READY][LIFE_UNHEALTHY]       = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_READY][LIFE_EXITED]          = {true, LIFE_LINGERING, LIFE_DRAIN},
    [LIFE_READY][LIFE_CRASHED]         = {true, LIFE_LINGERING, LIFE_DRAIN},
    [LIFE_STOPPING][LIFE_TIMER]        = {true, LIFE_STOPPING,  LIFE_KILL},
    [LIFE_STOPPING][LIFE_EXITED]       = {true, LIFE_STOPPING,  LIFE_DRAIN},
    [LIFE_STOPPING][LIFE_CRASHED]      = {true, LIFE_STOPPING,  LIFE_DRAIN},
    [LIFE_STOPPING][LIFE_EMPTIED]      = {true, LIFE_CLOSING,   LIFE_CLOSE},
    [LIFE_LINGERING][LIFE_START]       = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_LINGERING][LIFE_STOP]        = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_LINGERING][LIFE_RESTART]     = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_LINGERING][LIFE_IN_THE_WAY]  = {true, LIFE_STOPPING,  LIFE_SIGNAL},
    [LIFE_LINGERING][LIFE_EMPTIED]     = {true, LIFE_CLOSING,   LIFE_CLOSE},
    [LIFE_WAITING][LIFE_START]         = {true, LIFE_STARTING,  LIFE_SPAWN},
    [LIFE_WAITING][LIFE_RESTART]       = {true, LIFE_STARTING,  LIFE_SPAWN},
    [LIFE_WAITING][LIFE_TIMER]         = {true, LIFE_STARTING,  LIFE_SPAWN},
    [LIFE_WAITING][LIFE_STOP]          = {true, LIFE_IDLE,      LIFE_REST},
    [LIFE_WAITING][LIFE_EXHAUSTED]     = {true, LIFE_IDLE,      LIFE_REST},
};
/* clang-format on */

/* Nobody is left, and nothing is open: where does life go on? */
static struct rule settle(const struct life *life)
{
    if (life->want_up && life->asked)
        return (struct rule){true, LIFE_STARTING, LIFE_SPAWN};
    if (life->want_up)
        return (struct rule){true, LIFE_WAITING, LIFE_BACK_OFF};
    return (struct rule){true, LIFE_IDLE, LIFE_REST};
}

static bool starts_again_unasked(const struct life *life)
{
    return life->policy == LIFE_ALWAYS ||
           (life->policy == LIFE_ON_CRASH && life->crashed);
}

/* An ending that nobody asked for: the policy says what is wanted now. */
static void suffer(struct life *life, bool crash)
{
    life->crashed = crash;
    life->want_up = starts_again_unasked(life);
}

/* Keeps what settle() will have to know when all are gone. */
static void remember(struct life *life, enum life_event event)
{
    bool runs = life->state == LIFE_STARTING || life->state == LIFE_READY;
    bool too_late = life->state == LIFE_STARTING && event == LIFE_TIMER;
    bool ending = life->state == LIFE_STOPPING ||
                  life->state == LIFE_LINGERING || life->state == LIFE_CLOSING;
    bool again = ending && event == LIFE_START;

    if (event == LIFE_START || event == LIFE_RESTART)
        life->want_up = true;
    if (event == LIFE_STOP)
        life->want_up = false;
    if (event == LIFE_STOP || event == LIFE_RESTART || again)
        life->asked = true;
    if (runs && (event == LIFE_EXITED || event == LIFE_CRASHED))
        suffer(life, event == LIFE_CRASHED);
    if (runs && (event == LIFE_UNHEALTHY || too_late))
        suffer(life, true);
    if (event == LIFE_EXHAUSTED)
        life->crashed = true;
}

enum life_action life_step(struct life *life, enum life_event event)
{
    remember(life, event);

    struct rule rule = rules[life->state][event];
    if (life->state == LIFE_CLOSING && event == LIFE_CLOSED)
        rule = settle(life);
    if (!rule.known)
        return LIFE_NOTHING;

    life->state = rule.next;
    if (rule.action == LIFE_SPAWN)
        life->asked = life->crashed = life->failed = false;
    if (rule.action == LIFE_REST) {
        life->want_up = false;
        life->failed = life->crashed && !life->asked;
    }
    return rule.action;
}

void life_init(struct life *life, enum life_policy policy)
{
    *life = (struct life){.state = LIFE_IDLE, .policy = policy};
}

const char *life_word(enum life_state state)
{
    static const char *const words[LIFE_STATES] = {
        "idle",      "starting", "ready",   "stopping",
        "lingering", "closing",  "waiting",
    };
    assert(state < LIFE_STATES);
    return words[state];
}
