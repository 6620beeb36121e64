#include "reload.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/words.h"
#include "supervisor_inside.h"

#include <stdlib.h>
#include <string.h>

enum step { STEP_STOP, STEP_ROLL, STEP_START };

struct reload {
    struct control_call *call; /* NULL: the client has gone */
    struct reply reply;
    char *word;
    struct changes changes;
    enum step step;
    bool rolling;
    uint64_t patience_ms;
    uint64_t prompt_until_ms; /* who is told to stop has time till then */
};

/* ---- what the client is told ---------------------------------------------- */

static void on_gone(void *owner)
{
    ((struct reload *)owner)->call = NULL;
}

static const struct control_follower follower = {.on_gone = on_gone};

static void send_text(struct control_call *call, const char *text)
{
    struct buf part = {0};

    buf_add_string(&part, "{\"text\": ");
    jsontext_add_string(&part, text);
    buf_add_string(&part, "}\n");
    control_send(call, part.data, part.len);
    buf_release(&part);
}

static void send_plan(struct control_call *call, const struct changes *changes,
                      const struct notes *warnings)
{
    for (size_t i = 0; warnings && i < warnings->count; i++) {
        char *text = mem_format("warning: %s", warnings->texts[i]);
        send_text(call, text);
        free(text);
    }
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->row[i];
        struct plan_change said = {.kind = change->kind, .what = change->what};
        char *line = plan_change_line(&said, change_name(change));
        send_text(call, line);
        free(line);
    }
}

static void say(struct reload *reload, const struct member *member, bool ok,
                const char *text)
{
    struct outcome outcome = {member->name, (char *)text, ok};
    char *line = outcome_encode(&outcome);

    if (reload->call)
        control_send(reload->call, line, strlen(line));
    if (!ok)
        reload->reply.code = 1;
    free(line);
}

static void say_and_free(struct reload *reload, const struct member *member,
                         bool ok, char *text)
{
    say(reload, member, ok, text);
    free(text);
}

/* ---- the end of it -------------------------------------------------------- */

static void clear_marks(struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (reload->changes.row[i].member) {
            reload->changes.row[i].member->renewing = false;
            member_drop_next(reload->changes.row[i].member);
        }
}

static void end(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    supervisor->reload = NULL;
    clear_marks(reload);
    if (reload->call)
        control_answer(reload->call, &reload->reply);
    reply_release(&reload->reply);
    changes_release(&reload->changes);
    free(reload->word);
    free(reload);
}

static void finish(struct supervisor *supervisor)
{
    supervisor_forget_empty_files(supervisor);
    output_say(supervisor->config.output, "%s: %s", supervisor->reload->word,
               supervisor->reload->reply.code ? "not all of it could be done"
                                              : "done");
    end(supervisor);
    supervisor_check_end(supervisor);
}

void reload_stop(struct supervisor *supervisor, const char *why)
{
    if (!supervisor->reload)
        return;
    reply_fail(&supervisor->reload->reply, 1, "%s", why);
    end(supervisor);
}

/* ---- stop ----------------------------------------------------------------- */

static bool is_idle(const struct member *member)
{
    return process_state(member->process) == LIFE_IDLE;
}

static bool must_stop(const struct reload *reload, const struct change *change)
{
    return change->kind == PLAN_REMOVED ||
           (change->kind == PLAN_CHANGED && !reload->rolling);
}

/* Somebody may have started it anew meanwhile: with what is new. */
static bool is_down(const struct change *change)
{
    return is_idle(change->member) ||
           (change->kind == PLAN_CHANGED &&
            process_run(change->member->process)->number > change->number);
}

static struct change *change_of(struct reload *reload,
                                const struct member *member)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (reload->changes.row[i].member == member)
            return &reload->changes.row[i];
    return NULL;
}

/* Does somebody that has to stop too start after it? */
static bool is_needed(const struct reload *reload, const struct member *member)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        const struct change *other = &reload->changes.row[i];
        if (other->member && must_stop(reload, other) && !is_down(other) &&
            member_starts_after(other->member, member))
            return true;
    }
    return false;
}

static bool all_told_are_down(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (reload->changes.row[i].told && !is_down(&reload->changes.row[i]))
            return false;
    return true;
}

static bool all_are_down(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        const struct change *change = &reload->changes.row[i];
        if (change->member && must_stop(reload, change) && !is_down(change))
            return false;
    }
    return true;
}

static void tell_to_stop(struct supervisor *supervisor, struct change *change)
{
    struct member *member = change->member;

    change->told = true;
    member->renewing = change->start;
    supervisor_unqueue(supervisor, member);
    supervisor_let_go(member);
    process_tell(member->process, LIFE_STOP);
}

/* As a shutdown does it: one after another while they end promptly. */
static void stop_next(struct supervisor *supervisor, bool hurry)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = supervisor->roster.count; i > 0; i--) {
        struct member *member = supervisor->roster.sequence[i - 1];
        struct change *change = change_of(reload, member);
        if (!change || change->told || !must_stop(reload, change) ||
            is_down(change) || is_needed(reload, member))
            continue;
        if (!hurry && !all_told_are_down(reload))
            return;
        tell_to_stop(supervisor, change);
    }
}

