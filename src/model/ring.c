#include "procman/ring.h"

#include <assert.h>
#include <string.h>

#define FIRST_ROOM 512 /* bytes */
#define STEP       8   /* bytes: entries begin at multiples of this */
#define SOME       64  /* which part of a ring that is */
#define SMALL      8   /* and which part several lines may be */

/* What stands before the text of an entry. */
struct head {
    uint64_t seq; /* of its first record */
    int64_t time_us;
    uint32_t run;
    int32_t pid;
    uint32_t len : 20;
    uint32_t kind : 4;
    uint32_t flags : 8;
    uint16_t before; /* the size of the entry before it, in steps */
    uint16_t lines;  /* with their ends; 0: one record, which has none */
};

enum { CONTINUES = 1, FROM_STDERR = 2 };

_Static_assert(sizeof(struct head) == 32, "every record pays for it");
_Static_assert(sizeof(struct head) % STEP == 0, "heads must be aligned");
_Static_assert(RING_TEXT < 1 << 20, "`len` has too few bits");
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
        ring->resize(ring->block, ring->room, 0, ring->limit);
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
        room += room < RING_STEPS ? room : RING_STEPS;
    if (room > ring->limit)
        room = ring->limit;
    if (ring->top || ring->oldest || room == ring->room)
        return false;

    char *block = ring->resize(ring->block, ring->room, room, ring->limit);
    if (!block)
        return false;
    ring->block = block;
    ring->room = room;
    return room - ring->end >= size;
}

/* Entries never lie across the block's end: what does not fit there goes to
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

/* Where an entry of this size goes. */
static size_t make_place(struct ring *ring, size_t size)
{
    if (!ring->top && ring->room - ring->end < size) {
        ring->top = ring->end;
        ring->end = 0;
    }
    return ring->end;
}

static void add(struct ring *ring, const struct ring_record *record, size_t len,
                size_t lines)
{
    size_t size = size_of(len), at = make_place(ring, size);
    struct head *head = head_at(ring, at);

    *head = (struct head){
        .seq = record->seq,
        .time_us = record->time_us,
        .run = record->run,
        .pid = record->pid,
        .len = (uint32_t)len & 0xfffff,
        .kind = (uint32_t)record->kind & 0xf,
        .flags = (record->continues ? CONTINUES : 0) |
                 (record->stream == 2 ? FROM_STDERR : 0),
        .before = (uint16_t)(ring->newest_size / STEP),
        .lines = (uint16_t)lines,
    };
    if (len)
        memcpy(head + 1, record->text, len);
    ring->newest = at;
    ring->newest_size = size;
    ring->end = at + size;
    ring->count++;
}

bool ring_add(struct ring *ring, const struct ring_record *record)
{
    size_t len = fitting(ring, record->len);

    if (!has_room(ring, size_of(len)) && !grow(ring, size_of(len)))
        return ring->count == 0; /* then there is no memory, and never was */
    add(ring, record, len, 0);
    return true;
}

bool ring_takes(const struct ring *ring, size_t len)
{
    return size_of(len) <= ring->limit / SMALL && len <= RING_TEXT;
}

