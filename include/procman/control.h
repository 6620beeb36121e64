/* control.h - the listening end of the control protocol (protocol.h).
 *
 * Accepts clients of the same user (the peer's uid is checked, root may always)
 * on the session's socket, reads their requests, and hands each to its owner,
 * who answers now or later.  Several clients are served at once.  None of them
 * can harm anybody else: a request longer than PROTOCOL_REQUEST_LIMIT or one
 * that is no JSON gets an error reply and the connection is closed; so is one
 * whose client does not finish a request within 10 s of beginning it, or does
 * not read its replies; there are at most CONTROL_CLIENTS, the next one
 * replaces the one that has been without a request in hand for the longest time.
 * While a client's request waits for its reply, nothing more is read from it;
 * that it has gone meanwhile shows when the reply is written.  A call whose
 * owner follows it (control_follow) is read on: it shows at once.
 *
 * A client that goes away while it is written to raises SIGPIPE: the program
 * must ignore it.
 */
#ifndef PROCMAN_CONTROL_H
#define PROCMAN_CONTROL_H

#include "procman/cause.h"
#include "procman/protocol.h"

#include <uv.h>

#define CONTROL_CLIENTS 256

struct control;
struct control_call; /* a request that waits for its reply */

/* A request came.  It is valid during the call only.  The owner must answer
 * every call with control_answer(), once, then or later, also when the client
 * has gone meanwhile. */
typedef void control_fn(void *owner, struct control_call *call,
                        const struct request *request);

/* `listener` is a listening descriptor; it is the control's from now on, and
 * is closed with it.  NULL: see why; then it is closed already. */
struct control *control_create(uv_loop_t *loop, int listener,
                               control_fn *on_request, void *owner,
                               struct cause *why);

/* ---- calls that last: parts before the reply, and words that follow it -- */

/* All of them come from the loop, never from within a function of this header.
 * After on_gone nobody may use the call any more, and it is not answered. */
struct control_follower {
    /* The client has said another line (without its LF), after it has read the
     * first part: what comes with the request itself is seen when more comes.
     * NULL: it has nothing to say; what it sends is its next request. */
    void (*on_line)(void *owner, const char *line, size_t len);
    /* The last of the parts that waited has left.  May be NULL. */
    void (*on_drained)(void *owner);
    /* The client has closed its end, or broken the rules. */
    void (*on_gone)(void *owner);
};

/* From now on the owner is told about the client, until the call is answered.
 * Within on_request, or later. */
void control_follow(struct control_call *call,
                    const struct control_follower *follower, void *owner);

/* Sends parts of the answer (protocol.h), whole lines with their LF; they are
 * copied.  The call must be followed.  How much may wait is up to its owner,
 * who sends no more then, or hangs up. */
void control_send(struct control_call *call, const char *lines, size_t len);
size_t control_waiting(const struct control_call *call); /* bytes */

/* Closes the connection with what waits; on_gone is not called. */
void control_hang_up(struct control_call *call);

/* Sends the reply (the caller releases it) and forgets the call.  May be called
 * from within on_request. */
void control_answer(struct control_call *call, const struct reply *reply);

/* Accepts nobody any more and reads nothing more, writes what is left to write
 * for at most a second, then closes everything and calls `gone`, from the loop.
 * All calls must have been answered. */
void control_close(struct control *control, void (*gone)(void *owner));

#endif
