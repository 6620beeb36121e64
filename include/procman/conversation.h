/* conversation.h - lines to and from a session, for a client.
 *
 * Whoever has to look at something else meanwhile polls the connection, receives
 * once when there is something, and takes the lines that are whole; all others
 * await a line.
 */
#ifndef PROCMAN_CONVERSATION_H
#define PROCMAN_CONVERSATION_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <stddef.h>

/* Begins as {.connection = descriptor}; the descriptor stays its caller's. */
struct conversation {
    int connection;
    struct buf bytes;
    size_t taken; /* of the bytes: lines that have been given out */
    size_t seen;  /* behind these: have no LF in them */
};

/* False: the session is gone. */
bool conversation_say(struct conversation *talk, const char *text, size_t len);

/* Reads once, and waits for it.  Lines given out before are no longer valid. */
bool conversation_receive(struct conversation *talk, struct cause *why);

/* A line with its LF that has come whole; NULL: none yet. */
const char *conversation_line(struct conversation *talk, size_t *len);

/* Waits for one; NULL: see why. */
const char *conversation_await_line(struct conversation *talk, size_t *len,
                                    struct cause *why);

/* For what is no line: all bytes that have come and were not given out, and to
 * say how many of them have been understood. */
const char *conversation_bytes(const struct conversation *talk, size_t *len);
void conversation_take(struct conversation *talk, size_t len);

void conversation_release(struct conversation *talk);

#endif
