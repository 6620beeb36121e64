/* selection.h - which processes the words of a command mean.
 *
 *     etcd2      the process of that name, or all instances of it
 *     etcd*      all whose name matches (pattern.h)
 *     @members   all in that group (`group =` of procman.ini)
 *
 * A word that means nobody is an error, and then nothing is chosen: an order
 * is carried out as a whole or not at all.
 */
#ifndef PROCMAN_SELECTION_H
#define PROCMAN_SELECTION_H

#include "procman/cause.h"
#include "procman/settings.h"

#include <stddef.h>

struct selection_member {
    const char *name;
    const struct value_names *groups; /* NULL: none */
    const char *entry; /* that it is an instance of; NULL: none */
};

/* Sets chosen[i] for every member that is meant; the others are left alone. */
bool selection_choose(const struct selection_member *members, size_t count,
                      char *const *words, size_t word_count, bool *chosen,
                      struct cause *why);

/* The opposite: `list` is such words, separated by commas.  An order that is
 * left without anybody is a mistake of the one who gave it. */
bool selection_leave_out(const struct selection_member *members, size_t count,
                         const char *list, bool *chosen, struct cause *why);

#endif
