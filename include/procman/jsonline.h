/* jsonline.h - a line of a process as an object of JSON, for programs.
 *
 *     {"ts":"2026-11-22T20:39:12.291874Z","seq":7,"name":"web","pid":3182,
 *      "stream":"stdout","line":"hello"}
 *
 * on one line.  `ts` is in UTC, with microseconds; `seq` counts all lines of a
 * session; `stream` is stdout, stderr, or procman for what procman itself says
 * (with the name of whom it is about).  A piece that continues an unfinished
 * line has "continues":true.
 *
 * A line is a row of bytes, and `line` a row of characters.  If they are UTF-8,
 * `line` is the line.  If not, each byte that is none is U+FFFD there, and
 * "bytes" has the whole line in base64 (RFC 4648), as it was: nothing is lost,
 * and every parser of JSON can read it.  Control characters are escaped, so
 * that nothing in it acts on a terminal.
 */
#ifndef PROCMAN_JSONLINE_H
#define PROCMAN_JSONLINE_H

#include "procman/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonline {
    int64_t time_us; /* since 1970 */
    uint64_t seq;
    const char *name;
    int64_t pid; /* 0: left out */
    int stream;  /* 1, 2; 0: procman */
    const char *text;
    size_t len;
    bool continues;
};

/* Adds the object and its LF. */
void jsonline_add(struct buf *to, const struct jsonline *line);

#endif
