/* order.h - who starts after whom.
 *
 * `after = db etcd*` makes a process wait until those are ready, and stop
 * before them; the name of an entry means all of its instances.  A pattern
 * (pattern.h) never means the process itself.  All
 * mistakes are told: a name that no process has (with "did you mean"), a
 * pattern that matches none, and one circle, by its chain:
 *
 *     procman.ini:7: etcd1 -> proxy -> etcd1 is a circle: each waits for the
 *     next; ...
 *
 * Members of a quorum must not wait for one another: each of them is ready only
 * when most of them are there.
 */
#ifndef PROCMAN_ORDER_H
#define PROCMAN_ORDER_H

#include "procman/cause.h"
#include "procman/notes.h"

#include <stdbool.h>
#include <stddef.h>

struct order_member {
    const char *name;
    const char *const *after; /* names and patterns */
    size_t after_count;
    const char *place; /* of `after`, for messages: "procman.ini:7", or NULL */
    const char *entry; /* that it is an instance of; NULL: none */
};

struct order_node {
    size_t *after; /* indexes of those it waits for, each once, ascending */
    size_t after_count;
    size_t rank; /* 0: waits for nobody; else one more than any of those */
};

struct order {
    struct order_node *nodes; /* one per member, in their order */
    size_t *sequence;         /* indexes by rank, then by the members' order */
    size_t count;
};

/* Nothing of the members is needed afterwards.  False: all mistakes have been
 * added to `mistakes`, `why` is the first; nothing needs releasing. */
bool order_make(struct order *order, const struct order_member *members,
                size_t count, struct notes *mistakes, struct cause *why);

/* Everybody who waits for it, directly or through others, in the order of
 * `sequence`.  `to` has room for order->count indexes; returns how many. */
size_t order_dependants(const struct order *order, size_t index, size_t *to);

/* Harmless on an empty one. */
void order_release(struct order *order);

#endif
