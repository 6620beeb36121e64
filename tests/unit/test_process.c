/* Stories of real children.  Each process writes down what it tells; a story
 * waits for words in that log, for a bounded time.  At the end nothing may be
 * open any more.  What the supervisor does, reaping, is done here. */
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/process.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 20, SCRATCH_SIZE = 65536 };

/* Script: starts one that flees, and goes on when it has; says its pid. */
#define STRAY(does)                                                            \
    "pid=$(setsid sh -c 'echo $$; exec >&2; " does "' &); echo $pid; "

struct world {
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    uv_signal_t child;
    struct process_site site;
    struct process_spec spec;
    struct value_codes success; /* none but 0 */
    struct readiness automatic;
    struct environment environment, own;
    char *argv[4];
    struct process *process;
    struct buf log; /* "word;" for a state, "1|text;" for a line */
    bool blind;     /* does not look who is there */
    pid_t stray;    /* one that has fled, to be seen while it lives */
    enum life_event wish_on_end; /* spoken from within a watcher */
    bool closed;
};

/* ---- what it tells ------------------------------------------------------- */

static void note(struct world *world, const char *word)
{
    buf_add_string(&world->log, word);
    buf_add_char(&world->log, ';');
}

static void on_span(void *owner, struct process *process, int stream,
                    const struct span *span)
{
    struct world *world = owner;

    (void)process;
    for (size_t i = 0; i < span->count; i++)
        buf_add_format(&world->log, "%d%c%.*s;", stream,
                       span->continues && i == 0 ? '+' : '|',
                       (int)span->lines[i].len, span->text + span->lines[i].at);
}

static void on_started(void *owner, struct process *process)
{
    assert_true(process_run(process)->pid > 0);
    note(owner, "started");
}

static void on_unstartable(void *owner, struct process *process,
                           const char *why)
{
    assert_string_equal(why, process_failure(process));
    note(owner, why);
}

static void on_ended(void *owner, struct process *process)
{
    struct world *world = owner;
    const struct process_run *run = process_run(process);

    buf_add_format(&world->log, "ended %d/%d%s;", run->code, run->signum,
                   run->asked ? " asked" : "");
    if (world->wish_on_end)
        process_tell(process, world->wish_on_end);
    world->wish_on_end = LIFE_NO_EVENT;
}

static void on_kill(void *owner, struct process *process)
{
    (void)process;
    note(owner, "kill");
}

static void on_stop_command(void *owner, struct process *process,
                            const char *why)
{
    struct world *world = owner;

    (void)process;
    buf_add_format(&world->log, "command %.*s;",
                   (int)strcspn(why, "0123456789"), why);
}

static void on_stray(void *owner, struct process *process, pid_t pid)
{
    (void)process, (void)pid;
    note(owner, "stray");
}

static void on_state(void *owner, struct process *process)
{
    note(owner, life_word(process_state(process)));
}

static void on_closed(void *owner, const struct process_spec *spec)
{
    struct world *world = owner;

    assert_ptr_equal(spec, &world->spec);
    world->closed = true;
}

static void on_starting(void *owner, struct process *process)
{
    (void)owner, (void)process;
}

static const struct process_watcher watcher = {
    .on_starting = on_starting,
    .on_span = on_span,
    .on_started = on_started,
    .on_unstartable = on_unstartable,
    .on_ended = on_ended,
    .on_kill = on_kill,
    .on_stop_command = on_stop_command,
    .on_stray = on_stray,
    .on_state = on_state,
    .on_closed = on_closed,
};

