#include "rolling.h"
#include "procman/mem.h"
#include "procman/roll.h"
#include "procman/words.h"
#include "rolling_words.h"
#include "supervisor_inside.h"

#include <stdlib.h>

struct item {
    struct member *member; /* NULL: it is gone, and counts as done */
    uint64_t number;       /* of its run when the roll began */
    bool was_up;
    bool said; /* that it is done, or why it is not */
};

struct rolling {
    struct rolling *next;
    struct supervisor *supervisor;
    struct roll roll;
    struct item *items; /* like the members of `roll` */
    const struct rolling_watcher *watcher;
    void *owner;
    bool over; /* it is released at the end of this look, or of the next */
};

static uint64_t now_ms(const struct supervisor *supervisor)
{
    uv_update_time(supervisor->config.loop);
    return uv_now(supervisor->config.loop);
}

/* ---- how members stand ---------------------------------------------------- */

static enum roll_standing stands(const struct member *member)
{
    const struct process *process = member->process;

    if (member_is_ready(member))
        return ROLL_READY;
    if (process_state(process) != LIFE_IDLE && process_wanted(process))
        return ROLL_COMING;
    return process_failed(process) || process_crashed(process) ? ROLL_FAILED
                                                               : ROLL_DOWN;
}

static bool is_up(const struct process *process)
{
    enum life_state state = process_state(process);

    return state == LIFE_STARTING || state == LIFE_READY;
}

/* One that somebody else renews may be at rest meanwhile. */
static bool is_being_renewed(const struct rolling *rolling, size_t i,
                             bool renewed)
{
    return rolling->watcher->renew && rolling->roll.members[i].told && !renewed;
}

static void look_at(struct rolling *rolling, size_t i)
{
    const struct item *item = &rolling->items[i];
    enum roll_standing standing = ROLL_READY;
    bool renewed = true;

    if (item->member) {
        standing = stands(item->member);
        renewed = process_run(item->member->process)->number > item->number;
    }
    if (standing == ROLL_DOWN && is_being_renewed(rolling, i, renewed))
        standing = ROLL_COMING;
    roll_note(&rolling->roll, i, standing, renewed,
              now_ms(rolling->supervisor));
}

static void say_done(struct rolling *rolling, size_t i)
{
    struct item *item = &rolling->items[i];
    char *text = rolling_words_done(item->member->process, item->was_up);

    item->said = true;
    rolling->watcher->on_step(rolling->owner, item->member, true, text);
    free(text);
}

/* ---- the end of a roll ---------------------------------------------------- */

size_t rolling_untouched(const struct rolling *rolling)
{
    size_t untouched = 0;

    for (size_t i = 0; i < rolling->roll.count; i++)
        untouched += roll_is_untouched(&rolling->roll, i);
    return untouched;
}

/* Of everybody of whom nothing has been said. */
static void say_the_rest(struct rolling *rolling)
{
    for (size_t i = 0; i < rolling->roll.count; i++) {
        const struct item *item = &rolling->items[i];
        if (item->said || !item->member)
            continue;
        char *text = mem_format("%s %s", item->member->spec.name,
                                roll_is_untouched(&rolling->roll, i)
                                    ? "was not touched"
                                    : "is on its way, and not ready yet");
        rolling->watcher->on_step(rolling->owner, item->member, false, text);
        free(text);
    }
}

void rolling_stop(struct rolling *rolling, const char *why)
{
    struct supervisor *supervisor = rolling->supervisor;

    rolling->over = true;
    output_say(supervisor->config.output,
               "the rolling restart has stopped: %s; %zu not touched", why,
               rolling_untouched(rolling));
    say_the_rest(rolling);
    rolling->watcher->on_over(rolling->owner, why);
    rolling_changed(supervisor); /* it is released then */
}

static void end(struct rolling *rolling)
{
    rolling->over = true;
    output_say(rolling->supervisor->config.output,
               "the rolling restart is done");
    rolling->watcher->on_over(rolling->owner, NULL);
}

static char *why_it_is_not_back(const struct rolling *rolling, size_t i,
                                enum roll_verdict verdict)
{
    struct process *process = rolling->items[i].member->process;

    if (verdict == ROLL_LATE)
        return rolling_words_late(process, rolling->roll.patience_ms);
    return rolling->roll.members[i].standing == ROLL_DOWN
               ? rolling_words_stopped(process)
               : rolling_words_failed(process);
}

static void fail(struct rolling *rolling, size_t i, enum roll_verdict verdict)
{
    char *why = why_it_is_not_back(rolling, i, verdict);

    rolling->items[i].said = true;
    rolling->watcher->on_step(rolling->owner, rolling->items[i].member, false,
                              why);
    rolling_stop(rolling, why);
    free(why);
}

/* ---- the next one --------------------------------------------------------- */

/* A wish may end the session, and this roll with it. */
static void renew(struct rolling *rolling, size_t i)
{
    struct member *member = rolling->items[i].member;

    roll_tell(&rolling->roll, i, now_ms(rolling->supervisor));
    supervisor_unqueue(rolling->supervisor, member);
    supervisor_let_go(member);
    if (rolling->watcher->renew)
        rolling->watcher->renew(rolling->owner, member);
    else
        process_tell(member->process, LIFE_RESTART);
    if (!rolling->over)
        look_at(rolling, i);
}

