#include "changes.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- plans of a draft ----------------------------------------------------- */

/* Shared by those that are made from it; the draft's own is empty then. */
static struct shared_plan **share_plans(struct draft *draft,
                                        const struct blueprint *blueprint)
{
    struct shared_plan **plans = mem_new(draft->count, sizeof *plans);

    for (size_t i = 0; i < draft->count; i++)
        plans[i] =
            shared_plan_create(&draft->plans[i], blueprint->files[i].procfile);
    return plans;
}

static void release_plans(struct shared_plan **plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        shared_plan_release(plans[i]);
    free(plans);
}

static struct change *add(struct changes *changes, enum plan_change_kind kind,
                          struct member *member)
{
    changes->row =
        mem_resize(changes->row, changes->count + 1, sizeof *changes->row);
    struct change *change = &changes->row[changes->count++];
    *change = (struct change){.kind = kind, .member = member};
    return change;
}

static void set_plan(struct change *change, struct shared_plan *plan,
                     size_t index)
{
    change->plan = plan;
    change->index = index;
    plan->users++;
}

/* ---- how members stand ---------------------------------------------------- */

/* Is somebody going to miss it?  Whoever has been stopped stays so; whoever has
 * ended by itself or failed is brought up with what is new. */
static bool is_wanted(const struct member *member)
{
    const struct process_run *run = process_run(member->process);

    if (member->queued || member->held || process_wanted(member->process))
        return true;
    switch (process_state(member->process)) {
    case LIFE_STOPPING: return false;
    default: return run->number > 0 && !run->asked;
    }
}

static void note_standing(struct change *change)
{
    switch (change->kind) {
    case PLAN_ADDED:
        change->start =
            change->plan->plan.processes[change->index].settings.autostart;
        break;
    case PLAN_CHANGED: change->start = is_wanted(change->member); break;
    default: break;
    }
    if (change->member)
        change->number = process_run(change->member->process)->number;
}

/* ---- what becomes of whom ------------------------------------------------- */

struct rows {
    struct plan_item *old, *new;
    struct member **members;    /* of old */
    struct shared_plan **plans; /* of new */
    size_t *indexes;
    size_t old_count, new_count;
};

static void make_rows(struct rows *rows, size_t most_old, size_t most_new)
{
    *rows = (struct rows){
        .old = mem_new(most_old, sizeof *rows->old),
        .members = mem_new(most_old, sizeof *rows->members),
        .new = mem_new(most_new, sizeof *rows->new),
        .plans = mem_new(most_new, sizeof *rows->plans),
        .indexes = mem_new(most_new, sizeof *rows->indexes),
    };
}

static void release_rows(struct rows *rows)
{
    free(rows->old);
    free(rows->members);
    free(rows->new);
    free(rows->plans);
    free(rows->indexes);
}

static void add_old(struct rows *rows, struct member *member)
{
    rows->members[rows->old_count] = member;
    rows->old[rows->old_count++] =
        (struct plan_item){&member->plan->plan, member->planned};
}

static void add_new(struct rows *rows, struct shared_plan *plan, size_t index)
{
    rows->plans[rows->new_count] = plan;
    rows->indexes[rows->new_count] = index;
    rows->new[rows->new_count++] =
        (struct plan_item){&plan->plan, &plan->plan.processes[index]};
}

static void take_diff(struct changes *changes, const struct rows *rows)
{
    struct plan_diff diff;

    plan_diff_make(&diff, rows->old, rows->old_count, rows->new,
                   rows->new_count);
    for (size_t i = 0; i < diff.count; i++) {
        struct plan_change *from = &diff.changes[i];
        struct change *change =
            add(changes, from->kind,
                from->kind == PLAN_ADDED ? NULL : rows->members[from->old]);
        change->what = from->what;
        from->what = NULL;
        if (from->kind != PLAN_REMOVED)
            set_plan(change, rows->plans[from->new], rows->indexes[from->new]);
        note_standing(change);
    }
    plan_diff_release(&diff);
}

static void keep(struct changes *changes, struct member *member)
{
    add(changes, PLAN_KEPT, member)->what = mem_string("");
}

static void count_staying(struct changes *changes)
{
    changes->staying = 0;
    while (changes->staying < changes->count &&
           changes->row[changes->staying].kind != PLAN_REMOVED)
        changes->staying++;
}

static size_t count_processes(const struct draft *draft)
{
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++)
        count += draft->plans[i].count;
    return count;
}

void changes_reload(struct changes *changes, const struct roster *roster,
                    struct draft *draft, const struct blueprint *blueprint)
{
    struct rows rows;

    *changes = (struct changes){0};
    make_rows(&rows, roster->count, count_processes(draft));
    struct shared_plan **plans = share_plans(draft, blueprint);
    for (size_t i = 0; i < roster->count; i++)
        add_old(&rows, roster->members[i]);
    for (size_t i = 0; i < draft->count; i++)
        for (size_t k = 0; k < plans[i]->plan.count; k++)
            add_new(&rows, plans[i], k);
    take_diff(changes, &rows);
    count_staying(changes);
    release_plans(plans, draft->count);
    release_rows(&rows);
}

void changes_add(struct changes *changes, const struct roster *roster,
                 struct draft *draft, const struct blueprint *blueprint)
{
    struct shared_plan **plans = share_plans(draft, blueprint);
    struct shared_plan *more = plans[draft->count - 1];

