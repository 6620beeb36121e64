/* One child, as by vfork: the path from the request to exec. */
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Everything below until exec runs in the child on our memory: system calls
 * only, nothing allocated, nothing of ours changed but birth->error. */

#define CHILD_STACK 16384

static int put(int from, int to)
{
    /* dup2() onto itself would leave close-on-exec set. */
    if (from == to)
        return fcntl(to, F_SETFD, 0);
    return dup2(from, to);
}

/* In the foreground only what os_prepare() has changed. */
static void default_signals(bool foreground)
{
    static const int ours[] = {SIGPIPE, SIGXFSZ, SIGTTOU, SIGCHLD};
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int signum = 1; signum < NSIG && !foreground; signum++)
        sigaction(signum, &plain, NULL);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sigaction(ours[i], &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit_descriptors(const struct os_limit *limit)
{
    struct rlimit new = {(rlim_t)limit->soft, (rlim_t)limit->hard};

    return limit->hard ? setrlimit(RLIMIT_NOFILE, &new) : 0;
}

static int niceness(int more)
{
    return getpriority(PRIO_PROCESS, 0) + more;
}

/* Who opens /dev/stdout or /dev/tty by its name opens it anew, and must own it:
 * the pipe or terminal that was made for this child. */
static void give(int descriptor, bool terminal, const struct account *account)
{
    struct stat about;

    if (fstat(descriptor, &about) == 0 &&
        (terminal || S_ISFIFO(about.st_mode)) &&
        fchown(descriptor, account->uid, account->gid) != 0)
        return; /* then it can write all the same, just not open it anew */
}

static int switch_to(const struct account *account, bool terminal)
{
    give(1, terminal, account);
    give(2, terminal, account);
    return setgroups(account->group_count, account->groups) ||
           setresgid(account->gid, account->gid, account->gid) ||
           setresuid(account->uid, account->uid, account->uid);
}

/* A change of the user forgets the death signal, so that comes behind it.  The
 * signals go back to normal last: until then nothing can interrupt. */
static void become(const struct os_child *child, pid_t parent,
                   char **shell_argv)
{
    if (!child->foreground)
        setsid();
    if (child->directory && chdir(child->directory))
        return;
    if (put(child->input, 0) < 0 || put(child->output, 1) < 0 ||
        put(child->error, 2) < 0)
        return;
    if (child->terminal && ioctl(0, TIOCSCTTY, 0))
        return;
    if (limit_descriptors(&child->descriptors))
        return;
    if (child->umask >= 0)
        umask((mode_t)child->umask);
    if (child->nice && setpriority(PRIO_PROCESS, 0, niceness(child->nice)))
        return;
    if (child->account && geteuid() == 0 &&
        switch_to(child->account, child->terminal))
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    default_signals(child->foreground);
    execve(child->file, child->argv, child->env);
    if (errno == ENOEXEC)
        execve("/bin/sh", shell_argv, child->env);
}

/* What the two of us have in common until exec. */
struct birth {
    const struct os_child *child;
    pid_t parent;
    char **shell_argv;
    bool shares_table; /* of descriptors: ours, until it takes its own */
    int error;
};

static unsigned first_not_for(const struct os_child *child)
{
    int last = child->input > child->output ? child->input : child->output;

    return (unsigned)(child->error > last ? child->error : last) + 1;
}

/* Only the low part of the shared table is copied, and closed by exec: among
 * thousands of descriptors that is most of the work.  Nothing may be changed in
 * it before. */
static int take_own_table(const struct os_child *child)
{
    return close_range(first_not_for(child), ~0U, CLOSE_RANGE_UNSHARE);
}

/* System calls only, whatever the analyzer thinks of a function. */
static int be_child(void *own)
{
    struct birth *birth = own;

    if (!birth->shares_table || take_own_table(birth->child) == 0)
        become(birth->child, birth->parent, birth->shell_argv); /* NOLINT */
    birth->error = errno;
    _exit(127);
}

/* Valgrind knows vfork and threads, and gives up on what is between. */
static bool can_share_table(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return close_range(~0U, ~0U, CLOSE_RANGE_UNSHARE) == 0 &&
           !(preloaded && strstr(preloaded, "vgpreload"));
}

/* As vfork(2) does it, which cannot share the table. */
static pid_t fork_and_become(struct birth *birth)
{
    char stack[CHILD_STACK] __attribute__((aligned(16)));
    int how = CLONE_VM | CLONE_VFORK | SIGCHLD;

    birth->shares_table = can_share_table();
    if (birth->shares_table)
        how |= CLONE_FILES;
    return clone(be_child, stack + sizeof stack, how, birth);
}

static size_t count_of(char *const *row)
{
    size_t count = 0;

    while (row[count])
        count++;
    return count;
}

/* It is on its way out: nobody else should meet it as a child that ended. */
static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

pid_t os_spawn(const struct os_child *child)
{
    size_t argc = count_of(child->argv);
    char **shell_argv = calloc(argc + 2, sizeof *shell_argv);
    struct birth birth = {child, getpid(), shell_argv, false, 0};
    int dumpable = prctl(PR_GET_DUMPABLE);
    sigset_t all, before;

    if (!shell_argv)
        return -ENOMEM;
    shell_argv[0] = "/bin/sh";
    shell_argv[1] = (char *)child->file;
    for (size_t i = 1; i < argc; i++)
        shell_argv[i + 1] = child->argv[i];

    /* No handler of ours may run in the child, on our memory. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork_and_become(&birth);
    int fork_error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child->account) /* its change of the user counted for our memory, too */
        prctl(PR_SET_DUMPABLE, dumpable);

    free(shell_argv);
    if (pid < 0)
        return -fork_error;
    if (birth.error)
        reap(pid);
    return birth.error ? -birth.error : pid;
}