static bool may_be_taken_down(struct rolling *rolling, size_t i,
                              struct cause *why)
{
    const struct rolling_watcher *watcher = rolling->watcher;

    return rolling->roll.members[i].standing != ROLL_READY ||
           !watcher->may_take_down ||
           watcher->may_take_down(rolling->owner, rolling->items[i].member,
                                  why);
}

static void take_turn(struct rolling *rolling, size_t i)
{
    struct cause why;

    if (may_be_taken_down(rolling, i, &why))
        renew(rolling, i);
    else
        rolling_stop(rolling, why.text);
}

static void go_on(struct rolling *rolling)
{
    enum roll_verdict verdict = ROLL_TELL;

    while (verdict == ROLL_TELL && !rolling->over) {
        size_t i;
        verdict = roll_next(&rolling->roll, now_ms(rolling->supervisor), &i);
        switch (verdict) {
        case ROLL_TELL: take_turn(rolling, i); break;
        case ROLL_WAIT: break;
        case ROLL_OVER: end(rolling); break;
        case ROLL_FALLEN:
        case ROLL_LATE: fail(rolling, i, verdict); break;
        }
    }
}

static void look(struct rolling *rolling)
{
    for (size_t i = 0; i < rolling->roll.count; i++) {
        look_at(rolling, i);
        if (roll_is_done(&rolling->roll, i) && rolling->items[i].member &&
            !rolling->items[i].said)
            say_done(rolling, i);
    }
    go_on(rolling);
}

/* ---- all of them ---------------------------------------------------------- */

static void release(struct rolling *rolling)
{
    free(rolling->roll.members);
    free(rolling->items);
    free(rolling);
}

static void release_those_over(struct supervisor *supervisor)
{
    struct rolling **link = &supervisor->rollings;

    while (*link) {
        struct rolling *rolling = *link;
        if (rolling->over) {
            *link = rolling->next;
            release(rolling);
        } else {
            link = &rolling->next;
        }
    }
}

static void on_turn(uv_timer_t *timer);

static void await_turn(struct supervisor *supervisor)
{
    uint64_t now = now_ms(supervisor), least = UINT64_MAX;

    for (struct rolling *each = supervisor->rollings; each; each = each->next) {
        uint64_t wait = roll_wait_ms(&each->roll, now);
        least = wait < least ? wait : least;
    }
    if (least < UINT64_MAX &&
        !uv_is_active((uv_handle_t *)&supervisor->roll_timer))
        uv_timer_start(&supervisor->roll_timer, on_turn, least, 0);
}

static void on_turn(uv_timer_t *timer)
{
    struct supervisor *supervisor = HANDLES_OWNER(timer);

    for (struct rolling *each = supervisor->rollings; each; each = each->next)
        if (!each->over)
            look(each);
    release_those_over(supervisor);
    await_turn(supervisor);
}

void rolling_changed(struct supervisor *supervisor)
{
    if (supervisor->rollings && supervisor->phase != PHASE_CLOSING)
        uv_timer_start(&supervisor->roll_timer, on_turn, 0, 0);
}

static struct item make_item(struct member *member)
{
    return (struct item){
        .member = member,
        .number = process_run(member->process)->number,
        .was_up = is_up(member->process),
    };
}

struct rolling *rolling_begin(struct supervisor *supervisor,
                              const struct rolling_order *order,
                              const struct rolling_watcher *watcher,
                              void *owner)
{
    struct rolling *rolling = mem_new(1, sizeof *rolling);

    rolling->supervisor = supervisor;
    rolling->watcher = watcher;
    rolling->owner = owner;
    rolling->items = mem_new(order->count, sizeof *rolling->items);
    rolling->roll = (struct roll){
        .members = mem_new(order->count, sizeof *rolling->roll.members),
        .count = order->count,
        .most_down = order->most_down,
        .last = order->count,
        .patience_ms = order->patience_ms,
    };
    for (size_t i = 0; i < order->count; i++) {
        rolling->items[i] = make_item(order->members[i]);
        roll_begin(&rolling->roll, i, stands(order->members[i]));
        if (order->members[i] == order->last)
            rolling->roll.last = i;
    }
    rolling->next = supervisor->rollings;
    supervisor->rollings = rolling;
    output_say(supervisor->config.output, "rolling restart of %s",
               words_count(order->count, "process", "processes").text);
    rolling_changed(supervisor);
    return rolling;
}

struct rolling *rolling_of(const struct supervisor *supervisor,
                           const struct member *member)
{
    for (struct rolling *each = supervisor->rollings; each; each = each->next)
        for (size_t i = 0; i < each->roll.count && !each->over; i++)
            if (each->items[i].member == member)
                return each;
    return NULL;
}

void rolling_forget(struct supervisor *supervisor, const struct member *member)
{
    for (struct rolling *each = supervisor->rollings; each; each = each->next)
        for (size_t i = 0; i < each->roll.count; i++)
            if (each->items[i].member == member) {
                each->items[i].member = NULL;
                look_at(each, i);
            }
    rolling_changed(supervisor);
}

void rolling_stop_all(struct supervisor *supervisor, const char *why)
{
    for (struct rolling *each = supervisor->rollings; each; each = each->next)
        if (!each->over)
            rolling_stop(each, why);
}

void rolling_release(struct supervisor *supervisor)
{
    release_those_over(supervisor);
}
