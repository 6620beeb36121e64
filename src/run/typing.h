/* typing.h - what is typed into a process, on its way to its input.
 *
 * A queue in front of the writing end of a pipe, or of the master of a
 * pseudo-terminal.  A process that does not read its input keeps what was typed
 * waiting, up to TYPING_LIMIT; it never keeps procman waiting.
 */
#ifndef PROCMAN_TYPING_H
#define PROCMAN_TYPING_H

#include "procman/buf.h"
#include "procman/cause.h"
#include "procman/handles.h"

#define TYPING_LIMIT 1048576 /* bytes that wait */

struct typing {
    uv_poll_t poll;
    int descriptor; /* -1: closed */
    struct buf waiting;
    bool ending; /* the input ends behind what waits */
};

/* Takes the descriptor, which does not block; the poll is one of `handles`.
 * False: it cannot be polled; it is closed then. */
bool typing_open(struct typing *typing, uv_loop_t *loop, int descriptor,
                 struct handles *handles);

/* False: too much waits already, or nobody can read it; nothing of it has been
 * taken then. */
bool typing_add(struct typing *typing, const char *bytes, size_t len,
                struct cause *why);

/* Closes the input once all has left, so that it ends for its reader. */
void typing_end(struct typing *typing);

/* What waits is forgotten.  Harmless on one that is closed. */
void typing_close(struct typing *typing);

#endif