/* ---- switch --------------------------------------------------------------- */

static void forget_removed(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = reload->changes.staying; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        char *text = mem_format("%s removed", change->member->name);
        say_and_free(reload, change->member, true, text);
        supervisor_forget_member(supervisor, change->member);
        change_release(change);
    }
    reload->changes.count = reload->changes.staying;
}

static void add_new(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (change->kind == PLAN_ADDED)
            change->member =
                supervisor_add_member(supervisor, change->plan, change->index);
    }
}

/* One that runs on with an old command takes the new plan with its next run. */
static void set_plans(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (!change->plan || change->kind == PLAN_ADDED)
            continue;
        if (change->kind == PLAN_KEPT || is_idle(change->member)) {
            member_drop_next(change->member);
            member_renew(change->member, change->plan, change->index,
                         &supervisor->site);
        }
    }
}

static void arrange(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    struct member **row = mem_new(reload->changes.count, sizeof *row);

    for (size_t i = 0; i < reload->changes.count; i++)
        row[i] = reload->changes.row[i].member;
    roster_arrange(&supervisor->roster, row);
    roster_set_order(&supervisor->roster, &reload->changes.order);
    free(row);
}

static void switch_over(struct supervisor *supervisor)
{
    forget_removed(supervisor);
    add_new(supervisor);
    set_plans(supervisor);
    arrange(supervisor);
    supervisor_forget_kin(supervisor);
    supervisor_look_at_held(supervisor);
}

/* ---- start ---------------------------------------------------------------- */

static void start_all(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    reload->step = STEP_START;
    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (!change->start || !is_idle(change->member))
            continue;
        change->member->renewing = false;
        supervisor_queue(supervisor, change->member);
    }
}

static bool is_settled(const struct change *change)
{
    const struct member *member = change->member;
    const struct process_run *run = process_run(member->process);

    return !change->start || member->held || run->number > change->number ||
           (!member->queued && is_idle(member));
}

static bool all_are_settled(const struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (!is_settled(&reload->changes.row[i]))
            return false;
    return true;
}

static void say_started(struct reload *reload, const struct change *change)
{
    const struct member *member = change->member;
    const struct process_run *run = process_run(member->process);
    const char *word = change->kind == PLAN_ADDED ? "added" : "changed";

    if (member->held)
        say_and_free(reload, member, true,
                     mem_format("%s %s: waits for others before it starts",
                                member->name, word));
    else if (run->number == change->number)
        say_and_free(reload, member, false,
                     mem_format("%s %s: was stopped before it was started",
                                member->name, word));
    else if (run->spawn_error)
        say_and_free(reload, member, false,
                     mem_format("%s %s: %s", member->name, word,
                                process_failure(member->process)));
    else
        say_and_free(reload, member, true,
                     mem_format("%s %s: started with pid %d", member->name,
                                word, (int)run->pid));
}

/* What a roll has done it has said itself. */
static void say_what_was_done(struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        if (change->kind == PLAN_KEPT)
            continue;
        if (change->start)
            say_started(reload, change);
        else if (!change->rolled)
            say_and_free(reload, change->member, true,
                         mem_format("%s %s: stays stopped",
                                    change->member->name,
                                    plan_change_word(change->kind)));
    }
}

/* ---- roll ----------------------------------------------------------------- */

static void renew(void *owner, struct member *member)
{
    struct supervisor *supervisor = owner;

    member->renewing = true;
    process_tell(member->process, LIFE_STOP);
    reload_changed(supervisor);
}

static void on_step(void *owner, const struct member *member, bool ok,
                    const char *text)
{
    struct supervisor *supervisor = owner;

    say(supervisor->reload, member, ok, text);
}

/* Those that are not there yet do not come, so that the next reload is about
 * them again. */
static void give_up_new_ones(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    size_t kept = 0;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct change *change = &reload->changes.row[i];
        bool is_new = change->kind == PLAN_ADDED && change->start;
        if (is_new) {
            say_and_free(reload, change->member, false,
                         mem_format("%s was not added", change->member->name));
            supervisor_forget_member(supervisor, change->member);
            change_release(change);
        } else {
            change->start = false;
            reload->changes.row[kept++] = *change;
        }
    }
    reload->changes.count = kept;
}

static void on_roll_over(void *owner, const char *why)
{
    struct supervisor *supervisor = owner;

    if (why) {
        reply_fail(&supervisor->reload->reply, 1, "%s", why);
        give_up_new_ones(supervisor);
    }
    start_all(supervisor);
    reload_changed(supervisor);
}

static const struct rolling_watcher watcher = {
    .renew = renew,
    .on_step = on_step,
    .on_over = on_roll_over,
};

