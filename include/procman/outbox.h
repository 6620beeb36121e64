/* outbox.h - bytes on their way to a descriptor that may be slow.
 *
 * What is added gathers and leaves with one write when it is flushed.  A reader
 * that is merely busy is waited for, OUTBOX_PATIENCE_MS at most; once it has
 * taken longer the outbox does not wait at all any more, until nothing waits:
 * what the descriptor does not take stays and leaves when it can.  Beyond OUTBOX_FULL bytes it says that it is congested, so that its
 * owner stops reading its sources, and says so again when all has left; it takes
 * everything all the same.
 *
 * A full disk does not end anything: the bytes are dropped, and on_lost says
 * why, once, until a write succeeds again.
 */
#ifndef PROCMAN_OUTBOX_H
#define PROCMAN_OUTBOX_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <uv.h>

#define OUTBOX_FULL        (4U << 20)
#define OUTBOX_PATIENCE_MS 10

struct outbox_watcher {
    void (*on_congested)(void *owner, bool congested);
    /* The reader has gone; everything is dropped from now on. */
    void (*on_broken)(void *owner);
    void (*on_lost)(void *owner, const char *why);
    /* Nothing waits any more. */
    void (*on_empty)(void *owner);
};

struct outbox;

/* To `descriptor`, whose flags stay as they are. */
struct outbox *outbox_create(uv_loop_t *loop, int descriptor,
                             const struct outbox_watcher *watcher, void *owner,
                             struct cause *why);

/* Where to add bytes: behind what waits.  Only add. */
struct buf *outbox_pending(struct outbox *outbox);

void outbox_flush(struct outbox *outbox);

/* How many bytes wait; 0 once it is broken. */
size_t outbox_waiting(const struct outbox *outbox);

/* What waits is lost.  Its memory is released when libuv lets it. */
void outbox_close(struct outbox *outbox);

#endif
