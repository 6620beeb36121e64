/* readiness.h - how to know that a process is ready, or still alive.
 *
 *     auto                          READY=1 if its program is known to say it
 *                                   (notifiers.h), else once it is executed
 *     notify                        READY=1 of sd_notify(3)
 *     tcp:HOST:PORT                 somebody accepts a connection
 *     unix:PATH                     the same on a Unix socket
 *     http://HOST:PORT/PATH [TEXT]  answers 2xx; with TEXT (what follows the
 *                                   first blank) its body must contain it
 *     log:REGEX                     it writes a line that matches, POSIX
 *                                   extended
 *     exec:COMMAND                  /bin/sh -c COMMAND ends with 0
 *     delay:500ms                   it has run for so long
 *     exit                          it has ended well: a task
 *
 * HOST is an address, [::1] for IPv6, or localhost, which is 127.0.0.1: names
 * are not looked up, because that may take seconds, and a loop must not wait.
 * In http the port may be left out (80), and so may the path (/).
 */
#ifndef PROCMAN_READINESS_H
#define PROCMAN_READINESS_H

#include "procman/cause.h"

#include <stdint.h>

enum readiness_kind {
    READINESS_AUTO,
    READINESS_NOTIFY,
    READINESS_TCP,
    READINESS_UNIX,
    READINESS_HTTP,
    READINESS_LOG,
    READINESS_EXEC,
    READINESS_DELAY,
    READINESS_EXIT,
    READINESS_KINDS
};

#define READINESS_PATTERN_LIMIT 1000 /* bytes of a REGEX */

/* Strings belong to it; what its kind has no use for is NULL or 0. */
struct readiness {
    enum readiness_kind kind;
    char *host;        /* tcp, http: numeric, without brackets */
    unsigned port;     /* tcp, http */
    char *path;        /* unix: of the socket; http: begins with '/' */
    char *pattern;     /* log: the REGEX; http: the TEXT, or NULL */
    char *command;     /* exec */
    uint64_t delay_ms; /* delay */
};

/* On failure there is nothing to release. */
bool readiness_parse(struct readiness *readiness, const char *text,
                     struct cause *why);

/* Can it be asked again and again while the process runs: is it a probe (tcp,
 * unix, http, exec), or notify, which then means WATCHDOG=1? */
bool readiness_lasts(const struct readiness *readiness);

/* Harmless on an empty one. */
void readiness_release(struct readiness *readiness);

#endif
