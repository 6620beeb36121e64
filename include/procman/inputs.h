/* inputs.h - the files a session is made of, read and understood.
 *
 * The Procfile and the .env files, as the command line names them: what
 * `check` looks at and `start` runs.
 */
#ifndef PROCMAN_INPUTS_H
#define PROCMAN_INPUTS_H

#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/notes.h"
#include "procman/procfile.h"

struct inputs {
    struct procfile procfile;
    struct environment environment; /* ours, over what the .env files say */
    unsigned file_port;             /* PORT in a .env file; 0: none */
    struct notes warnings;
};

/* Reads the Procfile at `path` and the .env files of `env` (a comma list; NULL:
 * ".env", which may be missing).  The environment wins over the files, a later
 * file over an earlier one.  `inherited` is our own environment. */
bool inputs_read(struct inputs *inputs, const char *path, const char *env,
                 char *const *inherited, struct cause *why);
void inputs_release(struct inputs *inputs);

#endif
