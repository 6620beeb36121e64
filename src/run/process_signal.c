#include "process_inside.h"

#include <signal.h>

static bool is_up(const struct process *process)
{
    return process->life.state == LIFE_STARTING ||
           process->life.state == LIFE_READY;
}

/* In LIFE_STARTING the timer is the readiness deadline, if there is one. */
bool process_freeze(struct process *process)
{
    bool has_deadline = process->life.state == LIFE_STARTING &&
                        uv_is_active((uv_handle_t *)&process->timer);

    if (!is_up(process))
        return false;
    process_signal_all(process, SIGSTOP);
    if (process->frozen)
        return true;
    process->frozen = true;
    process->thawed_left_ms =
        has_deadline ? uv_timer_get_due_in(&process->timer) + 1 : 0;
    uv_timer_stop(&process->timer);
    ready_freeze(process->ready, true);
    return true;
}

/* One whose leader was killed meanwhile may have left others who sleep. */
bool process_thaw(struct process *process)
{
    if (!process->frozen)
        return false;
    process->frozen = false;
    process_signal_all(process, SIGCONT);
    if (!is_up(process))
        return true;
    if (process->life.state == LIFE_STARTING && process->thawed_left_ms)
        process_arm(process, process->thawed_left_ms);
    ready_freeze(process->ready, false);
    return true;
}

bool process_frozen(const struct process *process)
{
    return process->frozen;
}

bool process_signal(struct process *process, int signum, bool whole_group,
                    struct cause *why)
{
    pid_t leader = process->now.pid;

    if (leader == 0 || process->now.ended_ms)
        return cause_say(why, "does not run");
    if (os_group_is_foreign(leader))
        return cause_say(why,
                         "runs as another user: pid %d is not ours to "
                         "signal",
                         (int)leader);
    if (whole_group)
        os_signal_group(leader, signum);
    else
        os_signal(leader, signum);
    return true;
}
