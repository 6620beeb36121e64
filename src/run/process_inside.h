/* process_inside.h - the two halves of a process, and what they share.
 *
 *     process.c        its life: what is to be done, and what happened
 *     process_start.c  one run: from the settings to a leader that is ready
 */
#ifndef PROCMAN_PROCESS_INSIDE_H
#define PROCMAN_PROCESS_INSIDE_H

#include "procman/handles.h"
#include "procman/process.h"
#include "ready.h"
#include "stream.h"

#define PROCESS_WISHES 8

struct process {
    const struct process_site *site;
    const struct process_spec *spec;

    struct life life;
    bool feeding; /* inside feed(): a new wish has to wait */
    enum life_event wishes[PROCESS_WISHES];
    size_t wish_count;

    struct process_run now, last;
    struct backoff *backoff; /* NULL: it is never started again unasked */
    char *failure;           /* why `now` could not be started; NULL */
    pid_t *strays;           /* fled from the group, and live */
    size_t stray_count;
    bool group_gone; /* its number may be somebody else's by now */
    unsigned kills;  /* that were not allowed */
    bool paused;

    struct handles home; /* live as long as the process: the timers */
    uv_timer_t timer;    /* what it is for depends on the state, see life.h */
    uv_timer_t quiet;    /* an unfinished line has waited long enough */

    struct ready *ready; /* of this run; NULL: none */
    bool says_ready;     /* it has said READY=1, and will again */
    char *status;        /* what it says of itself; NULL: nothing */

    struct handles run; /* live as long as one run: the streams */
    struct stream streams[2];
};

/* ---- process.c ---- */

const struct process_watcher *process_watcher(const struct process *process);

/* uv_now() is as old as this turn of the loop; never 0. */
uint64_t process_now_ms(struct process *process);

/* Its one timer, whose meaning is that of its state. */
void process_arm(struct process *process, uint64_t delay_ms);

/* ---- process_start.c ---- */

/* Starts a run.  Returns what came of it: LIFE_BECAME_READY, LIFE_CRASHED, or
 * LIFE_NO_EVENT: it has still to become ready. */
enum life_event process_spawn(struct process *process);

#endif
