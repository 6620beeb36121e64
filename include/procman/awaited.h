/* awaited.h - has what somebody waits for happened to a process?
 *
 *     ready    it is ready, or its work is done: a task that has ended well,
 *              or one of which no more was known than that it could be executed
 *     stopped  nobody of it is there, and nobody is about to start it
 *     exited   the run that went on when the waiting began (else the last one,
 *              or the one that is about to begin) is over, however it ended
 *
 * Pending is what can still come true by itself: a restart that the policy
 * makes, a dependency that is on its way up, a pause that ends.  What needs
 * somebody's hand has failed, at once.
 */
#ifndef PROCMAN_AWAITED_H
#define PROCMAN_AWAITED_H

#include "procman/life.h"

#include <stdbool.h>

enum awaited { AWAITED_READY, AWAITED_STOPPED, AWAITED_EXITED };

enum verdict { VERDICT_PENDING, VERDICT_DONE, VERDICT_FAILED };

/* How a process stands. */
struct awaited_view {
    enum life_state state;
    bool wanted;   /* somebody, or its policy, wants it up */
    bool to_start; /* its turn has not come, or it waits for others */
    bool blocked;  /* one of those others has failed for good */
    bool paused;   /* it is there and sleeps */
    bool failed;   /* its last run was a failure that nobody asked for */
    bool has_run;  /* at least once */
    bool asked;    /* its last end was wished for */
    bool is_task;
    bool only_runs;   /* ready means no more than that it was executed */
    bool run_is_over; /* the one that AWAITED_EXITED means */
};

/* "ready", and back; no word is "ready".  False: it is none of them. */
const char *awaited_word(enum awaited what);
bool awaited_find(const char *word, enum awaited *what);

enum verdict awaited_verdict(enum awaited what,
                             const struct awaited_view *view);

#endif
