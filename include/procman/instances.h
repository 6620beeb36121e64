/* instances.h - the processes that the entries of a Procfile stand for.
 *
 *     counted     the processes of `web: ...`
 *     not         web
 *     2           web.1, web.2
 *     1           web.1
 *     0           web.1, which is not started unless it is named
 *
 * Counted is what a formation speaks of, or what has `instances =` in its
 * settings.  One that is counted has a number also when it is alone, as in
 * foreman: so a change of the count gives no running process another name.
 */
#ifndef PROCMAN_INSTANCES_H
#define PROCMAN_INSTANCES_H

#include "procman/account.h"
#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/formation.h"
#include "procman/notes.h"
#include "procman/procfile.h"
#include "procman/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct instance {
    char *name;
    const struct procfile_entry *entry; /* borrowed */
    size_t place;                       /* of the entry in the file, from 0 */
    unsigned number;                    /* from 1; 0: it is not counted */
    bool spare; /* of 0: it is there to be started by name */
    /* What its settings refer to (lookups.h), borrowed; NULL: nothing. */
    const struct environment *file_values;
    const struct account *account;
};

struct instances {
    struct instance *all; /* in the order of the file, then by number */
    size_t count;
};

/* Decides in `settings` what a formation says: how many of each entry there
 * are.  It wins over what `instances =` says; of an entry that neither speaks
 * of there are none, as in foreman.  `said_by` is where it comes from ("-m").
 * False: it names somebody who is not there, and nothing is decided. */
bool instances_decide(const struct formation *formation, const char *said_by,
                      const struct procfile *procfile,
                      struct settings *settings, struct cause *why);

/* Makes the processes.  `settings` then knows whose instances they are.  `path`
 * is the Procfile's name for messages.  False: an entry has the name of
 * another one's instance; all mistakes have been added to `mistakes`, `why` is
 * the first, and nothing needs releasing. */
bool instances_make(struct instances *to, const struct procfile *procfile,
                    const char *path, struct settings *settings,
                    struct notes *mistakes, struct cause *why);

/* Harmless on an empty one. */
void instances_release(struct instances *instances);

#endif
