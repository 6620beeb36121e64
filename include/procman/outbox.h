/* outbox.h - bytes on their way to a descriptor that may be slow.
 *
 * What is added gathers and leaves with one write when it is flushed, which is
 * once a turn of the loop, or when it has come to OUTBOX_BATCH bytes.  A reader
 * that goes on reading is waited for, so that it decides how fast the sources
 * are read and the last line is not as late as a queue is long: until it has
 * taken nothing for OUTBOX_PATIENCE_MS, and for OUTBOX_TURN_MS in a turn at most.
 * What it does not take then stays and leaves when it can.
 *
 * Beyond OUTBOX_FULL bytes in memory what is added is spilled to disk, if there
 * is a place for that, and leaves in its turn.  Beyond that place's limit, or
 * when the disk is full, one of two things happens, as was chosen:
 *
 *     OVERFLOW_BLOCK  it says that it is congested, so that its owner stops
 *                     reading its sources, and says so again when there is room;
 *                     what is added all the same is kept
 *     OVERFLOW_DROP   what is added, which must be whole lines, is dropped and
 *                     counted; when there is room again, it says how much was
 *                     dropped, and what its owner then adds is in its place
 *
 * A full disk at the other end does not end anything: the bytes are dropped, and
 * on_lost says why, once, until a write succeeds again.
 */
#ifndef PROCMAN_OUTBOX_H
#define PROCMAN_OUTBOX_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <stdint.h>
#include <uv.h>

#define OUTBOX_FULL        (4U << 20)
#define OUTBOX_BATCH       (128U << 10)
#define OUTBOX_PATIENCE_MS 10
#define OUTBOX_TURN_MS     50

enum outbox_overflow { OVERFLOW_BLOCK, OVERFLOW_DROP };

struct outbox_watcher {
    void (*on_congested)(void *owner, bool congested);
    /* The reader has gone; everything is dropped from now on. */
    void (*on_broken)(void *owner);
    void (*on_lost)(void *owner, const char *why);
    /* Nothing waits any more. */
    void (*on_empty)(void *owner);
    /* The disk takes no more of what has to wait; said once, until it does. */
    void (*on_unspillable)(void *owner, const char *why);
    /* So much is missing here, at the end of what has been added. */
    void (*on_dropped)(void *owner, uint64_t lines, uint64_t bytes);
};

struct outbox;

/* To `descriptor`, whose flags stay as they are. */
struct outbox *outbox_create(uv_loop_t *loop, int descriptor,
                             const struct outbox_watcher *watcher, void *owner,
                             struct cause *why);

/* What to do with more than OUTBOX_FULL: up to `limit` bytes go to disk, below
 * an open directory, which is borrowed.  Without this the limit is 0 and what
 * overflows blocks.  To be said before anything is added. */
void outbox_spill_to(struct outbox *outbox, int directory, uint64_t limit,
                     enum outbox_overflow overflow);

/* Where to add bytes, whole lines: behind what waits.  Only add, and ask again
 * for each line, or the few that came together.  Of its watchers nobody is called
 * from here. */
struct buf *outbox_pending(struct outbox *outbox);

void outbox_flush(struct outbox *outbox);

/* How many bytes wait, in memory and on disk; 0 once it is broken. */
uint64_t outbox_waiting(const struct outbox *outbox);

/* What waits is lost.  Its memory is released when libuv lets it. */
void outbox_close(struct outbox *outbox);

#endif
