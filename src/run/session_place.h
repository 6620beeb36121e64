/* session_place.h - the directories of sessions, opened with distrust.
 *
 * Each directory below the one we are given must be ours: a directory, not a
 * symbolic link, owned by us, closed to everybody else.  Whatever is not gets a
 * refusal that says what to do; nothing is repaired, because whoever made it
 * so may still be there.
 */
#ifndef PROCMAN_SESSION_PLACE_H
#define PROCMAN_SESSION_PLACE_H

#include "procman/cause.h"

/* Opens $XDG_RUNTIME_DIR/procman or /tmp/procman-<uid>, and creates it first
 * if `create`.  -1: see why. */
int place_open(bool create, struct cause *why);

/* Opens (and creates) a directory in it.  -1: see why; with errno ENOENT it is
 * not there. */
int place_open_at(int place, const char *path, const char *name, bool create,
                  struct cause *why);

#endif
