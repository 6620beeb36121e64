/* history.h - what each process has written, for those who ask later.
 *
 * A sink: it keeps the last lines of each source in a ring (ring.h) as large as
 * its source says, with what procman has said about it.  What procman says about
 * nobody has a ring too.
 *
 * A client reads it through a call of the control protocol, from a place that
 * it wishes for up to now, or on and on.  There is no seam between what is past
 * and what comes: a reader has a place in each ring, and sends what is behind
 * it, merged in the order in which it came.  It never loses anything: before a
 * ring forgets a record which a reader still needs, the reader is given it.  So
 * what waits for a client that does not read grows, until it is cut off; the
 * children never wait for it.  What one turn of the loop sends to a reader is
 * bounded, so that a long history is no reason for others to wait.
 */
#ifndef PROCMAN_HISTORY_H
#define PROCMAN_HISTORY_H

#include "procman/control.h"
#include "procman/sink.h"

#include <stddef.h>
#include <stdint.h>

#define HISTORY_OWN     (256U << 10) /* bytes kept of what is about nobody */
#define HISTORY_SLICE   (256U << 10) /* bytes sent to a reader in one turn */
#define HISTORY_WAITING (4U << 20)   /* more may not wait for a reader */
/* Nor than this, as long as it has not come to what is new. */
#define HISTORY_JOINING (16U << 20)

struct history;

struct history_wish;

/* Do the words of a wish (selection.h) mean the source? */
typedef bool history_means_fn(const struct source *source,
                              const struct history_wish *wish);

struct history *history_create(history_means_fn *means);
struct sink *history_sink(struct history *history);

/* No reader may be left. */
void history_release(struct history *history);

/* ---- readers ----------------------------------------------------------- */

enum history_runs { RUNS_ALL, RUNS_CURRENT, RUNS_LAST, RUNS_ONE };

struct history_wish {
    char *const *words; /* whom it is about; none: everybody */
    size_t word_count;
    const char *excluded; /* words separated by commas; NULL: nobody */
    bool follow;
    uint64_t lines;   /* so many of the last ones; UINT64_MAX: all */
    int64_t since_us; /* not older than that */
    /* The newest run of each; the newest of those that have ended; that one. */
    enum history_runs runs;
    unsigned run;
};

/* The options of a request (protocol.h), understood. */
bool history_wish_read(struct history_wish *wish, const struct request *request,
                       struct cause *why);

/* Answers the call, with parts and in the end with a reply. */
void history_tell(struct history *history, struct control_call *call,
                  const struct history_wish *wish);

/* Nothing more will come: all readers get what is left and their reply. */
void history_end(struct history *history);

/* ---- last words -------------------------------------------------------- */

/* The last lines of a source's present run, at most `most` of them, the oldest
 * first; pieces of long lines count as lines. */
typedef void history_line_fn(void *owner, const char *text, size_t len);
void history_last_lines(const struct history *history,
                        const struct source *source, size_t most,
                        history_line_fn *on_line, void *owner);

/* Is what it wrote last also what was shown last of all that processes wrote? */
bool history_spoke_last(const struct history *history,
                        const struct source *source);

#endif
