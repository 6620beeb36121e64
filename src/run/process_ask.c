/* Questions about a process: nothing changes. */
#include "process_inside.h"

struct console *process_console(const struct process *process)
{
    return process->life.state == LIFE_CLOSING ? NULL : process->console;
}

enum life_state process_state(const struct process *process)
{
    return process->life.state;
}

bool process_wanted(const struct process *process)
{
    return process->life.want_up;
}

bool process_failed(const struct process *process)
{
    return process->life.state == LIFE_IDLE && process->life.failed;
}

bool process_asked(const struct process *process)
{
    return process->life.asked;
}

bool process_crashed(const struct process *process)
{
    return process->life.crashed && !process->life.asked;
}

const struct process_spec *process_spec(const struct process *process)
{
    return process->spec;
}

const struct process_run *process_run(const struct process *process)
{
    return &process->now;
}

const struct process_run *process_last_run(const struct process *process)
{
    return &process->last;
}

const char *process_status(const struct process *process)
{
    return process->status;
}

const char *process_failure(const struct process *process)
{
    return process->failure;
}

const char *process_trouble(const struct process *process)
{
    return process->trouble;
}

uint64_t process_age_ms(struct process *process)
{
    uint64_t until = process_leader_is_gone(process) ? process->now.ended_ms
                                                     : process_now_ms(process);

    return until - process->now.started_ms;
}

uint64_t process_wait_ms(const struct process *process)
{
    return process->life.state == LIFE_WAITING
               ? uv_timer_get_due_in(&process->timer)
               : 0;
}

pid_t process_stop_command(const struct process *process)
{
    return process->stop_command;
}

uint64_t process_patience_ms(struct process *process)
{
    return process_now_ms(process) - process->now.signalled_ms;
}
