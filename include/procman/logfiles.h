/* logfiles.h - what processes write, in files.
 *
 * A process that has a `log-file` writes to that one; with a directory for logs
 * any other one writes to NAME.log in it, and everything, with what procman
 * says, to all.log, in the order in which it was read:
 *
 *     2026-11-22T18:33:28.291+01:00 etcd1 | text
 *
 * The log of a process has its lines as they were written: bytes, colours and
 * all, stdout and stderr in one.  Files are appended to and rotated; what has
 * gathered in a turn of the loop is written with one write(2) for each file.  Old
 * ones are compressed if that is wanted, a little each few milliseconds; what is
 * not done when all is over is done by the next session.
 */
#ifndef PROCMAN_LOGFILES_H
#define PROCMAN_LOGFILES_H

#include "procman/cause.h"
#include "procman/sink.h"

#include <uv.h>

struct logfiles_config {
    const char *directory; /* NULL: none; borrowed */
    uint64_t max_size;     /* bytes; 0: they are never rotated */
    unsigned keep;         /* that many old ones of each */
    uv_loop_t *compress;   /* old ones, on this loop; NULL: none */
    /* A log cannot be written: said once, within the flush of the sink. */
    void (*on_trouble)(void *owner, const char *why);
    void *owner;
};

/* NULL: the directory cannot be written to, see why. */
struct sink *logfiles_create(const struct logfiles_config *config,
                             struct cause *why);

/* Nothing is compressed from now on: closes its handle, which does not keep the
 * loop alive. */
void logfiles_close(struct sink *logfiles);

/* After the loop. */
void logfiles_release(struct sink *logfiles);

#endif
