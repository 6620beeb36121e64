/* process_inside.h - the parts of a process, and what they share.
 *
 *     process.c        its life: what is to be done, and what happened
 *     process_output.c what it writes
 *     process_ask.c    questions about it
 *     process_start.c  one run: from the settings to a leader that is ready
 *     process_stop.c   from its stop-command to SIGKILL, until nobody is left
 *     process_signal.c signals that somebody sends it, and its pauses
 */
#ifndef PROCMAN_PROCESS_INSIDE_H
#define PROCMAN_PROCESS_INSIDE_H

#include "console.h"
#include "procman/handles.h"
#include "procman/process.h"
#include "ready.h"
#include "stream.h"

#define PROCESS_WISHES 8

/* stdout, stderr, and both of the stop-command. */
enum { STREAM_OUT, STREAM_ERROR, STREAM_STOP, PROCESS_STREAMS };

struct process {
    const struct process_site *site;
    const struct process_spec *spec;

    struct life life;
    bool feeding; /* inside feed(): a new wish has to wait */
    enum life_event wishes[PROCESS_WISHES];
    size_t wish_count;

    struct process_run now, last;
    struct backoff *backoff; /* NULL: it is never started again unasked */
    char *failure;           /* why `now` could not be started; NULL */
    char *trouble;           /* what was wrong with `now`; NULL */
    pid_t *strays;           /* fled from the group, and live */
    size_t stray_count;
    bool group_gone;          /* its number may be somebody else's by now */
    pid_t stop_command;       /* its group, while it is there; 0: none */
    bool stop_command_ended;  /* it has, others of its group have not */
    uint64_t stop_command_ms; /* when it was started */
    unsigned kills;           /* that were not allowed */
    bool paused;              /* its output is not read */
    bool frozen;              /* by SIGSTOP, until it is thawed or stopped */
    uint64_t thawed_left_ms;  /* to become ready, once thawed; 0: for ever */

    struct handles home; /* live as long as the process: the timers */
    uv_timer_t timer;    /* what it is for depends on the state, see life.h */
    uv_timer_t quiet;    /* an unfinished line has waited long enough */

    struct ready *ready; /* of this run; NULL: none */
    bool says_ready;     /* it has said READY=1, and will again */
    char *status;        /* what it says of itself; NULL: nothing */

    struct handles run; /* live as long as one run: the streams */
    struct stream streams[PROCESS_STREAMS];
    struct console *console; /* NULL: nobody can type into it */
};

/* ---- process.c ---- */

const struct process_watcher *process_watcher(const struct process *process);

/* uv_now() is as old as this turn of the loop; never 0. */
uint64_t process_now_ms(struct process *process);

/* It is not well: this is remembered and told. */
void process_note_trouble(struct process *process, const char *why);

/* Its one timer, whose meaning is that of its state. */
void process_arm(struct process *process, uint64_t delay_ms);

bool process_leader_is_gone(const struct process *process);

/* ---- process_output.c ---- */

void process_init_output(struct process *process);

/* All that it has written is told, the beginning of a line too. */
void process_drain(struct process *process);

/* ---- process_start.c ---- */

/* A child that has all that its settings give to the leader; `output` is
 * where both of its outputs go. */
struct os_child process_child(const struct process *process, char *const *argv,
                              char *const *env, int output);

/* A pipe into one of the streams.  Returns the child's end, to be closed once
 * the child has it; -1: see why. */
int process_open_stream(struct process *process, int stream, struct cause *why);

/* Starts a run.  Returns what came of it: LIFE_BECAME_READY, LIFE_CRASHED, or
 * LIFE_NO_EVENT: it has still to become ready. */
enum life_event process_spawn(struct process *process);

/* ---- process_stop.c ---- */

/* Is nobody of the run there any more, nor its stop-command? */
bool process_is_empty(struct process *process);

bool process_runs_stop_command(const struct process *process);

void process_signal_all(struct process *process, int signum);

/* LIFE_SIGNAL and LIFE_KILL, and what came of it at once. */
enum life_event process_send_stop(struct process *process);
enum life_event process_send_kill(struct process *process);

/* False: that was not its stop-command. */
bool process_stop_command_ended(struct process *process, pid_t pid, int code,
                                int signum);

#endif
