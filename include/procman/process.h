/* process.h - one supervised process on the event loop.
 *
 * Performs what its life (life.h) calls for, and feeds back what happened.
 * Everything it has to say to the rest of procman goes through its watcher.
 *
 * It owns its pipes and its timers; what only the whole session can know comes
 * in from outside: which children have ended (process_leader_ended), and which
 * processes that fled from its group are still there (process_set_strays).
 */
#ifndef PROCMAN_PROCESS_H
#define PROCMAN_PROCESS_H

#include "procman/backoff.h"
#include "procman/environment.h"
#include "procman/life.h"
#include "procman/lines.h"
#include "procman/os.h"
#include "procman/os_pty.h"
#include "procman/readiness.h"
#include "procman/values.h"

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct process;
struct console;

/* Where its input comes from: nowhere, or from whoever types into it. */
enum process_input { INPUT_NONE, INPUT_PIPE, INPUT_TERMINAL };

/* What to run.  Borrowed: must outlive the process. */
struct process_spec {
    const char *name;
    const char *command;                   /* as it stands in the file */
    char *const *argv;                     /* ends with NULL */
    const struct environment *environment; /* the session's */
    const struct environment *own;         /* over it */
    int stop_signal;
    const char *stop_command;      /* asks it to end, before the signal; NULL */
    uint64_t stop_timeout_ms;      /* from either of them to SIGKILL */
    const char *directory;         /* to run in; NULL: ours */
    int umask;                     /* -1: ours */
    int nice;                      /* added to ours */
    const struct account *account; /* to run as, if we are root; NULL: us */
    int descriptors;               /* how many it may have; -1: as site says */
    const struct value_codes *success; /* ways to end that are no failure */
    const struct readiness *ready;     /* how it is known to be ready */
    bool notifies;                     /* it says READY=1: for READINESS_AUTO */
    uint64_t ready_timeout_ms;         /* 0: for ever */
    const struct readiness *alive;     /* READINESS_AUTO: nobody asks */
    uint64_t alive_interval_ms;
    enum process_input input;
    enum life_policy policy;
    struct backoff_rules backoff;
};

/* How a run of it ended, or goes on. */
struct process_run {
    pid_t pid;             /* of the leader; 0: none was started */
    uint64_t number;       /* 1 for the first run */
    uint64_t started_ms;   /* uv_now(); so are all that follow */
    uint64_t signalled_ms; /* when it was asked to end; 0: never */
    uint64_t ready_ms;     /* when it became ready; 0: it never was */
    uint64_t ended_ms;     /* when the leader ended; 0: it lives */
    uint64_t gone_ms;      /* when all of it was gone */
    int code, signum;      /* how the leader ended */
    bool asked;            /* whether that was wished for */
    bool commanded;        /* by its stop-command, */
    bool signalled;        /* and by the stop signal */
    bool killed;           /* SIGKILL was needed */
    size_t killed_others;  /* how many besides the leader SIGKILL met */
    int spawn_error;       /* errno, if it could not be started */
};

/* Who is told.  Called from the event loop or from within process_tell(). */
struct process_watcher {
    /* Lines of output (lines.h); `stream` is 1 or 2. */
    void (*on_span)(void *owner, struct process *process, int stream,
                    const struct span *span);
    /* A run is about to begin: the last moment to change its spec, followed by
     * process_renew(). */
    void (*on_starting)(void *owner, struct process *process);
    /* The leader runs. */
    void (*on_started)(void *owner, struct process *process);
    /* It could not be started: a sentence. */
    void (*on_unstartable)(void *owner, struct process *process,
                           const char *why);
    /* It is no longer well: a sentence.  It will be stopped, as a crash. */
    void (*on_unwell)(void *owner, struct process *process, const char *why);
    /* The leader has ended, and all it wrote has been told. */
    void (*on_ended)(void *owner, struct process *process);
    /* Its stop-command did not do well: a sentence. */
    void (*on_stop_command)(void *owner, struct process *process,
                            const char *why);
    /* Patience is over: SIGKILL goes to all of it.  The moment to look for
     * those that fled: process_set_strays() may be called from within. */
    void (*on_kill)(void *owner, struct process *process);
    /* One that fled from its group is ended with it. */
    void (*on_stray)(void *owner, struct process *process, pid_t pid);
    /* The state is another one. */
    void (*on_state)(void *owner, struct process *process);
    /* The process is closed and its memory released; this is what it ran. */
    void (*on_closed)(void *owner, const struct process_spec *spec);
};

