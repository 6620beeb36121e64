/* probe.h - asks a process from outside whether it serves.
 *
 * A probe tries, waits, and tries again, on the loop and without ever blocking
 * it.  To find out whether a process is ready it goes on until it has succeeded
 * once, and is then at rest: no timer, no descriptor, no wake-up.  To watch
 * over one that should stay alive it goes on for good.
 *
 * That somebody answers proves nothing: an orphan of an earlier run or another
 * cluster may sit on the port.  So the owner is asked whose the other end is
 * before success is believed.
 *
 * The command of an exec probe is a child of procman, but the probe reaps
 * nobody: the supervisor does, and hands the end in by probe_child_ended().  It
 * is executed by /bin/sh in a session and group of its own, and the group is
 * killed when the command has ended, takes too long or the probe is closed.
 */
#ifndef PROCMAN_PROBE_H
#define PROCMAN_PROBE_H

#include "procman/cause.h"
#include "procman/os.h"

#include <stdint.h>
#include <uv.h>

enum probe_kind {
    PROBE_TCP,  /* somebody accepts connections on host:port */
    PROBE_UNIX, /* or at path */
    PROBE_HTTP, /* GET path on host:port is answered with 2xx, and a body that
                   holds `match` unless it is NULL */
    PROBE_EXEC, /* the command ends with 0 */
    PROBE_DELAY /* after delay_ms all is well */
};

enum { PROBE_TIMEOUT_MS = 1000, PROBE_INTERVAL_MS = 100 };

/* Borrowed: must outlive the probe, until probe_close(). */
struct probe_spec {
    enum probe_kind kind;
    const char *host; /* a number or localhost; NULL: localhost */
    uint16_t port;
    const char *path; /* of the socket; or what to get, NULL: "/" */
    const char *match;
    const char *command;
    uint64_t timeout_ms;  /* of one try; 0: PROBE_TIMEOUT_MS */
    uint64_t interval_ms; /* between two; 0: PROBE_INTERVAL_MS */
    uint64_t delay_ms;
    const char *directory; /* paths and commands are seen from; NULL: ours */
    char *const *env;      /* of the command, ends with NULL */
    int null;              /* a descriptor of /dev/null, for the command */
    struct os_limit descriptors;   /* what the command gets */
    const struct account *account; /* whom it runs as; NULL: us */
    bool alive; /* watch over it: begin after one interval, never end */
};

/* Called from the event loop; each may close the probe. */
struct probe_watcher {
    /* What a try has found.  `why` is NULL or a sentence: "127.0.0.1:2379
     * answers 503 Service Unavailable".  Without `alive` this comes once, when
     * all is well. */
    void (*on_result)(void *owner, bool well, const char *why);
    /* Is this the process's own socket that we are connected to?  See
     * os_listens().  NULL: whoever answers is right.  Must not close the
     * probe. */
    bool (*owns)(void *owner, int connection);
};

struct probe;

/* Begins at once.  NULL: the spec cannot be probed (a host with a name), see
 * why. */
struct probe *probe_create(uv_loop_t *loop, const struct probe_spec *spec,
                           const struct probe_watcher *watcher, void *owner,
                           struct cause *why);

/* The child that runs for the probe now; 0: none. */
pid_t probe_pid(const struct probe *probe);

/* A child was reaped.  False: it is not the probe's. */
bool probe_child_ended(struct probe *probe, pid_t pid, int code, int signum);

/* What was wrong in the last try, a sentence; "" if nothing was. */
const char *probe_failure(const struct probe *probe);

/* At any moment.  The owner hears nothing any more; a command that still runs
 * is killed, and its end is the supervisor's affair.  The memory is released
 * when libuv lets it. */
void probe_close(struct probe *probe);

#endif
