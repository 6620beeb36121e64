#include "roster.h"
#include "procman/mem.h"
#include "procman/notifiers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct shared_plan *shared_plan_create(struct plan *plan, const char *procfile)
{
    struct shared_plan *shared = mem_new(1, sizeof *shared);

    shared->plan = *plan;
    shared->procfile = mem_string(procfile);
    *plan = (struct plan){0};
    return shared;
}

void shared_plan_release(struct shared_plan *plan)
{
    if (plan->users > 0)
        return;
    plan_release(&plan->plan);
    free(plan->procfile);
    free(plan);
}

/* ---- what a plan says of a process --------------------------------------- */

static enum life_policy policy_of(const struct process_settings *settings)
{
    switch (settings->restart) {
    case RESTART_ALWAYS: return LIFE_ALWAYS;
    case RESTART_ON_FAILURE: return LIFE_ON_CRASH;
    default: return LIFE_NEVER;
    }
}

/* Nobody else can know when a task has done its work. */
static const struct readiness *
readiness_of(const struct process_settings *settings)
{
    static const struct readiness ended_well = {.kind = READINESS_EXIT};
    bool task = settings->kind == KIND_TASK;

    return task && settings->ready.kind == READINESS_AUTO ? &ended_well
                                                          : &settings->ready;
}

static bool speaks_notify(const struct plan *plan,
                          const struct plan_process *planned)
{
    return notifiers_know(planned->command,
                          (const char *const *)plan->notifiers.names,
                          plan->notifiers.count);
}

static enum process_input input_of(const struct process_settings *settings,
                                   bool on_terminal)
{
    if (settings->tty == TTY_YES || (settings->tty == TTY_AUTO && on_terminal))
        return INPUT_TERMINAL;
    return settings->input == STDIN_PIPE ? INPUT_PIPE : INPUT_NONE;
}

static struct process_spec make_spec(const char *name, const struct plan *plan,
                                     const struct plan_process *planned,
                                     const struct process_site *site)
{
    const struct process_settings *settings = &planned->settings;

    return (struct process_spec){
        .name = name,
        .command = planned->command,
        .argv = planned->argv,
        .environment = &plan->environment,
        .own = &planned->own,
        .stop_signal = settings->stop_signal,
        .stop_command = settings->stop_command,
        .stop_timeout_ms = settings->stop_timeout_ms,
        .directory = settings->dir,
        .umask = settings->umask,
        .nice = settings->nice,
        .account = planned->account,
        .descriptors = settings->limit_nofile,
        .success = &settings->success_codes,
        .ready = readiness_of(settings),
        .notifies = speaks_notify(plan, planned),
        .ready_timeout_ms = settings->ready_timeout_ms,
        .alive = &settings->alive,
        .alive_interval_ms = settings->alive_interval_ms,
        .input = input_of(settings, site->on_terminal),
        .policy = policy_of(settings),
        .backoff = {settings->restart_delay_ms, settings->restart_max_delay_ms,
                    (unsigned)settings->restart_limit,
                    settings->restart_window_ms},
    };
}

static const char *color_of(const struct process_settings *settings)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "0",    [COLOUR_RED] = "31",   [COLOUR_GREEN] = "32",
        [COLOUR_YELLOW] = "33", [COLOUR_BLUE] = "34",  [COLOUR_MAGENTA] = "35",
        [COLOUR_CYAN] = "36",   [COLOUR_WHITE] = "37", [COLOUR_GREY] = "90",
    };

    return codes[settings->colour]; /* by order: NULL */
}

/* ---- members ------------------------------------------------------------- */

struct member *member_of_spec(const struct process_spec *spec)
{
    return (struct member *)((char *)spec - offsetof(struct member, spec));
}

struct member *member_of(const struct process *process)
{
    return member_of_spec(process_spec(process));
}

bool member_starts_after(const struct member *member,
                         const struct member *other)
{
    for (size_t i = 0; i < member->after_count; i++)
        if (member->after[i] == other)
            return true;
    return false;
}

/* A task is ready when it has ended well, and it stays so. */
static bool has_done_its_work(const struct process *process)
{
    return process_spec(process)->ready->kind == READINESS_EXIT &&
           process_run(process)->ready_ms && !process_wanted(process);
}

bool member_is_ready(const struct member *member)
{
    return (process_state(member->process) == LIFE_READY &&
            !process_frozen(member->process)) ||
           has_done_its_work(member->process);
}

static void take_plan(struct shared_plan **at, struct shared_plan *plan)
{
    struct shared_plan *old = *at;

    if (plan)
        plan->users++;
    *at = plan;
    if (!old)
        return;
    old->users--;
    shared_plan_release(old);
}

