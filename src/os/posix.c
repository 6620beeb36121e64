#include "procman/mem.h"
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT_FROM 64 /* of a kernel's smallest table of descriptors */
#define DEFAULT_PATH                                                           \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct os_limit os_raise_descriptors(void)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return (struct os_limit){0};
    struct os_limit before = {limit.rlim_cur, limit.rlim_max};
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return before;
}

/* ---- children ---------------------------------------------------------- */

static bool is_program(const char *file, int *error)
{
    struct stat about;

    if (stat(file, &about)) {
        if (errno == EACCES)
            *error = EACCES;
        return false;
    }
    if (S_ISDIR(about.st_mode) || access(file, X_OK)) {
        *error = EACCES;
        return false;
    }
    return true;
}

/* Where a relative path is when seen from `directory`. */
static char *seen_from(const char *directory, const char *path)
{
    if (!directory || *path == '/')
        return mem_string(path);
    return mem_format("%s/%s", directory, path);
}

static bool try_program(char **file, const char *candidate,
                        const char *directory, int *error)
{
    char *seen = seen_from(directory, candidate);
    bool good = is_program(seen, error);

    free(seen);
    if (good)
        *file = mem_string(candidate);
    return good;
}

int os_find_program(char **file, const char *name, const char *path,
                    const char *directory)
{
    int error = ENOENT;

    if (strchr(name, '/'))
        return try_program(file, name, directory, &error) ? 0 : error;
    if (!*name)
        return ENOENT;
    for (const char *rest = path ? path : DEFAULT_PATH; rest;) {
        const char *end = strchr(rest, ':');
        int len = (int)(end ? (size_t)(end - rest) : strlen(rest));
        /* An empty piece of PATH is the working directory. */
        char *candidate =
            mem_format("%.*s%s%s", len, rest, len ? "/" : "./", name);
        bool good = try_program(file, candidate, directory, &error);
        free(candidate);
        if (good)
            return 0;
        rest = end ? end + 1 : NULL;
    }
    return error;
}

void os_explain_spawn(struct cause *why, const char *file, int error)
{
    const char *what = "";

    /* Without '/' it was searched for: that it lies here says nothing. */
    if (error == ENOENT && strchr(file, '/') && access(file, F_OK) == 0)
        what = "its interpreter is not found";
    else if (error == ENOENT)
        what = "not found";
    else if (error == E2BIG)
        what = "command and environment are too long";
    else if (error == EAGAIN)
        what = "too many processes (see ulimit -u)";
    else if (error == EMFILE || error == ENFILE)
        what = "too many open files (see ulimit -n)";
    if (*what)
        cause_say(why, "%s: %s (%s)", file, what, strerror(error));
    else
        cause_say(why, "%s: %s", file, strerror(error));
}

static pid_t reap(pid_t which, int *code, int *signum)
{
    int status;
    pid_t pid;

    do {
        pid = waitpid(which, &status, WNOHANG);
    } while (pid < 0 && errno == EINTR);
    if (pid <= 0)
        return 0;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return pid;
}

pid_t os_reap(int *code, int *signum)
{
    return reap(-1, code, signum);
}

bool os_reap_one(pid_t pid, int *code, int *signum)
{
    return reap(pid, code, signum) == pid;
}

/* 0 and 1 would mean our own group and everybody. */
bool os_signal_group(pid_t group, int signum)
{
    return group > 1 && (kill(-group, signum) == 0 || errno == EPERM);
}

bool os_group_lives(pid_t group)
{
    return os_signal_group(group, 0);
}

bool os_group_is_foreign(pid_t group)
{
    return group > 1 && kill(-group, 0) != 0 && errno == EPERM;
}

void os_signal(pid_t pid, int signum)
{
    if (pid > 1)
        kill(pid, signum);
}

/* ---- descriptors ------------------------------------------------------- */

static bool make_pipe(int ends[2], int *ours, struct cause *why)
{
    if (pipe2(ends, O_CLOEXEC))
        return cause_say(why, "cannot make a pipe: %s", strerror(errno));
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    *ours = os_move_up(*ours);
    return true;
}

bool os_pipe(int ends[2], struct cause *why)
{
    return make_pipe(ends, &ends[0], why);
}

bool os_input_pipe(int ends[2], struct cause *why)
{
    return make_pipe(ends, &ends[1], why);
}

int os_move_up(int descriptor)
{
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, KEPT_FROM);

    if (moved < 0)
        return descriptor;
    close(descriptor);
    return moved;
}

size_t os_bytes_waiting(int descriptor)
{
    int count = 0;

    return ioctl(descriptor, FIONREAD, &count) == 0 ? (size_t)count : 0;
}

/* The same pipe or terminal through a description of our own. */
static int open_again(int descriptor)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* How much a pipe holds is how often its reader and we wait for each other: with
 * four times as much as usual a flood costs a third less.  More gains nothing,
 * and the last line would be later.  A system that does not allow it leaves it as
 * it is. */
#define OUTLET_ROOM 262144

static void make_roomy(int descriptor)
{
#ifdef F_SETPIPE_SZ
    int room = fcntl(descriptor, F_GETPIPE_SZ);

    if (room > 0 && room < OUTLET_ROOM)
        fcntl(descriptor, F_SETPIPE_SZ, OUTLET_ROOM);
#else
    (void)descriptor;
#endif
}

bool os_open_outlet(struct os_outlet *outlet, int descriptor, struct cause *why)
{
    struct stat about;
    int own = -1;

    if (fstat(descriptor, &about))
        return cause_say(why, "standard output: %s", strerror(errno));
    *outlet = (struct os_outlet){
        .pollable = S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) ||
                    isatty(descriptor),
        .socket = S_ISSOCK(about.st_mode),
    };
    if (outlet->pollable && !outlet->socket)
        own = open_again(descriptor);
    outlet->shared = outlet->pollable && !outlet->socket && own < 0;
    if (own < 0)
        own = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return cause_say(why, "standard output: %s", strerror(errno));
    outlet->descriptor = own;
    make_roomy(own);
    return true;
}

/* A pipe that polls writable takes PIPE_BUF bytes without blocking. */
#define CAUTIOUS_WRITE 512

ssize_t os_write(const struct os_outlet *outlet, const void *bytes, size_t len)
{
    if (outlet->socket)
        return send(outlet->descriptor, bytes, len,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    if (outlet->shared) {
        struct pollfd ready = {outlet->descriptor, POLLOUT, 0};
        if (poll(&ready, 1, 0) == 0) {
            errno = EAGAIN;
            return -1;
        }
        len = len < CAUTIOUS_WRITE ? len : CAUTIOUS_WRITE;
    }
    return write(outlet->descriptor, bytes, len);
}

bool os_wait_writable(const struct os_outlet *outlet, int limit_ms)
{
    struct pollfd ready = {outlet->descriptor, POLLOUT, 0};

    return poll(&ready, 1, limit_ms) > 0;
}
