/* notify.h - where one run of a process says how it is, by sd_notify(3).
 *
 * A socket in the session's directory, notify/<name>.<run>, whose address goes
 * into the child's environment as NOTIFY_SOCKET.  The kernel tells who sent a
 * datagram; the owner decides whether that is the process or one of its
 * descendants.  What strangers say is dropped, and so is what is longer than
 * NOTIFY_LIMIT (systemd has the same bound).
 *
 * Whoever lives on when its process is gone (an orphan that still knows the
 * address) writes to a socket that is closed: runs do not share one.
 */
#ifndef PROCMAN_NOTIFY_H
#define PROCMAN_NOTIFY_H

#include "procman/cause.h"
#include "procman/notify_message.h"

#include <stdint.h>
#include <uv.h>

enum { NOTIFY_LIMIT = 4096 };

struct notify;

/* Called from the event loop or from within notify_drain(); either may close
 * the notify. */
struct notify_watcher {
    /* Is this one of the process's?  Asked while the datagram is at hand, but
     * a short-lived sender may have ended already. */
    bool (*belongs)(void *owner, pid_t pid);
    void (*on_message)(void *owner, const struct notify_message *message);
};

/* `directory` and `path` are the session's, and must stay until it is closed;
 * the watcher too.  The folder notify/ is made there, of mode 0700, and goes
 * with the last socket in it.  NULL: see why; nothing is left behind. */
struct notify *notify_create(uv_loop_t *loop, int directory, const char *path,
                             const char *process, uint64_t run,
                             const struct notify_watcher *watcher, void *owner,
                             struct cause *why);

/* What NOTIFY_SOCKET has to say. */
const char *notify_address(const struct notify *notify);

/* Takes what waits now, without waiting for the loop: for the moment when the
 * process has ended and its last words count. */
void notify_drain(struct notify *notify);

/* Removes the socket.  The owner hears nothing any more; the memory is released
 * when libuv lets it. */
void notify_close(struct notify *notify);

/* Removes whatever sockets a session that is dead has left in its directory. */
void notify_sweep(int directory);

#endif
