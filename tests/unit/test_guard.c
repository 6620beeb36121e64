/* The guard in a child of ours, the supervisor in a child of that.  What they
 * see is written into a pipe; its end of file says that all of them are gone,
 * and all that is waited for is bounded by the test's own alarm. */
#include "procman/guard.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 30 };

struct world {
    int ends[2]; /* what is said, and the sign of life of everybody */
    pid_t guard;
};

typedef void life_fn(struct world *world);

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    alarm(PATIENCE_S);
    os_become_subreaper();
    assert_int_equal(pipe(world->ends), 0);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    alarm(0);
    close(world->ends[0]);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
    free(world);
    return 0;
}

static void say(struct world *world, const char *word)
{
    if (write(world->ends[1], word, strlen(word)) < 0)
        _exit(99);
}

static void say_number(struct world *world, size_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%zu;", number);
    say(world, text);
}

/* The guard says how many it had to end, then ends as the supervisor did. */
static void split(struct world *world, life_fn *live)
{
    struct guard_report report;

    world->guard = fork();
    assert_true(world->guard >= 0);
    if (world->guard > 0) {
        close(world->ends[1]);
        return;
    }
    alarm(0);
    close(world->ends[0]);
    if (guard_split(&report, NULL)) {
        live(world);
        _exit(98);
    }
    say_number(world, report.ended);
    guard_repeat(report.code, report.signum);
}

static int wait_for(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* Waits until something is said; to be called for each word. */
static void expect(struct world *world, const char *word)
{
    char heard[64] = {0};

    for (size_t i = 0; i < strlen(word); i++)
        assert_int_equal(read(world->ends[0], heard + i, 1), 1);
    assert_string_equal(heard, word);
}

static void expect_end(struct world *world)
{
    char byte;

    assert_int_equal(read(world->ends[0], &byte, 1), 0);
}

/* ---- how it ends --------------------------------------------------------------- */

static void exit_well(struct world *world)
{
    (void)world;
    _exit(0);
}

static void exit_seven(struct world *world)
{
    (void)world;
    _exit(7);
}

static void die_of_interrupt(struct world *world)
{
    (void)world;
    guard_repeat(0, SIGINT);
}

static void die_of_kill(struct world *world)
{
    (void)world;
    raise(SIGKILL);
}

static void the_guard_ends_as_the_supervisor_ended(void **state)
{
    static const struct {
        life_fn *live;
        int code, signum;
    } cases[] = {
        {exit_well, 0, 0},
        {exit_seven, 7, 0},
        {die_of_interrupt, 0, SIGINT},
        {die_of_kill, 0, SIGKILL},
    };
    struct world *world = *state;

    close(world->ends[0]);
    close(world->ends[1]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pipe(world->ends), 0);
        split(world, cases[i].live);
        int status = wait_for(world->guard);
        expect(world, "0;");
        expect_end(world);
        assert_int_equal(WIFSIGNALED(status), cases[i].signum != 0);
        if (cases[i].signum)
            assert_int_equal(WTERMSIG(status), cases[i].signum);
        else
            assert_int_equal(WEXITSTATUS(status), cases[i].code);
        close(world->ends[0]);
    }
    assert_int_equal(pipe(world->ends), 0);
    close(world->ends[1]);
}

static void a_caller_that_ignores_its_children_is_no_hindrance(void **state)
{
    struct world *world = *state;

    signal(SIGCHLD, SIG_IGN);
    os_prepare(); /* as in main */
    split(world, exit_seven);
    assert_int_equal(WEXITSTATUS(wait_for(world->guard)), 7);
}

/* ---- signals ---------------------------------------------------------------------- */

/* Says the name of each signal it gets, until it is TERM. */
static void listen_to_signals(struct world *world)
{
    sigset_t all;
    int signum;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    say(world, "up;");
    while (sigwait(&all, &signum) == 0) {
        say_number(world, (size_t)signum);
        if (signum == SIGTERM)
            _exit(5);
    }
}

