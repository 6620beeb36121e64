/* logpress.h - makes an old log small, a little at a time.
 *
 * PATH.3 becomes PATH.3.gz (gzip, RFC 1952, by zlib), with the mode and the time
 * of the old one, which is removed only then.  Until it is whole, what is written
 * is PATH.gz.part; so whatever happens in between, the log is there.
 *
 * Each step takes about a millisecond, so that whoever has a loop goes on
 * meanwhile.  Between two steps the log may get another number, or be removed.
 */
#ifndef PROCMAN_SINK_LOGPRESS_H
#define PROCMAN_SINK_LOGPRESS_H

#include "procman/cause.h"

#include <stdbool.h>

struct logpress;

/* The newest old log of `path` that is still to be made small, of those up to
 * `keep`.  NULL: there is none, or, if `why` says so, it cannot be read. */
struct logpress *logpress_begin(const char *path, unsigned keep,
                                struct cause *why);

enum logpress_state { LOGPRESS_MORE, LOGPRESS_DONE, LOGPRESS_FAILED };

enum logpress_state logpress_step(struct logpress *press, struct cause *why);

/* One that is not done is forgotten, and its log stays as it is. */
void logpress_close(struct logpress *press);

#endif
