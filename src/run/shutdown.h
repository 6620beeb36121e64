/* shutdown.h - everybody is stopped, in order.
 *
 * Whoever starts after another one stops before it, always.  Beyond that it
 * goes in reverse order of the plan, step by step while they end promptly: when
 * not even the first step is done in SHUTDOWN_FIRST_MS, or not all of them in
 * SHUTDOWN_PROMPT_MS, the rest is told at once.  Each process's own patience
 * decides when it is killed; so those that hear nothing are gone half a second
 * after it, however many they are.
 */
#ifndef PROCMAN_SHUTDOWN_H
#define PROCMAN_SHUTDOWN_H

#include "procman/handles.h"
#include "procman/output.h"
#include "roster.h"

#define SHUTDOWN_FIRST_MS  400
#define SHUTDOWN_PROMPT_MS 1000
#define SHUTDOWN_REPORT_MS 2000 /* how often it says what it waits for */

struct shutdown {
    const struct roster *roster; /* borrowed */
    bool ordered;                /* somebody starts after another one */
    size_t step;                 /* how many are told at a time */
    bool prompt;                 /* so far they have ended promptly */
    uint64_t begun_ms;           /* on the loop's clock */
    struct output *output;
    uv_timer_t timer;
    bool begun;
};

void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop,
                   const struct roster *roster, struct output *output,
                   struct handles *handles);

void shutdown_begin(struct shutdown *shutdown);

/* To be called whenever a process has come to rest. */
void shutdown_go_on(struct shutdown *shutdown);

/* Kills whoever is left. */
void shutdown_hurry(struct shutdown *shutdown);

/* How many are not idle, and whether there are none: asked after each change
 * of each of them, so it does not count. */
size_t shutdown_left(const struct shutdown *shutdown);
bool shutdown_is_done(const struct shutdown *shutdown);

#endif
