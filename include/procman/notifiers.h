/* notifiers.h - will this command say READY=1 (sd_notify(3)) when it is ready?
 *
 * A small table knows the programs that do (etcd, and with it `etcd grpc-proxy`
 * and `etcd gateway`); `notifiers =` in procman.ini adds to it.  The program is
 * found as far as that is certain: behind leading assignments and redirections,
 * `exec`, and `sh -c '...'`.  A command that runs several programs, or whose
 * program only the shell can tell ($X, `...`, $(...)), is nobody's: it is taken
 * as ready once it runs, until it says READY=1 itself.
 */
#ifndef PROCMAN_NOTIFIERS_H
#define PROCMAN_NOTIFIERS_H

#include <stdbool.h>
#include <stddef.h>

/* The program as it stands there ("bin/etcd"), free() it; NULL: not certain. */
char *notifiers_program(const char *command);

/* Is its program in the table or in `more`?  A name there without '/' stands
 * for a program of that name wherever it lies. */
bool notifiers_know(const char *command, const char *const *more,
                    size_t more_count);

#endif
