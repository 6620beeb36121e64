/* recordtext.h - records of a history as they travel to a client (protocol.h).
 *
 *     91 1795348800000001 2 o 3 7181 5 hello
 *
 * A number, a time (microseconds since 1970), whose it is, what it is, the run
 * and its pid, the length of the text, the text, whatever bytes are in it, and
 * an LF.  What it is:
 *     o e  a line of its standard output, of its standard error
 *     O E  the same: a piece of a line, and not the first
 *     s x  procman: a run has started, has ended (exited)
 *     n b  procman: something else about it; on its behalf, under its name
 */
#ifndef PROCMAN_RECORDTEXT_H
#define PROCMAN_RECORDTEXT_H

#include "procman/buf.h"
#include "procman/ring.h"

/* `who` is the number by which both sides know it. */
void recordtext_add(struct buf *to, size_t who,
                    const struct ring_record *record);

/* Reads the record that `text` begins with; its text points there.  Returns how
 * many bytes it takes; 0: that is none, or not a whole one. */
size_t recordtext_read(const char *text, size_t len, size_t *who,
                       struct ring_record *record);

#endif