bool ring_add_lines(struct ring *ring, const struct ring_record *first,
                    size_t count)
{
    size_t size = size_of(first->len);

    assert(count > 0 && count <= RING_LINES);
    if (!has_room(ring, size) && !grow(ring, size))
        return ring->count == 0;
    add(ring, first, first->len, count);
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

static uint64_t last_of(const struct head *head)
{
    return head->seq + (head->lines ? head->lines - 1u : 0);
}

uint64_t ring_first_to_go(const struct ring *ring)
{
    return ring->count ? last_of(head_at(ring, ring->oldest)) : 0;
}

uint64_t ring_newest(const struct ring *ring)
{
    return ring->count ? last_of(head_at(ring, ring->newest)) : 0;
}

/* The record whose text is from `begin` to `end` in that of its entry. */
static void read_part(const struct head *head, uint64_t seq, size_t begin,
                      size_t end, struct ring_record *to)
{
    const char *text = (const char *)(head + 1);

    if (head->lines && end > begin && text[end - 1] == '\r')
        end--;
    *to = (struct ring_record){
        .seq = seq,
        .time_us = head->time_us,
        .run = head->run,
        .pid = head->pid,
        .kind = (enum ring_kind)head->kind,
        .stream = stream_of(head),
        .continues = (head->flags & CONTINUES) && seq == head->seq,
        .len = end - begin,
        .text = text + begin,
    };
}

/* ---- from the old end --------------------------------------------------- */

static size_t after(const struct ring *ring, size_t at)
{
    size_t next = at + size_at(ring, at);

    return next == ring->top ? 0 : next;
}

/* Puts the cursor where its next record is; false: there is none yet. */
static bool find_next(const struct ring *ring, struct ring_cursor *cursor)
{
    if (ring->count == 0 || ring_newest(ring) < cursor->next)
        return false;
    if (head_at(ring, ring->oldest)->seq >= cursor->next) {
        cursor->at = ring->oldest;
        cursor->inside = 0;
    } else if (last_of(head_at(ring, cursor->at)) < cursor->next) {
        cursor->at = after(ring, cursor->at);
        cursor->inside = 0;
    }
    return true;
}

static uint64_t seq_at(const struct ring *ring,
                       const struct ring_cursor *cursor)
{
    const struct head *head = head_at(ring, cursor->at);

    return cursor->inside ? cursor->next : head->seq;
}

uint64_t ring_next(const struct ring *ring, const struct ring_cursor *cursor)
{
    struct ring_cursor ahead = *cursor;

    return find_next(ring, &ahead) ? seq_at(ring, &ahead) : 0;
}

bool ring_read(const struct ring *ring, struct ring_cursor *cursor,
               struct ring_record *to)
{
    if (!find_next(ring, cursor))
        return false;

    const struct head *head = head_at(ring, cursor->at);
    const char *text = (const char *)(head + 1);
    size_t begin = cursor->inside, end = head->len;
    if (head->lines)
        end = (size_t)((const char *)memchr(text + begin, '\n', end - begin) -
                       text);
    read_part(head, seq_at(ring, cursor), begin, end, to);
    cursor->inside = end + 1;
    cursor->next = to->seq + 1;
    return true;
}

/* ---- from the new end --------------------------------------------------- */

/* The lower entries are newer than the upper ones. */
static size_t before(const struct ring *ring, size_t at)
{
    size_t size = head_at(ring, at)->before * (size_t)STEP;

    return (at ? at : ring->top) - size;
}

/* Where the line that ends here begins. */
static size_t begin_of_line(const struct head *head, size_t end)
{
    const char *text = (const char *)(head + 1);

    while (end > 0 && text[end - 1] != '\n')
        end--;
    return end;
}

bool ring_read_back(const struct ring *ring, struct ring_back *back,
                    struct ring_record *to)
{
    bool in_oldest = back->begun && back->at == ring->oldest;
    const struct head *head;
    size_t end;

    if (ring->count == 0 || (in_oldest && back->inside == 0))
        return false;
    if (back->begun && back->inside > 0) {
        head = head_at(ring, back->at);
        end = back->inside - 1;
        back->seq--;
    } else {
        back->at = back->begun ? before(ring, back->at) : ring->newest;
        head = head_at(ring, back->at);
        end = head->len - (head->lines ? 1u : 0u);
        back->seq = last_of(head);
    }
    back->begun = true;
    back->inside = head->lines ? begin_of_line(head, end) : 0;
    read_part(head, back->seq, back->inside, end, to);
    return true;
}

struct ring_cursor ring_turn(const struct ring *ring,
                             const struct ring_back *back)
{
    if (ring->count == 0)
        return (struct ring_cursor){0};
    if (!back->begun)
        return (struct ring_cursor){ring_newest(ring) + 1, ring->newest, 0};
    return (struct ring_cursor){back->seq, back->at, back->inside};
}
