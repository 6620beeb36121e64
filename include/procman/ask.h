/* ask.h - a command asks the running session, and prints what it says.
 */
#ifndef PROCMAN_ASK_H
#define PROCMAN_ASK_H

#include "procman/command.h"
#include "procman/protocol.h"

/* Finds the session that the options (and the names) mean; goes to -basedir
 * first.  A connected descriptor, or -1: it has been said why. */
int ask_connect(const struct options *options, char *const *names,
                size_t name_count);

/* Sends the request; the caller releases the reply.  False: it has been said
 * why. */
bool ask_reply(int connection, const struct request *request,
               struct reply *reply);

/* Prints error and outcomes; returns the exit code. */
int ask_print(const struct reply *reply);

/* All of it, for a request that has outcomes; returns the exit code. */
int ask(const struct options *options, const struct request *request);

/* For the names (none: all of them): the names alone, goreman's `*name` for
 * one that runs, or with --json all there is.  Returns the exit code. */
int ask_list(const struct options *options, char **names, size_t name_count);
int ask_status(const struct options *options, char **names, size_t name_count);

#endif
