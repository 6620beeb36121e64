/* logs_tail.h - the last of many records, of which only so many are wanted.
 */
#ifndef PROCMAN_CMD_LOGS_TAIL_H
#define PROCMAN_CMD_LOGS_TAIL_H

#include "procman/ring.h"

struct logs_kept;

/* Begins as {.most = how many}. */
struct logs_tail {
    uint64_t most;
    struct logs_kept *first, *last;
    uint64_t count;
};

/* Copies the record; forgets the first one if there are too many. */
void logs_tail_add(struct logs_tail *tail, size_t who,
                   const struct ring_record *record);

/* The first one, valid until the next call; false: there is none. */
bool logs_tail_take(struct logs_tail *tail, size_t *who,
                    struct ring_record *record);

void logs_tail_release(struct logs_tail *tail);

#endif
