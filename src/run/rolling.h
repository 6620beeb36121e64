/* rolling.h - members of a session restarted one after another (roll.h).
 *
 * Whoever wants that (a client, a reload) gives an order, hears of each member
 * as it is done, and at the end whether all are.  A roll goes on from turn to
 * turn of the loop, never from within a call: it looks after each change of a
 * member, and when somebody's time is over.
 *
 * Two rolls may go on at once if they have no member in common.
 */
#ifndef PROCMAN_ROLLING_H
#define PROCMAN_ROLLING_H

#include "procman/cause.h"
#include "roster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct supervisor;
struct rolling;

struct rolling_order {
    struct member *const *members; /* in this order; copied */
    size_t count;
    const struct member *last; /* the last of those that are ready; NULL */
    size_t most_down;          /* at least 1 */
    uint64_t patience_ms;      /* for each to be ready again; 0: for ever */
};

struct rolling_watcher {
    /* It is its turn: takes the member down and up again, or up.  NULL: it is
     * told LIFE_RESTART.  It is done when a run that began later is ready; that
     * it is at rest before that run begins is no failure then. */
    void (*renew)(void *owner, struct member *member);
    /* May this one, which is ready, be taken down?  NULL: yes.  False, and why:
     * the roll is over. */
    bool (*may_take_down)(void *owner, const struct member *member,
                          struct cause *why);
    /* A sentence about a member: it is done (ok); or, now that the roll is over,
     * it did not come back, is on its way, or has not been touched. */
    void (*on_step)(void *owner, const struct member *member, bool ok,
                    const char *text);
    /* The last word.  NULL: all are done; else why they are not. */
    void (*on_over)(void *owner, const char *why);
};

/* Begins with the next turn of the loop.  Borrows the watcher. */
struct rolling *rolling_begin(struct supervisor *supervisor,
                              const struct rolling_order *order,
                              const struct rolling_watcher *watcher,
                              void *owner);

/* No other member is touched; those that are on their way go on.  on_step and
 * on_over come from within; then it may not be used any more. */
void rolling_stop(struct rolling *rolling, const char *why);

/* The roll that a member is in; NULL: none. */
struct rolling *rolling_of(const struct supervisor *supervisor,
                           const struct member *member);

/* How many it has not touched. */
size_t rolling_untouched(const struct rolling *rolling);

/* ---- for the supervisor --------------------------------------------------- */

/* A member has changed. */
void rolling_changed(struct supervisor *supervisor);

/* A member will be gone: no roll waits for it. */
void rolling_forget(struct supervisor *supervisor, const struct member *member);

/* Stops all of them. */
void rolling_stop_all(struct supervisor *supervisor, const char *why);

/* All of them have been stopped. */
void rolling_release(struct supervisor *supervisor);

#endif
