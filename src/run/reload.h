/* reload.h - the members of a session change while it runs.
 *
 * However it was asked for (reload, add, remove, scale), it goes in steps:
 *
 *     stop    who goes, in the order of a shutdown; and, unless it rolls, who
 *             needs a new run: none of them starts before all are down, so that
 *             ports and files can change hands
 *     switch  from now on the session is the new one: who has gone is
 *             forgotten, who is new is there, everybody has the new plan
 *     roll    (if asked to) who needs a new run, one after another, with those
 *             new ones that they start after (rolling.h)
 *     start   who has been taken down or is new, each when those it starts
 *             after are ready
 *
 * A run that goes on keeps its old plan; where the new one only concerns what
 * procman does about it, it is taken over at once.  Requests go on meanwhile: a
 * wish of somebody else for a member wins over the reload's.  There is one at a
 * time.  A shutdown ends it.
 */
#ifndef PROCMAN_RELOAD_H
#define PROCMAN_RELOAD_H

#include "changes.h"
#include "procman/control.h"

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct reload;

struct reload_wish {
    const char *word; /* "reload", "add" ...: for people */
    bool dry;         /* only say what would be done */
    bool rolling;
    uint64_t patience_ms; /* of a roll, for each to be ready again */
};

/* Says what is going to be done, does it, and answers the call.  Takes the
 * changes over. */
void reload_begin(struct supervisor *supervisor, struct control_call *call,
                  const struct reload_wish *wish, struct changes *changes,
                  const struct notes *warnings);

/* A member has changed. */
void reload_changed(struct supervisor *supervisor);

/* Somebody else wants this member down, or up. */
void reload_give_way(struct supervisor *supervisor, struct member *member,
                     bool down);

/* Procman is shutting down. */
void reload_stop(struct supervisor *supervisor, const char *why);

#endif
