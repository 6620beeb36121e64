/* waiters.h - who waits until processes are ready, stopped, or have ended.
 *
 * A waiter is a client with a call (VERB_WAIT), or procman itself (`start
 * --wait`).  It is told as soon as what it waits for is so, or cannot become so
 * (awaited.h), or its time is up; a client that has gone is forgotten.
 *
 * Changes are noted as they happen and looked at once, before the loop goes to
 * sleep, so that whatever happens in one turn is one change.
 */
#ifndef PROCMAN_WAITERS_H
#define PROCMAN_WAITERS_H

#include "procman/awaited.h"
#include "procman/control.h"
#include "procman/handles.h"
#include "roster.h"

#include <uv.h>

struct waiter;

struct waiters {
    struct waiter *first;
    bool changed; /* since the last look */
    bool ending;  /* nobody is started any more */
    uv_prepare_t before_sleep;
    uv_timer_t timer; /* the next one's time is up */
};

/* Its handles are counted in `handles`; waiters_close() closes them. */
void waiters_init(struct waiters *waiters, uv_loop_t *loop,
                  struct handles *handles);

/* Of the roster those that are named; if the request has no names, as many of
 * them as are meant to run.  False: the call is the caller's to refuse. */
bool waiters_add_call(struct waiters *waiters, const struct roster *roster,
                      const struct request *request, const bool *named,
                      struct control_call *call, struct reply *refusal);

/* Until all that are to start now are ready; `on_over` gets the reply that a
 * client would have got, and how long it took.  `timeout_ms` 0: for ever. */
typedef void waiters_over_fn(void *owner, const struct reply *reply,
                             size_t count, uint64_t took_ms);

void waiters_add_start(struct waiters *waiters, const struct roster *roster,
                       uint64_t timeout_ms, waiters_over_fn *on_over,
                       void *owner);

/* Some process stands otherwise than before. */
void waiters_note_change(struct waiters *waiters);

/* All are being stopped: whoever waits for one to become ready hears it. */
void waiters_begin_end(struct waiters *waiters);

/* It goes away, and must be idle. */
void waiters_forget(struct waiters *waiters, const struct member *member);

/* Answers all that are left.  Harmless a second time. */
void waiters_close(struct waiters *waiters);

#endif
