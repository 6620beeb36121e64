#include "procman/guard.h"
#include "procman/os.h"
#include "procman/os_cgroup.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_LIMIT_MS 20000

struct guard {
    pid_t supervisor;
    bool suspending; /* Ctrl-Z is on its way through */
    bool suspended;  /* the supervisor stands still */
    int status;      /* of the supervisor, once it has ended */
};

/* Who has sent us Ctrl-Z waits until we stand still too. */
static void suspend_if_all_are(struct guard *guard)
{
    if (guard->suspending && guard->suspended) {
        guard->suspending = false;
        raise(SIGSTOP);
    }
}

/* True once the supervisor has ended.  Whoever else is a child of ours was
 * adopted. */
static bool look_after_children(struct guard *guard)
{
    int flags = WNOHANG | WUNTRACED | WCONTINUED, status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, flags)) > 0) {
        if (pid != guard->supervisor)
            continue;
        guard->suspended = WIFSTOPPED(status);
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            guard->status = status;
            return true;
        }
    }
    suspend_if_all_are(guard);
    return false;
}

static void pass_on(struct guard *guard, int signum)
{
    switch (signum) {
    case SIGTSTP:
    case SIGCONT: guard->suspending = signum == SIGTSTP; /* fall through */
    case SIGINT:
    case SIGTERM:
    case SIGHUP:
    case SIGQUIT:
    case SIGUSR1:
    case SIGWINCH: /* the terminal tells its foreground group: us */
        kill(guard->supervisor, signum);
        break;
    default: break; /* nobody has a use for it */
    }
}

static void stand_guard(struct guard *guard)
{
    sigset_t all;
    int signum;

    sigfillset(&all);
    while (!look_after_children(guard))
        if (sigwait(&all, &signum) == 0)
            pass_on(guard, signum);
}

/* A group of its own: set on both sides, whoever comes first. */
static bool become_supervisor(pid_t guard, const char *cgroup)
{
    setpgid(0, 0);
    if (cgroup)
        os_cgroup_enter(cgroup);
    os_become_subreaper();
    if (!os_follow_parent(guard, SIGTERM))
        _exit(1);
    return true;
}

void guard_block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* Whatever our caller had blocked is not ours to keep. */
void guard_admit_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

bool guard_split(struct guard_report *report, const char *cgroup)
{
    pid_t self = getpid();
    struct guard guard = {0};

    *report = (struct guard_report){.guard = self};
    os_become_subreaper();
    guard_block_signals();
    guard.supervisor = fork();
    if (guard.supervisor == 0)
        return become_supervisor(self, cgroup);
    if (guard.supervisor < 0) {
        report->code = 1;
        report->error = errno;
        return false;
    }
    setpgid(guard.supervisor, guard.supervisor);
    stand_guard(&guard);
    report->code = WIFEXITED(guard.status) ? WEXITSTATUS(guard.status) : 0;
    report->signum = WIFSIGNALED(guard.status) ? WTERMSIG(guard.status) : 0;
    report->ended = os_end_descendants(END_LIMIT_MS);
    if (cgroup) {
        os_cgroup_kill(cgroup);
        os_cgroup_remove(cgroup);
    }
    return false;
}

bool guard_is_there(const struct guard_report *report)
{
    return getppid() == report->guard;
}

_Noreturn void guard_repeat(int code, int signum)
{
    struct rlimit no_core = {0, 0};
    sigset_t all;

    if (signum) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(signum, SIG_DFL);
        raise(signum);
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        code = 128 + signum; /* process 1 cannot die of a signal */
    }
    exit(code);
}
