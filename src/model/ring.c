#include "procman/ring.h"

#include <assert.h>
#include <string.h>

#define FIRST_ROOM 512 /* bytes */
#define STEP       8   /* bytes: records begin at multiples of this */
#define SOME       64  /* which part of a ring that is */

/* What stands before each text. */
struct head {
    uint64_t seq;
    int64_t time_us;
    uint32_t run;
    int32_t pid;
    uint32_t len;
    uint16_t before; /* the size of the record before it, in steps */
    uint8_t kind;
    uint8_t flags;
};

enum { CONTINUES = 1, FROM_STDERR = 2 };

_Static_assert(sizeof(struct head) % STEP == 0, "heads must be aligned");
_Static_assert((RING_TEXT + sizeof(struct head)) / STEP < UINT16_MAX,
               "`before` has too few bits");
_Static_assert(FIRST_ROOM < RING_LEAST, "a ring must begin small");

static struct head *head_at(const struct ring *ring, size_t at)
{
    return (struct head *)(void *)(ring->block + at);
}

static size_t size_of(size_t len)
{
    return (sizeof(struct head) + len + STEP - 1) / STEP * STEP;
}

static size_t size_at(const struct ring *ring, size_t at)
{
    return size_of(head_at(ring, at)->len);
}

void ring_init(struct ring *ring, size_t limit, ring_resize_fn *resize)
{
    assert(limit >= RING_LEAST && limit <= RING_MOST);
    *ring = (struct ring){.limit = limit / STEP * STEP, .resize = resize};
}

void ring_release(struct ring *ring)
{
    if (ring->block)
        ring->resize(ring->block, ring->room, 0);
    *ring = (struct ring){.limit = ring->limit, .resize = ring->resize};
}

/* ---- room -------------------------------------------------------------- */

/* What there is no more of in any ring of this limit is cut off. */
static size_t fitting(const struct ring *ring, size_t len)
{
    size_t most = ring->limit - sizeof(struct head);

    if (most > RING_TEXT)
        most = RING_TEXT;
    return len < most ? len : most;
}

/* Only while nothing has been dropped yet, so that all lies in one piece. */
static bool grow(struct ring *ring, size_t size)
{
    size_t room = ring->room ? ring->room : FIRST_ROOM;

    while (room < ring->limit && room - ring->end < size)
        room *= 2;
    if (room > ring->limit)
        room = ring->limit;
    if (ring->top || ring->oldest || room == ring->room)
        return false;

    char *block = ring->resize(ring->block, ring->room, room);
    if (!block)
        return false;
    ring->block = block;
    ring->room = room;
    return room - ring->end >= size;
}

/* Records never lie across the block's end: what does not fit there goes to
 * its beginning. */
static bool has_room(const struct ring *ring, size_t size)
{
    if (ring->count == 0)
        return size <= ring->room;
    if (ring->top)
        return ring->oldest - ring->end >= size;
    return ring->room - ring->end >= size || ring->oldest >= size;
}

/* ---- the two ends ------------------------------------------------------ */

/* Where a record of this size goes. */
static size_t make_place(struct ring *ring, size_t size)
{
    if (!ring->top && ring->room - ring->end < size) {
        ring->top = ring->end;
        ring->end = 0;
    }
    return ring->end;
}

bool ring_add(struct ring *ring, const struct ring_record *record)
{
    size_t len = fitting(ring, record->len), size = size_of(len);

    if (!has_room(ring, size) && !grow(ring, size))
        return ring->count == 0; /* then there is no memory, and never was */

    size_t at = make_place(ring, size);
    struct head *head = head_at(ring, at);
    head->seq = record->seq;
    head->time_us = record->time_us;
    head->run = record->run;
    head->pid = record->pid;
    head->len = (uint32_t)len;
    head->before = (uint16_t)(ring->newest_size / STEP);
    head->kind = (uint8_t)record->kind;
    head->flags = (uint8_t)((record->continues ? CONTINUES : 0) |
                            (record->stream == 2 ? FROM_STDERR : 0));
    if (len)
        memcpy(head + 1, record->text, len);
    ring->newest = at;
    ring->newest_size = size;
    ring->end = at + size;
    ring->count++;
    return true;
}

