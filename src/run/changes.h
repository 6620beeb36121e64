/* changes.h - what becomes of each member when the session's files change.
 *
 * Made from what runs and from what is wished, before anything is touched:
 * who is there afterwards, in the order of the files, and who starts after
 * whom; then who goes.  Performing it is the reload's business (reload.h).
 */
#ifndef PROCMAN_CHANGES_H
#define PROCMAN_CHANGES_H

#include "procman/blueprint.h"
#include "procman/cause.h"
#include "procman/plan_diff.h"
#include "roster.h"

struct change {
    enum plan_change_kind kind;
    struct member *member;    /* NULL: is not there yet */
    struct shared_plan *plan; /* NULL: keeps the one it has */
    size_t index;             /* in `plan` */
    char *what;               /* as in plan_diff.h */
    bool start;               /* is to be up afterwards, and is not touched yet
                               * or down because of us */
    uint64_t number;          /* of its run before */
    bool told;                /* to stop */
    bool rolled;              /* a roll sees to it */
};

struct changes {
    struct change *row;
    size_t count;
    size_t staying;     /* the first so many are there afterwards */
    struct order order; /* of these */
};

/* All files have been read again. */
void changes_reload(struct changes *changes, const struct roster *roster,
                    struct draft *draft, const struct blueprint *blueprint);

/* The last file of the draft comes in addition. */
void changes_add(struct changes *changes, const struct roster *roster,
                 struct draft *draft, const struct blueprint *blueprint);

/* Of all that the draft says only the instances of one entry count. */
void changes_scale(struct changes *changes, const struct roster *roster,
                   struct draft *draft, const struct blueprint *blueprint,
                   const char *entry);

/* These go. */
void changes_remove(struct changes *changes, const struct roster *roster,
                    const bool *chosen);

/* Who starts after whom then.  False: that cannot be, and why. */
bool changes_set_order(struct changes *changes, struct notes *mistakes,
                       struct cause *why);

const char *change_name(const struct change *change);

/* "1 added, 2 changed, 3 kept" */
struct words changes_sum(const struct changes *changes);
bool changes_are_none(const struct changes *changes);

void change_release(struct change *change);
void changes_release(struct changes *changes);

#endif