/* ---- the world ------------------------------------------------------------ */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void on_child(uv_signal_t *handle, int number)
{
    struct world *world = handle->data;
    int code, signum;

    (void)number;
    for (pid_t pid; (pid = os_reap(&code, &signum)) > 0;)
        if (pid == process_run(world->process)->pid)
            process_leader_ended(world->process, code, signum);
        else
            process_child_ended(world->process, pid, code, signum);
    if (process_waits_for_kin(world->process) && !world->blind)
        process_set_strays(world->process, &world->stray,
                           world->stray && kill(world->stray, 0) == 0);
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    uv_signal_init(&world->loop, &world->child);
    world->child.data = world;
    uv_signal_start(&world->child, on_child, SIGCHLD);
    world->site = (struct process_site){
        .loop = &world->loop,
        .watcher = &watcher,
        .owner = world,
        .scratch = mem_new(SCRATCH_SIZE, 1),
        .scratch_size = SCRATCH_SIZE,
        .session = -1,
        .null = open("/dev/null", O_RDONLY | O_CLOEXEC),
        .quiet_ms = 1000,
    };
    world->spec = (struct process_spec){
        .name = "it",
        .argv = world->argv,
        .environment = &world->environment,
        .own = &world->own,
        .stop_signal = SIGTERM,
        .stop_timeout_ms = PATIENCE_S * 1000,
        .umask = -1,
        .descriptors = -1,
        .success = &world->success,
        .ready = &world->automatic,
        .alive = &world->automatic,
        .policy = LIFE_NEVER,
    };
    environment_set(&world->environment, "PATH", "/usr/bin:/bin");
    *state = world;
    return 0;
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static void turn(struct world *world, uint64_t until)
{
    if (uv_hrtime() > until)
        fail_msg("waited too long; so far: %s",
                 world->log.data ? world->log.data : "");
    uv_run(&world->loop, UV_RUN_ONCE);
}

static const char *log_of(const struct world *world)
{
    return world->log.data ? world->log.data : "";
}

static void wait_for(struct world *world, const char *words)
{
    uint64_t until = deadline();

    while (!strstr(log_of(world), words))
        turn(world, until);
}

static void wait_for_rest(struct world *world)
{
    uint64_t until = deadline();

    while (process_state(world->process) != LIFE_IDLE)
        turn(world, until);
}

static void forget(struct world *world)
{
    world->log.len = 0;
    if (world->log.data)
        *world->log.data = '\0';
}

static int end_world(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();

    world->blind = false;
    process_tell(world->process, LIFE_STOP);
    process_hurry(world->process);
    wait_for_rest(world);
    process_close(world->process);
    while (!world->closed)
        turn(world, until);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
    uv_close((uv_handle_t *)&world->tick, NULL);
    uv_close((uv_handle_t *)&world->child, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    close(world->site.null);
    free(world->site.scratch);
    environment_release(&world->environment);
    environment_release(&world->own);
    buf_release(&world->log);
    free(world);
    return 0;
}

static void make(struct world *world, const char *script)
{
    world->argv[0] = "sh";
    world->argv[1] = "-c";
    world->argv[2] = (char *)script;
    world->process = process_create(&world->site, &world->spec);
}

static void start(struct world *world, const char *script)
{
    make(world, script);
    process_tell(world->process, LIFE_START);
}

static int open_descriptors(void)
{
    int count = 0;

    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* ---- a life ----------------------------------------------------------------- */

static void a_child_lives_and_ends(void **state)
{
    struct world *world = *state;

    start(world, "echo out; exit 3");
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|out;ended 3/0;lingering;"
                        "closing;idle;");
    const struct process_run *run = process_last_run(world->process);
    assert_int_equal(run->number, 1);
    assert_int_equal(run->code, 3);
    assert_true(run->started_ms <= run->ended_ms);
    assert_true(run->ended_ms <= run->gone_ms);
    assert_int_equal(run->signalled_ms, 0);
    assert_false(run->killed);
    assert_false(process_wanted(world->process));
}

static void the_last_line_is_heard_before_the_end(void **state)
{
    static const char want[] = "started;starting;ready;1|one;1|two;1|three;"
                               "ended 0/0;lingering;closing;idle;";
    struct world *world = *state;
    int open_before = 0;

    start(world, "echo one; echo two; printf three");
    for (int i = 0; i < 1000; i++) {
        wait_for_rest(world);
        assert_string_equal(log_of(world), want);
        forget(world);
        if (i == 0)
            open_before = open_descriptors();
        process_tell(world->process, LIFE_START);
    }
    wait_for_rest(world);
    assert_int_equal(open_descriptors(), open_before);
    assert_int_equal(process_run(world->process)->number, 1001);
}

static void both_outputs_are_heard(void **state)
{
    struct world *world = *state;

    start(world, "echo out; echo err >&2");
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|out;"));
    assert_non_null(strstr(log_of(world), "2|err;"));
}

static void a_flood_before_the_end_is_whole(void **state)
{
    struct world *world = *state;
    size_t lines = 0;

    start(world, "i=0; while [ $i -lt 20000 ]; do echo x; i=$((i+1)); done");
    wait_for_rest(world);
    for (const char *at = log_of(world); (at = strstr(at, "1|x;")); at++)
        lines++;
    assert_int_equal(lines, 20000);
}

static void a_line_without_its_end_is_shown_after_a_silence(void **state)
{
    struct world *world = *state;

    world->site.quiet_ms = 30;
    start(world, "printf 'password: '; kill -STOP $$; echo secret");
    wait_for(world, "1|password: ;");
    assert_null(strstr(log_of(world), "ended"));
    process_suspend(world->process, false);
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1+secret;ended 0/0;"));
}

static void a_child_reads_nothing(void **state)
{
    struct world *world = *state;

    start(world, "read line || echo empty");
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|empty;"));
}

static void a_child_may_open_its_output_by_name(void **state)
{
    struct world *world = *state;

    start(world, "echo out >/dev/stdout; echo err >/dev/stderr");
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|out;"));
    assert_non_null(strstr(log_of(world), "2|err;"));
}

static void its_own_variables_are_over_the_sessions(void **state)
{
    struct world *world = *state;

    environment_set(&world->environment, "A", "session");
    environment_set(&world->environment, "B", "session");
    environment_set(&world->own, "A", "own");
    start(world, "echo $A $B");
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|own session;"));
}

/* ---- the end ------------------------------------------------------------------ */

static void a_stop_reaches_the_whole_group(void **state)
{
    struct world *world = *state;

    start(world, "(trap 'echo child; exit' TERM; while :; do sleep 0.02; "
                 "done) & trap 'echo leader; wait; exit 0' TERM; "
                 "echo up; while :; do sleep 0.02; done");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|leader;"));
    assert_non_null(strstr(log_of(world), "ended 0/0 asked;"));
    assert_false(process_last_run(world->process)->killed);
}

static void a_stop_is_over_when_the_last_of_the_group_is_gone(void **state)
{
    struct world *world = *state;

    os_become_subreaper();
    start(world, "(trap 'sleep 0.2; echo last; exit' TERM; echo up; "
                 "while :; do sleep 0.02; done) & wait");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    const char *ended = strstr(log_of(world), "ended 0/15 asked;");
    assert_non_null(ended);
    assert_true(strstr(log_of(world), "1|last;") > ended);
}

static void a_deaf_child_is_killed(void **state)
{
    struct world *world = *state;

    world->spec.stop_timeout_ms = 50;
    start(world, "trap '' TERM; echo up; while :; do sleep 1; done");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|up;stopping;kill;"
                        "ended 0/9 asked;closing;idle;");
    const struct process_run *run = process_last_run(world->process);
    assert_true(run->killed);
    assert_true(run->ended_ms >= run->signalled_ms + 50);
}

static void a_hurry_kills_at_once_and_knows_how_long_it_took(void **state)
{
    struct world *world = *state;

    start(world, "trap '' TERM; echo up; while :; do sleep 1; done");
    wait_for(world, "up");
    process_hurry(world->process); /* it is not being stopped */
    assert_int_equal(process_state(world->process), LIFE_READY);
    process_tell(world->process, LIFE_STOP);
    process_hurry(world->process);
    assert_true(process_patience_ms(world->process) < PATIENCE_S * 1000);
    wait_for_rest(world);
    assert_true(process_last_run(world->process)->killed);
}

static void a_stopped_child_wakes_up_to_hear_the_stop(void **state)
{
    struct world *world = *state;

    start(world, "trap 'echo heard; exit 0' TERM; echo up; kill -STOP $$; "
                 "while :; do sleep 0.02; done");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|heard;ended 0/0 asked;"));
}

static void a_grandchild_that_holds_the_pipe_goes_on_being_heard(void **state)
{
    struct world *world = *state;

    os_become_subreaper();
    start(world, "(sleep 0.2; echo later) & echo now");
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|now;ended 0/0;lingering;"
                        "1|later;closing;idle;");
}

