/* client.h - the asking end of the control protocol, for commands.
 *
 * Blocking, without a loop: a command asks and waits; Ctrl-C ends it.
 */
#ifndef PROCMAN_CLIENT_H
#define PROCMAN_CLIENT_H

#include "procman/cause.h"
#include "procman/protocol.h"

#include <jansson.h>
#include <stddef.h>

/* Which session is meant.  The first that is given decides:
 *   session   a session's directory, or its name in the runtime directory
 *   procfile  the session of this Procfile
 *   inherited PROCMAN_SESSION, set in every supervised process
 *   else the sessions whose Procfile lies in the working directory; if several
 *   run, the one that has all the names asked for; who asks for no names and
 *   only looks gets the one of "Procfile", which is what -f would be; if that
 *   is not one either, the cause lists them, and nothing is done.
 * One that is not there yet is waited for as long as there is patience. */
struct client_choice {
    const char *session;
    const char *procfile;
    const char *inherited;
    char *const *names;
    size_t name_count;
    const char *excluded; /* a comma list; NULL: nobody */
    bool looks_only;
    uint64_t patience_ms;
};

/* A connected descriptor, or -1 and why: no session runs (and how to start
 * one), or which ones could be meant. */
int client_connect(const struct client_choice *choice, struct cause *why);

/* From now on a reply that has not come after so long is a failure; 0: it is
 * waited for. */
void client_be_patient(int connection, uint64_t limit_ms);

/* Sends the request and waits for its reply.  False: the connection was lost,
 * or what came is not a reply. */
bool client_ask(int connection, const struct request *request,
                struct reply *reply, struct cause *why);

/* The same for a verb that answers in parts: each is given to on_part, as it
 * comes, before the reply.  The part is valid during the call; false: that is
 * enough, nothing more is read, and the reply is an empty one. */
typedef bool client_part_fn(void *owner, const json_t *part);

bool client_ask_parts(int connection, const struct request *request,
                      client_part_fn *on_part, void *owner, struct reply *reply,
                      struct cause *why);

#endif
