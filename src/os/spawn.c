/* One child, by vfork: the path from the request to exec. */
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Everything below until exec runs in the child on our memory: system calls
 * only, nothing allocated, nothing of ours changed but *error. */

static int put(int from, int to)
{
    /* dup2() onto itself would leave close-on-exec set. */
    if (from == to)
        return fcntl(to, F_SETFD, 0);
    return dup2(from, to);
}

static void default_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int signum = 1; signum < NSIG; signum++)
        sigaction(signum, &plain, NULL);
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

/* The signals go back to normal last: until then nothing can interrupt. */
static void become(const struct os_child *child, pid_t parent,
                   char **shell_argv)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    if (child->directory && chdir(child->directory))
        return;
    if (put(child->input, 0) < 0 || put(child->output, 1) < 0 ||
        put(child->error, 2) < 0)
        return;
    if (limit_descriptors(&child->descriptors))
        return;
    if (child->umask >= 0)
        umask((mode_t)child->umask);
    if (child->nice && setpriority(PRIO_PROCESS, 0, niceness(child->nice)))
        return;
    default_signals();
    execve(child->file, child->argv, child->env);
    if (errno == ENOEXEC)
        execve("/bin/sh", shell_argv, child->env);
}

/* A function of its own: what it has on its stack is safe from the child. */
static pid_t fork_and_become(const struct os_child *child, char **shell_argv,
                             volatile int *error)
{
    pid_t parent = getpid();
    pid_t pid = vfork();

    if (pid == 0) {
        become(child, parent, shell_argv);
        *error = errno;
        _exit(127);
    }
    return pid;
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
    volatile int error = 0;
    size_t argc = count_of(child->argv);
    char **shell_argv = calloc(argc + 2, sizeof *shell_argv);
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
    pid_t pid = fork_and_become(child, shell_argv, &error);
    int fork_error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);

    free(shell_argv);
    if (pid < 0)
        return -fork_error;
    if (error)
        reap(pid);
    return error ? -error : pid;
}