/* What all processes of a session share.  Borrowed. */
struct process_site {
    uv_loop_t *loop;
    const struct process_watcher *watcher;
    void *owner;
    char *scratch; /* what is read passes through here */
    size_t scratch_size;
    int session; /* the session's directory, for notify sockets; -1: none */
    const char *session_path;
    int null;                    /* a descriptor of /dev/null */
    struct os_limit descriptors; /* what children get */
    bool on_terminal;            /* what they write is shown on one */
    struct os_window window;     /* of a terminal that one gets */
    uint64_t quiet_ms; /* after this silence an unfinished line is shown */
};

/* Never fails, and starts nothing: LIFE_START does.  End it with
 * process_close(). */
struct process *process_create(const struct process_site *site,
                               const struct process_spec *spec);

/* Its spec says something else now (the address is the same).  Of a run that
 * goes on only what procman does about it may be another.  Whether it has said
 * READY=1 of its own accord is forgotten with another program. */
void process_renew(struct process *process, bool another_program);

/* LIFE_START, LIFE_STOP and LIFE_RESTART are for the supervisor.  May be called
 * from within a watcher: the wish is then granted when the watcher has
 * returned, after those that were made before it. */
void process_tell(struct process *process, enum life_event wish);

/* It is wanted, but must wait for others before it starts; or no longer. */
void process_hold(struct process *process, bool held);

/* If it is being stopped: patience is over now. */
void process_hurry(struct process *process);

/* Its leader was reaped. */
void process_leader_ended(struct process *process, int code, int signum);

/* A child was reaped that is no leader: false if it is none of this one's
 * probes, nor its stop-command. */
bool process_child_ended(struct process *process, pid_t pid, int code,
                         int signum);

/* Who has fled from its group and lives; none if `count` is 0.  Those it did
 * not know yet are signalled if it is being stopped.  To be told after each
 * death of a child of ours, as long as process_waits_for_kin() says so. */
void process_set_strays(struct process *process, const pid_t *strays,
                        size_t count);
bool process_waits_for_kin(const struct process *process);

/* How many besides the leader are there when SIGKILL is sent, for the record. */
void process_note_others(struct process *process, size_t count);

/* Stops reading its output, or goes on. */
void process_pause(struct process *process, bool paused);

/* SIGSTOP or SIGCONT to all of it: all of procman is suspended, or goes on.  Who
 * is frozen stays so. */
void process_suspend(struct process *process, bool suspended);

/* The terminal that it has, if any, is to have this size. */
void process_resize(struct process *process, const struct os_window *window);

/* Where its present run can be typed into (src/run/console.h); NULL: nowhere. */
struct console *process_console(const struct process *process);

/* SIGSTOP to all of it, until it is thawed or stopped.  Meanwhile it is not
 * asked how it is, and its time to become ready stands still.  False: it does
 * not run, or is on its way out. */
bool process_freeze(struct process *process);

/* SIGCONT to all of it.  False: it was not frozen. */
bool process_thaw(struct process *process);
bool process_frozen(const struct process *process);

/* A signal to the leader, or to all of its group.  What comes of it is the
 * process's own doing: the policy sees to it.  False and why: its leader does
 * not live, or is not ours to signal. */
bool process_signal(struct process *process, int signum, bool whole_group,
                    struct cause *why);

enum life_state process_state(const struct process *process);
bool process_wanted(const struct process *process);
/* It is at rest because it failed, and nobody has asked for that. */
bool process_failed(const struct process *process);

/* Its end, which is under way or was the last one, was wished for. */
bool process_asked(const struct process *process);

/* Its leader ended in a crash that nobody asked for, whoever of it lives on. */
bool process_crashed(const struct process *process);
const struct process_spec *process_spec(const struct process *process);
const struct process_run *process_run(const struct process *process);
/* The last run that has ended; its number is 0 if there is none. */
const struct process_run *process_last_run(const struct process *process);

/* What it says of itself (STATUS= of sd_notify); NULL: nothing. */
const char *process_status(const struct process *process);

/* Why the present run could not be started: a sentence. */
const char *process_failure(const struct process *process);

/* What was wrong with the present run, or the last one, when it was last unwell: a
 * sentence; NULL: nothing was. */
const char *process_trouble(const struct process *process);

/* How long the leader of the present run has lived, or lived. */
uint64_t process_age_ms(struct process *process);

/* The group of its stop-command, which is not its own but belongs to it; 0. */
pid_t process_stop_command(const struct process *process);

/* It waits to be started again: for how much longer. */
uint64_t process_wait_ms(const struct process *process);

/* How long ago it was asked to end. */
uint64_t process_patience_ms(struct process *process);

/* Only an idle process can be closed.  Ends with watcher->on_closed(). */
void process_close(struct process *process);

#endif
