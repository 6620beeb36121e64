/* history_inside.h - the history's own parts: history.c keeps what comes,
 * history_reader.c gives it to clients, history_wish.c finds where they begin.
 *
 * Whose a record is is a number, the same here and in what is sent: 0 for
 * procman's own, else 1 + the index of the source.
 */
#ifndef PROCMAN_HISTORY_INSIDE_H
#define PROCMAN_HISTORY_INSIDE_H

#include "procman/buf.h"
#include "procman/history.h"
#include "procman/merge.h"
#include "procman/ring.h"

#define HISTORY_FOLLOWED (256U << 10) /* kept of who keeps nothing, meanwhile */

/* Of one source. */
struct past {
    const struct source *source; /* NULL: nobody is there */
    size_t kept;                 /* the limit of its ring; 0: it has none */
    struct ring ring;
    unsigned ended_run; /* the newest that has ended */
};

struct reader;

struct history {
    struct sink sink; /* first: a sink is a history */
    history_means_fn *means;
    struct past *pasts;
    size_t count;
    uint64_t seq;   /* of the last line */
    size_t speaker; /* whose line was shown last; 0: nobody's */
    struct reader *readers;
};

/* A reader's place in the past of one source. */
struct place {
    struct ring_cursor cursor;
    unsigned least_run, most_run; /* those that are wished for */
    bool meant;
    bool waits; /* there is more: it has a turn in the merge */
    bool begun; /* it has been given something, so it must not miss any */
};

struct reader {
    struct reader *next;
    struct history *history;
    struct control_call *call;
    struct history_wish wish; /* with words of its own */
    struct place *places;     /* as many as pasts */
    size_t place_count;
    struct merge merge;
    uint64_t until; /* the last record that was there when it came */
    bool live;      /* it has been given all up to there */
    struct buf out; /* records on their way */
};

/* ---- history.c ---- */

/* Somebody reads, or nobody any more: who keeps nothing keeps some meanwhile. */
void history_begin_following(struct history *history);
void history_stop_following(struct history *history);

/* ---- history_reader.c ---- */

/* There is a new record. */
void reader_hear(struct reader *reader, size_t who, uint64_t seq);

/* Gives it what there is, but not too much at a time.  It may be gone then. */
void reader_pump(struct reader *reader);

/* The record will be forgotten.  False: it had to be cut off, and is gone. */
bool reader_make_way(struct reader *reader, size_t who, uint64_t seq);

/* Somebody has come or will go; it may be gone then. */
void reader_welcome(struct reader *reader, size_t who);
void reader_part_from(struct reader *reader, size_t who);

/* All that is left, and the reply.  It is gone then. */
void reader_end(struct reader *reader);

/* ---- history_wish.c ---- */

/* Does somebody who reads this place want the record? */
bool place_wants(const struct place *place, const struct history_wish *wish,
                 const struct ring_record *record);

/* Puts the cursors of all places where the wish begins. */
void reader_find_beginning(struct reader *reader);

#endif
