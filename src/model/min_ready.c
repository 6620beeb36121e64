#include "procman/min_ready.h"
#include "procman/buf.h"

#include <inttypes.h>
#include <string.h>

/* Of whom so many must stay ready: a group, or (NULL) those that are named. */
struct body {
    const struct min_ready_member *members;
    size_t count;
    const char *group;
};

static bool is_in(const struct body *body,
                  const struct min_ready_member *member)
{
    if (!body->group)
        return member->named;
    for (size_t i = 0; i < member->groups->count; i++)
        if (strcmp(member->groups->names[i], body->group) == 0)
            return true;
    return false;
}

static bool stays_ready(const struct min_ready_member *member)
{
    return member->ready && !member->goes;
}

static uint64_t count_left(const struct body *body)
{
    uint64_t left = 0;

    for (size_t i = 0; i < body->count; i++)
        left +=
            is_in(body, &body->members[i]) && stays_ready(&body->members[i]);
    return left;
}

/* "etcd1 and etcd2": those of whom both are true. */
static size_t list(struct buf *to, const struct body *body, bool ready,
                   bool goes)
{
    size_t count = 0;

    for (size_t i = 0; i < body->count; i++) {
        const struct min_ready_member *member = &body->members[i];
        if (!is_in(body, member) || member->ready != ready ||
            member->goes != goes)
            continue;
        buf_add_format(to, "%s%s", count++ ? ", " : "", member->name);
    }
    return count;
}

/* "; ready: etcd1; not ready: etcd3" */
static void add_others(struct buf *to, const struct body *body, bool ready)
{
    struct buf names = {0};

    if (list(&names, body, ready, false) > 0)
        buf_add_format(to, "; %s: %s", ready ? "ready" : "not ready",
                       names.data);
    buf_release(&names);
}

static bool refuse(const struct body *body,
                   const struct min_ready_member *member, uint64_t left,
                   struct cause *why)
{
    struct buf others = {0};

    add_others(&others, body, true);
    add_others(&others, body, false);
    buf_add_char(&others, '\0');
    if (body->group)
        cause_say(why,
                  "without %s only %" PRIu64 " of @%s would be ready, and "
                  "%" PRIu64 " must be%s",
                  member->name, left, body->group, member->least, others.data);
    else
        cause_say(why,
                  "without %s only %" PRIu64 " of those named would be ready, "
                  "and %" PRIu64 " must be (it is in no group)%s",
                  member->name, left, member->least, others.data);
    buf_release(&others);
    return false;
}

static bool leaves_enough(const struct body *body,
                          const struct min_ready_member *member,
                          struct cause *why)
{
    uint64_t left = count_left(body);

    return left >= member->least || refuse(body, member, left, why);
}

static bool may_go(const struct min_ready_member *members, size_t count,
                   const struct min_ready_member *member, struct cause *why)
{
    struct body body = {members, count, NULL};

    if (member->groups->count == 0)
        return leaves_enough(&body, member, why);
    for (size_t i = 0; i < member->groups->count; i++) {
        body.group = member->groups->names[i];
        if (!leaves_enough(&body, member, why))
            return false;
    }
    return true;
}

bool min_ready_allows(const struct min_ready_member *members, size_t count,
                      struct cause *why)
{
    for (size_t i = 0; i < count; i++)
        if (members[i].goes && members[i].ready && members[i].least > 0 &&
            !may_go(members, count, &members[i], why))
            return false;
    return true;
}
