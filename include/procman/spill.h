/* spill.h - bytes that memory is too good for: first in, first out, on disk.
 *
 * They lie in a file without a name, which is made when the first of them come
 * and is gone with the process, however it ends.  What has been taken out is
 * given back to the disk a mebibyte at a time, where the filesystem can; else
 * when all is out.
 *
 * There is a limit; a disk that is full is a lower one, until the spill has
 * been empty.
 */
#ifndef PROCMAN_SPILL_H
#define PROCMAN_SPILL_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <stdint.h>

struct spill {
    int directory;
    int file; /* -1: not yet */
    uint64_t limit;
    uint64_t bound; /* the limit, or what the disk has turned out to hold */
    uint64_t given_back, head, tail; /* what is held lies from head to tail */
};

/* Below an open directory, which is borrowed. */
void spill_init(struct spill *spill, int directory, uint64_t limit);

/* All of them, or false: there is no room.  If that is the disk's fault and not
 * the limit's, `why` says so; else it is left alone. */
bool spill_put(struct spill *spill, const char *bytes, size_t len,
               struct cause *why);

/* Moves the oldest bytes, `most` of them if there are as many, to the end of
 * `to`.  False: they cannot be read, and all that was held is lost. */
bool spill_take(struct spill *spill, struct buf *to, size_t most,
                struct cause *why);

uint64_t spill_held(const struct spill *spill);

/* Has so much been taken that it is worth to begin again? */
bool spill_has_room(const struct spill *spill);

/* Forgets what is held and gives the disk back. */
void spill_release(struct spill *spill);

#endif