static void signals_are_passed_on_each_once(void **state)
{
    static const int passed[] = {SIGINT, SIGHUP, SIGQUIT, SIGINT, SIGTERM};
    struct world *world = *state;

    split(world, listen_to_signals);
    expect(world, "up;");
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        char word[32];
        kill(world->guard, SIGUSR2); /* nobody has a use for it */
        kill(world->guard, passed[i]);
        snprintf(word, sizeof word, "%d;", passed[i]);
        expect(world, word);
    }
    assert_int_equal(WEXITSTATUS(wait_for(world->guard)), 5);
}

static void
the_supervisor_has_a_group_of_its_own_and_admits_signals(void **state)
{
    struct world *world = *state;
    sigset_t all, before;

    (void)world;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t guard = fork();
    if (guard == 0) {
        struct guard_report report;
        sigset_t waiting, mask;
        if (!guard_split(&report, NULL))
            guard_repeat(report.code, report.signum);
        sigprocmask(SIG_SETMASK, NULL, &waiting);
        guard_admit_signals();
        sigprocmask(SIG_SETMASK, NULL, &mask);
        bool good = getpgrp() == getpid() && getppid() == report.guard &&
                    guard_is_there(&report) &&
                    sigismember(&waiting, SIGINT) == 1 &&
                    sigismember(&mask, SIGINT) == 0;
        _exit(good ? 0 : 1);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(WEXITSTATUS(wait_for(guard)), 0);
    close(world->ends[1]);
}

static void a_guard_that_is_killed_is_heard_as_a_term(void **state)
{
    struct world *world = *state;
    char word[16];

    split(world, listen_to_signals);
    expect(world, "up;");
    kill(world->guard, SIGKILL);
    assert_int_equal(WTERMSIG(wait_for(world->guard)), SIGKILL);
    snprintf(word, sizeof word, "%d;", SIGTERM);
    expect(world, word);
    expect_end(world);
    /* The supervisor is ours now: its end, too, is as it wished. */
    int status = 0;
    assert_true(waitpid(-1, &status, 0) > 0);
    assert_int_equal(WEXITSTATUS(status), 5);
}

/* ---- descendants ------------------------------------------------------------------- */

static void leave_many(struct world *world)
{
    char *argv[] = {"sh", "-c",
                    "trap '' TERM HUP; sleep 60 & "
                    "x=$(setsid sh -c 'trap \"\" TERM HUP; exec >&2; "
                    "sleep 60; :' &); "
                    "x=$(setsid env -i sh -c '(sleep 60 >&2 &); exec >&2; "
                    "/bin/sleep 60; :' &); "
                    "echo 'up;'; sleep 60; :",
                    NULL};
    char *env[] = {"PATH=/usr/bin:/bin", NULL};
    struct os_child child = {
        .file = "/bin/sh",
        .argv = argv,
        .env = env,
        .input = 0,
        .output = world->ends[1],
        .error = world->ends[1],
    };

    if (os_spawn(&child) < 0)
        _exit(97);
    pause();
}

/* All hold the pipe's end: its end of file is their end. */
static void a_killed_supervisor_leaves_nobody(void **state)
{
    struct world *world = *state;
    struct os_process *found;
    size_t count;
    pid_t supervisor = 0;

    split(world, leave_many);
    expect(world, "up;\n");
    found = os_descendants(world->guard, &count);
    assert_true(count >= 4);
    for (size_t i = 0; i < count; i++)
        if (found[i].parent == world->guard)
            supervisor = found[i].pid;
    free(found);
    kill(supervisor, SIGKILL);
    int status = wait_for(world->guard);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    char said[16] = {0};
    assert_true(read(world->ends[0], said, sizeof said - 1) > 0);
    assert_true(atoi(said) >= 3);
    expect_end(world);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_guard_ends_as_the_supervisor_ended),
        STORY(a_caller_that_ignores_its_children_is_no_hindrance),
        STORY(signals_are_passed_on_each_once),
        STORY(the_supervisor_has_a_group_of_its_own_and_admits_signals),
        STORY(a_guard_that_is_killed_is_heard_as_a_term),
        STORY(a_killed_supervisor_leaves_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
