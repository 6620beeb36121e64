/* blueprint.h - which files a session is made of, and what they say.
 *
 * The blueprint remembers the files and the options with which a session was
 * started, and what has been added since, so that all of it can be read again.
 * Relative paths are meant from the directory of their file, if it has one,
 * else from ours, in which a session stays.
 *
 * A draft is what the files say at a moment: for each of them its inputs and
 * its plan, and who starts after whom, over all of them.  Files of one base
 * port are counted through: the first process of the second one has the place,
 * and so the PORT, behind the last of the first.
 */
#ifndef PROCMAN_BLUEPRINT_H
#define PROCMAN_BLUEPRINT_H

#include "procman/inputs.h"
#include "procman/plan.h"
#include "procman/session.h"

struct blueprint_file {
    char *procfile;
    char *env;               /* comma list; NULL: as inputs.h says */
    char *config;            /* NULL: beside the Procfile */
    char *directory;         /* its processes run there; NULL: where we are */
    struct formation scaled; /* counts that were asked for since */
    struct session session; /* of a file behind the first: it belongs to ours */
};

struct blueprint {
    struct blueprint_file *files; /* the first one names the session */
    size_t count;
    char *session;          /* its directory */
    char *const *inherited; /* borrowed: our own environment */
    char *formation;        /* -m; NULL: what the settings say */
    unsigned base_port;     /* -b; 0: not said */
    int set_ports;          /* -set-ports; -1: not said */
};

/* Adds one; NULL as above.  The strings are copied. */
struct blueprint_file *blueprint_add(struct blueprint *blueprint,
                                     const char *procfile, const char *env,
                                     const char *config, const char *directory);
void blueprint_forget(struct blueprint *blueprint, size_t index);

/* The place of a Procfile, by the file that it is; blueprint->count: it is none
 * of them. */
size_t blueprint_find(const struct blueprint *blueprint, const char *procfile);

void blueprint_release(struct blueprint *blueprint);

/* What becomes of a name that is in two files. */
enum blueprint_clash {
    CLASH_IS_A_MISTAKE,
    CLASH_FIRST_WINS /* and a warning tells */
};

struct draft {
    struct inputs *inputs; /* one for each file */
    struct plan *plans;
    size_t count;
    struct order order; /* of all processes, file by file */
    struct notes warnings;
};

/* False: all mistakes have been added to `mistakes`, as far as they could be
 * found, and `why` is the first; nothing needs releasing. */
bool draft_read(struct draft *draft, const struct blueprint *blueprint,
                enum blueprint_clash clash, struct notes *mistakes,
                struct cause *why);
void draft_release(struct draft *draft);

#endif
