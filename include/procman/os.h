/* os.h - what differs between systems: processes, signals, descriptors.
 *
 * POSIX, with what Linux adds where it matters (posix.c, linux.c).  What it
 * adds: subreapers, so that a process that fled from its group by setsid() or a
 * double fork is still a descendant; a signal on the parent's death; /proc.
 * Where a system lacks these, the functions say so by doing nothing or finding
 * nothing, and process groups are the unit that is signalled and waited for.
 */
#ifndef PROCMAN_OS_H
#define PROCMAN_OS_H

#include "procman/account.h"
#include "procman/cause.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- this process ------------------------------------------------------ */

/* The first thing in main: descriptors 0, 1 and 2 are open (on /dev/null if
 * need be), no other one that we inherited leaks into a child, SIGPIPE, SIGXFSZ
 * (a write fails instead) and SIGTTOU are ignored (we are not the terminal's
 * foreground group), and SIGCHLD is not, whatever our caller did. */
void os_prepare(void);

/* Raises the soft limit of open descriptors to the hard one.  Children get
 * back what was there before: see os_child. */
struct os_limit {
    uint64_t soft, hard;
};
struct os_limit os_raise_descriptors(void);

/* From now on orphaned descendants become our children. */
void os_become_subreaper(void);

/* `signum` when our parent dies; false if `parent` is dead already. */
bool os_follow_parent(pid_t parent, int signum);

/* ---- children ---------------------------------------------------------- */

struct os_child {
    const char *file;      /* a path, see os_find_program() */
    char *const *argv;     /* ends with NULL */
    char *const *env;      /* ends with NULL */
    const char *directory; /* NULL: ours */
    int input, output, error;
    bool terminal; /* the input becomes its controlling terminal */
    struct os_limit descriptors;
    int umask;                     /* -1: ours */
    int nice;                      /* added to ours */
    const struct account *account; /* to run as, if we are root; NULL: us */
    bool foreground;               /* in our session and group: see os_run() */
};

/* Starts a child in a session and group of its own, with default signals, an
 * empty mask and nothing open but 0, 1 and 2; it is killed if we die first.
 * Returns its pid once the program is executed; else a negative errno value.
 *
 * The child borrows our memory until then (vfork), so a start costs the same
 * however large we are, and the error of exec comes back without a pipe.  A
 * file without "#!" is given to /bin/sh, as execvp(3) and every shell do. */
pid_t os_spawn(const struct os_child *child);

/* Starts a child in our own session and group, on the terminal that we have, and
 * waits for its end.  What a terminal sends to the group (Ctrl-C) reaches it
 * without us; SIGTERM, SIGHUP and the like that are sent to us alone are passed
 * on.  Signals that our caller has ignored stay ignored (nohup).  Returns 0, or
 * a negative errno value: it was not started. */
int os_run(const struct os_child *child, int *code, int *signum);

/* Looks a program up as the shell does: a name with a '/' is a path, others
 * are searched for in `path` (NULL: the system's default).  Relative ones are
 * seen from `directory` (NULL: ours).  Returns 0 and a path to be freed, or an
 * errno value: ENOENT, EACCES. */
int os_find_program(char **file, const char *name, const char *path,
                    const char *directory);

/* Why a program could not be executed, in words: "bin/etcd: not found (No such
 * file or directory)". */
void os_explain_spawn(struct cause *why, const char *file, int error);

/* One child that has ended (or was adopted and has ended), reaped; 0: none at
 * the moment.  `code` is the exit code, or `signum` what ended it. */
pid_t os_reap(int *code, int *signum);

/* The same for this child; false: it lives.  Where there are many children this
 * costs much less: os_reap() makes the kernel walk over all of them. */
bool os_reap_one(pid_t pid, int *code, int *signum);

/* False: there is nobody in that group (any more). */
bool os_signal_group(pid_t group, int signum);
bool os_group_lives(pid_t group);

/* Nobody in it may be signalled by us: it runs as another user. */
bool os_group_is_foreign(pid_t group);

/* To one process. */
void os_signal(pid_t pid, int signum);

/* ---- other people's processes ------------------------------------------ */

struct os_process {
    pid_t pid, parent, group, session;
    char state;         /* 'Z': dead, not yet reaped */
    uint64_t starttime; /* with the pid, it names a process for good */
};

/* All descendants of `root` (without it), parents before children as far as
 * possible; free() it.  NULL and 0 where there is no way to know. */
struct os_process *os_descendants(pid_t root, size_t *count);

/* Has this process children that are not in `known`?  -1: no cheap way to
 * know. */
int os_has_other_children(const pid_t *known, size_t count);

/* All processes of this user, for root those of all users; free() it. */
struct os_process *os_processes(size_t *count);

/* When a process began, in the system's own units; 0: there is none. */
uint64_t os_starttime(pid_t pid);

/* The value of a variable in the environment a process was started with;
 * NULL: it is not there, or not ours to see.  free() it. */
char *os_environment_of(pid_t pid, const char *name);

/* The name of a program that runs, for messages; never NULL, free() it. */
char *os_program_of(pid_t pid);

/* Ends every descendant of this process, however it forks meanwhile: stops
 * them all round by round until no new one is seen, kills them, reaps them,
 * and looks again.  Returns how many there were; gives up after `limit_ms`. */
size_t os_end_descendants(unsigned limit_ms);

/* Says which boot this is, so that a starttime can be compared: "" if unknown.
 * free() it. */
char *os_boot_id(void);

/* ---- descriptors ------------------------------------------------------- */

/* A way to write to descriptor 1 that can be polled and never blocks, without
 * changing the flags of the description that we share with our caller. */
struct os_outlet {
    int descriptor;
    bool pollable; /* false: a file; it never blocks */
    bool shared;   /* not our own description: write little, after polling */
    bool socket;
};
bool os_open_outlet(struct os_outlet *outlet, int descriptor,
                    struct cause *why);

/* As write(2), but never blocks on a pollable outlet. */
ssize_t os_write(const struct os_outlet *outlet, const void *bytes, size_t len);

/* Waits until a pollable outlet takes something, or `limit_ms` have passed, or a
 * signal has come; says whether it does. */
bool os_wait_writable(const struct os_outlet *outlet, int limit_ms);

/* A pipe, both ends close-on-exec, the reading end non-blocking and moved up. */
bool os_pipe(int ends[2], struct cause *why);

/* The same for what a child reads: that goes for the writing end. */
bool os_input_pipe(int ends[2], struct cause *why);

/* Gives what is kept for long, and is no child's, a number above those that
 * os_spawn() hands over; a child takes only the numbers below into its table.
 * Returns the new number, or the old one where there is none above. */
int os_move_up(int descriptor);

/* How many bytes wait in a pipe. */
size_t os_bytes_waiting(int descriptor);

#endif
