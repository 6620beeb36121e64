/* supervisor.h - all processes of one session, and what is wished of them.
 *
 * Creates a process for every entry of the plan, starts those that are asked
 * for, tells people what happens (through the output), grants the requests of
 * clients (control.h), turns signals into an orderly shutdown, and ends when
 * nobody is wanted and nobody is alive.
 *
 * Who starts after others (order.h) is held back while one of them is on its way
 * up; if one of them fails for good, people are told that it cannot start, and
 * it starts when that one has been brought up again.
 *
 * A shutdown sends each process its stop signal in reverse order of the plan,
 * one step after another while they end promptly, and the rest at once when the
 * first takes its time or a second has passed: stopped like this an etcd
 * cluster keeps its quorum as long as it can, where all at once costs it 7 s.  A
 * long list goes in at most SUPERVISOR_STEPS steps.  A second signal kills what
 * is left at once.  When all are gone, descendants that belonged to nobody are
 * ended too.
 */
#ifndef PROCMAN_SUPERVISOR_H
#define PROCMAN_SUPERVISOR_H

#include "procman/blueprint.h"
#include "procman/control.h"
#include "procman/os.h"
#include "procman/os_pty.h"
#include "procman/output.h"

#include <uv.h>

#define SUPERVISOR_STEPS 16

struct supervisor;

/* The room that the shared terminal has for one process; columns 0: what is
 * shown goes to no terminal. */
typedef struct os_window supervisor_window_fn(void *owner);

struct supervisor_config {
    uv_loop_t *loop;
    struct blueprint *blueprint; /* its own, from which the plans are; NULL:
                                  * they cannot be read again */
    struct plan *plans;          /* taken over: they are empty afterwards */
    size_t plan_count;
    const struct order *order; /* of all plans; not needed afterwards */
    const char *session;       /* its directory: what PROCMAN_SESSION says */
    int session_directory;     /* its descriptor */
    struct output *output;
    int remains; /* the record of leaders (remains.h); -1: none */
    struct os_limit descriptors; /* what children get */
    bool exit_on_error;
    bool exit_on_stop;
    bool hangup_ignored; /* SIGHUP was ignored when procman began (nohup) */
    bool wait; /* whoever is started first must become ready, or all ends */
    uint64_t wait_timeout_ms; /* 0: however long it takes */
    const char *announce; /* who is told then (sd_notify); NULL: nobody asks */
    supervisor_window_fn *window; /* asked with on_over's owner; NULL: none */
};

/* How it all went. */
struct supervisor_result {
    int code;   /* of the first process that failed on its own; 0: none did */
    int signum; /* what interrupted procman; 0: nothing */
};

/* Nobody is alive any more, and no handle is open: called from the loop. */
typedef void supervisor_over_fn(void *owner,
                                const struct supervisor_result *result);

/* Borrows everything in `config`.  Takes over signals at once. */
struct supervisor *supervisor_create(const struct supervisor_config *config,
                                     supervisor_over_fn *on_over, void *owner);

/* Starts the processes of these indexes, in order, a few per turn of the loop;
 * count 0: all of them that start by themselves (autostart).  Whoever starts
 * after others that are to start waits until these are ready. */
void supervisor_start(struct supervisor *supervisor, const size_t *indexes,
                      size_t count);

/* From now on requests come in through `control`.  It is closed when all is
 * over. */
void supervisor_listen(struct supervisor *supervisor, struct control *control);
control_fn supervisor_request;

/* Stops or goes on reading what the processes write. */
void supervisor_pause(struct supervisor *supervisor, bool paused);

/* As if the signal had come: SIGPIPE when nobody reads our output any more,
 * SIGHUP when that is because the terminal has hung up. */
void supervisor_interrupt(struct supervisor *supervisor, int signum);

/* Within on_over or later. */
void supervisor_release(struct supervisor *supervisor);

#endif
