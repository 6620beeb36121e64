#include "waiters.h"
#include "procman/mem.h"
#include "standing.h"
#include "verdict_words.h"

#include <stddef.h>
#include <stdlib.h>

struct waiter_item {
    const struct member *member;
    uint64_t run; /* that AWAITED_EXITED means */
};

struct waiter {
    struct waiter *next;
    struct waiters *waiters;
    enum awaited what;
    struct waiter_item *items;
    size_t count;
    uint64_t since_ms;
    uint64_t until_ms; /* 0: for ever */
    struct reply gone; /* what became of those that are no members any more */

    struct control_call *call; /* NULL: procman itself */
    waiters_over_fn *on_over;
    void *owner;
};

static uint64_t now_ms(const struct waiters *waiters)
{
    uv_update_time(waiters->timer.loop);
    return uv_now(waiters->timer.loop);
}

/* The handles' owner is the supervisor, which counts them. */
static struct waiters *waiters_of_timer(uv_timer_t *timer)
{
    return (struct waiters *)((char *)timer - offsetof(struct waiters, timer));
}

static struct waiters *waiters_of_prepare(uv_prepare_t *prepare)
{
    return (struct waiters *)((char *)prepare -
                              offsetof(struct waiters, before_sleep));
}

static void unlink_waiter(struct waiter *waiter)
{
    struct waiter **link = &waiter->waiters->first;

    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
}

static void release(struct waiter *waiter)
{
    reply_release(&waiter->gone);
    free(waiter->items);
    free(waiter);
}

static enum verdict verdict_on(const struct waiter *waiter,
                               const struct waiter_item *item)
{
    struct awaited_view view = standing_view(item->member, item->run);

    return awaited_verdict(waiter->what, &view);
}

/* ---- what is told ---------------------------------------------------------- */

/* Those of whom it is so, or of whom it is not. */
static void tell_items(struct reply *reply, const struct waiter *waiter,
                       bool done)
{
    for (size_t i = 0; i < waiter->count; i++) {
        const struct waiter_item *item = &waiter->items[i];
        if ((verdict_on(waiter, item) == VERDICT_DONE) != done)
            continue;
        if (done)
            verdict_tell_done(reply, waiter->what, item->member, item->run);
        else
            verdict_tell_not(reply, waiter->what, item->member);
    }
}

static void finish(struct waiter *waiter, struct reply *reply)
{
    uint64_t took_ms = now_ms(waiter->waiters) - waiter->since_ms;

    unlink_waiter(waiter);
    if (waiter->call)
        control_answer(waiter->call, reply);
    else
        waiter->on_over(waiter->owner, reply, waiter->count, took_ms);
    reply_release(reply);
    release(waiter);
}

static void finish_done(struct waiter *waiter)
{
    struct reply reply = waiter->gone;

    waiter->gone = (struct reply){0};
    tell_items(&reply, waiter, true);
    finish(waiter, &reply);
}

static void finish_in_vain(struct waiter *waiter, int code, const char *error)
{
    struct reply reply = {.code = code};

    tell_items(&reply, waiter, false);
    if (error)
        reply_fail(&reply, code, "%s", error);
    finish(waiter, &reply);
}

/* ---- looking ---------------------------------------------------------------- */

static enum verdict verdict_on_all(const struct waiter *waiter)
{
    enum verdict all = VERDICT_DONE;

    for (size_t i = 0; i < waiter->count; i++) {
        enum verdict one = verdict_on(waiter, &waiter->items[i]);
        if (one == VERDICT_FAILED)
            return one;
        if (one == VERDICT_PENDING)
            all = one;
    }
    return all;
}

/* Says whether it has waited long enough, and is gone. */
static bool look_at(struct waiter *waiter)
{
    const struct waiters *waiters = waiter->waiters;
    bool hopeless = waiters->ending && waiter->what == AWAITED_READY;
    bool late = waiter->until_ms && now_ms(waiters) >= waiter->until_ms;

    switch (verdict_on_all(waiter)) {
    case VERDICT_DONE: finish_done(waiter); return true;
    case VERDICT_FAILED: finish_in_vain(waiter, 1, NULL); return true;
    case VERDICT_PENDING: break;
    }
    if (hopeless)
        finish_in_vain(waiter, 1, "procman is shutting down");
    else if (late)
        finish_in_vain(waiter, 124, NULL);
    return hopeless || late;
}

static void on_time(uv_timer_t *timer)
{
    waiters_note_change(waiters_of_timer(timer));
}

static void arm(struct waiters *waiters)
{
    uint64_t now = now_ms(waiters), next = 0;

    if (uv_is_closing((uv_handle_t *)&waiters->timer))
        return;
    for (struct waiter *each = waiters->first; each; each = each->next)
        if (each->until_ms && (!next || each->until_ms < next))
            next = each->until_ms;
    uv_timer_stop(&waiters->timer);
    if (next)
        uv_timer_start(&waiters->timer, on_time, next > now ? next - now : 0,
                       0);
}

/* Who is told may change things again, and what is in the list. */
static void on_before_sleep(uv_prepare_t *before_sleep)
{
    struct waiters *waiters = waiters_of_prepare(before_sleep);

    while (waiters->changed) {
        struct waiter *each = waiters->first;
        waiters->changed = false;
        while (each) /* one that is gone is no longer in the list */
            each = look_at(each) ? waiters->first : each->next; /* NOLINT */
    }
    uv_prepare_stop(before_sleep);
    arm(waiters);
}