static void a_pipe_held_by_a_stranger_is_not_waited_for(void **state)
{
    struct world *world = *state;
    int ends[2], status;
    pid_t stranger;

    assert_int_equal(pipe(ends), 0);
    os_become_subreaper();
    start(world, STRAY("exec sleep 60") "echo done");
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|done;"));
    stranger = (pid_t)atoi(strstr(log_of(world), "1|") + 2);
    assert_true(stranger > 1);
    assert_int_equal(kill(stranger, SIGKILL), 0);
    waitpid(stranger, &status, 0);
    close(ends[0]);
    close(ends[1]);
}

static void one_that_fled_is_signalled_and_waited_for(void **state)
{
    struct world *world = *state;

    os_become_subreaper();
    world->blind = true;
    start(world, STRAY("exec sleep 60") "echo done");
    wait_for(world, "lingering;");
    pid_t stray = (pid_t)atoi(strstr(log_of(world), "1|") + 2);
    process_set_strays(world->process, &stray, 1);
    assert_int_equal(process_state(world->process), LIFE_LINGERING);
    process_tell(world->process, LIFE_STOP);
    assert_int_equal(process_state(world->process), LIFE_STOPPING);
    world->blind = false; /* its death brings the next look */
    world->stray = stray;
    wait_for_rest(world);
    assert_int_equal(kill(stray, 0), -1);
}

