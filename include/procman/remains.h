/* remains.h - what a session leaves behind if procman and its guard are killed
 * at once, and how the next start finds it.
 *
 * While a session runs, the file `runs` in its directory says which leader has
 * been started in which slot: its pid and its start time, for a pid alone may
 * be somebody else's by tomorrow, and which boot that was.  The next start of
 * the Procfile ends those of them that live, whoever is in their sessions or
 * descends from them, and whoever carries PROCMAN_SESSION of this session in
 * the environment it was started with.  Where the session had a control group
 * of its own (os_cgroup.h), the file `cgroup` says which, and nobody at all can
 * have fled from that.  It never touches itself or those it
 * descends from.
 */
#ifndef PROCMAN_REMAINS_H
#define PROCMAN_REMAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define REMAINS_FILE   "runs"
#define REMAINS_CGROUP "cgroup"

/* Creates the file; a descriptor to be closed, or -1 and errno: without it a
 * session runs as well, only its remains would be found less surely. */
int remains_open(int directory);

/* A leader has been started in this slot; pid 0: it is gone.  Does nothing with
 * descriptor -1. */
void remains_note(int file, size_t slot, pid_t pid);

/* Notes the session's control group. */
bool remains_note_cgroup(int directory, const char *cgroup);

/* Ends what is left of the session whose directory this is: SIGTERM, and after
 * `patience_ms` SIGKILL.  Returns how many there were.  Blocks. */
size_t remains_end(int directory, const char *session, unsigned patience_ms);

#endif
