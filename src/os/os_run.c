/* A child in the foreground, and a parent that only waits. */
#include "procman/os.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                SIGUSR1, SIGUSR2, SIGWINCH};

static void block(sigset_t *blocked, sigset_t *before)
{
    sigemptyset(blocked);
    sigaddset(blocked, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(blocked, passed_on[i]);
    sigprocmask(SIG_BLOCK, blocked, before);
}

/* The kernel sends what comes from a terminal to all of the group. */
static void pass_on(pid_t pid, const siginfo_t *info)
{
    if (info->si_signo != SIGCHLD && info->si_code != SI_KERNEL)
        kill(pid, info->si_signo);
}

static int wait_for(pid_t pid, const sigset_t *awaited)
{
    siginfo_t info;
    int status;

    while (waitpid(pid, &status, WNOHANG) != pid)
        if (sigwaitinfo(awaited, &info) > 0)
            pass_on(pid, &info);
    return status;
}

/* A Ctrl-C that the child has outlived must not end us after all. */
static void forget(const sigset_t *awaited)
{
    const struct timespec now = {0};

    while (sigtimedwait(awaited, NULL, &now) > 0)
        ;
}

int os_run(const struct os_child *child, int *code, int *signum)
{
    struct os_child foreground = *child;
    sigset_t blocked, before;

    foreground.foreground = true;
    block(&blocked, &before);
    pid_t pid = os_spawn(&foreground);
    int status = pid > 0 ? wait_for(pid, &blocked) : 0;
    forget(&blocked);
    sigprocmask(SIG_SETMASK, &before, NULL);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return pid > 0 ? 0 : pid;
}
