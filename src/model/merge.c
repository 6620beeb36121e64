#include "procman/merge.h"
#include "procman/mem.h"

#include <stdlib.h>

static void swap(struct merge *merge, size_t a, size_t b)
{
    struct merge_turn turn = merge->turns[a];

    merge->turns[a] = merge->turns[b];
    merge->turns[b] = turn;
}

static bool is_less(const struct merge *merge, size_t a, size_t b)
{
    return merge->turns[a].number < merge->turns[b].number;
}

static void rise(struct merge *merge, size_t at)
{
    while (at > 0 && is_less(merge, at, (at - 1) / 2)) {
        swap(merge, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sink(struct merge *merge, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < merge->count && is_less(merge, child, least))
                least = child;
        if (least == at)
            return;
        swap(merge, at, least);
        at = least;
    }
}

void merge_add(struct merge *merge, size_t row, uint64_t number)
{
    if (merge->count == merge->room) {
        merge->room = merge->room ? merge->room * 2 : 8;
        merge->turns =
            mem_resize(merge->turns, merge->room, sizeof *merge->turns);
    }
    merge->turns[merge->count] = (struct merge_turn){number, row};
    rise(merge, merge->count++);
}

const struct merge_turn *merge_first(const struct merge *merge)
{
    return merge->count ? &merge->turns[0] : NULL;
}

void merge_advance(struct merge *merge, uint64_t number)
{
    merge->turns[0].number = number;
    sink(merge, 0);
}

static void drop_at(struct merge *merge, size_t at)
{
    merge->turns[at] = merge->turns[--merge->count];
    if (at < merge->count) {
        rise(merge, at);
        sink(merge, at);
    }
}

void merge_drop_first(struct merge *merge)
{
    if (merge->count)
        drop_at(merge, 0);
}

void merge_remove(struct merge *merge, size_t row)
{
    for (size_t i = 0; i < merge->count; i++)
        if (merge->turns[i].row == row) {
            drop_at(merge, i);
            return;
        }
}

void merge_release(struct merge *merge)
{
    free(merge->turns);
    *merge = (struct merge){0};
}