    *changes = (struct changes){0};
    for (size_t i = 0; i < roster->count; i++)
        keep(changes, roster->members[i]);
    for (size_t i = 0; i < more->plan.count; i++) {
        struct change *change = add(changes, PLAN_ADDED, NULL);
        change->what = mem_string("");
        set_plan(change, more, i);
        note_standing(change);
    }
    count_staying(changes);
    release_plans(plans, draft->count);
}

static bool is_of(const struct plan_process *process, const char *entry)
{
    return strcmp(process->name, entry) == 0 ||
           (process->entry && strcmp(process->entry, entry) == 0);
}

/* Of whom there are to be none, the one that stays is there to be started by
 * name; where there were none, it starts with the others. */
static void follow_count(struct change *change)
{
    if (!change->member || !change->plan)
        return;
    const struct process_settings *before = &change->member->planned->settings;
    const struct process_settings *now =
        &change->plan->plan.processes[change->index].settings;
    bool goes = before->autostart && !now->autostart;
    bool comes = !before->autostart && now->autostart &&
                 process_state(change->member->process) == LIFE_IDLE;

    if (goes || comes) {
        change->kind = PLAN_CHANGED;
        change->start = comes;
    }
}

/* Those that go, or those that stay. */
static void move(struct changes *to, const struct changes *from, bool removed)
{
    for (size_t i = 0; i < from->count; i++)
        if ((from->row[i].kind == PLAN_REMOVED) == removed)
            *add(to, PLAN_KEPT, NULL) = from->row[i];
}

/* Those that are not meant stay where they are; the others come where the first
 * of them was. */
void changes_scale(struct changes *changes, const struct roster *roster,
                   struct draft *draft, const struct blueprint *blueprint,
                   const char *entry)
{
    struct changes of_entry = {0};
    struct rows rows;

    make_rows(&rows, roster->count, count_processes(draft));
    struct shared_plan **plans = share_plans(draft, blueprint);
    for (size_t i = 0; i < roster->count; i++)
        if (is_of(roster->members[i]->planned, entry))
            add_old(&rows, roster->members[i]);
    for (size_t i = 0; i < draft->count; i++)
        for (size_t k = 0; k < plans[i]->plan.count; k++)
            if (is_of(&plans[i]->plan.processes[k], entry))
                add_new(&rows, plans[i], k);
    take_diff(&of_entry, &rows);
    for (size_t i = 0; i < of_entry.count; i++)
        follow_count(&of_entry.row[i]);

    *changes = (struct changes){0};
    bool there = false;
    for (size_t i = 0; i < roster->count; i++) {
        if (!is_of(roster->members[i]->planned, entry)) {
            keep(changes, roster->members[i]);
        } else if (!there) {
            move(changes, &of_entry, false);
            there = true;
        }
    }
    if (!there)
        move(changes, &of_entry, false);
    move(changes, &of_entry, true);
    free(of_entry.row);
    count_staying(changes);
    release_plans(plans, draft->count);
    release_rows(&rows);
}

void changes_remove(struct changes *changes, const struct roster *roster,
                    const bool *chosen)
{
    *changes = (struct changes){0};
    for (size_t i = 0; i < roster->count; i++)
        if (!chosen[i])
            keep(changes, roster->members[i]);
    for (size_t i = 0; i < roster->count; i++)
        if (chosen[i]) {
            struct change *change =
                add(changes, PLAN_REMOVED, roster->members[i]);
            change->what = mem_string("");
            note_standing(change);
        }
    count_staying(changes);
}

/* ---- the order ------------------------------------------------------------ */

static const struct plan_process *planned(const struct change *change)
{
    assert(change->plan || change->member);
    return change->plan ? &change->plan->plan.processes[change->index]
                        : change->member->planned;
}

const char *change_name(const struct change *change)
{
    return change->member ? change->member->name : planned(change)->name;
}

bool changes_set_order(struct changes *changes, struct notes *mistakes,
                       struct cause *why)
{
    struct order_member *members = mem_new(changes->staying, sizeof *members);

    for (size_t i = 0; i < changes->staying; i++)
        members[i] = plan_order_member(planned(&changes->row[i]));
    bool good =
        order_make(&changes->order, members, changes->staying, mistakes, why);
    free(members);
    return good;
}

/* ---- words ---------------------------------------------------------------- */

static size_t count_kind(const struct changes *changes,
                         enum plan_change_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < changes->count; i++)
        count += changes->row[i].kind == kind;
    return count;
}

struct words changes_sum(const struct changes *changes)
{
    struct words words = {{0}};
    size_t len = 0;

    for (int kind = PLAN_ADDED; kind <= PLAN_KEPT; kind++) {
        size_t count = count_kind(changes, (enum plan_change_kind)kind);
        if (count > 0 && len < sizeof words.text)
            len +=
                (size_t)snprintf(words.text + len, sizeof words.text - len,
                                 "%s%zu %s", len ? ", " : "", count,
                                 plan_change_word((enum plan_change_kind)kind));
    }
    return words;
}

bool changes_are_none(const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->row[i].kind != PLAN_KEPT || *changes->row[i].what)
            return false;
    return true;
}

void change_release(struct change *change)
{
    free(change->what);
    if (!change->plan)
        return;
    change->plan->users--;
    shared_plan_release(change->plan);
}

void changes_release(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        change_release(&changes->row[i]);
    free(changes->row);
    order_release(&changes->order);
    *changes = (struct changes){0};
}
