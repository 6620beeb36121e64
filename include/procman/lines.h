/* lines.h - cuts a stream of bytes into lines.
 *
 * Bytes arrive in whatever pieces the pipe delivers; whole lines leave, in
 * order, as many at once as came together (a span).  What is between two LF is
 * one line, whatever bytes are in it.  Nothing is copied as long as lines arrive
 * whole; the beginning of an unfinished one is kept in memory of its own, which
 * is given back when the line has left.
 *
 * A line longer than LINES_LIMIT leaves in pieces of that size, so that a
 * child that never ends its line cannot make procman grow; and lines_flush()
 * lets an unfinished line go early (a prompt).  Each piece but the first says
 * that it continues the one before it.
 */
#ifndef PROCMAN_LINES_H
#define PROCMAN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_LIMIT 65536 /* bytes */

/* A span that has come to so many is followed by another one: small enough to
 * be still in the processor's nearest memory when the next one looks at it. */
#define SPAN_BYTES 16384
#define SPAN_LINES 1024

/* Where a line is in the text of its span, without its "\n" or "\r\n". */
struct span_line {
    uint32_t at, len;
};

/* One line or more, one behind the other.  `text` is not a C string (it may hold
 * NUL bytes, and nothing ends it).  A piece of a line is a span of its own, and
 * has no end; of several lines each has its end in the text. */
struct span {
    const char *text;
    size_t len; /* of all, with their ends */
    const struct span_line *lines;
    size_t count;   /* at least 1 */
    bool continues; /* the first is a piece, and not the first of its line */
};

/* Receives a span, which is valid only during the call. */
typedef void lines_fn(void *owner, const struct span *span);

struct lines {
    lines_fn *emit;
    void *owner;
    char *held; /* the beginning of a line without its end; NULL if none */
    size_t held_len, held_room;
    bool broken; /* a piece of this line has left already */
};

/* `emit` is called with `owner` from within lines_feed(), lines_flush()
 * and lines_end(); it must not call them. */
void lines_init(struct lines *lines, lines_fn *emit, void *owner);

void lines_feed(struct lines *lines, const char *bytes, size_t len);

/* Emits what is held, if anything; what follows will continue it.  An LF that
 * follows at once ends the line without an empty piece, and a CR at the end is
 * not flushed, because it may turn out to belong to the line's end. */
void lines_flush(struct lines *lines);

/* The stream has ended: emits what is held, gives its memory back, and begins
 * anew. */
void lines_end(struct lines *lines);

/* Is the beginning of a line waiting for its end, so that lines_flush() would
 * emit something? */
bool lines_waiting(const struct lines *lines);

#endif
