/* formation.h - how many of each process are to run, in a line.
 *
 *     web=2,worker=3       two of web, three of worker, none of the others
 *     all=1,clock=0        one of each, but none of clock
 *
 * That is what foreman's -m takes, and what it means by it.  "all" speaks of
 * those that are not named, wherever it stands.  Blanks do not count.
 */
#ifndef PROCMAN_FORMATION_H
#define PROCMAN_FORMATION_H

#include "procman/cause.h"

#include <stdbool.h>
#include <stddef.h>

#define FORMATION_MOST 1000 /* instances of one */
#define FORMATION_ALL  "all"

struct formation_part {
    char *name;
    int count; /* from 0 to FORMATION_MOST */
};

struct formation {
    struct formation_part *parts;
    size_t count;
};

/* False: it is none, or a name is there twice; nothing needs releasing. */
bool formation_parse(struct formation *to, const char *text, struct cause *why);

/* How many of `name`; -1: nothing is said of it, not even by "all". */
int formation_of(const struct formation *formation, const char *name);

void formation_release(struct formation *formation);

#endif
