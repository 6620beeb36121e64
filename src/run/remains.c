#include "procman/remains.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os.h"
#include "procman/os_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* One line each, all of the same length, so that one can be replaced with one
 * write: first the boot, then a slot for each process. */
#define LINE_LEN    64
#define SLOT_FORMAT "%-20d %-42" PRIu64 "\n"
#define ROUND_MS    10
#define KILL_MS     10000 /* for those that SIGKILL does not end */

struct leader {
    pid_t pid;
    uint64_t starttime;
};

struct hunt {
    const char *session;
    const char *cgroup; /* NULL: it had none */
    pid_t *members;     /* of the cgroup */
    size_t member_count;
    struct leader *leaders;
    size_t leader_count;
    struct os_process *all;
    size_t count;
    bool *ours; /* of all */
};

/* ---- the record --------------------------------------------------------- */

static bool write_line(int file, size_t line, const char *text)
{
    return pwrite(file, text, LINE_LEN, (off_t)(line * LINE_LEN)) == LINE_LEN;
}

int remains_open(int directory)
{
    char line[LINE_LEN + 1];
    char *boot = os_boot_id();
    int file =
        openat(directory, REMAINS_FILE,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    snprintf(line, sizeof line, "%-63.63s\n", boot);
    free(boot);
    if (file >= 0 && !write_line(file, 0, line)) {
        int error = errno;
        close(file);
        errno = error;
        return -1;
    }
    return file;
}

void remains_note(int file, size_t slot, pid_t pid)
{
    char line[LINE_LEN + 1];

    if (file < 0)
        return;
    snprintf(line, sizeof line, SLOT_FORMAT, (int)pid,
             pid ? os_starttime(pid) : 0);
    write_line(file, slot + 1, line);
}

bool remains_note_cgroup(int directory, const char *cgroup)
{
    size_t len = strlen(cgroup);
    int file =
        openat(directory, REMAINS_CGROUP,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return false;
    bool done = write(file, cgroup, len) == (ssize_t)len;
    close(file);
    return done;
}

static void read_record(struct buf *text, int directory, const char *name)
{
    ssize_t got = 0;
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (file < 0)
        return;
    do {
        got = read(file, buf_reserve(text, 4096), 4096);
        if (got > 0)
            text->len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    close(file);
    text->data[text->len] = '\0';
}

/* Start times are counted from the boot: those of another one say nothing. */
static bool is_of_this_boot(const struct buf *text)
{
    char *boot = os_boot_id();
    size_t len = strlen(boot);
    bool same = text->len >= LINE_LEN && len < LINE_LEN &&
                strncmp(text->data, boot, len) == 0;

    free(boot);
    return same;
}

static void read_leaders(struct hunt *hunt, const struct buf *text)
{
    hunt->leaders = mem_new(text->len / LINE_LEN + 1, sizeof *hunt->leaders);
    for (size_t at = LINE_LEN; at + LINE_LEN <= text->len; at += LINE_LEN) {
        int pid;
        uint64_t starttime;
        if (sscanf(text->data + at, "%d %" SCNu64, &pid, &starttime) == 2 &&
            pid > 1 && starttime > 0)
            hunt->leaders[hunt->leader_count++] =
                (struct leader){pid, starttime};
    }
}

/* ---- the hunt ------------------------------------------------------------ */

static const struct os_process *find(const struct hunt *hunt, pid_t pid)
{
    for (size_t i = 0; i < hunt->count; i++)
        if (hunt->all[i].pid == pid)
            return &hunt->all[i];
    return NULL;
}

/* A number is not given away again while a group or session bears it: whoever
 * is in the session of a leader that is gone came of that leader. */
static bool belongs_to(const struct hunt *hunt, const struct leader *leader,
                       const struct os_process *process)
{
    const struct os_process *bearer = find(hunt, leader->pid);

    if (bearer && bearer->starttime != leader->starttime)
        return false;
    return (process->pid == leader->pid || process->session == leader->pid ||
            process->group == leader->pid) &&
           process->starttime >= leader->starttime;
}

static bool is_ours(const struct hunt *hunt, const struct os_process *process)
{
    for (size_t i = 0; i < hunt->leader_count; i++)
        if (belongs_to(hunt, &hunt->leaders[i], process))
            return true;

    for (size_t i = 0; i < hunt->member_count; i++)
        if (hunt->members[i] == process->pid)
            return true;

    char *session = os_environment_of(process->pid, "PROCMAN_SESSION");
    bool same = session && strcmp(session, hunt->session) == 0;
    free(session);
    return same;
}

static bool is_ours_by_descent(const struct hunt *hunt,
                               const struct os_process *process)
{
    for (size_t i = 0; i < hunt->count; i++)
        if (hunt->ours[i] && hunt->all[i].pid == process->parent)
            return true;
    return false;
}

/* Somebody may start procman from within what an old session left. */
static void spare_ourselves(struct hunt *hunt)
{
    const struct os_process *process = find(hunt, getpid());

    for (size_t steps = 0; process && steps < hunt->count; steps++) {
        hunt->ours[process - hunt->all] = false;
        process = find(hunt, process->parent);
    }
}

/* One that is dying has lost its environment before it lets go of its ports. */
static bool was_ours(const struct hunt *before,
                     const struct os_process *process)
{
    const struct os_process *same = find(before, process->pid);

    return same && same->starttime == process->starttime &&
           before->ours[same - before->all];
}

/* Returns how many live. */
static size_t look(struct hunt *hunt)
{
    struct hunt before = *hunt;
    size_t alive = 0;
    bool more = true;

    free(hunt->members);
    hunt->members = NULL;
    if (hunt->cgroup)
        hunt->members = os_cgroup_members(hunt->cgroup, &hunt->member_count);
    hunt->all = os_processes(&hunt->count);
    hunt->ours = mem_new(hunt->count, sizeof *hunt->ours);
    for (size_t i = 0; i < hunt->count; i++)
        hunt->ours[i] =
            hunt->all[i].state != 'Z' &&
            (was_ours(&before, &hunt->all[i]) || is_ours(hunt, &hunt->all[i]));
    free(before.all);
    free(before.ours);
    spare_ourselves(hunt);
    while (more) {
        more = false;
        for (size_t i = 0; i < hunt->count; i++)
            if (!hunt->ours[i] && hunt->all[i].state != 'Z' &&
                is_ours_by_descent(hunt, &hunt->all[i]))
                hunt->ours[i] = more = true;
    }
    spare_ourselves(hunt);
    for (size_t i = 0; i < hunt->count; i++)
        alive += hunt->ours[i];
    return alive;
}

static void signal_ours(const struct hunt *hunt, int signum)
{
    for (size_t i = 0; i < hunt->count; i++)
        if (hunt->ours[i])
            os_signal(hunt->all[i].pid, signum);
}

static size_t look_again(struct hunt *hunt)
{
    struct timespec moment = {0, ROUND_MS * 1000000L};

    nanosleep(&moment, NULL);
    return look(hunt);
}

/* By the clock: where thousands run, a look costs more than the moment between
 * two of them. */
static uint64_t after_ms(uint64_t ms)
{
    return uv_hrtime() + ms * 1000000;
}

static size_t end_them(struct hunt *hunt, unsigned patience_ms)
{
    size_t found = look(hunt), alive = found;
    uint64_t until_ns = after_ms(patience_ms);

    signal_ours(hunt, SIGTERM);
    signal_ours(hunt, SIGCONT);
    while (alive && uv_hrtime() < until_ns)
        alive = look_again(hunt);
    until_ns = after_ms(KILL_MS);
    while (alive && uv_hrtime() < until_ns) {
        signal_ours(hunt, SIGSTOP); /* who stands still forks no more */
        look(hunt);
        signal_ours(hunt, SIGKILL);
        alive = look_again(hunt);
    }
    return found;
}

size_t remains_end(int directory, const char *session, unsigned patience_ms)
{
    struct hunt hunt = {.session = session};
    struct buf text = {0}, cgroup = {0};
    size_t found = 0;

    read_record(&text, directory, REMAINS_FILE);
    read_record(&cgroup, directory, REMAINS_CGROUP);
    if (cgroup.len > 0)
        hunt.cgroup = cgroup.data;
    if (is_of_this_boot(&text)) {
        read_leaders(&hunt, &text);
        found = end_them(&hunt, patience_ms);
    }
    if (hunt.cgroup) {
        os_cgroup_kill(hunt.cgroup);
        os_cgroup_remove(hunt.cgroup);
    }
    buf_release(&text);
    buf_release(&cgroup);
    free(hunt.leaders);
    free(hunt.members);
    free(hunt.all);
    free(hunt.ours);
    return found;
}
