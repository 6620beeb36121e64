/* plan.h - what a session will run, worked out before anything runs.
 *
 * A Procfile's entries, or their instances, become rows of arguments with their variables.  A simple
 * command (shellwords.h) is executed directly, anything else by /bin/sh -c,
 * unchanged.  Every process gets
 *     PORT             base + 100 * its place in the file (goreman, foreman),
 *                      + 1 for each instance before it (foreman)
 *     PS               its name (foreman)
 *     PROCMAN_SESSION  the directory of the session it runs in
 * with `user =` in its settings HOME, USER, LOGNAME and SHELL (systemd), and
 * over these what its settings (procman.ini) say: its env-file, then env.NAME,
 * then the assignments in front of a simple command.
 */
#ifndef PROCMAN_PLAN_H
#define PROCMAN_PLAN_H

#include "procman/environment.h"
#include "procman/instances.h"
#include "procman/order.h"
#include "procman/settings.h"

#include <stdbool.h>
#include <stddef.h>

#define PLAN_BASE_PORT 5000 /* goreman's and foreman's */

struct plan_process {
    char *name;
    char *entry;             /* that it is an instance of; NULL: none */
    char *command;           /* as it stands in the file */
    char **argv;             /* ends with NULL */
    struct environment own;  /* over the session's environment */
    struct account *account; /* whom it runs as; NULL: us */
    struct process_settings settings;
    char *after_place; /* where `after` is said, for messages */
};

struct plan {
    struct plan_process *processes; /* in the order of the file */
    size_t count;
    struct environment environment; /* the session's: all processes have it */
    struct value_names notifiers;   /* more programs that say READY=1 */
};

/* What a plan is made from; nothing of it is needed afterwards. */
struct plan_materials {
    const struct instances *instances;
    const struct settings *settings;
    const struct environment *environment;
    unsigned base_port;  /* 0: PORT is left alone */
    const char *session; /* NULL: none runs */
};
void plan_make(struct plan *plan, const struct plan_materials *materials);
void plan_release(struct plan *plan);

/* The index of a process; plan->count: there is none of that name. */
size_t plan_find(const struct plan *plan, const char *name);

/* What it says about who starts after whom; borrowed from it. */
struct order_member plan_order_member(const struct plan_process *process);

/* The environment of a process: a row of borrowed strings; free() the row. */
char **plan_environment(const struct environment *session,
                        const struct environment *own);

#endif
