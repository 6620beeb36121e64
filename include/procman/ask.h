/* ask.h - a command asks the running session, and prints what it says.
 *
 * What several commands have in common is taken from their options: -x goes with
 * every request, and start and restart wait with --wait.
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

/* All of it, for a request that has outcomes; returns the exit code.  The
 * options of the request are released. */
int ask(const struct options *options, struct request *request);

/* The same over a connection that stays open. */
int ask_on(int connection, const struct options *options,
           struct request *request);

/* For a verb that needs names, or -x: then all the others are meant.  Returns
 * the exit code. */
int ask_names(const struct command *command, const struct options *options,
              enum verb verb, char **names, size_t name_count);

/* Waits (VERB_WAIT) for all that the names mean, no longer than until
 * `deadline_ms` of ask_clock_ms(); 0: for ever.  Returns the exit code. */
int ask_wait(int connection, const struct options *options, char **names,
             size_t name_count, uint64_t deadline_ms);

/* When --timeout will have passed; 0: it was not given. */
uint64_t ask_deadline(const struct options *options);
uint64_t ask_clock_ms(void);

/* The same for one that is answered in parts first, each with a "text"; who
 * names nobody gets the session of "Procfile" if several run here. */
int ask_telling(const struct options *options, const struct request *request);

/* For the names (none: all of them).  Returns the exit code. */
typedef void ask_print_fn(const struct reply *reply);

int ask_statuses(const struct options *options, char **names, size_t name_count,
                 ask_print_fn *print);
ask_print_fn ask_print_names; /* the names alone */
ask_print_fn ask_print_stars; /* goreman's `*name` for one that runs */
ask_print_fn ask_print_table;
ask_print_fn ask_print_table_and_lines; /* of those that have failed */
ask_print_fn ask_print_json;            /* all there is */

#endif
