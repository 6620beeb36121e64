#include "procman/os_cgroup.h"
#include "procman/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REMOVE_TRIES 100 /* 10 ms each */

/* The hierarchy is mounted somewhere: its line in proc_mounts(5) is
 * "cgroup2 /sys/fs/cgroup cgroup2 rw,...". */
static char *find_mount(void)
{
    FILE *mounts = fopen("/proc/self/mounts", "re");
    char line[4096], place[2048], type[64];
    char *found = NULL;

    while (mounts && !found && fgets(line, sizeof line, mounts))
        if (sscanf(line, "%*s %2047s %63s", place, type) == 2 &&
            strcmp(type, "cgroup2") == 0)
            found = mem_string(place);
    if (mounts)
        fclose(mounts);
    return found;
}

/* Where we are in it: the line "0::/path" of /proc/self/cgroup. */
static char *find_own(void)
{
    FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[4096];
    char *found = NULL;

    while (groups && !found && fgets(line, sizeof line, groups)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "0::/", 4) == 0)
            found = mem_string(line + 3);
    }
    if (groups)
        fclose(groups);
    return found;
}

static bool write_to(const char *path, const char *name, const char *text)
{
    char *file = mem_format("%s/%s", path, name);
    int descriptor = open(file, O_WRONLY | O_CLOEXEC);
    size_t len = strlen(text);

    free(file);
    if (descriptor < 0)
        return false;
    bool done = write(descriptor, text, len) == (ssize_t)len;
    close(descriptor);
    return done;
}

static bool can_be_killed(const char *path)
{
    char *file = mem_format("%s/cgroup.kill", path);
    bool can = access(file, W_OK) == 0;

    free(file);
    return can;
}

char *os_cgroup_create(const char *name)
{
    char *mount = find_mount(), *own = find_own(), *path = NULL;

    if (mount && own)
        path = mem_format("%s%s%s%s", mount, own,
                          own[strlen(own) - 1] == '/' ? "" : "/", name);
    free(mount);
    free(own);
    if (path && (mkdir(path, 0755) == 0 || errno == EEXIST)) {
        if (can_be_killed(path))
            return path;
        rmdir(path);
    }
    free(path);
    return NULL;
}

bool os_cgroup_enter(const char *path)
{
    return write_to(path, "cgroup.procs", "0");
}

void os_cgroup_leave(const char *path)
{
    char *above = mem_string_of(path, (size_t)(strrchr(path, '/') - path));

    os_cgroup_enter(above);
    os_cgroup_remove(path);
    free(above);
}

pid_t *os_cgroup_members(const char *path, size_t *count)
{
    char *file = mem_format("%s/cgroup.procs", path), line[32];
    FILE *procs = fopen(file, "re");
    pid_t *pids = NULL;

    *count = 0;
    while (procs && fgets(line, sizeof line, procs)) {
        pids = mem_resize(pids, *count + 1, sizeof *pids);
        pids[(*count)++] = (pid_t)atoi(line);
    }
    if (procs)
        fclose(procs);
    free(file);
    return pids;
}

bool os_cgroup_kill(const char *path)
{
    return write_to(path, "cgroup.kill", "1");
}

void os_cgroup_remove(const char *path)
{
    struct timespec moment = {0, 10000000};

    for (int i = 0; i < REMOVE_TRIES; i++) {
        if (rmdir(path) == 0 || errno != EBUSY)
            return;
        nanosleep(&moment, NULL);
    }
}
