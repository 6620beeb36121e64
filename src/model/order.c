#include "procman/order.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/pattern.h"
#include "procman/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNRANKED SIZE_MAX

struct making {
    struct order *order;
    const struct order_member *members;
    size_t count;
    struct notes *mistakes;
};

static const char *place_of(const struct order_member *member)
{
    return member->place ? member->place : "after";
}

/* ---- who waits for whom ------------------------------------------------ */

static void add_edge(struct order_node *node, size_t to)
{
    node->after = mem_resize(node->after, node->after_count + 1, sizeof to);
    node->after[node->after_count++] = to;
}

static const char *nearest_member(const struct making *making, const char *name)
{
    const char **names = mem_new(making->count, sizeof *names);

    for (size_t i = 0; i < making->count; i++)
        names[i] = making->members[i].name;
    const char *nearest = words_nearest(name, names, making->count);
    free(names);
    return nearest;
}

static void say_nobody(const struct making *making, size_t index,
                       const char *wanted)
{
    const struct order_member *member = &making->members[index];
    const char *nearest = nearest_member(making, wanted);

    if (pattern_is(wanted))
        notes_add(making->mistakes,
                  "%s: %s starts after \"%.100s\", which matches no process",
                  place_of(member), member->name, wanted);
    else
        notes_add(making->mistakes,
                  "%s: %s starts after \"%.100s\", and no process is called "
                  "that%s%s%s",
                  place_of(member), member->name, wanted,
                  nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                  nearest ? "\"?" : "");
}

/* Marks whom `wanted` means.  A pattern never means the process itself, but a
 * name may, and is then the smallest circle. */
static void mark(const struct making *making, size_t index, const char *wanted,
                 bool *marked)
{
    bool pattern = pattern_is(wanted), found = false;

    for (size_t i = 0; i < making->count; i++) {
        const struct order_member *member = &making->members[i];
        if (!pattern_means(wanted, member->name, member->entry))
            continue;
        found = true;
        if (i != index || !pattern)
            marked[i] = true;
    }
    if (!found)
        say_nobody(making, index, wanted);
}

static void connect(const struct making *making, size_t index)
{
    const struct order_member *member = &making->members[index];

    if (member->after_count == 0)
        return;
    bool *marked = mem_new(making->count, sizeof *marked);
    for (size_t i = 0; i < member->after_count; i++)
        mark(making, index, member->after[i], marked);
    for (size_t i = 0; i < making->count; i++)
        if (marked[i])
            add_edge(&making->order->nodes[index], i);
    free(marked);
}

/* ---- ranks ------------------------------------------------------------- */

/* The first of those it waits for that has no rank yet. */
static size_t unranked_of(const struct order *order, size_t index)
{
    const struct order_node *node = &order->nodes[index];

    for (size_t i = 0; i < node->after_count; i++)
        if (order->nodes[node->after[i]].rank == UNRANKED)
            return node->after[i];
    return UNRANKED;
}

/* Gives `rank` to everybody who waits for none but those ranked below; returns
 * how many they are. */
static size_t give_rank(struct order *order, size_t rank)
{
    size_t *found = order->sequence, count = 0, ranked = 0;

    for (size_t i = 0; i < order->count; i++)
        ranked += order->nodes[i].rank != UNRANKED;
    found += ranked;
    for (size_t i = 0; i < order->count; i++)
        if (order->nodes[i].rank == UNRANKED &&
            unranked_of(order, i) == UNRANKED)
            found[count++] = i;
    /* Only now: whoever was found must not count for the others. */
    for (size_t i = 0; i < count; i++)
        order->nodes[found[i]].rank = rank;
    return count;
}

/* False: those left without a rank wait for one another. */
static bool give_ranks(struct order *order)
{
    size_t ranked = 0, more = 0;

    for (size_t rank = 0; ranked < order->count; rank++) {
        more = give_rank(order, rank);
        if (more == 0)
            return false;
        ranked += more;
    }
    return true;
}

/* ---- circles ----------------------------------------------------------- */

/* Everybody without a rank waits for somebody without one, so whoever follows
 * that long enough walks in a circle. */
static size_t find_circle(const struct order *order)
{
    size_t at = 0;

    while (order->nodes[at].rank != UNRANKED)
        at++;
    for (size_t i = 0; i < order->count; i++)
        at = unranked_of(order, at);
    return at;
}

static size_t first_of_circle(const struct order *order, size_t in_it)
{
    size_t first = in_it;

    for (size_t at = unranked_of(order, in_it); at != in_it;
         at = unranked_of(order, at))
        if (at < first)
            first = at;
    return first;
}

static void say_circle(const struct making *making)
{
    const struct order *order = making->order;
    size_t first = first_of_circle(order, find_circle(order)), at = first;
    struct buf chain = {0};

    buf_add_string(&chain, making->members[first].name);
    do {
        at = unranked_of(order, at);
        buf_add_format(&chain, " -> %s", making->members[at].name);
    } while (at != first);
    notes_add(making->mistakes,
              "%s: %.600s is a circle: each waits for the next; members of a "
              "quorum must not wait for one another",
              place_of(&making->members[first]), chain.data);
    buf_release(&chain);
}

/* ---- all of it --------------------------------------------------------- */

bool order_make(struct order *order, const struct order_member *members,
                size_t count, struct notes *mistakes, struct cause *why)
{
    struct making making = {order, members, count, mistakes};
    size_t before = mistakes->count;

    *order = (struct order){
        .nodes = mem_new(count, sizeof *order->nodes),
        .sequence = mem_new(count, sizeof *order->sequence),
        .count = count,
    };
    for (size_t i = 0; i < count; i++) {
        order->nodes[i].rank = UNRANKED;
        connect(&making, i);
    }
    if (!give_ranks(order))
        say_circle(&making);
    if (mistakes->count == before)
        return true;
    order_release(order);
    return cause_say(why, "%s", mistakes->texts[before]);
}

static bool waits_for(const struct order_node *node, const bool *marked)
{
    for (size_t i = 0; i < node->after_count; i++)
        if (marked[node->after[i]])
            return true;
    return false;
}

/* The sequence has everybody behind all he waits for, so once is enough. */
size_t order_dependants(const struct order *order, size_t index, size_t *to)
{
    bool *marked = mem_new(order->count, sizeof *marked);
    size_t count = 0;

    marked[index] = true;
    for (size_t i = 0; i < order->count; i++) {
        size_t at = order->sequence[i];
        if (at != index && waits_for(&order->nodes[at], marked)) {
            marked[at] = true;
            to[count++] = at;
        }
    }
    free(marked);
    return count;
}

void order_release(struct order *order)
{
    for (size_t i = 0; i < order->count; i++)
        free(order->nodes[i].after);
    free(order->nodes);
    free(order->sequence);
    *order = (struct order){0};
}
