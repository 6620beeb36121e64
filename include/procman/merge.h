/* merge.h - many rows, each in order, read as one.
 *
 * Holds, for each row that has something to give, the number of what comes
 * next in it, and knows which row has the smallest.  Adding and replacing cost
 * the logarithm of the number of rows.
 */
#ifndef PROCMAN_MERGE_H
#define PROCMAN_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_turn {
    uint64_t number;
    size_t row;
};

/* `struct merge merge = {0};` is empty; so it is once released. */
struct merge {
    struct merge_turn *turns; /* a heap: the first one has the smallest */
    size_t count, room;
};

/* A row that is not in it yet. */
void merge_add(struct merge *merge, size_t row, uint64_t number);

/* NULL: no row has anything.  Valid until something changes. */
const struct merge_turn *merge_first(const struct merge *merge);

/* What comes next in the first row has a greater number; or there is nothing
 * any more. */
void merge_advance(struct merge *merge, uint64_t number);
void merge_drop_first(struct merge *merge);

/* Harmless if it is not in it. */
void merge_remove(struct merge *merge, size_t row);

void merge_release(struct merge *merge);

#endif
