/* sink.h - where lines go: a terminal, a file, a history.
 *
 * A sink is born with its own create function, which fills a struct sink; the
 * output hands it every line and, once per turn of the loop, the moment to
 * write what has gathered.
 */
#ifndef PROCMAN_SINK_H
#define PROCMAN_SINK_H

#include "procman/cause.h"
#include "procman/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who says something: a process, or procman itself. */
struct source {
    const char *name;
    unsigned index;    /* its colour; dense, and used again when it has gone */
    bool own;          /* procman itself: it has no index */
    const char *color; /* SGR parameters of its own; NULL: by its order */
    bool quiet;        /* not for the display: history and files only */
    int64_t pid;       /* of its last run; 0: there has been none */
    unsigned run;      /* its number, from 1 on */
    size_t history;    /* how many bytes of it are kept */
    bool pretty;       /* its JSON is shown as people read it */
    const char *highlight; /* what is looked for in it (highlight.h), or NULL */
    const char *log_file;  /* where it logs to (logname.h); NULL: not said */
};

enum line_kind {
    LINE_WRITTEN, /* by a process */
    LINE_STARTED, /* the rest is procman's: a run begins */
    LINE_ENDED,   /* a run has ended */
    LINE_SAID     /* anything else */
};

struct line {
    const struct source *source;
    const struct source *about; /* of whom procman speaks; NULL: of nobody */
    enum line_kind kind;
    int stream; /* 1 or 2; 0: what procman says of or to its source */
    const char *text;
    size_t len;
    bool continues;  /* the line before it of this stream was a piece of it */
    int64_t time_us; /* when it was read, since 1970 */
    uint64_t seq;    /* of all lines of the session; the first is 1 */
};

struct sink {
    /* The line is valid during the call only.  NULL: it wants none now. */
    void (*line)(struct sink *sink, const struct line *line);
    /* Several that a process has written, at once: `first` is the first of them,
     * and what it says holds for all but its text and its number, from which the
     * others count on; only the first may continue another.  NULL: they come one
     * by one. */
    void (*span)(struct sink *sink, const struct line *first,
                 const struct span *span);
    void (*flush)(struct sink *sink);
    /* A process has come, before its first line, or gone, after its last; NULL
     * for whom that does not matter. */
    void (*come)(struct sink *sink, const struct source *source);
    void (*gone)(struct sink *sink, const struct source *source);
    /* Other settings hold for it now; NULL as above. */
    void (*changed)(struct sink *sink, const struct source *source);
    /* Somebody has moved its files away: opens them anew.  How many; if one of
     * them cannot be opened, why.  NULL for whom it does not concern. */
    size_t (*reopen)(struct sink *sink, struct cause *why);
};

/* The others of a span, for whom has to look at each of them. */
static inline struct line line_of_span(const struct line *first,
                                       const struct span *span, size_t number)
{
    struct line line = *first;

    line.text = span->text + span->lines[number].at;
    line.len = span->lines[number].len;
    line.seq += number;
    line.continues = first->continues && number == 0;
    return line;
}

/* One by one. */
static inline void sink_hand_on(struct sink *sink, const struct line *first,
                                const struct span *span)
{
    for (size_t i = 0; i < span->count; i++) {
        struct line line = line_of_span(first, span, i);
        sink->line(sink, &line);
    }
}

#endif
