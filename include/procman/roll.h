/* roll.h - restarting a group one after another: who is next, and when not.
 *
 * A roll knows of each member how it stands, and which have been renewed: run a
 * run that began after the roll did.  It is over when all are renewed and ready.
 * It touches nothing: whoever carries it out keeps the members up to date and
 * asks roll_next() after each change.
 *
 *   Members that are down are brought up first, all at once: they have nothing
 *   to lose, and a quorum may need several of them to be ready at all.
 *
 *   Then those that run and are not ready, then those that are, in the members'
 *   order; `last` of those that are ready when all others are done.  A ready one
 *   is taken down only if not more than `most_down` of all are not ready then.
 *
 *   A member that is down although the roll had begun it, or because somebody
 *   wanted that meanwhile, breaks the roll, and so does one that takes longer
 *   than `patience_ms`.  Nobody else is touched then.
 */
#ifndef PROCMAN_ROLL_H
#define PROCMAN_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum roll_standing {
    ROLL_DOWN,   /* at rest, as somebody wanted or as it is with tasks */
    ROLL_FAILED, /* at rest by a failure of its own */
    ROLL_COMING, /* neither at rest nor ready */
    ROLL_READY
};

struct roll_member {
    enum roll_standing standing;
    bool renewed;      /* what stands there began after the roll did */
    bool was_down;     /* when the roll began */
    bool told;         /* it is its turn, or was */
    bool waited_for;   /* since `since_ms` */
    uint64_t since_ms; /* of a clock that never goes back */
};

struct roll {
    struct roll_member *members;
    size_t count;
    size_t most_down;     /* at least 1 */
    size_t last;          /* index of the one to be last; count: none */
    uint64_t patience_ms; /* for one member to be ready again; 0: for ever */
};

enum roll_verdict {
    ROLL_TELL,   /* it is the turn of *index: roll_tell() it, and ask again */
    ROLL_WAIT,   /* for a change, or for roll_wait_ms() */
    ROLL_OVER,   /* all of them are renewed and ready */
    ROLL_FALLEN, /* *index is down, so the roll ends here */
    ROLL_LATE    /* *index has taken too long, so the roll ends here */
};

/* How a member stands now.  The first time is when the roll begins. */
void roll_begin(struct roll *roll, size_t index, enum roll_standing standing);
void roll_note(struct roll *roll, size_t index, enum roll_standing standing,
               bool renewed, uint64_t now_ms);

/* It has been told to restart: it is on its way, and its time runs. */
void roll_tell(struct roll *roll, size_t index, uint64_t now_ms);

enum roll_verdict roll_next(const struct roll *roll, uint64_t now_ms,
                            size_t *index);

/* Until somebody will be late; UINT64_MAX: nobody is waited for. */
uint64_t roll_wait_ms(const struct roll *roll, uint64_t now_ms);

/* It has not been told, and nobody else has renewed it. */
bool roll_is_untouched(const struct roll *roll, size_t index);

/* Renewed and ready. */
bool roll_is_done(const struct roll *roll, size_t index);

#endif
