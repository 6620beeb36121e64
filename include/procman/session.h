/* session.h - one running `procman start`, as the file system knows it.
 *
 * Its files lie in a directory of mode 0700 owned by the user:
 * $XDG_RUNTIME_DIR/procman/<key>/, or /tmp/procman-<uid>/<key>/ where that is
 * not set.  Owner, mode and type of the directories are checked (never through
 * a symbolic link), and a stranger's is refused.  <key> is a short hash of the
 * real path of the Procfile: paths may be long, two Procfiles in one folder are
 * two sessions, and one Procfile is one.  Inside:
 *
 *     lock          flock() decides who lives; the kernel frees it on any
 *                   death, so there is no stale lock
 *     session.json  pid, Procfile, directory, start time, version
 *     control.sock  mode 0600: the control protocol (protocol.h)
 *     runs          who has been started, for the next start (remains.h)
 *
 * Everything is created and opened relative to the directory's descriptor, so
 * that the length of its path does not matter, not even for the socket.
 */
#ifndef PROCMAN_SESSION_H
#define PROCMAN_SESSION_H

#include "procman/cause.h"
#include "procman/session_info.h"

#include <stddef.h>
#include <stdint.h>

struct session {
    char *path;     /* of the directory: what PROCMAN_SESSION says */
    char *procfile; /* its real path */
    int directory;  /* descriptors; -1: none */
    int lock;
    size_t ended; /* processes that a session killed before had left */
};

/* Takes the session of a Procfile, or says who has it:
 *     /x/Procfile is already running: procman with pid 71, since 2026-11-22
 *     18:33:28; `procman -f /x/Procfile status` shows it
 * Nothing of a running session is touched.  What a dead one has left is ended
 * (remains.h) and removed. */
bool session_begin(struct session *session, const char *procfile,
                   struct cause *why);

/* The Procfile's session becomes a part of another one, whose directory is
 * `whole`: nobody can start it beside that, and who asks for it is sent there.
 * False: it runs on its own, or see why. */
bool session_join(struct session *session, const char *procfile,
                  const char *whole, struct cause *why);

/* Writes session.json (whole or not at all), with the pid given.  A failure (a
 * full disk) leaves the session usable; only its description is missing. */
bool session_publish(const struct session *session, int64_t pid,
                     struct cause *why);

/* Creates control.sock and returns a listening descriptor, close-on-exec;
 * -1: see why. */
int session_listen(const struct session *session, struct cause *why);

/* Removes the session's files and its directory, then frees the lock.  A copy
 * of the lock's descriptor in another process (a fork) keeps the session taken,
 * so that it ends only when the last of them does; who must not end it, calls
 * session_leave().  Both are harmless on a {0} one and on one that failed to
 * begin. */
void session_end(struct session *session);
void session_leave(struct session *session);

/* Where the sessions of this user lie, as a path, whether it exists or not;
 * free() it. */
char *session_place(void);

/* The session of a Procfile, as a path, whether it exists or not; free() it.
 * NULL: see why (the Procfile is not there).  `real`, unless NULL, becomes the
 * Procfile's real path; free() it too. */
char *session_path(const char *procfile, char **real, struct cause *why);

/* All directories that look like sessions of this user, dead or alive: paths,
 * each to be freed, in a row to be freed; sorted.  No directory: none. */
char **session_list(size_t *count);

/* Reads the session.json of the session at `path`; false: there is none, or it
 * is not one.  session_info_release() it. */
bool session_read(struct session_info *info, const char *path,
                  struct cause *why);

/* The session that the one at `path` is a part of, else itself; free() it. */
char *session_whole(const char *path);

/* Connects to the control socket of a session, or of the one that it is a part
 * of; -1: nobody is there.
 * A blocking stream socket, close-on-exec. */
int session_connect(const char *path, struct cause *why);

#endif
