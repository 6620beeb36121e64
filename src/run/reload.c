#include "procman/jsontext.h"
#include "procman/mem.h"
#include "reload_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the client is told ---------------------------------------------- */

/* What is down has to come up; but nobody else is taken down, as in any roll
 * whose client has gone. */
static void on_gone(void *owner)
{
    struct reload *reload = owner;

    reload->call = NULL;
    if (reload->roll)
        rolling_stop(reload->roll, "its client has gone");
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

void reload_say(struct reload *reload, const struct member *member, bool ok,
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

void reload_say_and_free(struct reload *reload, const struct member *member,
                         bool ok, char *text)
{
    reload_say(reload, member, ok, text);
    free(text);
}

/* ---- the end of it -------------------------------------------------------- */

static void clear_marks(struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++) {
        struct member *member = reload->changes.row[i].member;
        if (!member)
            continue;
        member->renewing = false;
        member->change = NULL;
        member_drop_next(member);
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

    reload_stop_next(supervisor, hurry);
    if (supervisor->reload != reload)
        return;
    if (!reload_all_are_down(reload)) {
        if (!hurry)
            await(supervisor, reload->prompt_until_ms - now);
        return;
    }
    reload_switch(supervisor);
    if (reload->rolling)
        reload_roll(supervisor);
    else
        reload_start_all(supervisor);
    reload_changed(supervisor);
}

static void go_on(struct supervisor *supervisor)
{
    struct reload *reload = supervisor->reload;

    switch (reload->step) {
    case STEP_STOP: go_on_stopping(supervisor); break;
    case STEP_ROLL: reload_bring_up_renewed(supervisor); break;
    case STEP_START:
        reload_bring_up_renewed(supervisor); /* a roll that is over has left */
        if (!reload_all_are_settled(reload))
            return;
        reload_say_what_was_done(reload);
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
    struct change *change = member->change;

    if (!change)
        return;
    bool ours = member->renewing && down;
    change->start = change->start && !down;
    member->renewing = false;
    if (ours && rolling_of(supervisor, member)) {
        char *why = mem_format("%s was stopped meanwhile", member->name);
        rolling_stop(rolling_of(supervisor, member), why);
        free(why);
    }
    reload_changed(supervisor);
}

/* ---- all ------------------------------------------------------------------ */

void reload_index(struct reload *reload)
{
    for (size_t i = 0; i < reload->changes.count; i++)
        if (reload->changes.row[i].member)
            reload->changes.row[i].member->change = &reload->changes.row[i];
}

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
    reload_index(supervisor->reload);
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
