/* What clients ask of a roll, and the guard of whatever takes members down. */
#include "procman/mem.h"
#include "procman/min_ready.h"
#include "supervisor_inside.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_PATIENCE_MS 30000

struct roll_request {
    struct supervisor *supervisor;
    struct control_call *call;
    struct rolling *rolling;
    uint64_t least;
    bool forced;
};

/* ---- who must stay ready -------------------------------------------------- */

static uint64_t least_of(const struct member *member, uint64_t least)
{
    uint64_t own = (uint64_t)member->planned->settings.min_ready;

    return own > least ? own : least;
}

static struct min_ready_member *describe(const struct supervisor *supervisor,
                                         uint64_t least)
{
    const struct roster *roster = &supervisor->roster;
    struct min_ready_member *row = mem_new(roster->count, sizeof *row);

    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = roster->members[i];
        row[i] = (struct min_ready_member){
            .name = member->spec.name,
            .groups = &member->planned->settings.group,
            .least = least_of(member, least),
            .ready = member_is_ready(member),
        };
    }
    return row;
}

bool supervisor_may_take_down(const struct supervisor *supervisor,
                              const struct request *request, const bool *chosen,
                              struct reply *refusal)
{
    uint64_t least = 0;
    struct cause why = {{0}};
    bool known = request_number(request, "min-ready", &least, &why);
    struct min_ready_member *row = describe(supervisor, least);

    for (size_t i = 0; i < supervisor->roster.count; i++)
        row[i].named = row[i].goes = chosen[i];
    bool allowed = request_option(request, "force") ||
                   min_ready_allows(row, supervisor->roster.count, &why);
    free(row);
    if (!known)
        reply_fail(refusal, 2, "%s", why.text);
    else if (!allowed)
        reply_fail(refusal, 1, "nothing has been touched: %s (--force)",
                   why.text);
    return known && allowed;
}

static bool may_take_down(void *owner, const struct member *member,
                          struct cause *why)
{
    const struct roll_request *roll = owner;
    const struct roster *roster = &roll->supervisor->roster;
    struct min_ready_member *row = describe(roll->supervisor, roll->least);

    for (size_t i = 0; i < roster->count; i++) {
        const struct member *other = roster->members[i];
        row[i].goes = other == member;
        row[i].named = rolling_of(roll->supervisor, other) == roll->rolling;
    }
    bool allowed = roll->forced || min_ready_allows(row, roster->count, why);
    free(row);
    return allowed;
}

/* ---- what the client hears ------------------------------------------------ */

static void on_step(void *owner, const struct member *member, bool ok,
                    const char *text)
{
    struct roll_request *roll = owner;
    struct outcome outcome = {(char *)member->spec.name, (char *)text, ok};

    if (!roll->call)
        return; /* the client has gone */
    char *line = outcome_encode(&outcome);
    control_send(roll->call, line, strlen(line));
    free(line);
}

static void on_over(void *owner, const char *why)
{
    struct roll_request *roll = owner;
    struct reply reply = {0};

    if (why)
        reply_fail(&reply, 1, "the rolling restart has stopped: %s", why);
    if (roll->call)
        control_answer(roll->call, &reply);
    reply_release(&reply);
    free(roll);
}

static void on_client_gone(void *owner)
{
    struct roll_request *roll = owner;

    roll->call = NULL;
    rolling_stop(roll->rolling, "its client has gone");
}

/* ---- what the client asks for --------------------------------------------- */

/* Those that others start after come first. */
static size_t collect(const struct supervisor *supervisor, const bool *chosen,
                      struct member **members)
{
    const struct roster *roster = &supervisor->roster;
    size_t count = 0;

    for (size_t i = 0; i < roster->count; i++)
        if (chosen[roster->sequence[i]->place])
            members[count++] = roster->sequence[i];
    return count;
}

static bool find_last(const struct request *request,
                      struct rolling_order *order, struct cause *why)
{
    const char *name = request_option(request, "last");

    for (size_t i = 0; name && i < order->count; i++)
        if (strcmp(order->members[i]->spec.name, name) == 0)
            order->last = order->members[i];
    if (name && !order->last)
        return cause_say(why, "--last \"%s\" is none of those to be restarted",
                         name);
    return true;
}

static bool understand(const struct request *request,
                       struct rolling_order *order, struct roll_request *roll,
                       struct cause *why)
{
    uint64_t most_down = 1;

    if (!request_number(request, "max-unavailable", &most_down, why) ||
        !request_number(request, "patience", &order->patience_ms, why) ||
        !request_number(request, "min-ready", &roll->least, why))
        return false;
    if (most_down == 0)
        return cause_say(why, "--max-unavailable 0 would restart nobody");
    order->most_down = most_down < order->count ? most_down : order->count;
    roll->forced = request_option(request, "force");
    return find_last(request, order, why);
}

static const char *whose_roll_goes_on(const struct supervisor *supervisor,
                                      const struct rolling_order *order)
{
    for (size_t i = 0; i < order->count; i++)
        if (rolling_of(supervisor, order->members[i]))
            return order->members[i]->spec.name;
    return NULL;
}

static void begin(struct supervisor *supervisor, struct control_call *call,
                  const struct rolling_order *order,
                  const struct roll_request *wish)
{
    static const struct rolling_watcher watcher = {
        .may_take_down = may_take_down,
        .on_step = on_step,
        .on_over = on_over,
    };
    static const struct control_follower follower = {.on_gone = on_client_gone};
    struct roll_request *roll = mem_new(1, sizeof *roll);

    *roll = *wish;
    roll->supervisor = supervisor;
    roll->call = call;
    control_follow(call, &follower, roll);
    roll->rolling = rolling_begin(supervisor, order, &watcher, roll);
}

void supervisor_roll(struct supervisor *supervisor, struct control_call *call,
                     const struct request *request, const bool *chosen)
{
    struct member **members =
        mem_new(supervisor->roster.count, sizeof(struct member *));
    struct rolling_order order = {
        .members = members,
        .count = collect(supervisor, chosen, members),
        .patience_ms = USUAL_PATIENCE_MS,
    };
    struct roll_request wish = {0};
    struct reply refusal = {0};
    struct cause why;
    const char *name = whose_roll_goes_on(supervisor, &order);

    if (!understand(request, &order, &wish, &why))
        reply_fail(&refusal, 2, "%s", why.text);
    else if (name)
        reply_fail(&refusal, 1, "%s is part of a rolling restart that goes on",
                   name);
    if (refusal.error)
        control_answer(call, &refusal);
    else
        begin(supervisor, call, &order, &wish);
    reply_release(&refusal);
    free(members);
}
