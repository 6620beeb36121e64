#include "procman/mem.h"
#include "requests_inside.h"
#include "standing.h"

static void fill_in(struct status *status, struct process *process)
{
    const struct process_run *run = process_run(process);
    const struct process_run *last =
        run->ended_ms ? run : process_last_run(process);
    bool runs = run->pid && !run->ended_ms;

    status->name = mem_string(process_spec(process)->name);
    status->command = mem_string(process_spec(process)->command);
    if (process_status(process))
        status->says = mem_string(process_status(process));
    status->pid = runs ? run->pid : 0;
    status->uptime_ms = runs ? process_age_ms(process) : 0;
    status->restarts = run->number > 1 ? run->number - 1 : 0;
    status->has_exited = last->number > 0;
    status->exit_code = last->code;
    status->exit_signal = last->signum;
    status->exit_asked = last->asked;
}

static void add_status(const struct supervisor *supervisor,
                       const struct member *member, struct reply *reply)
{
    struct status *status = reply_add_status(reply);
    const char *entry = member->planned->entry;

    status->entry = entry ? mem_string(entry) : NULL;
    status->state = mem_string(standing_word(member));
    status->why = standing_why(member);
    if (process_failed(member->process))
        status->last_lines = supervisor_last_lines(supervisor, member);
    fill_in(status, member->process);
}

void answer_statuses(const struct supervisor *supervisor,
                     struct control_call *call, const bool *chosen)
{
    struct reply reply = {0};

    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (chosen[i])
            add_status(supervisor, supervisor->roster.members[i], &reply);
    control_answer(call, &reply);
    reply_release(&reply);
}
