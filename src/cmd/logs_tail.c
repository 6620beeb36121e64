#include "logs_tail.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

struct logs_kept {
    struct logs_kept *next;
    size_t who;
    bool taken; /* it is the first, and was given out */
    struct ring_record record;
    char text[];
};

static void drop_first(struct logs_tail *tail)
{
    struct logs_kept *first = tail->first;

    tail->first = first->next;
    if (!tail->first)
        tail->last = NULL;
    tail->count--;
    free(first);
}

void logs_tail_add(struct logs_tail *tail, size_t who,
                   const struct ring_record *record)
{
    struct logs_kept *kept = mem_new(1, sizeof *kept + record->len);

    kept->who = who;
    kept->record = *record;
    kept->record.text = kept->text;
    if (record->len)
        memcpy(kept->text, record->text, record->len);
    *(tail->last ? &tail->last->next : &tail->first) = kept;
    tail->last = kept;
    tail->count++;
    if (tail->count > tail->most)
        drop_first(tail);
}

bool logs_tail_take(struct logs_tail *tail, size_t *who,
                    struct ring_record *record)
{
    if (tail->first && tail->first->taken)
        drop_first(tail);
    if (!tail->first)
        return false;
    tail->first->taken = true;
    *who = tail->first->who;
    *record = tail->first->record;
    return true;
}

void logs_tail_release(struct logs_tail *tail)
{
    while (tail->first)
        drop_first(tail);
}
