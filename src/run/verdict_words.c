#include "verdict_words.h"
#include "procman/mem.h"
#include "standing.h"

#include <stdlib.h>

static void tell_exited(struct reply *reply, const struct member *member,
                        uint64_t run)
{
    const struct process_spec *spec = &member->spec;
    const struct process_run *end = standing_end(member, run);
    bool good =
        end->asked || value_codes_have(spec->success, end->code, end->signum);
    char *text =
        end->pid ? mem_format("%s %s%s", spec->name, standing_exit(end).text,
                              end->asked ? ", as asked" : "")
                 : mem_format("%s could not be started", spec->name);

    reply_add_outcome(reply, spec->name, good, text);
    if (!good)
        reply->code = 1;
    free(text);
}

static char *say_ready(const struct member *member)
{
    const struct process_run *run = process_run(member->process);

    if (run->pid && !run->ended_ms)
        return mem_format("%s is ready: pid %d", member->spec.name,
                          (int)run->pid);
    return mem_format("%s is done: it %s", member->spec.name,
                      standing_exit(run).text);
}

void verdict_tell_done(struct reply *reply, enum awaited what,
                       const struct member *member, uint64_t run)
{
    if (what == AWAITED_EXITED) {
        tell_exited(reply, member, run);
        return;
    }
    char *text = what == AWAITED_READY
                     ? say_ready(member)
                     : mem_format("%s is stopped", member->spec.name);
    reply_add_outcome(reply, member->spec.name, true, text);
    free(text);
}

void verdict_tell_not(struct reply *reply, enum awaited what,
                      const struct member *member)
{
    char *reason = standing_reason(member);
    char *text = mem_format("%s %s %s: %s", member->spec.name,
                            what == AWAITED_EXITED ? "has not" : "is not",
                            awaited_word(what), reason);

    reply_add_outcome(reply, member->spec.name, false, text);
    free(text);
    free(reason);
}
