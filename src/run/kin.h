/* kin.h - which process belongs to whom.
 *
 * All descendants of procman are kin of one of its processes: those in the
 * group or session of a leader (or of its helper, which is its stop-command), whoever descends from them, and those that fled
 * from both (a daemon: setsid, double fork) and were adopted by us, whom the
 * environment they were started with gives away: PROCMAN_SESSION and PS.  One
 * that dropped that too is nobody's, and ends with the session.
 */
#ifndef PROCMAN_KIN_H
#define PROCMAN_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define KIN_NOBODY ((size_t)-1)

struct kin {
    pid_t pid;
    size_t owner;  /* index of the leader; KIN_NOBODY */
    bool in_group; /* of that leader or its helper: signals reach it */
};

struct kin_leader {
    const char *name;
    pid_t pid;    /* of the present or the last run; 0: none */
    pid_t helper; /* of another group that is its own; 0: none */
};

/* Looks at all living descendants (zombies are not alive), leaders included;
 * free() it. */
struct kin *kin_find(const struct kin_leader *leaders, size_t leader_count,
                     const char *session, size_t *count);

#endif
