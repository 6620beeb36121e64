#include "procman/mem.h"
#include "procman/words.h"
#include "requests_inside.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* What is to be sent, understood. */
struct sending {
    int signum;
    bool whole_group;
};

static bool is_up(const struct process *process)
{
    enum life_state state = process_state(process);

    return state == LIFE_STARTING || state == LIFE_READY;
}

/* Each says in `said` what came of it; false: it could not be done. */
static bool pause_one(struct process *process, struct cause *said)
{
    if (process_frozen(process)) {
        cause_say(said, "was paused already");
        return true;
    }
    if (process_freeze(process)) {
        cause_say(said, "is paused");
        return true;
    }
    return cause_say(said, "%s",
                     process_state(process) == LIFE_STOPPING
                         ? "is being stopped"
                         : "does not run");
}

static bool resume_one(struct process *process, struct cause *said)
{
    if (process_thaw(process))
        cause_say(said, "goes on");
    else if (is_up(process))
        cause_say(said, "was not paused");
    else
        return cause_say(said, "does not run");
    return true;
}

/* STOP and CONT are known here by what they do: a process that is only made to
 * stand still would be taken for one that hangs. */
static bool send_one(struct process *process, const struct sending *sending,
                     struct cause *said)
{
    if (sending->signum == SIGSTOP)
        return pause_one(process, said);
    if (sending->signum == SIGCONT && process_frozen(process))
        return resume_one(process, said);
    if (!process_signal(process, sending->signum, sending->whole_group, said))
        return false;
    cause_say(said, "got %s%s", words_signal(sending->signum).text,
              sending->whole_group ? ", with its process group" : "");
    return true;
}

static void say(struct supervisor *supervisor, const struct member *member,
                const struct request *request, const struct cause *said)
{
    if (request->verb == VERB_SIGNAL)
        output_say(supervisor->config.output, "%s %s, as asked",
                   member->spec.name, said->text);
    else
        output_say(supervisor->config.output, "%s %s", member->spec.name,
                   said->text);
}

static void do_one(struct supervisor *supervisor, const struct member *member,
                   const struct request *request, const struct sending *sending,
                   struct reply *reply)
{
    struct process *process = member->process;
    bool was_frozen = process_frozen(process);
    struct cause said;
    bool done;

    if (request->verb == VERB_PAUSE)
        done = pause_one(process, &said);
    else if (request->verb == VERB_RESUME)
        done = resume_one(process, &said);
    else
        done = send_one(process, sending, &said);
    if (done &&
        (request->verb == VERB_SIGNAL || was_frozen != process_frozen(process)))
        say(supervisor, member, request, &said);

    char *text = mem_format("%s %s", member->spec.name, said.text);
    reply_add_outcome(reply, member->spec.name, done, text);
    if (!done)
        reply->code = 1;
    free(text);
}

static bool understand(struct sending *sending, const struct request *request,
                       struct cause *why)
{
    uint64_t number = 0;

    *sending = (struct sending){.whole_group =
                                    request_option(request, "group") != NULL};
    if (request->verb != VERB_SIGNAL)
        return true;
    if (!request_number(request, "signal", &number, why))
        return false;
    if (number < 1 || number > (uint64_t)SIGRTMAX)
        return cause_say(why, "signal: which one?");
    sending->signum = (int)number;
    return true;
}

void send_signals(struct supervisor *supervisor, struct control_call *call,
                  const struct request *request, const bool *chosen)
{
    struct reply reply = {0};
    struct sending sending;
    struct cause why;

    if (!understand(&sending, request, &why))
        reply_fail(&reply, 2, "%s", why.text);
    for (size_t i = 0; i < supervisor->roster.count && reply.code < 2; i++)
        if (chosen[i])
            do_one(supervisor, supervisor->roster.members[i], request, &sending,
                   &reply);
    waiters_note_change(&supervisor->waiters);
    rolling_changed(supervisor);
    control_answer(call, &reply);
    reply_release(&reply);
}