/* New ones that somebody who is rolled starts after, come up first. */
static bool is_before_a_changed_one(const struct reload *reload,
                                    const struct member *member)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        const struct change *other = &reload->changes.row[i];
        if (!other->start || !member_starts_after(other->member, member))
            continue;
        if (other->kind == PLAN_CHANGED ||
            is_before_a_changed_one(reload, other->member))
            return true;
    }
    return false;
}

static bool is_rolled(const struct reload *reload, const struct change *change)
{
    return change && change->start &&
           (change->kind == PLAN_CHANGED ||
            is_before_a_changed_one(reload, change->member));
}

/* The roll sees to it, and says how it went. */
static void hand_over(struct change *change)
{
    change->rolled = true;
    change->start = false;
}

static void roll(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    struct rolling_order order = {.most_down = 1,
                                  .patience_ms = reload->patience_ms};
    struct member **row = mem_new(supervisor->roster.count, sizeof *row);

    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct member *member = supervisor->roster.sequence[i];
        struct change *change = change_of(reload, member);
        if (!is_rolled(reload, change))
            continue;
        row[order.count++] = member;
    }
    order.members = row;
    if (order.count > 0) {
        reload->step = STEP_ROLL;
        rolling_begin(supervisor, &order, &watcher, supervisor);
        for (size_t i = 0; i < order.count; i++)
            hand_over(change_of(reload, row[i]));
    } else {
        start_all(supervisor);
    }
    free(row);
}

/* Those whose turn it is have come to rest. */
static void bring_up_renewed(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    for (size_t i = 0; i < reload->changes.count; i++) {
        struct member *member = reload->changes.row[i].member;
        if (!member->renewing || !is_idle(member))
            continue;
        member->renewing = false;
        supervisor_want(supervisor, member);
    }
}

/* ---- step by step --------------------------------------------------------- */

static void on_turn(uv_timer_t *timer);

static void await(struct supervisor *supervisor, uint64_t delay_ms)
{
    uv_timer_start(&supervisor->reload_timer, on_turn, delay_ms, 0);
}

static void go_on_stopping(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;
    uint64_t now = uv_now(supervisor->config.loop);
    bool hurry = now >= reload->prompt_until_ms;

    stop_next(supervisor, hurry);
    if (!all_are_down(reload)) {
        if (!hurry)
            await(supervisor, reload->prompt_until_ms - now);
        return;
    }
    switch_over(supervisor);
    if (reload->rolling)
        roll(supervisor);
    else
        start_all(supervisor);
    reload_changed(supervisor);
}

static void go_on(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    switch (reload->step) {
    case STEP_STOP: go_on_stopping(supervisor); break;
    case STEP_ROLL: bring_up_renewed(supervisor); break;
    case STEP_START:
        if (!all_are_settled(reload))
            return;
        say_what_was_done(reload);
        finish(supervisor);
        break;
    }
}

static void on_turn(uv_timer_t *timer)
{
    struct supervisor *supervisor = HANDLES_OWNER(timer);

    if (supervisor->reload && supervisor->phase == PHASE_RUNNING)
        go_on(supervisor);
}

void reload_changed(struct supervisor *supervisor)
{
    if (supervisor->reload && supervisor->phase == PHASE_RUNNING)
        await(supervisor, 0);
}

void reload_give_way(struct supervisor *supervisor, struct member *member,
                     bool down)
{
    struct change *change =
        supervisor->reload ? change_of(supervisor->reload, member) : NULL;

    if (!change)
        return;
    change->start = change->start && !down;
    member->renewing = false;
    reload_changed(supervisor);
}

/* ---- all ------------------------------------------------------------------ */

static void mark(struct supervisor *supervisor, struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct change *change = &changes->row[i];
        if (change->kind == PLAN_REMOVED) {
            change->member->leaving = true;
            supervisor_unqueue(supervisor, change->member);
            supervisor_let_go(change->member);
        } else if (change->kind == PLAN_CHANGED) {
            member_renew_later(change->member, change->plan, change->index);
        }
    }
    output_say(supervisor->config.output, "%s: %s", supervisor->reload->word,
               changes_sum(changes).text);
}

void reload_begin(struct supervisor *supervisor, struct control_call *call,
                  const struct reload_wish *wish, struct changes *changes,
                  const struct notes *warnings)
{
    struct reload *reload = mem_new(1, sizeof *reload);

    reload->call = call;
    control_follow(call, &follower, reload);
    send_plan(call, changes, warnings);
    reload->word = mem_string(wish->word);
    reload->changes = *changes;
    *changes = (struct changes){0};
    reload->rolling = wish->rolling;
    reload->patience_ms = wish->patience_ms;
    supervisor->reload = reload;
    if (wish->dry) {
        end(supervisor);
        return;
    }
    uv_update_time(supervisor->config.loop);
    reload->prompt_until_ms =
        uv_now(supervisor->config.loop) + SHUTDOWN_PROMPT_MS;
    mark(supervisor, &reload->changes);
    reload_changed(supervisor);
}