static size_t drop_oldest(struct ring *ring)
{
    size_t size = size_at(ring, ring->oldest);

    ring->oldest += size;
    if (--ring->count == 0)
        ring->oldest = ring->end = ring->top = ring->newest_size = 0;
    else if (ring->oldest == ring->top)
        ring->oldest = ring->top = 0;
    return size;
}

void ring_drop(struct ring *ring)
{
    if (ring->count)
        drop_oldest(ring);
}

void ring_drop_some(struct ring *ring)
{
    size_t bytes = 0;

    while (ring->count && bytes < ring->limit / SOME)
        bytes += drop_oldest(ring);
}

/* ---- reading ----------------------------------------------------------- */

static int stream_of(const struct head *head)
{
    if (head->kind != RING_LINE)
        return 0;
    return head->flags & FROM_STDERR ? 2 : 1;
}

static void read_at(const struct ring *ring, size_t at, struct ring_record *to)
{
    const struct head *head = head_at(ring, at);

    *to = (struct ring_record){
        .seq = head->seq,
        .time_us = head->time_us,
        .run = head->run,
        .pid = head->pid,
        .kind = (enum ring_kind)head->kind,
        .stream = stream_of(head),
        .continues = head->flags & CONTINUES,
        .len = head->len,
        .text = (const char *)(head + 1),
    };
}

bool ring_oldest(const struct ring *ring, struct ring_record *to)
{
    if (ring->count == 0)
        return false;
    read_at(ring, ring->oldest, to);
    return true;
}

bool ring_newest(const struct ring *ring, struct ring_record *to)
{
    if (ring->count == 0)
        return false;
    read_at(ring, ring->newest, to);
    return true;
}

static size_t after(const struct ring *ring, size_t at)
{
    size_t next = at + size_at(ring, at);

    return next == ring->top ? 0 : next;
}

/* Where the cursor's next record is; false: there is none yet. */
static bool find_next(const struct ring *ring, const struct ring_cursor *cursor,
                      size_t *at)
{
    if (ring->count == 0 || head_at(ring, ring->newest)->seq < cursor->next)
        return false;
    *at = head_at(ring, ring->oldest)->seq >= cursor->next
              ? ring->oldest
              : after(ring, cursor->at);
    return true;
}

uint64_t ring_next(const struct ring *ring, const struct ring_cursor *cursor)
{
    size_t at;

    return find_next(ring, cursor, &at) ? head_at(ring, at)->seq : 0;
}

bool ring_read(const struct ring *ring, struct ring_cursor *cursor,
               struct ring_record *to)
{
    if (!find_next(ring, cursor, &cursor->at))
        return false;
    read_at(ring, cursor->at, to);
    cursor->next = to->seq + 1;
    return true;
}

/* The lower records are newer than the upper ones. */
static size_t before(const struct ring *ring, size_t at)
{
    size_t size = head_at(ring, at)->before * (size_t)STEP;

    return (at ? at : ring->top) - size;
}

bool ring_read_back(const struct ring *ring, struct ring_back *back,
                    struct ring_record *to)
{
    if (ring->count == 0 || (back->begun && back->at == ring->oldest))
        return false;
    if (!back->begun)
        back->at = ring->newest;
    else
        back->at = before(ring, back->at);
    back->begun = true;
    read_at(ring, back->at, to);
    return true;
}

struct ring_cursor ring_turn(const struct ring *ring,
                             const struct ring_back *back)
{
    struct ring_cursor cursor = {0};

    if (ring->count == 0)
        return cursor;
    if (!back->begun) {
        cursor.at = ring->newest;
        cursor.next = head_at(ring, ring->newest)->seq + 1;
    } else if (back->at != ring->oldest) {
        cursor.at = before(ring, back->at);
        cursor.next = head_at(ring, back->at)->seq;
    }
    return cursor;
}
