/* lookups.h - what the settings of processes refer to, looked up.
 *
 *     env-file = web.env    a file of variables, seen from the Procfile's folder
 *     user = www-data       a user of this system
 *
 * Each is looked up once, however many processes share it, before any of them
 * runs.
 */
#ifndef PROCMAN_LOOKUPS_H
#define PROCMAN_LOOKUPS_H

#include "procman/account.h"
#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/instances.h"
#include "procman/notes.h"
#include "procman/settings.h"

struct lookups_file {
    char *list; /* the setting's text */
    struct environment values;
};

struct lookups_user {
    char *name; /* the setting's text */
    struct account *account;
};

/* Both are NULL where nothing was looked up. */
struct lookups {
    struct lookups_file **files;
    size_t file_count;
    struct lookups_user *users;
    size_t user_count;
};

struct lookups_materials {
    const struct settings *settings;
    const char *procfile;                  /* its path */
    const struct environment *environment; /* the session's: for ${NAME} */
    struct notes *warnings;
};

/* Gives each instance what its settings refer to, borrowed from `to`.  False:
 * all mistakes have been added, `why` is the first; nothing needs releasing. */
bool lookups_make(struct lookups *to, const struct lookups_materials *materials,
                  struct instances *instances, struct notes *mistakes,
                  struct cause *why);

/* Harmless on an empty one. */
void lookups_release(struct lookups *lookups);

#endif
