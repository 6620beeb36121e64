/* roster.h - who belongs to a session: its processes, in a row that changes.
 *
 * A member keeps its address for life.  Its place in the row, which is that in
 * the files, may change when others come and go; its slot does not: slots are
 * small numbers without many gaps, used again when their member is gone, for
 * whatever is kept for each process elsewhere (the record of leaders, sinks).
 *
 * Who starts after whom is kept as members, not as places, for the same reason.
 */
#ifndef PROCMAN_ROSTER_H
#define PROCMAN_ROSTER_H

#include "procman/order.h"
#include "procman/plan.h"
#include "procman/process.h"
#include "procman/sink.h"

struct change;

/* A plan lives as long as somebody was made from it. */
struct shared_plan {
    struct plan plan;
    char *procfile; /* that it was read from */
    size_t users;
};

struct member {
    char *name;
    struct process *process; /* NULL: closed */
    struct shared_plan *plan;
    const struct plan_process *planned; /* in `plan` */
    struct process_spec spec;           /* from `planned` */
    struct shared_plan *run_plan;  /* that its run began with; NULL: `plan` */
    struct shared_plan *next_plan; /* for its next run; NULL: none */
    size_t next_index;             /* in `next_plan` */
    struct source source;
    size_t slot;
    size_t place; /* in the row */

    struct member **after; /* those it waits for before it starts */
    size_t after_count;

    struct change *change; /* that it is in (changes.h); NULL: none goes on */

    bool queued;             /* to be started when its turn comes */
    bool held;               /* waits for others before it starts */
    bool blocked_said;       /* that a held one cannot start */
    bool told;               /* to stop, because all are stopped */
    bool leaving;            /* will be forgotten when it is at rest */
    bool out;                /* of the roster: released when it is closed */
    bool renewing;           /* is taken down in order to come up again */
    uint64_t lingering_said; /* of which run */
};

/* Next to each other: after each death somebody looks through all. */
struct slot {
    struct member *member; /* NULL: free */
    pid_t leader;          /* that lives; 0: none */
};

struct roster {
    struct member **members;  /* in the order of the files */
    struct member **sequence; /* each behind all it starts after */
    size_t count;
    struct slot *slots;
    size_t slot_count;
};

/* Takes over what is in `plan`, which is empty afterwards; used by nobody yet.
 */
struct shared_plan *shared_plan_create(struct plan *plan, const char *procfile);
/* Frees it if nobody uses it. */
void shared_plan_release(struct shared_plan *plan);

/* The next in the row, and the last in the sequence. */
struct member *roster_add(struct roster *roster, struct shared_plan *plan,
                          size_t index, const struct process_site *site);

/* It belongs to the session no more, and nobody starts after it; free it with
 * member_release() when its process is closed. */
void roster_take_out(struct roster *roster, struct member *member);
void member_release(struct member *member);

/* Its members in another order: `row` is a permutation of them. */
void roster_arrange(struct roster *roster, struct member *const *row);

/* Who starts after whom; the places of `order` are those of the row. */
void roster_set_order(struct roster *roster, const struct order *order);

/* Frees all that are left. */
void roster_release(struct roster *roster);

/* Its process is from now on another one's plan: at once, where what it was
 * given when it was executed is the same or it does not run; or when its next
 * run begins, which calls member_take_next(). */
void member_renew(struct member *member, struct shared_plan *plan, size_t index,
                  const struct process_site *site);
void member_renew_later(struct member *member, struct shared_plan *plan,
                        size_t index);
void member_take_next(struct member *member, const struct process_site *site);
void member_drop_next(struct member *member);

bool member_starts_after(const struct member *member,
                         const struct member *other);

/* Ready; of a task: it has done its work. */
bool member_is_ready(const struct member *member);

struct member *member_of(const struct process *process);
struct member *member_of_spec(const struct process_spec *spec);

static inline pid_t *member_leader(const struct roster *roster,
                                   const struct member *member)
{
    return &roster->slots[member->slot].leader;
}

#endif
