#include "errand.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sentence {
    char text[512];
};

static bool is_up(const struct process *process)
{
    enum life_state state = process_state(process);

    return state == LIFE_STARTING || state == LIFE_READY;
}

struct errand *errand_create(enum verb verb, struct control_call *call,
                             size_t count)
{
    struct errand *errand = mem_new(1, sizeof *errand);

    errand->verb = verb;
    errand->call = call;
    errand->items = mem_new(count, sizeof *errand->items);
    return errand;
}

void errand_add(struct errand *errand, struct process *process)
{
    errand->items[errand->count++] = (struct errand_item){
        .process = process,
        .number = process_run(process)->number,
        .was_up = is_up(process),
        .was_idle = process_state(process) == LIFE_IDLE,
    };
    errand->open++;
}

static void settle(struct errand *errand, struct errand_item *item, bool ok,
                   const char *text)
{
    reply_add_outcome(&errand->reply, process_spec(item->process)->name, ok,
                      text);
    if (!ok)
        errand->reply.code = 1;
    item->done = true;
    errand->open--;
}

/* ---- stop -------------------------------------------------------------- */

static struct sentence about_stop(const struct process *process,
                                  const struct process_run *run)
{
    const char *name = process_spec(process)->name;
    uint64_t since = run->signalled_ms ? run->signalled_ms : run->ended_ms;
    struct words time = words_duration(run->gone_ms - since);
    struct words signal = words_signal(process_spec(process)->stop_signal);
    struct words others =
        words_count(run->killed_others, "descendant", "descendants");
    struct sentence said;

    if (run->killed)
        snprintf(said.text, sizeof said.text, "%s killed after %s%s%s%s", name,
                 time.text, run->killed_others ? ", " : "",
                 run->killed_others ? others.text : "",
                 run->killed_others ? " with it" : "");
    else if (run->commanded || run->signalled)
        snprintf(said.text, sizeof said.text, "%s stopped: %s%s%s, %s", name,
                 run->commanded ? "stop-command" : "",
                 run->commanded && run->signalled ? " and " : "",
                 run->signalled ? signal.text : "", time.text);
    else
        snprintf(said.text, sizeof said.text, "%s has ended by itself", name);
    return said;
}

static void look_at_stop(struct errand *errand, struct errand_item *item)
{
    const struct process_run *last = process_last_run(item->process);
    struct sentence said;

    if (item->was_idle) {
        snprintf(said.text, sizeof said.text, "%s was not running",
                 process_spec(item->process)->name);
        settle(errand, item, true, said.text);
    } else if (last->number >= item->number) {
        said = about_stop(item->process, last);
        settle(errand, item, !last->killed, said.text);
    }
}

/* ---- start and restart ------------------------------------------------- */

static void say_started(struct errand *errand, struct errand_item *item)
{
    const char *name = process_spec(item->process)->name;
    const struct process_run *run = process_run(item->process);
    bool again = errand->verb == VERB_RESTART && item->was_up;
    struct sentence said;

    snprintf(said.text, sizeof said.text, "%s %s: pid %d", name,
             again ? "restarted" : "started", (int)run->pid);
    settle(errand, item, true, said.text);
}

static void say_not_started(struct errand *errand, struct errand_item *item,
                            const char *why)
{
    struct sentence said;

    snprintf(said.text, sizeof said.text, "%s: %s",
             process_spec(item->process)->name, why);
    settle(errand, item, false, said.text);
}

static void look_at_start(struct errand *errand, struct errand_item *item)
{
    const struct process_run *run = process_run(item->process);
    bool newer = run->number > item->number;
    bool idle = process_state(item->process) == LIFE_IDLE;

    if (newer && run->pid)
        say_started(errand, item);
    else if (newer && run->spawn_error)
        say_not_started(errand, item, process_failure(item->process));
    else if (idle && !process_wanted(item->process))
        say_not_started(errand, item, "was stopped before it was started");
}

static void look_at_running(struct errand *errand, struct errand_item *item)
{
    struct sentence said;

    snprintf(said.text, sizeof said.text, "%s is running already: pid %d",
             process_spec(item->process)->name,
             (int)process_run(item->process)->pid);
    settle(errand, item, true, said.text);
}

/* ---- all ---------------------------------------------------------------- */

void errand_look(struct errand *errand, const struct process *process)
{
    for (size_t i = 0; i < errand->count; i++) {
        struct errand_item *item = &errand->items[i];
        if (item->process != process || item->done)
            continue;
        if (errand->verb == VERB_STOP)
            look_at_stop(errand, item);
        else if (errand->verb == VERB_START && item->was_up)
            look_at_running(errand, item);
        else
            look_at_start(errand, item);
    }
}

void errand_fail(struct errand *errand, const struct process *process,
                 const char *why)
{
    for (size_t i = 0; i < errand->count; i++)
        if (errand->items[i].process == process && !errand->items[i].done)
            say_not_started(errand, &errand->items[i], why);
}

bool errand_finish(struct errand *errand)
{
    if (errand->open > 0)
        return false;
    control_answer(errand->call, &errand->reply);
    reply_release(&errand->reply);
    free(errand->items);
    free(errand);
    return true;
}
