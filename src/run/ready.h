/* ready.h - how one run of a process becomes ready, and stays well.
 *
 * Puts together what a run's settings ask for (readiness.h): the socket on
 * which it says READY=1 itself (notify.h), a probe (probe.h), a line it writes
 * (logmatch.h).  Every run has a socket of its own, whether its word is waited
 * for or not.  Only this run's processes count: what a stranger says, or that a
 * stranger answers on the port, makes nobody ready.
 */
#ifndef PROCMAN_READY_H
#define PROCMAN_READY_H

#include "procman/environment.h"
#include "procman/lines.h"
#include "procman/os.h"
#include "procman/readiness.h"

#include <stdint.h>
#include <uv.h>

struct ready;

/* Borrowed, all of it. */
struct ready_spec {
    uv_loop_t *loop;
    const char *name;
    uint64_t run;
    const struct readiness *ready;
    const struct readiness *alive; /* READINESS_AUTO: nobody asks */
    uint64_t alive_interval_ms;
    bool notifies; /* what READINESS_AUTO comes to */
    int session;   /* directory of the session; -1: no notify socket */
    const char *session_path;
    const char *directory; /* of the process; NULL: ours */
    int null;
    struct os_limit descriptors;
    const struct account *account; /* of the process; NULL: ours */
};

/* Called from the loop; none may close the ready. */
struct ready_watcher {
    void (*on_ready)(void *owner, bool it_said_so);
    void (*on_unwell)(void *owner, const char *why);
    void (*on_status)(void *owner, const char *text);
};

/* Before the leader is started.  A readiness that cannot be had (no socket, a
 * bad pattern) is a cause: NULL. */
struct ready *ready_create(const struct ready_spec *spec,
                           const struct ready_watcher *watcher, void *owner,
                           struct cause *why);

/* What the run must have in its environment, over everything else. */
const struct environment *ready_environment(const struct ready *ready);

/* The leader runs; `env` is what a command of a probe gets, copied if there is
 * one.  True: that is all it takes, it is ready. */
bool ready_started(struct ready *ready, char *const *env, pid_t leader);

/* It has become ready: from now on it is looked after whether it stays well. */
void ready_watch(struct ready *ready);

/* Nobody of it runs while it is frozen: it is not asked how it is, and need not
 * say it.  Thawed, it has as much time as at first. */
void ready_freeze(struct ready *ready, bool frozen);

/* Lines it wrote. */
void ready_read(struct ready *ready, const struct span *span);

/* The leader has ended, well or not: its last word counts. */
void ready_ended(struct ready *ready, bool well);

/* A child was reaped; false: it is none of ours. */
bool ready_child_ended(struct ready *ready, pid_t pid, int code, int signum);

/* Harmless on NULL.  The owner hears nothing any more. */
void ready_close(struct ready *ready);

#endif