static size_t take_slot(struct roster *roster, struct member *member)
{
    size_t slot = 0;

    while (slot < roster->slot_count && roster->slots[slot].member)
        slot++;
    if (slot == roster->slot_count)
        roster->slots = mem_resize(roster->slots, ++roster->slot_count,
                                   sizeof(struct slot));
    roster->slots[slot] = (struct slot){member, 0};
    return slot;
}

static void set_plan(struct member *member, struct shared_plan *plan,
                     size_t index, const struct process_site *site)
{
    const struct plan_process *planned = &plan->plan.processes[index];

    take_plan(&member->plan, plan);
    member->planned = planned;
    member->spec = make_spec(member->name, &plan->plan, planned, site);
    member->source.color = color_of(&planned->settings);
    member->source.quiet = planned->settings.quiet;
    member->source.history = (size_t)planned->settings.history;
    member->source.pretty = planned->settings.pretty == PRETTY_JSON;
    member->source.highlight = planned->settings.highlight;
    member->source.log_file = planned->settings.log_file;
}

struct member *roster_add(struct roster *roster, struct shared_plan *plan,
                          size_t index, const struct process_site *site)
{
    struct member *member = mem_new(1, sizeof *member);
    size_t place = roster->count++;

    member->slot = take_slot(roster, member);
    member->place = place;
    member->name = mem_string(plan->plan.processes[index].name);
    member->source.name = member->name;
    member->source.index = (unsigned)member->slot;
    set_plan(member, plan, index, site);
    member->process = process_create(site, &member->spec);
    roster->members = mem_resize(roster->members, roster->count, sizeof member);
    roster->sequence =
        mem_resize(roster->sequence, roster->count, sizeof member);
    roster->members[place] = roster->sequence[place] = member;
    return member;
}

void member_release(struct member *member)
{
    take_plan(&member->plan, NULL);
    take_plan(&member->run_plan, NULL);
    take_plan(&member->next_plan, NULL);
    free(member->name);
    free(member->after);
    free(member);
}

/* Takes `member` out of a row; returns how many are left. */
static size_t take_out(struct member **row, size_t count,
                       const struct member *member)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (row[i] != member)
            row[kept++] = row[i];
    return kept;
}

void roster_take_out(struct roster *roster, struct member *member)
{
    take_out(roster->sequence, roster->count, member);
    roster->count = take_out(roster->members, roster->count, member);
    for (size_t i = 0; i < roster->count; i++) {
        struct member *other = roster->members[i];
        other->place = i;
        other->after_count = take_out(other->after, other->after_count, member);
    }
    roster->slots[member->slot] = (struct slot){0};
    member->out = true;
}

void roster_arrange(struct roster *roster, struct member *const *row)
{
    for (size_t i = 0; i < roster->count; i++) {
        roster->members[i] = row[i];
        row[i]->place = i;
    }
}

void roster_set_order(struct roster *roster, const struct order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        const struct order_node *node = &order->nodes[i];
        struct member *member = roster->members[i];
        free(member->after);
        member->after = mem_new(node->after_count, sizeof *member->after);
        member->after_count = node->after_count;
        for (size_t k = 0; k < node->after_count; k++)
            member->after[k] = roster->members[node->after[k]];
        roster->sequence[i] = roster->members[order->sequence[i]];
    }
}

/* What has begun with the old plan still holds on to what is in it. */
void member_renew(struct member *member, struct shared_plan *plan, size_t index,
                  const struct process_site *site)
{
    bool another_program = strcmp(member->planned->command,
                                  plan->plan.processes[index].command) != 0;

    if (process_state(member->process) != LIFE_IDLE && !member->run_plan)
        take_plan(&member->run_plan, member->plan);
    set_plan(member, plan, index, site);
    process_renew(member->process, another_program);
}

void member_renew_later(struct member *member, struct shared_plan *plan,
                        size_t index)
{
    take_plan(&member->next_plan, plan);
    member->next_index = index;
}

void member_drop_next(struct member *member)
{
    take_plan(&member->next_plan, NULL);
}

/* The run before is over, and holds on to nothing any more. */
void member_take_next(struct member *member, const struct process_site *site)
{
    take_plan(&member->run_plan, NULL);
    if (!member->next_plan)
        return;
    bool another_program =
        strcmp(member->planned->command,
               member->next_plan->plan.processes[member->next_index].command);
    set_plan(member, member->next_plan, member->next_index, site);
    member_drop_next(member);
    process_renew(member->process, another_program);
}

void roster_release(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        member_release(roster->members[i]);
    free(roster->members);
    free(roster->sequence);
    free(roster->slots);
    *roster = (struct roster){0};
}
