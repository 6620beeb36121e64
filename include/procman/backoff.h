/* backoff.h - how long to wait before a process that failed is started again.
 *
 * Each wait is twice the one before it, within [delay, max], with up to a
 * quarter more by chance, so that processes which failed together do not come
 * back together.  A run that was ready for BACKOFF_RESET_MS begins anew with
 * the shortest one.  More than `limit` restarts within `window`, however long
 * the runs between them were ready, end it: the process has failed for good.
 *
 * It knows neither clock nor chance: both are arguments.  Times are of a clock
 * that never goes back, in ms.
 */
#ifndef PROCMAN_BACKOFF_H
#define PROCMAN_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKOFF_RESET_MS   10000
#define BACKOFF_LIMIT_MOST 100

struct backoff_rules {
    uint64_t delay_ms, max_delay_ms;
    unsigned limit; /* restarts per window, up to BACKOFF_LIMIT_MOST; 0: none */
    uint64_t window_ms;
};

struct backoff {
    struct backoff_rules rules;
    unsigned doublings; /* of the next wait */
    size_t count;       /* restarts remembered, the newest `limit` at most */
    size_t next;        /* where the next one is remembered */
    uint64_t times_ms[BACKOFF_LIMIT_MOST];
};

void backoff_init(struct backoff *backoff, const struct backoff_rules *rules);

/* A run has ended and wants another.  `ready_ms` is for how long it was ready,
 * 0 if it never was; `chance` any 32 bits.  True: wait for *wait_ms, then
 * start.  False: that would be one restart too many; nothing has changed. */
bool backoff_next(struct backoff *backoff, uint64_t now_ms, uint64_t ready_ms,
                  uint32_t chance, uint64_t *wait_ms);

/* Somebody started it by hand: all is forgiven. */
void backoff_forget(struct backoff *backoff);

#endif
