/* inputs.h - the files a session is made of, read and understood.
 *
 * The Procfile, the .env files and the settings, as the command line names
 * them: what `check` looks at and `start` runs.
 *
 * Settings are optional.  They lie beside the Procfile, in procman.ini; for a
 * Procfile.NAME also in procman.NAME.ini, whose sections come later and win.
 */
#ifndef PROCMAN_INPUTS_H
#define PROCMAN_INPUTS_H

#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/instances.h"
#include "procman/lookups.h"
#include "procman/notes.h"
#include "procman/settings.h"

struct inputs_choice {
    const char *procfile;   /* its path */
    const char *env;        /* comma list; NULL: what the settings say, or
                             ".env", which may be missing */
    const char *config;     /* of the settings; NULL: beside the Procfile */
    char *const *inherited; /* our own environment */
    const char *formation;  /* -m; NULL: what the settings say */
    const char *directory;  /* where relative .env files are; NULL: here */
    const struct formation *scaled; /* wins over all of these; NULL: none */
};

struct inputs {
    struct procfile procfile;
    struct settings settings;
    struct instances instances;     /* the processes */
    struct lookups lookups;         /* what those refer to */
    struct environment environment; /* ours, over what the .env files say */
    unsigned file_port;             /* PORT in a .env file; 0: none */
    struct notes warnings;
};

/* The environment wins over the .env files, a later file over an earlier one.
 * False: all mistakes have been added to `mistakes`, as far as they could be
 * found, and `why` is the first; nothing needs releasing. */
bool inputs_read(struct inputs *inputs, const struct inputs_choice *choice,
                 struct notes *mistakes, struct cause *why);
void inputs_release(struct inputs *inputs);

#endif
