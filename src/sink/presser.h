/* presser.h - compresses the old logs of many files, one after the other.
 *
 * A step (logpress.h) each few milliseconds, on the loop, whose end it does not
 * put off: what is not done then is done when the file is wanted again.
 */
#ifndef PROCMAN_SINK_PRESSER_H
#define PROCMAN_SINK_PRESSER_H

#include "logfile.h"

#include <stddef.h>
#include <uv.h>

struct presser {
    uv_timer_t timer;
    bool open;
    unsigned keep;
    struct logfile **wanted; /* may have old logs; the first has its turn */
    size_t count;
    struct logpress *press; /* of the first; NULL: not begun */
};

/* `keep` as for logfile_rotate(). */
void presser_open(struct presser *presser, uv_loop_t *loop, unsigned keep);

/* There may be old logs of this file.  Nothing happens if it is not open.  If
 * one cannot be compressed the file's trouble says so, and it stays as it is
 * until the file is wanted again. */
void presser_want(struct presser *presser, struct logfile *file);

/* The file will be gone. */
void presser_forget(struct presser *presser, struct logfile *file);

/* Harmless if it is not open.  Its memory is used until the loop has ended. */
void presser_close(struct presser *presser);

#endif
