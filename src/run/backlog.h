/* backlog.h - what an outbox cannot hold: first on disk, then a tail in memory.
 *
 * While it is in use, what is added goes to the tail; once a turn the tail goes
 * to disk, if it is worth a write.  When the disk takes no more it is full, and
 * the sources are stopped or the tail is dropped: see outbox.h, whose watcher
 * hears of it.
 */
#ifndef PROCMAN_RUN_BACKLOG_H
#define PROCMAN_RUN_BACKLOG_H

#include "procman/outbox.h"
#include "procman/spill.h"

struct backlog {
    const struct outbox_watcher *watcher;
    void *owner;
    enum outbox_overflow overflow;
    struct spill spill;
    struct buf tail;
    bool in_use;
    bool full;
    bool unspillable_said;
    uint64_t dropped_lines, dropped_bytes;
};

void backlog_init(struct backlog *backlog, int directory, uint64_t limit,
                  enum outbox_overflow overflow);

/* From now on it is in use. */
void backlog_begin(struct backlog *backlog);

/* Once a turn, when all has been added. */
void backlog_store(struct backlog *backlog);

/* Moves the next part of it to `head`, which is empty.  When there is none left
 * `head` stays empty, and it is no longer in use. */
void backlog_next(struct backlog *backlog, struct buf *head);

uint64_t backlog_waiting(const struct backlog *backlog);

/* All of it; sources that were stopped may go on. */
void backlog_forget(struct backlog *backlog);

#endif