static void one_that_flees_from_a_stop_is_told_too(void **state)
{
    struct world *world = *state;

    os_become_subreaper();
    world->blind = true;
    start(world, STRAY("kill -STOP $$; sleep 60") "echo up; exec sleep 60");
    wait_for(world, "up");
    pid_t stray = (pid_t)atoi(strstr(log_of(world), "1|") + 2);
    process_tell(world->process, LIFE_STOP);
    wait_for(world, "ended 0/15 asked;");
    process_set_strays(world->process, &stray, 1);
    assert_non_null(strstr(log_of(world), "stray;"));
    world->blind = false;
    world->stray = stray;
    wait_for_rest(world);
    assert_false(process_last_run(world->process)->killed);
}

/* A pid is given away again once nobody bears it as process, group or session:
 * a daemon outlives its group, and then its group's number may be another's. */
static void a_group_that_was_empty_is_nobodys_any_more(void **state)
{
    struct world *world = *state;
    int status;

    os_become_subreaper();
    world->blind = true;
    start(world, STRAY("exec sleep 60") "echo done");
    wait_for(world, "lingering;");
    pid_t stray = (pid_t)atoi(strstr(log_of(world), "1|") + 2);
    process_set_strays(world->process, &stray, 1);
    pid_t group = process_run(world->process)->pid;

    /* Somebody else gets the number: the kernel is asked for it. */
    FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
    bool asked =
        last && fprintf(last, "%d", (int)group - 1) > 0 && fflush(last) == 0;
    pid_t other = asked ? fork() : 0;
    if (asked && other == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    if (last)
        fclose(last);
    if (asked)
        setpgid(other, other);
    process_tell(world->process, LIFE_STOP);
    world->blind = false;
    world->stray = stray;
    wait_for_rest(world);
    if (!asked)
        skip();
    bool same = other == group;
    bool alive = waitpid(other, &status, WNOHANG) == 0;
    kill(other, SIGKILL);
    waitpid(other, &status, 0);
    if (!same)
        skip(); /* another process was faster */
    assert_true(alive);
}

/* ---- wishes ----------------------------------------------------------------------- */

/* ---- a stop-command ---------------------------------------------------- */

static void a_stop_command_ends_it_and_no_signal_is_needed(void **state)
{
    struct world *world = *state;

    world->spec.stop_command = "echo asking; echo errors >&2; kill -USR1 "
                               "$MAINPID; while kill -0 $MAINPID; do sleep "
                               "0.01; done 2>/dev/null; echo gone";
    start(world, "trap 'exit 0' USR1; trap 'echo heard' TERM; echo up; "
                 "while :; do sleep 0.01; done");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|up;stopping;1|asking;"
                        "1|errors;ended 0/0 asked;1|gone;closing;idle;");
    const struct process_run *run = process_last_run(world->process);
    assert_true(run->commanded);
    assert_false(run->signalled);
}

static void
one_that_is_there_after_its_stop_command_gets_the_signal(void **state)
{
    struct world *world = *state;

    world->spec.stop_command = "exit 3";
    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|up;stopping;"
                        "command exited with code ;ended 0/15 asked;closing;"
                        "idle;");
    assert_true(process_last_run(world->process)->signalled);
}

