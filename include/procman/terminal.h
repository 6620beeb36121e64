/* terminal.h - the stream that people read: each line behind its name.
 *
 *     ESC[32m18:33:28   etcd1 | ESC[mtext
 *
 * goreman's line: a colour by the order in the file, the time, the name padded
 * on the left to the longest, " | ".  A piece that continues an unfinished line
 * has " + " there.  Without colours there is no escape code of ours at all.
 * With colours, a line in which an escape occurs is followed by a reset, so
 * that the attributes of a child never bleed into the next line.
 */
#ifndef PROCMAN_TERMINAL_H
#define PROCMAN_TERMINAL_H

#include "procman/outbox.h"
#include "procman/sink.h"

struct terminal_style {
    bool color;
    bool time;
    size_t width; /* of the name column */
};

/* Writes through `outbox`, which is borrowed.  `sources` is how many there can
 * be: each has its prefix ready. */
struct sink *terminal_create(struct outbox *outbox,
                             const struct terminal_style *style,
                             size_t sources);
void terminal_release(struct sink *terminal);

#endif
