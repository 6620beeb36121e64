#include "backlog.h"

#include <string.h>

#define BLOCK (256U << 10) /* of what goes to disk and comes back */

void backlog_init(struct backlog *backlog, int directory, uint64_t limit,
                  enum outbox_overflow overflow)
{
    spill_init(&backlog->spill, directory, limit);
    backlog->overflow = overflow;
}

uint64_t backlog_waiting(const struct backlog *backlog)
{
    return spill_held(&backlog->spill) + backlog->tail.len;
}

static void drop_tail(struct backlog *backlog)
{
    const char *at = backlog->tail.data;
    const char *end = at + backlog->tail.len;

    backlog->dropped_bytes += backlog->tail.len;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        backlog->dropped_lines++;
        at++;
    }
    backlog->tail.len = 0;
}

/* ---- full and not -------------------------------------------------------- */

static void become_full(struct backlog *backlog, const struct cause *why)
{
    backlog->full = true;
    if (*why->text && !backlog->unspillable_said) {
        backlog->unspillable_said = true;
        backlog->watcher->on_unspillable(backlog->owner, why->text);
    }
    if (backlog->overflow == OVERFLOW_BLOCK)
        backlog->watcher->on_congested(backlog->owner, true);
    else
        drop_tail(backlog);
}

/* What came in this turn still met a full one: the gap ends behind it. */
static void end_gap(struct backlog *backlog)
{
    drop_tail(backlog);
    uint64_t lines = backlog->dropped_lines;
    uint64_t bytes = backlog->dropped_bytes;
    backlog->dropped_lines = backlog->dropped_bytes = 0;
    if (bytes)
        backlog->watcher->on_dropped(backlog->owner, lines, bytes);
}

static void become_roomy(struct backlog *backlog)
{
    if (!backlog->full)
        return;
    backlog->full = false;
    if (backlog->overflow == OVERFLOW_BLOCK)
        backlog->watcher->on_congested(backlog->owner, false);
    else
        end_gap(backlog);
}

/* ---- in and out ---------------------------------------------------------- */

void backlog_begin(struct backlog *backlog)
{
    struct cause why = {{0}};

    if (backlog->in_use)
        return;
    backlog->in_use = true;
    if (backlog->spill.limit == 0)
        become_full(backlog, &why);
}

void backlog_store(struct backlog *backlog)
{
    struct cause why = {{0}};

    if (backlog->full && backlog->overflow == OVERFLOW_DROP)
        drop_tail(backlog);
    if (backlog->full || backlog->tail.len < BLOCK)
        return;
    if (!spill_put(&backlog->spill, backlog->tail.data, backlog->tail.len,
                   &why)) {
        become_full(backlog, &why);
        return;
    }
    backlog->tail.len = 0;
    backlog->unspillable_said = false;
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf old = *a;

    *a = *b;
    *b = old;
}

void backlog_next(struct backlog *backlog, struct buf *head)
{
    struct cause why;

    if (!backlog->in_use)
        return;
    if (!spill_take(&backlog->spill, head, BLOCK, &why))
        backlog->watcher->on_lost(backlog->owner, why.text);
    if (head->len == 0 || spill_has_room(&backlog->spill))
        become_roomy(backlog);
    if (head->len > 0)
        return;
    swap(head, &backlog->tail);
    if (head->len == 0)
        backlog_forget(backlog);
}

void backlog_forget(struct backlog *backlog)
{
    bool blocks = backlog->full && backlog->overflow == OVERFLOW_BLOCK;

    if (!backlog->in_use)
        return;
    backlog->full = backlog->in_use = false;
    backlog->dropped_lines = backlog->dropped_bytes = 0;
    buf_release(&backlog->tail);
    spill_release(&backlog->spill);
    if (blocks)
        backlog->watcher->on_congested(backlog->owner, false);
}