static void a_stop_command_that_hangs_is_killed_with_it(void **state)
{
    struct world *world = *state;

    world->spec.stop_timeout_ms = 50;
    world->spec.stop_command = "trap '' TERM; while :; do sleep 1; done";
    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_string_equal(log_of(world),
                        "started;starting;ready;1|up;stopping;kill;"
                        "ended 0/9 asked;closing;idle;");
    assert_true(process_last_run(world->process)->killed);
    assert_false(process_last_run(world->process)->signalled);
}

static void what_a_stop_command_leaves_running_goes_with_it(void **state)
{
    struct world *world = *state;

    world->spec.stop_command = "sleep 60 & echo left $!; kill $MAINPID";
    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    const char *left = strstr(log_of(world), "left ");
    assert_non_null(left);
    assert_int_equal(kill((pid_t)atoi(left + strlen("left ")), 0), -1);
}

static void a_stop_command_is_not_run_for_what_has_ended(void **state)
{
    struct world *world = *state;

    world->spec.stop_command = "echo asking";
    world->blind = true; /* so that it lingers */
    start(world, "sleep 60 & exit 0");
    wait_for(world, "lingering");
    world->blind = false;
    process_tell(world->process, LIFE_STOP);
    wait_for_rest(world);
    assert_null(strstr(log_of(world), "asking"));
}

static void a_stop_command_that_cannot_be_started_is_told(void **state)
{
    struct world *world = *state;
    struct rlimit before, none;

    world->spec.stop_command = "echo asking";
    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    int lowest = dup(0);
    close(lowest);
    none.rlim_cur = (rlim_t)lowest; /* those that are kept lie above it */
    setrlimit(RLIMIT_NOFILE, &none);
    process_tell(world->process, LIFE_STOP);
    setrlimit(RLIMIT_NOFILE, &before);
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "command could not be started"));
    assert_non_null(strstr(log_of(world), "ended 0/15 asked"));
}

static void a_restart_is_a_new_run(void **state)
{
    struct world *world = *state;

    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    pid_t first = process_run(world->process)->pid;
    forget(world);
    process_tell(world->process, LIFE_RESTART);
    wait_for(world, "up");
    assert_string_equal(log_of(world),
                        "stopping;ended 0/15 asked;closing;started;starting;"
                        "ready;1|up;");
    assert_int_equal(process_run(world->process)->number, 2);
    assert_int_equal(process_last_run(world->process)->pid, first);
    assert_true(process_last_run(world->process)->asked);
}

static void a_wish_from_within_is_granted_afterwards(void **state)
{
    struct world *world = *state;

    world->wish_on_end = LIFE_START;
    start(world, "exit 1");
    wait_for(world, "idle;");
    assert_string_equal(log_of(world),
                        "started;starting;ready;ended 1/0;lingering;stopping;"
                        "closing;started;starting;ready;ended 1/0;lingering;"
                        "closing;idle;");
}

static void one_that_cannot_be_executed_says_so_and_rests(void **state)
{
    struct world *world = *state;
    int before;

    make(world, NULL);
    before = open_descriptors();
    world->argv[0] = "bin/none";
    world->argv[1] = NULL;
    process_tell(world->process, LIFE_START);
    wait_for_rest(world);
    assert_string_equal(
        log_of(world),
        "cannot start: bin/none: not found (No such file or directory);"
        "starting;ended 127/0;lingering;closing;idle;");
    assert_int_equal(process_last_run(world->process)->spawn_error, ENOENT);
    assert_int_equal(process_last_run(world->process)->pid, 0);
    world->argv[0] = "/etc/passwd";
    process_tell(world->process, LIFE_START);
    wait_for_rest(world);
    assert_int_equal(process_last_run(world->process)->code, 126);
    assert_int_equal(open_descriptors(), before);
}

