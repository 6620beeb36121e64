/* stamp.h - the time of a line, as people want to read it.
 *
 *     off
 *     time      18:33:28
 *     ms        18:33:28.291
 *     rfc3339   2026-11-22T18:33:28.291+01:00
 *     elapsed      12.291     seconds since the beginning
 *
 * Local time.  Many lines have the same time, so the text is made when the time
 * has moved on, and kept.
 */
#ifndef PROCMAN_STAMP_H
#define PROCMAN_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stamp_style {
    STAMP_OFF,
    STAMP_TIME,
    STAMP_MS,
    STAMP_RFC3339,
    STAMP_ELAPSED
};

struct stamp {
    enum stamp_style style;
    int64_t began_us;
    int64_t time_us; /* what was asked last; -1: nothing yet */
    int64_t tick;    /* the second or millisecond that `text` says */
    int64_t second;  /* what `clock` and `zone` are for */
    char clock[32];
    char zone[8];
    char text[48]; /* with a blank behind it; empty if it is off */
    size_t len;
};

/* `began_us` is where elapsed begins. */
void stamp_init(struct stamp *stamp, enum stamp_style style, int64_t began_us);

/* Says whether `text` is another one now. */
bool stamp_set(struct stamp *stamp, int64_t time_us);

#endif
