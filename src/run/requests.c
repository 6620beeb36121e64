/* What clients ask of a supervisor: protocol.h in, errands and answers out. */
#include "procman/mem.h"
#include "procman/selection.h"
#include "requests_inside.h"

#include <stdlib.h>

/* ---- who is meant -------------------------------------------------------- */

static struct selection_member *make_selection(const struct roster *roster)
{
    struct selection_member *members = mem_new(roster->count, sizeof *members);

    for (size_t i = 0; i < roster->count; i++) {
        members[i].name = roster->members[i]->planned->name;
        members[i].groups = &roster->members[i]->planned->settings.group;
        members[i].entry = roster->members[i]->planned->entry;
    }
    return members;
}

static bool brings_up(enum verb verb)
{
    return verb == VERB_START || verb == VERB_START_ALL ||
           verb == VERB_RESTART || verb == VERB_RESTART_ALL;
}

/* One that is on its way out of the session is not started again: who names it
 * is refused, and "all" does not mean it. */
static bool check_leaving(const struct roster *roster,
                          const struct request *request, bool *chosen,
                          struct reply *reply)
{
    for (size_t i = 0; i < roster->count && brings_up(request->verb); i++) {
        if (!chosen[i] || !roster->members[i]->leaving)
            continue;
        if (request->name_count) {
            reply_fail(reply, 1, "%s is being removed from this session",
                       roster->members[i]->name);
            return false;
        }
        chosen[i] = false;
    }
    return true;
}

static bool is_there(const struct member *member)
{
    return member->held || process_state(member->process) != LIFE_IDLE;
}

/* Does "all", without a name, mean it?  Who is there to be started by name is
 * not brought up by it. */
static bool all_mean(const struct member *member, enum verb verb)
{
    return !brings_up(verb) || is_there(member) ||
           member->planned->settings.autostart;
}

/* Which processes are meant, each once; all of them if there are no names.
 * False: one is unknown, and the reply says so. */
static bool choose(const struct roster *roster, const struct request *request,
                   bool *chosen, struct reply *reply)
{
    struct selection_member *members = make_selection(roster);
    const char *exclude = request_option(request, "exclude");
    struct cause why;

    for (size_t i = 0; i < roster->count; i++)
        chosen[i] = request->name_count == 0 &&
                    all_mean(roster->members[i], request->verb);
    bool good = selection_choose(members, roster->count, request->names,
                                 request->name_count, chosen, &why);
    if (good && exclude)
        good =
            selection_leave_out(members, roster->count, exclude, chosen, &why);
    if (!good)
        reply_fail(reply, 2, "%s", why.text);
    free(members);
    return good && check_leaving(roster, request, chosen, reply);
}

static bool starts_after_a_chosen_one(const struct member *member,
                                      const bool *chosen)
{
    for (size_t i = 0; i < member->after_count; i++)
        if (chosen[member->after[i]->place])
            return true;
    return false;
}

/* In the sequence, whoever starts after somebody stands behind him. */
static void add_dependents(const struct roster *roster, bool *chosen)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = roster->sequence[i];
        if (starts_after_a_chosen_one(member, chosen) && is_there(member))
            chosen[member->place] = true;
    }
}

/* ---- errands ------------------------------------------------------------- */

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

/* Whoever starts after others is started behind them and stopped before them;
 * else the order is that of the files. */
static void send_errand(struct supervisor *supervisor,
                        struct control_call *call, enum verb verb,
                        const bool *chosen)
{
    const struct roster *roster = &supervisor->roster;
    struct errand *errand =
        errand_create(errand_verb(verb), call, roster->count);

    for (size_t i = 0; i < roster->count; i++) {
        bool backwards = errand->verb == VERB_STOP;
        size_t at = backwards ? roster->count - 1 - i : i;
        struct member *member = roster->sequence[at];
        if (chosen[member->place])
            errand_add(errand, member->process);
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

static void refuse_start(struct control_call *call)
{
    struct reply reply = {0};

    reply_fail(&reply, 1,
               "procman is shutting down: nothing is started any more");
    control_answer(call, &reply);
    reply_release(&reply);
}

static void wait_for(struct supervisor *supervisor, struct control_call *call,
                     const struct request *request, const bool *chosen)
{
    struct reply refusal = {0};

    if (!waiters_add_call(&supervisor->waiters, &supervisor->roster, request,
                          chosen, call, &refusal))
        control_answer(call, &refusal);
    reply_release(&refusal);
}

static void grant(struct supervisor *supervisor, struct control_call *call,
                  const struct request *request, bool *chosen)
{
    bool stop = errand_verb(request->verb) == VERB_STOP;

    switch (request->verb) {
    case VERB_LIST:
    case VERB_STATUS: answer_statuses(supervisor, call, chosen); return;
    case VERB_LOG_REOPEN: reopen_logs(supervisor, call); return;
    case VERB_LOGS: supervisor_tell_logs(supervisor, call, request); return;
    case VERB_ATTACH:
    case VERB_SEND: grant_console(supervisor, call, request, chosen); return;
    case VERB_WAIT: wait_for(supervisor, call, request, chosen); return;
    case VERB_SIGNAL:
    case VERB_PAUSE:
    case VERB_RESUME: send_signals(supervisor, call, request, chosen); return;
    case VERB_REMOVE: supervisor_remove(supervisor, call, chosen); return;
    default: break;
    }
    if (supervisor->phase != PHASE_RUNNING && !stop) {
        refuse_start(call);
        return;
    }
    if (stop && request_option(request, "with-dependents"))
        add_dependents(&supervisor->roster, chosen);
    carry_out(supervisor, call, request, chosen);
}

static void request_of_members(struct supervisor *supervisor,
                               struct control_call *call,
                               const struct request *request)
{
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

void supervisor_request(void *owner, struct control_call *call,
                        const struct request *request)
{
    struct supervisor *supervisor = owner;

    switch (request->verb) {
    case VERB_RELOAD: supervisor_reload(supervisor, call, request); break;
    case VERB_ADD: supervisor_add(supervisor, call, request); break;
    case VERB_SCALE: supervisor_scale(supervisor, call, request); break;
    default: request_of_members(supervisor, call, request); break;
    }
}
