/* environment.h - a process's environment: names with values, in order.
 *
 * `struct environment environment = {0};` is an empty one.  Strings are
 * copied.  A variable is there at most once; its name is not empty and holds
 * no '='.
 */
#ifndef PROCMAN_ENVIRONMENT_H
#define PROCMAN_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

struct environment {
    char **strings; /* "NAME=value", ended by NULL; NULL while empty */
    size_t count;
};

/* Adds an `environ`-like row; of a name that is there twice, the first counts
 * (as for getenv()), and so does what is there already.  Strings without a name
 * or without '=' are left out.  NULL is an empty row. */
void environment_import(struct environment *environment, char *const *strings);

/* `to` is overwritten, so it must not hold anything. */
void environment_copy(struct environment *to, const struct environment *from);

/* Replaces a value in its place, or adds the variable at the end.  `value` may
 * be what environment_get() returned. */
void environment_set(struct environment *environment, const char *name,
                     const char *value);

/* NULL if it is not there.  Valid until the environment changes. */
const char *environment_get(const struct environment *environment,
                            const char *name);

/* Sets all that `from` holds. */
void environment_merge(struct environment *to, const struct environment *from);

void environment_unset(struct environment *environment, const char *name);

void environment_release(struct environment *environment);

#endif
