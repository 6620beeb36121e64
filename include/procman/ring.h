/* ring.h - the last records of a process, in bounded memory.
 *
 * A record is a line that it wrote, or a sentence about it: a separator between
 * its runs, or something else that people were told.  Records are added at the
 * new end, lines that came together as one entry; when there is no room left,
 * whole entries go at the old end, which is the owner's to do, because somebody
 * may still want to read them:
 *
 *     while (!ring_add(ring, &record))
 *         ring_drop_some(ring);
 *
 * Memory is taken as records come, up to the limit: in steps that double, so that
 * a thousand silent processes cost next to nothing, and from RING_STEPS on in
 * steps of that.
 *
 * Each record has a number, from 1 on, greater than that of the one before it; in
 * an entry they count on.  Records are read one by one: from the old end with a
 * cursor, which stays good whatever is added or dropped (it goes on with the
 * oldest if the one that it has read last is gone), and from the new end with
 * ring_read_back().
 */
#ifndef PROCMAN_RING_H
#define PROCMAN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_LEAST 4096      /* bytes: the smallest limit */
#define RING_STEPS 65536     /* bytes: the largest step */
#define RING_MOST  (1 << 30) /* bytes: the greatest */
#define RING_TEXT  131000    /* bytes: the longest text of an entry */
#define RING_LINES 65535     /* the most lines of one */

enum ring_kind {
    RING_LINE,    /* it wrote this */
    RING_STARTED, /* a run begins: a sentence */
    RING_ENDED,   /* a run has ended: a sentence */
    RING_NOTE,    /* another sentence about it */
    RING_BEHALF   /* a sentence under its name */
};

struct ring_record {
    uint64_t seq;
    int64_t time_us;
    unsigned run; /* 0: before the first */
    int pid;      /* of that run; 0: it had none */
    enum ring_kind kind;
    int stream;     /* of a line: 1 or 2; else 0 */
    bool continues; /* a line: a piece, and not its first */
    size_t len;
    const char *text; /* no C string */
};

/* Gives a block of another size with what was in the old one, as realloc(); it
 * will never be larger than `most`.  Size 0 gives it back.  NULL: there is none,
 * the old one stays. */
typedef void *ring_resize_fn(void *block, size_t old_size, size_t size,
                             size_t most);

/* Only ring.c looks inside. */
struct ring {
    ring_resize_fn *resize;
    char *block;
    size_t limit, room;    /* in bytes: at most, now */
    size_t oldest, newest; /* where these entries are */
    size_t end;            /* behind the newest */
    size_t top;            /* where the upper entries end; 0: not wrapped */
    size_t newest_size;
    size_t count; /* of entries */
};

/* Holds no memory yet.  `limit` is from RING_LEAST to RING_MOST. */
void ring_init(struct ring *ring, size_t limit, ring_resize_fn *resize);
void ring_release(struct ring *ring);

/* False: there is no room, something must go first.  A text that is longer than
 * a ring of this limit can hold is cut; if there is no memory at all, the record
 * is lost. */
bool ring_add(struct ring *ring, const struct ring_record *record);

/* Lines that came together: `first` is the first of them, but for its text, which
 * is all of them with their ends, each "\n" or "\r\n".  As ring_add(); but what
 * ring_takes() says no to has to be added line by line. */
bool ring_add_lines(struct ring *ring, const struct ring_record *first,
                    size_t count);

/* Is a text of this length no more than a small part of the ring, so that what
 * goes when it comes is not much either? */
bool ring_takes(const struct ring *ring, size_t len);

/* Forgets the oldest entry, or the oldest few percent, which takes less time
 * for each; harmless if there is none. */
void ring_drop(struct ring *ring);
void ring_drop_some(struct ring *ring);

/* The number of the last record that ring_drop() would forget, and of the
 * newest; 0: there is none. */
uint64_t ring_first_to_go(const struct ring *ring);
uint64_t ring_newest(const struct ring *ring);

/* ---- from the old end -------------------------------------------------- */

/* `struct ring_cursor cursor = {0};` stands before the oldest. */
struct ring_cursor {
    uint64_t next; /* no record below this number is of interest */
    size_t at;     /* where the entry of the one read last was, */
    size_t inside; /* and where in its text the next one begins */
};

/* The next record that is there; false: it has seen all.  What it points to is
 * valid until something is added or dropped. */
bool ring_read(const struct ring *ring, struct ring_cursor *cursor,
               struct ring_record *to);

/* Its number; 0: there is none. */
uint64_t ring_next(const struct ring *ring, const struct ring_cursor *cursor);

/* ---- from the new end -------------------------------------------------- */

/* `struct ring_back back = {0};` stands behind the newest.  Good only as long
 * as nothing is added or dropped. */
struct ring_back {
    bool begun;
    size_t at;     /* the entry of the one read last, */
    size_t inside; /* where in its text that begins, */
    uint64_t seq;  /* and its number */
};

/* The record before; false: it has seen all. */
bool ring_read_back(const struct ring *ring, struct ring_back *back,
                    struct ring_record *to);

/* A cursor that begins with the record read last. */
struct ring_cursor ring_turn(const struct ring *ring,
                             const struct ring_back *back);

#endif