void waiters_note_change(struct waiters *waiters)
{
    if (!waiters->first || uv_is_closing((uv_handle_t *)&waiters->timer))
        return;
    waiters->changed = true;
    uv_prepare_start(&waiters->before_sleep, on_before_sleep);
}

/* ---- coming and going --------------------------------------------------------- */

static void on_gone(void *owner)
{
    struct waiter *waiter = owner;

    unlink_waiter(waiter);
    release(waiter);
}

static struct waiter *create(struct waiters *waiters,
                             const struct roster *roster, const bool *chosen,
                             enum awaited what)
{
    struct waiter *waiter = mem_new(1, sizeof *waiter);

    waiter->waiters = waiters;
    waiter->what = what;
    waiter->since_ms = now_ms(waiters);
    waiter->items = mem_new(roster->count, sizeof *waiter->items);
    for (size_t i = 0; i < roster->count; i++)
        if (chosen[i])
            waiter->items[waiter->count++] = (struct waiter_item){
                roster->members[i], standing_run(roster->members[i])};
    waiter->next = waiters->first;
    waiters->first = waiter;
    return waiter;
}

/* Without names: those that are meant to run. */
static bool is_meant(const struct member *member, enum awaited what)
{
    struct awaited_view view = standing_view(member, 0);
    bool up = view.to_start || view.wanted;

    switch (what) {
    case AWAITED_STOPPED: return true;
    case AWAITED_EXITED: return up || view.has_run;
    default: return up || (view.has_run && !view.asked);
    }
}

static size_t choose_meant(const struct roster *roster, enum awaited what,
                           bool all, const bool *named, bool *chosen)
{
    size_t count = 0;

    for (size_t i = 0; i < roster->count; i++) {
        chosen[i] = named[i] && (!all || is_meant(roster->members[i], what));
        count += chosen[i];
    }
    return count;
}

bool waiters_add_call(struct waiters *waiters, const struct roster *roster,
                      const struct request *request, const bool *named,
                      struct control_call *call, struct reply *refusal)
{
    static const struct control_follower follower = {.on_gone = on_gone};
    bool *chosen = mem_new(roster->count, sizeof *chosen);
    bool all = request->name_count == 0;
    uint64_t timeout_ms = 0;
    enum awaited what;
    struct cause why;

    if (!request_number(request, "timeout", &timeout_ms, &why)) {
        reply_fail(refusal, 2, "%s", why.text);
    } else if (!awaited_find(request_option(request, "for"), &what)) {
        reply_fail(refusal, 2, "wait is for ready, stopped or exited");
    } else if (choose_meant(roster, what, all, named, chosen) == 0) {
        reply_fail(refusal, 1, "no process is meant to run");
    } else {
        struct waiter *waiter = create(waiters, roster, chosen, what);
        waiter->call = call;
        if (request_option(request, "timeout"))
            waiter->until_ms = waiter->since_ms + timeout_ms;
        control_follow(call, &follower, waiter);
        waiters_note_change(waiters);
    }
    free(chosen);
    return refusal->code == 0;
}

void waiters_add_start(struct waiters *waiters, const struct roster *roster,
                       uint64_t timeout_ms, waiters_over_fn *on_over,
                       void *owner)
{
    bool *chosen = mem_new(roster->count, sizeof *chosen);

    for (size_t i = 0; i < roster->count; i++)
        chosen[i] = roster->members[i]->queued;
    struct waiter *waiter = create(waiters, roster, chosen, AWAITED_READY);
    free(chosen);
    waiter->until_ms = timeout_ms ? waiter->since_ms + timeout_ms : 0;
    waiter->on_over = on_over;
    waiter->owner = owner;
    waiters_note_change(waiters);
}

void waiters_begin_end(struct waiters *waiters)
{
    waiters->ending = true;
    waiters_note_change(waiters);
}

static bool forget(struct waiter *waiter, const struct member *member)
{
    for (size_t i = 0; i < waiter->count; i++)
        if (waiter->items[i].member == member) {
            if (waiter->what != AWAITED_READY)
                verdict_tell_done(&waiter->gone, waiter->what, member,
                                  waiter->items[i].run);
            waiter->items[i] = waiter->items[--waiter->count];
            return true;
        }
    return false;
}

/* Who waited for it to be gone has what he wanted. */
void waiters_forget(struct waiters *waiters, const struct member *member)
{
    struct waiter *next;

    for (struct waiter *each = waiters->first; each; each = next) {
        next = each->next;
        if (!forget(each, member) || each->what != AWAITED_READY || !each->call)
            continue;
        char *error = mem_format("%s was removed", member->spec.name);
        finish_in_vain(each, 1, error);
        free(error);
    }
    waiters_note_change(waiters);
}

void waiters_init(struct waiters *waiters, uv_loop_t *loop,
                  struct handles *handles)
{
    uv_prepare_init(loop, &waiters->before_sleep);
    handles_add(handles, (uv_handle_t *)&waiters->before_sleep);
    uv_timer_init(loop, &waiters->timer);
    handles_add(handles, (uv_handle_t *)&waiters->timer);
}

/* All are idle by now: whoever still waits does so in vain. */
void waiters_close(struct waiters *waiters)
{
    waiters->ending = true;
    while (waiters->first)            /* the same: it is the next one */
        if (!look_at(waiters->first)) /* NOLINT */
            finish_in_vain(waiters->first, 1, "procman has ended");
    handles_close((uv_handle_t *)&waiters->before_sleep);
    handles_close((uv_handle_t *)&waiters->timer);
}
