/* plan_diff.h - what is to be done when a session's files have changed.
 *
 * Compares what runs with what the files say now, by the names of processes:
 *
 *     + etcd4                        added
 *     - web                          removed
 *     ~ etcd1 (command, GOMAXPROCS)  changed; it needs a new run
 *     = db (stop-timeout)            only procman's own: taken over as it runs
 *     = proxy                        kept
 *
 * A new run is needed for what a process is given when it is executed: its
 * command, its variables, directory, user, limits.  Of variables the names are
 * told and not the values, which may be secrets; PORT's are, because a port
 * changes with the place in the file.
 */
#ifndef PROCMAN_PLAN_DIFF_H
#define PROCMAN_PLAN_DIFF_H

#include "procman/plan.h"

#include <stdbool.h>
#include <stddef.h>

enum plan_change_kind { PLAN_ADDED, PLAN_REMOVED, PLAN_CHANGED, PLAN_KEPT };

/* A process and the plan it is of: its session's variables count. */
struct plan_item {
    const struct plan *plan;
    const struct plan_process *process;
};

struct plan_change {
    enum plan_change_kind kind;
    size_t old, new; /* places in the rows; where it is in none: SIZE_MAX */
    char *what;      /* "command, GOMAXPROCS"; "": nothing, or all of it */
};

/* First those of the new row, in its order, then those that are removed. */
struct plan_diff {
    struct plan_change *changes;
    size_t count;
};

/* Names are there at most once in a row. */
void plan_diff_make(struct plan_diff *diff, const struct plan_item *old,
                    size_t old_count, const struct plan_item *new,
                    size_t new_count);
void plan_diff_release(struct plan_diff *diff);

/* "added", "removed", "changed", "kept". */
const char *plan_change_word(enum plan_change_kind kind);

/* How many are of this kind. */
size_t plan_diff_count(const struct plan_diff *diff,
                       enum plan_change_kind kind);

/* The line for people, as above; free() it. */
char *plan_change_line(const struct plan_change *change, const char *name);

#endif
