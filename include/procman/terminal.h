/* terminal.h - the stream that people read: each line behind its name.
 *
 *     ESC[32m18:33:28   etcd1 | ESC[mtext
 *
 * goreman's line: a colour by the order in the file, the time (stamp.h), the
 * name padded on the left to the longest of those that are there, " | ".  A
 * piece that continues an unfinished line has " + " there, and what was written
 * to stderr " ! " if that is wanted.  Without colours there is no escape code of
 * ours at all.  With colours, a line in which an escape occurs is followed by a
 * reset, so that the attributes of a child never bleed into the next line.
 *
 * What is shown on a real terminal is made harmless for it (escapes.h); a pipe
 * or a file gets the bytes as they are.
 */
#ifndef PROCMAN_TERMINAL_H
#define PROCMAN_TERMINAL_H

#include "procman/outbox.h"
#include "procman/sink.h"
#include "procman/stamp.h"

enum prefix_style {
    PREFIX_FULL,
    PREFIX_NAME, /* no time */
    PREFIX_NONE  /* the text alone; what procman says keeps its name */
};

struct terminal_style {
    bool color;
    bool harmless;
    bool mark_stderr;
    enum prefix_style prefix;
    enum stamp_style time;
    int64_t began_us; /* when the session did */
    size_t width;     /* of the name column, at least */
};

/* Writes through `outbox`, which is borrowed. */
struct sink *terminal_create(struct outbox *outbox,
                             const struct terminal_style *style);
/* How many columns stand in front of each line now. */
size_t terminal_prefix_width(const struct sink *sink);

void terminal_release(struct sink *terminal);

#endif
