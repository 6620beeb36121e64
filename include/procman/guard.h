/* guard.h - the parent that outlives whatever happens to the supervisor.
 *
 * The process that the user started becomes the guard: it forks the supervisor
 * into a process group of its own (so that a Ctrl-C reaches it once, through
 * the guard, and not also from the terminal), forwards signals to it, and
 * repeats its end.  Both are subreapers.  Whatever the supervisor dies of, the
 * guard ends every descendant it left, wherever it fled.  If the guard dies,
 * the supervisor hears of it as a SIGTERM and shuts down in order.
 *
 * Ctrl-Z reaches the guard, which passes it on; when the supervisor has stopped
 * its processes and itself, the guard stops too, and the shell has its prompt;
 * `fg` continues all of them.
 *
 * The guard has no loop, opens nothing and sleeps until a signal comes.  As
 * process 1 of a container it reaps whoever is adopted.
 */
#ifndef PROCMAN_GUARD_H
#define PROCMAN_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct guard_report {
    pid_t guard;      /* its pid, in both */
    int error;        /* errno, if there was no way to fork; else 0 */
    int code, signum; /* how the supervisor ended */
    size_t ended;     /* descendants it had left, ended by the guard */
};

/* From here on signals wait: until the guard hears them, and in the supervisor
 * until it admits them, when it is ready to hear them itself.  So one that comes
 * early on leaves nothing half done. */
void guard_block_signals(void);
void guard_admit_signals(void);

/* `cgroup` (NULL: none) is the group the supervisor moves into; the guard kills
 * whoever is left in it and removes it.
 *
 * Forks.  In the supervisor: returns true at once.  In the guard: returns false
 * when the supervisor has ended and no descendant is left.  False with errno
 * and code 1 if there is no way to fork. */
bool guard_split(struct guard_report *report, const char *cgroup);

/* Is there (still) a guard above this supervisor? */
bool guard_is_there(const struct guard_report *report);

/* Ends this process as the supervisor ended: with its code, or by its signal.
 * Does not return. */
_Noreturn void guard_repeat(int code, int signum);

#endif
