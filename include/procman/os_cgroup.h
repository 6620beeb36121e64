/* os_cgroup.h - a control group of a session's own, where we may have one.
 *
 * On Linux with a writable cgroup v2 hierarchy (delegated to the user by
 * systemd, or ours as root or in a container) everything a session starts is
 * born in a group below our own, which nobody leaves by setsid() or a double
 * fork, and `cgroup.kill` (Linux 5.14) ends all of it in one go.  See
 * cgroups(7).  Elsewhere these do nothing, and descent is all there is.
 */
#ifndef PROCMAN_OS_CGROUP_H
#define PROCMAN_OS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A new group below the one we are in: its path, to be freed.  NULL: there is
 * no way to have one. */
char *os_cgroup_create(const char *name);

/* This process moves into it, and so do all its children to come. */
bool os_cgroup_enter(const char *path);

/* This process goes back to the group above, and the empty one is removed. */
void os_cgroup_leave(const char *path);

/* Who is in it: pids, to be freed. */
pid_t *os_cgroup_members(const char *path, size_t *count);

/* Kills everybody in it.  False: it is empty, or cannot be killed. */
bool os_cgroup_kill(const char *path);

/* Removes it, once it is empty; waits for that for at most a second. */
void os_cgroup_remove(const char *path);

#endif
