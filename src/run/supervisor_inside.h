/* supervisor_inside.h - the supervisor's own parts, and what they share.
 *
 *     supervisor.c          birth, start, signals
 *     supervisor_events.c   what processes tell, and what becomes of it
 *     supervisor_order.c    who waits for whom before it starts
 *     supervisor_errands.c  what clients have asked for
 *     supervisor_logs.c     what processes have written
 *     supervisor_attach.c   who types into a process, and watches it
 *     supervisor_wait.c     what becomes of `start --wait`
 *     supervisor_kin.c      who else is there: looks at all descendants
 *     supervisor_end.c      from the last wish to the last handle
 *     rolling.c             members restarted one after another
 *     reload.c              members that come, go and change
 *     supervisor_reload.c   what clients ask about that: files, who goes
 *     supervisor_scale.c    and how many there are to be
 *     requests_rolling.c    clients that ask for that, and who must stay ready
 */
#ifndef PROCMAN_SUPERVISOR_INSIDE_H
#define PROCMAN_SUPERVISOR_INSIDE_H

#include "errand.h"
#include "kin.h"
#include "procman/handles.h"
#include "procman/history.h"
#include "procman/process.h"
#include "procman/supervisor.h"
#include "reload.h"
#include "rolling.h"
#include "roster.h"
#include "shutdown.h"
#include "waiters.h"

#define SUPERVISOR_SIGNALS 9

enum phase {
    PHASE_RUNNING,
    PHASE_STOPPING, /* nothing new is started */
    PHASE_SWEEPING, /* all processes are idle; descendants of nobody are not */
    PHASE_CLOSING
};

struct supervisor {
    struct supervisor_config config;
    supervisor_over_fn *on_over;
    void *owner;

    struct roster roster;
    size_t queued_count;
    struct process_site site;

    struct history *history;

    enum phase phase;
    struct shutdown shutdown;
    struct supervisor_result result;
    struct control *control;
    struct errand *errands;
    struct rolling *rollings;
    struct waiters waiters;
    struct reload *reload; /* NULL: none goes on */
    bool paused;           /* nothing is read */

    bool look_wanted;
    struct kin *kin; /* what the last look saw; owners are places */
    size_t kin_count;
    uint64_t looked_ns, look_cost_ns; /* when it ended, and what it cost */
    bool swept;              /* those left behind have been signalled */
    uint64_t sweep_until_ms; /* then they are killed */
    bool hurried;            /* somebody has lost patience: at once */

    /* What must be closed before it is all over: */
    struct handles handles;
    size_t open_processes;
    bool handles_open, control_open;
    uv_signal_t signals[SUPERVISOR_SIGNALS];
    uv_idle_t starter;
    uv_check_t turn_end;
    bool reap_wanted; /* a child has ended in this turn */
    uv_timer_t look_timer;
    uv_timer_t errand_timer; /* somebody who is to stop is not prompt */
    uv_timer_t roll_timer;   /* the next look at the rollings */
    uv_timer_t reload_timer; /* the next step of the reload */
};

/* ---- supervisor.c ---- */

/* The next in the row; nobody has asked for it yet. */
struct member *supervisor_add_member(struct supervisor *supervisor,
                                     struct shared_plan *plan, size_t index);

/* Its process is at rest, and is closed; nobody knows it any more. */
void supervisor_forget_member(struct supervisor *supervisor,
                              struct member *member);

/* It is started when its turn comes. */
void supervisor_queue(struct supervisor *supervisor, struct member *member);

/* It will not be started when its turn comes; says whether it would have. */
bool supervisor_unqueue(struct supervisor *supervisor, struct member *member);

/* ---- supervisor_logs.c ---- */

history_means_fn supervisor_means;

/* The last lines of its last run, each with an LF; NULL: there are none.
 * free() it. */
char *supervisor_last_lines(const struct supervisor *supervisor,
                            const struct member *member);

/* It has failed: what it wrote last is said once more, unless that is what
 * stands directly above. */
void supervisor_say_last_lines(struct supervisor *supervisor,
                               const struct member *member);

/* What is asked for by VERB_LOGS. */
void supervisor_tell_logs(struct supervisor *supervisor,
                          struct control_call *call,
                          const struct request *request);

/* ---- supervisor_order.c ---- */

/* Starts it, or holds it back until those it starts after are ready. */
void supervisor_want(struct supervisor *supervisor, struct member *member);

