/* notify_message.h - what a process says of itself, as sd_notify(3) words it.
 *
 * A datagram is lines of NAME=value.  Those that mean something here are kept;
 * all others are ignored, as are values that are none ("READY=yes").  Of a line
 * that is there twice the last one counts.
 *
 * The text comes from a process that may be broken or hostile: any bytes of
 * any length are harmless.  As systemd does, a datagram with a NUL in it
 * (behind the last line some senders leave one) says nothing at all.
 */
#ifndef PROCMAN_NOTIFY_MESSAGE_H
#define PROCMAN_NOTIFY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { NOTIFY_STATUS_ROOM = 256 };

struct notify_message {
    bool ready;           /* READY=1 */
    bool stopping;        /* STOPPING=1 */
    bool reloading;       /* RELOADING=1; READY=1 will follow */
    bool watchdog;        /* WATCHDOG=1: it is still alive */
    bool watchdog_failed; /* WATCHDOG=trigger: treat it as hung */
    bool has_status;      /* STATUS= was there; empty: none any more */
    /* UTF-8 without control characters, cut to its room; each byte or control
     * character that must not be shown has become a '?'. */
    char status[NOTIFY_STATUS_ROOM];
    pid_t main_pid; /* MAINPID=; 0: not said */
    int error;      /* ERRNO=; 0: not said */
};

/* False: it says nothing that is known here; the message is then empty. */
bool notify_message_read(struct notify_message *message, const char *bytes,
                         size_t len);

#endif
