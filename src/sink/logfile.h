/* logfile.h - one file that is appended to, and rotated.
 *
 * PATH is written; PATH.1 is the one before it, PATH.2 the one before that, or
 * PATH.2.gz if somebody has compressed it (logpress.h).
 * Every write is one write(2) of whole lines; a regular file takes them without
 * a wait worth speaking of.  A file that somebody has deleted is made anew, one
 * that has been cut is gone on with; folders on the way to it are made.
 *
 * What cannot be written is lost, but never half a line is left in the file;
 * `trouble` says why, once until something has been written again.
 */
#ifndef PROCMAN_SINK_LOGFILE_H
#define PROCMAN_SINK_LOGFILE_H

#include "procman/cause.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logfile {
    char *path;
    int descriptor;   /* -1: none; the next write tries again */
    uint64_t size;    /* as far as we know */
    uint64_t waiting; /* bytes before the next try to rotate */
    bool in_trouble;
    bool unsaid; /* nobody has been told of the trouble yet */
    struct cause trouble;
    const char *means; /* what comes of it: "; and so on", or empty */
};

/* Opens it; false: see trouble. */
bool logfile_init(struct logfile *file, const char *path);

/* Whole lines. */
void logfile_write(struct logfile *file, const char *lines, size_t len);

/* With what is about to be written, would `more` bytes make it longer than
 * `most` (0: as long as it wants)?  One that is empty never is full. */
bool logfile_is_full(const struct logfile *file, uint64_t about_to,
                     uint64_t more, uint64_t most);

/* `keep` old ones stay. */
void logfile_rotate(struct logfile *file, unsigned keep);

/* Somebody has moved it away.  False: see trouble. */
bool logfile_reopen(struct logfile *file);

void logfile_release(struct logfile *file);

#endif