/* Whoever is held looks again for whom: who starts after whom has changed. */
void supervisor_look_at_held(struct supervisor *supervisor);

/* It is held no more: somebody starts or stops it by hand, or all stop. */
void supervisor_let_go(struct member *member);

/* The state of a process has changed: others may have waited for that. */
void supervisor_order_changed(struct supervisor *supervisor,
                              const struct member *member);

/* Is it held back by one that has failed for good? */
bool supervisor_is_blocked(const struct member *member);

/* Of one that is held: "waits for db", "db has failed"; free() it. */
char *supervisor_why_held(const struct member *member);

/* ---- supervisor_errands.c ---- */

/* Tells the processes of an errand what to do; the errand is answered and
 * released when they have done it. */
void supervisor_send(struct supervisor *supervisor, struct errand *errand);

/* Nobody is held back any more: who was to start then is told so. */
void supervisor_look_at_starts(struct supervisor *supervisor);

/* One has failed for good: those that were to start after it hear of it. */
void supervisor_fail_blocked(struct supervisor *supervisor);

/* A process has changed: whoever is to be told next by an errand is told. */
void supervisor_go_on_with_errands(struct supervisor *supervisor);

/* ---- supervisor_attach.c ---- */

/* Answers the call now, or when its client or the run has gone. */
void supervisor_attach(struct member *member, struct control_call *call,
                       const struct request *request);
void supervisor_send_text(struct member *member, struct control_call *call,
                          const struct request *request);
/* ---- supervisor_wait.c ---- */

/* If that is wanted: all that are to start now must become ready. */
void supervisor_await_start(struct supervisor *supervisor);

/* ---- supervisor_reload.c ---- */

/* What clients ask about who is there. */
void supervisor_reload(struct supervisor *supervisor, struct control_call *call,
                       const struct request *request);
void supervisor_add(struct supervisor *supervisor, struct control_call *call,
                    const struct request *request);
void supervisor_scale(struct supervisor *supervisor, struct control_call *call,
                      const struct request *request);
void supervisor_remove(struct supervisor *supervisor, struct control_call *call,
                       const bool *chosen);

/* Files that nobody is of any more, but for the first. */
void supervisor_forget_empty_files(struct supervisor *supervisor);

/* ---- supervisor_events.c ---- */

extern const struct process_watcher supervisor_watcher;

/* Reaps whoever has ended. */
void supervisor_reap(struct supervisor *supervisor);

/* Says that one that fled from a process is being ended. */
void supervisor_say_stray(const struct supervisor *supervisor,
                          const struct member *member, pid_t pid);

/* Answers the errands that are fulfilled now that this process (NULL: none in
 * particular) has another state. */
void supervisor_look_at_errands(struct supervisor *supervisor,
                                const struct process *process);

/* ---- requests_rolling.c ---- */

/* Would enough stay ready without those that are chosen?  False: the refusal
 * says why. */
bool supervisor_may_take_down(const struct supervisor *supervisor,
                              const struct request *request, const bool *chosen,
                              struct reply *refusal);

/* Restarts them one after another; answers the call. */
void supervisor_roll(struct supervisor *supervisor, struct control_call *call,
                     const struct request *request, const bool *chosen);

/* ---- supervisor_kin.c ---- */

bool supervisor_leader_lives(const struct process *process);

/* Takes a look at all descendants, now. */
void supervisor_find_kin(struct supervisor *supervisor);

/* The pids the last look saw of a process, without its leader; free() them.
 * Strays have left its group. */
pid_t *supervisor_kin_of(const struct supervisor *supervisor,
                         const struct member *member, bool strays_only,
                         size_t *count);

/* What the last look saw says nothing any more: members have come or gone. */
void supervisor_forget_kin(struct supervisor *supervisor);

/* Was the last look so long ago that another one may be taken? */
bool supervisor_may_look(const struct supervisor *supervisor);

/* If somebody waits for it: a look, now or as soon as it may be taken, and
 * everybody who waits is told. */
void supervisor_look_if_wanted(struct supervisor *supervisor);

/* ---- supervisor_end.c ---- */

/* Everything that can bring the end nearer ends with a call of this. */
void supervisor_check_end(struct supervisor *supervisor);
void supervisor_begin_stopping(struct supervisor *supervisor);
void supervisor_process_closed(void *owner, const struct process_spec *spec);
void supervisor_handles_gone(void *owner);

#endif