static void
without_descriptors_nothing_is_started_and_nothing_leaks(void **state)
{
    struct world *world = *state;
    int taken[128], count = 0, before;
    struct rlimit limit, narrow;

    make(world, "echo up");
    before = open_descriptors();
    getrlimit(RLIMIT_NOFILE, &limit);
    narrow = (struct rlimit){128, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &narrow);
    for (int free_ones = 0; free_ones < 4; free_ones++) {
        while (count < 128 && (taken[count] = dup(0)) >= 0)
            count++;
        for (int i = 0; i < free_ones && count > 0; i++)
            close(taken[--count]);
        process_tell(world->process, LIFE_START);
        while (count > 0)
            close(taken[--count]);
        wait_for_rest(world);
        assert_int_equal(process_last_run(world->process)->code, 126);
        assert_non_null(strstr(log_of(world), "Too many open files"));
        assert_int_equal(open_descriptors(), before);
        forget(world);
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    process_tell(world->process, LIFE_START);
    wait_for(world, "1|up;");
}

/* ---- pause -------------------------------------------------------------------------- */

static void a_pause_holds_the_writer_back_and_loses_nothing(void **state)
{
    struct world *world = *state;

    make(world, "i=0; while [ $i -lt 30000 ]; do echo 12345678; i=$((i+1)); "
                "done; echo end >&2");
    process_pause(world->process, true);
    process_tell(world->process, LIFE_START);
    for (int i = 0; i < 60; i++) /* more than the pipe can hold is written */
        turn(world, deadline());
    assert_string_equal(log_of(world), "started;starting;ready;");
    process_pause(world->process, false);
    wait_for_rest(world);
    size_t lines = 0;
    for (const char *at = log_of(world); (at = strstr(at, "1|12345678;")); at++)
        lines++;
    assert_int_equal(lines, 30000);
    assert_non_null(strstr(log_of(world), "2|end;"));
}

static void what_a_paused_one_wrote_is_heard_before_its_end(void **state)
{
    struct world *world = *state;

    make(world, "echo last");
    process_pause(world->process, true);
    process_tell(world->process, LIFE_START);
    wait_for_rest(world);
    assert_non_null(strstr(log_of(world), "1|last;ended 0/0;"));
    process_pause(world->process, false);
}

static void a_suspended_one_stands_still_until_it_may_go_on(void **state)
{
    struct world *world = *state;

    start(world, "echo up; exec sleep 60");
    wait_for(world, "up");
    pid_t pid = process_run(world->process)->pid;
    int status = 0;
    process_suspend(world->process, true);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    process_suspend(world->process, false);
    assert_int_equal(waitpid(pid, &status, WCONTINUED), pid);
    assert_true(WIFCONTINUED(status));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_child_lives_and_ends),
        STORY(the_last_line_is_heard_before_the_end),
        STORY(both_outputs_are_heard),
        STORY(a_flood_before_the_end_is_whole),
        STORY(a_line_without_its_end_is_shown_after_a_silence),
        STORY(a_child_reads_nothing),
        STORY(a_child_may_open_its_output_by_name),
        STORY(its_own_variables_are_over_the_sessions),
        STORY(a_stop_reaches_the_whole_group),
        STORY(a_stop_is_over_when_the_last_of_the_group_is_gone),
        STORY(a_deaf_child_is_killed),
        STORY(a_hurry_kills_at_once_and_knows_how_long_it_took),
        STORY(a_stopped_child_wakes_up_to_hear_the_stop),
        STORY(a_grandchild_that_holds_the_pipe_goes_on_being_heard),
        STORY(a_pipe_held_by_a_stranger_is_not_waited_for),
        STORY(one_that_fled_is_signalled_and_waited_for),
        STORY(one_that_flees_from_a_stop_is_told_too),
        STORY(a_group_that_was_empty_is_nobodys_any_more),
        STORY(a_stop_command_ends_it_and_no_signal_is_needed),
        STORY(one_that_is_there_after_its_stop_command_gets_the_signal),
        STORY(a_stop_command_that_hangs_is_killed_with_it),
        STORY(what_a_stop_command_leaves_running_goes_with_it),
        STORY(a_stop_command_is_not_run_for_what_has_ended),
        STORY(a_stop_command_that_cannot_be_started_is_told),
        STORY(a_restart_is_a_new_run),
        STORY(a_wish_from_within_is_granted_afterwards),
        STORY(one_that_cannot_be_executed_says_so_and_rests),
        STORY(without_descriptors_nothing_is_started_and_nothing_leaks),
        STORY(a_pause_holds_the_writer_back_and_loses_nothing),
        STORY(what_a_paused_one_wrote_is_heard_before_its_end),
        STORY(a_suspended_one_stands_still_until_it_may_go_on),
    };

    os_prepare(); /* as in main */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
