/* life.h - the life of one process, as a machine that touches nothing.
 *
 * A life knows two things: what is true (state) and what is wished (want_up).
 * It eats one event at a time and answers with the one action its owner must
 * now perform.  It never spawns, signals, reads a clock or allocates, so every
 * transition can be tested without a child process.
 *
 * A process is its leader (the child we started) and everybody who came of it:
 * its group, and descendants that fled from the group.  It is gone when all of
 * them are gone, not when the leader is.
 *
 *   IDLE --start--> STARTING --ready--> READY
 *     ^                 |                 |        stop, restart, unhealthy,
 *     |                 +-----------------+-----+  or ready came too late
 *     |                 |                 |     v
 *     |                 |                 |   STOPPING --timer--> kill, again
 *     |                 |  leader ends by itself  |  ^
 *     |                 +-------+---------+       |  | stop, start, restart
 *     |                         v                 |  |
 *     |                     LINGERING ---------------+
 *     |                         | all gone        | all gone
 *     |                         +-------+---------+
 *     |  not wanted                     v
 *     +------------------------------ CLOSING --asked to--> STARTING
 *     |                                 |                      ^
 *     +---too often-- WAITING <--policy-+                      |
 *                        +--------timer, start, restart--------+
 */
#ifndef PROCMAN_LIFE_H
#define PROCMAN_LIFE_H

#include <stdbool.h>

enum life_state {
    LIFE_IDLE,      /* nobody, no timer */
    LIFE_STARTING,  /* leader runs, not ready yet; timer: readiness deadline */
    LIFE_READY,     /* leader runs and is ready */
    LIFE_STOPPING,  /* stop signal sent; timer: patience before SIGKILL */
    LIFE_LINGERING, /* leader ended by itself; others of it may live on */
    LIFE_CLOSING,   /* all are gone; its handles are being closed */
    LIFE_WAITING,   /* nobody; to be started again; timer: back-off */
    LIFE_STATES
};

enum life_event {
    LIFE_NO_EVENT,
    /* Wishes, from the supervisor. */
    LIFE_START,
    LIFE_STOP,
    LIFE_RESTART,
    /* From the probe: it has become ready, or is no longer well. */
    LIFE_BECAME_READY,
    LIFE_UNHEALTHY,
    /* The leader ended with code 0, or worse, or could not be started. */
    LIFE_EXITED,
    LIFE_CRASHED,
    /* The leader is gone, and nobody that came of it lives. */
    LIFE_EMPTIED,
    /* The leader is gone, others of it are in the way of the next run. */
    LIFE_IN_THE_WAY,
    /* Pipes and handles of this run are closed. */
    LIFE_CLOSED,
    /* It has been started again too often: no more. */
    LIFE_EXHAUSTED,
    /* The one timer of the present state fired. */
    LIFE_TIMER,
    LIFE_EVENTS
};

enum life_action {
    LIFE_NOTHING,
    LIFE_SPAWN,  /* start the leader; arm the readiness deadline, if any */
    LIFE_SIGNAL, /* send the stop signal to all of it; arm the kill timer */
    LIFE_KILL,   /* send SIGKILL to all of it; arm the kill timer again */
    LIFE_DRAIN,  /* the leader is gone: read out what it wrote; see who lives */
    LIFE_CLOSE,  /* close pipes and handles of this run */
    LIFE_BACK_OFF, /* arm the timer with the next delay, or LIFE_EXHAUSTED */
    LIFE_REST      /* nobody is there; tell whoever waits for it */
};

enum life_policy { LIFE_NEVER, LIFE_ON_CRASH, LIFE_ALWAYS };

struct life {
    enum life_state state;
    enum life_policy policy; /* when to start again unasked */
    bool want_up; /* the last wish, or what the policy makes of an ending */
    bool asked;   /* this ending was wished for, not suffered */
    bool crashed; /* this ending was a crash */
    bool failed;  /* at rest, and not because somebody wanted that */
};

/* Begins idle and unwanted. */
void life_init(struct life *life, enum life_policy policy);

/* Feeds one event; returns the action to perform before the next event.
 * An event that means nothing in the present state is ignored. */
enum life_action life_step(struct life *life, enum life_event event);

/* A word for people and for the protocol: "idle", "starting", ... */
const char *life_word(enum life_state state);

#endif
