#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For kernels that do not know close_range(2), or may not use it. */
static void keep_from_children(void)
{
    DIR *open_ones = opendir("/proc/self/fd");

    for (struct dirent *entry; open_ones && (entry = readdir(open_ones));) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > STDERR_FILENO)
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    if (open_ones)
        closedir(open_ones);
}

void os_prepare(void)
{
    int descriptor;

    do {
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO)
        close(descriptor);
    for (int i = 0; i <= STDERR_FILENO; i++)
        fcntl(i, F_SETFD, 0);
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC))
        keep_from_children();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would hide that children end */
}

void os_become_subreaper(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool os_follow_parent(pid_t parent, int signum)
{
    prctl(PR_SET_PDEATHSIG, signum);
    return getppid() == parent;
}

/* ---- /proc ------------------------------------------------------------- */

/* The whole of a small file under /proc; false: it is gone, or not ours. */
static bool read_file(struct buf *buf, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (file < 0)
        return false;
    do {
        got = read(file, buf_reserve(buf, 4096), 4096);
        if (got > 0)
            buf->len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    close(file);
    if (buf->data)
        buf->data[buf->len] = '\0';
    return got == 0 && buf->len > 0;
}

static bool read_proc(struct buf *buf, pid_t pid, const char *name)
{
    char path[64];

    buf->len = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return read_file(buf, path);
}

/* See proc(5), "stat": the name in brackets may hold anything. */
static bool look_at(struct os_process *process, pid_t pid, struct buf *scratch)
{
    int parent, group, session;
    unsigned long long starttime;

    if (!read_proc(scratch, pid, "stat"))
        return false;
    const char *rest = strrchr(scratch->data, ')');
    if (!rest ||
        sscanf(rest + 1,
               " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
               "%*d %*d %*d %llu",
               &process->state, &parent, &group, &session, &starttime) != 5)
        return false;
    process->pid = pid;
    process->parent = parent;
    process->group = group;
    process->session = session;
    process->starttime = starttime;
    return true;
}

static struct os_process *all_processes(size_t *count)
{
    struct os_process *all = NULL;
    struct buf scratch = {0};
    size_t room = 0;
    DIR *proc = opendir("/proc");

    *count = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        if (*count == room) {
            room = room ? 2 * room : 256;
            all = mem_resize(all, room, sizeof *all);
        }
        if (look_at(&all[*count], (pid_t)atoi(entry->d_name), &scratch))
            ++*count;
    }
    if (proc)
        closedir(proc);
    buf_release(&scratch);
    return all;
}

static int by_pid(const void *a, const void *b)
{
    const struct os_process *left = a, *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

static size_t find(const struct os_process *all, size_t count, pid_t pid)
{
    struct os_process key = {.pid = pid};
    const struct os_process *found =
        count ? bsearch(&key, all, count, sizeof *all, by_pid) : NULL;

    return found ? (size_t)(found - all) : count;
}

/* Follows the parents of `i` up to `root`; what is learned on the way is kept
 * in `kin`: 0 unknown, 1 a descendant, 2 none.  A snapshot is not taken at one
 * instant, so a chain of parents may even be a ring: each step is counted. */
static bool descends(const struct os_process *all, size_t count, char *kin,
                     size_t i, pid_t root)
{
    size_t at = i, steps = 0;
    char verdict = 2;

    while (at < count && steps++ < count) {
        if (kin[at]) {
            verdict = kin[at];
            break;
        }
        if (all[at].parent == root) {
            verdict = 1;
            break;
        }
        at = find(all, count, all[at].parent);
    }
    kin[i] = verdict;
    return verdict == 1;
}

struct os_process *os_descendants(pid_t root, size_t *count)
{
    size_t all_count, kept = 0;
    struct os_process *all = all_processes(&all_count);
    char *kin = mem_new(all_count, 1);

    if (all_count)
        qsort(all, all_count, sizeof *all, by_pid);
    struct os_process *found = mem_new(all_count, sizeof *found);
    for (size_t i = 0; i < all_count; i++)
        if (all[i].pid != root && descends(all, all_count, kin, i, root))
            found[kept++] = all[i];
    free(kin);
    free(all);
    *count = kept;
    return found;
}

struct os_process *os_processes(size_t *count)
{
    size_t all_count, kept = 0;
    struct os_process *all = all_processes(&all_count);
    char path[64];
    struct stat about;

    for (size_t i = 0; i < all_count; i++) {
        snprintf(path, sizeof path, "/proc/%d", (int)all[i].pid);
        if (geteuid() == 0 ||
            (stat(path, &about) == 0 && about.st_uid == geteuid()))
            all[kept++] = all[i];
    }
    *count = kept;
    return all;
}

static bool is_among(const pid_t *known, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (known[i] == pid)
            return true;
    return false;
}

int os_has_other_children(const pid_t *known, size_t count)
{
    struct buf children = {0};
    int others = 0;
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    if (access(path, R_OK))
        return -1;
    if (read_file(&children, path))
        for (char *rest = children.data, *end; !others; rest = end) {
            long pid = strtol(rest, &end, 10);
            if (end == rest)
                break;
            others = !is_among(known, count, (pid_t)pid);
        }
    buf_release(&children);
    return others;
}

uint64_t os_starttime(pid_t pid)
{
    struct os_process process;
    struct buf scratch = {0};
    bool there = look_at(&process, pid, &scratch);

    buf_release(&scratch);
    return there ? process.starttime : 0;
}

char *os_environment_of(pid_t pid, const char *name)
{
    struct buf strings = {0};
    size_t len = strlen(name);
    char *value = NULL;

    if (read_proc(&strings, pid, "environ"))
        for (size_t at = 0; at < strings.len && !value;
             at += strlen(strings.data + at) + 1) {
            const char *string = strings.data + at;
            if (strncmp(string, name, len) == 0 && string[len] == '=')
                value = mem_string(string + len + 1);
        }
    buf_release(&strings);
    return value;
}

char *os_program_of(pid_t pid)
{
    struct buf name = {0};

    if (!read_proc(&name, pid, "comm"))
        buf_add_string(&name, "?");
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '\n')
            name.data[i] = '\0';
        else if (name.data[i] < 0x20 || name.data[i] > 0x7e)
            name.data[i] = '?'; /* beyond ASCII there are controls too */
    return buf_take(&name);
}

char *os_boot_id(void)
{
    struct buf id = {0};

    if (!read_file(&id, "/proc/sys/kernel/random/boot_id"))
        id.len = 0;
    char *text = buf_take(&id);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* ---- the end of all descendants ---------------------------------------- */

static uint64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void reap_all(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

/* Those of another user (sudo, setuid) are beyond our reach. */
static size_t count_alive(const struct os_process *found, size_t count)
{
    size_t alive = 0;

    for (size_t i = 0; i < count; i++)
        alive += found[i].state != 'Z' && kill(found[i].pid, 0) == 0;
    return alive;
}

/* A stopped process forks no more: when a look finds as many as the one
 * before, all of them stand still, and one volley of SIGKILL is enough. */
static size_t stop_them(void)
{
    size_t before = 0;

    for (int round = 0; round < 100; round++) {
        size_t count;
        struct os_process *found = os_descendants(getpid(), &count);
        size_t alive = count_alive(found, count);
        for (size_t i = 0; i < count; i++)
            if (found[i].state != 'Z' && found[i].state != 'T')
                os_signal(found[i].pid, SIGSTOP);
        free(found);
        if (alive == before)
            break;
        before = alive;
    }
    return before;
}

static void kill_them(void)
{
    size_t count;
    struct os_process *found = os_descendants(getpid(), &count);

    for (size_t i = 0; i < count; i++)
        os_signal(found[i].pid, SIGKILL);
    free(found);
}

size_t os_end_descendants(unsigned limit_ms)
{
    uint64_t start = monotonic_ms();
    struct timespec moment = {0, 1000000};
    size_t ended = 0;

    do {
        reap_all();
        size_t alive = stop_them();
        if (alive == 0)
            break;
        ended = ended > alive ? ended : alive;
        kill_them();
        nanosleep(&moment, NULL);
    } while (monotonic_ms() - start < limit_ms);
    reap_all();
    return ended;
}
