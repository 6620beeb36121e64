/* What clients ask of a supervisor: protocol.h in, errands out. */
#include "procman/mem.h"
#include "procman/selection.h"
#include "supervisor_inside.h"

#include <stdlib.h>
#include <string.h>

/* Which processes are meant, each once; all of them if there are no names.
 * False: one is unknown, and the reply says so. */
static bool choose(const struct roster *roster, const struct request *request,
                   bool *chosen, struct reply *reply)
{
    struct selection_member *members = mem_new(roster->count, sizeof *members);
    struct cause why;

    for (size_t i = 0; i < roster->count; i++) {
        members[i].name = roster->members[i]->planned->name;
        members[i].groups = &roster->members[i]->planned->settings.group;
        members[i].entry = roster->members[i]->planned->entry;
        chosen[i] = request->name_count == 0;
    }
    bool good = selection_choose(members, roster->count, request->names,
                                 request->name_count, chosen, &why);
    if (!good)
        reply_fail(reply, 2, "%s", why.text);
    free(members);
    return good;
}

/* What people want to know of one that is at rest, and why it waits. */
static const char *state_word(const struct member *member)
{
    const struct process *process = member->process;
    const struct process_run *last = process_last_run(process);
    int kind = member->planned->settings.kind;

    if (member->held)
        return supervisor_is_blocked(member) ? "blocked" : "held";
    if (process_failed(process))
        return "failed";
    if (process_state(process) == LIFE_IDLE && kind == KIND_TASK &&
        last->number > 0 && !last->asked)
        return "done";
    return life_word(process_state(process));
}

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

static void add_status(const struct member *member, struct reply *reply)
{
    struct status *status = reply_add_status(reply);
    const char *entry = member->planned->entry;

    status->entry = entry ? mem_string(entry) : NULL;
    status->state = mem_string(state_word(member));
    fill_in(status, member->process);
}

static void answer_statuses(const struct supervisor *supervisor,
                            struct control_call *call, const bool *chosen)
{
    struct reply reply = {0};

    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (chosen[i])
            add_status(supervisor->roster.members[i], &reply);
    control_answer(call, &reply);
    reply_release(&reply);
}

static enum verb errand_verb(enum verb verb)
{
    switch (verb) {
    case VERB_START:
    case VERB_START_ALL: return VERB_START;
    case VERB_STOP:
    case VERB_STOP_ALL: return VERB_STOP;
    default: return VERB_RESTART;
    }
}

/* Stopped in reverse order of the plan, as everything is. */
static void send_errand(struct supervisor *supervisor,
                        struct control_call *call, enum verb verb,
                        const bool *chosen)
{
    size_t count = supervisor->roster.count;
    struct errand *errand = errand_create(errand_verb(verb), call, count);

    for (size_t i = 0; i < count; i++) {
        size_t index = errand->verb == VERB_STOP ? count - 1 - i : i;
        if (chosen[index])
            errand_add(errand, supervisor->roster.members[index]->process);
    }
    supervisor_send(supervisor, errand);
}

/* A name may stand for several: a pattern, or a group. */
static void grant_console(struct supervisor *supervisor,
                          struct control_call *call,
                          const struct request *request, const bool *chosen)
{
    struct member *member = NULL;
    struct reply reply = {0};
    size_t count = 0;

    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (chosen[i]) {
            member = supervisor->roster.members[i];
            count++;
        }
    if (count != 1) {
        reply_fail(&reply, 2, "\"%s\" stands for %zu processes; say which one",
                   request->names[0], count);
        control_answer(call, &reply);
        reply_release(&reply);
    } else if (request->verb == VERB_ATTACH) {
        supervisor_attach(member, call, request);
    } else {
        supervisor_send_text(member, call, request);
    }
}

static void carry_out(struct supervisor *supervisor, struct control_call *call,
                      const struct request *request, const bool *chosen)
{
    bool starts = errand_verb(request->verb) == VERB_START;
    struct reply refusal = {0};

    if (request_option(request, "rolling"))
        supervisor_roll(supervisor, call, request, chosen);
    else if (starts ||
             supervisor_may_take_down(supervisor, request, chosen, &refusal))
        send_errand(supervisor, call, request->verb, chosen);
    else
        control_answer(call, &refusal);
    reply_release(&refusal);
}

static void grant(struct supervisor *supervisor, struct control_call *call,
                  const struct request *request, const bool *chosen)
{
    struct reply reply = {0};
    bool stop = errand_verb(request->verb) == VERB_STOP;

    if (request->verb == VERB_LIST || request->verb == VERB_STATUS) {
        answer_statuses(supervisor, call, chosen);
    } else if (request->verb == VERB_LOGS) {
        supervisor_tell_logs(supervisor, call, request);
    } else if (request->verb == VERB_ATTACH || request->verb == VERB_SEND) {
        grant_console(supervisor, call, request, chosen);
    } else if (supervisor->phase != PHASE_RUNNING && !stop) {
        reply_fail(&reply, 1,
                   "procman is shutting down: nothing is started "
                   "any more");
        control_answer(call, &reply);
        reply_release(&reply);
    } else {
        carry_out(supervisor, call, request, chosen);
    }
}

void supervisor_request(void *owner, struct control_call *call,
                        const struct request *request)
{
    struct supervisor *supervisor = owner;
    const struct roster *roster = &supervisor->roster;
    bool *chosen = mem_new(roster->count, sizeof *chosen);
    struct reply refusal = {0};

    if (choose(roster, request, chosen, &refusal))
        grant(supervisor, call, request, chosen);
    else
        control_answer(call, &refusal);
    reply_release(&refusal);
    free(chosen);
}
