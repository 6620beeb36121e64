/* min_ready.h - may these be taken down?  The guard of a quorum.
 *
 * Whoever is ready may go if enough others stay ready in each of its groups
 * (`group =` of procman.ini).  One that is in no group is counted among those
 * that the same order names.  Who is not ready may always go: that takes
 * nothing away.
 */
#ifndef PROCMAN_MIN_READY_H
#define PROCMAN_MIN_READY_H

#include "procman/cause.h"
#include "procman/values.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct min_ready_member {
    const char *name;
    const struct value_names *groups;
    uint64_t least; /* so many of its group must stay ready if it goes */
    bool named;     /* in the order */
    bool ready;
    bool goes;
};

/* False: a sentence about who would be ready then, and who not. */
bool min_ready_allows(const struct min_ready_member *members, size_t count,
                      struct cause *why);

#endif
