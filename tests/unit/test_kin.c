/* Who belongs to whom, looked at in real trees of processes.  A leader is a
 * shell in a session of its own, as every process of a session is; each of its
 * descendants says which one it is and its pid. */
#include "../../src/run/kin.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 30, PATIENCE_MS = 20000 };

struct world {
    struct kin_leader leaders[2];
    FILE *said;
    int saying;
};

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    int ends[2];

    alarm(PATIENCE_S);
    os_become_subreaper();
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    world->said = fdopen(ends[0], "r");
    world->saying = ends[1];
    world->leaders[0].name = "web";
    world->leaders[1].name = "db";
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    os_end_descendants(PATIENCE_MS);
    alarm(0);
    fclose(world->said);
    close(world->saying);
    free(world);
    return 0;
}

static void lead(struct world *world, size_t i, const char *script)
{
    char *argv[] = {"sh", "-c", (char *)script, NULL};
    char *name = mem_format("PS=%s", world->leaders[i].name);
    char *env[] = {"PATH=/usr/bin:/bin", "PROCMAN_SESSION=/run/x", name, NULL};
    struct os_child child = {
        .file = "/bin/sh",
        .argv = argv,
        .env = env,
        .input = 0,
        .output = world->saying,
        .error = 2,
    };

    world->leaders[i].pid = os_spawn(&child);
    assert_true(world->leaders[i].pid > 0);
    free(name);
}

static pid_t hear_pid(struct world *world)
{
    int pid;

    assert_int_equal(fscanf(world->said, "%d", &pid), 1);
    return pid;
}

/* Looks; false: it is not there. */
static bool look_for(struct world *world, pid_t pid, struct kin *about)
{
    size_t count;
    struct kin *all = kin_find(world->leaders, 2, "/run/x", &count);
    bool found = false;

    for (size_t i = 0; i < count; i++)
        if (all[i].pid == pid) {
            *about = all[i];
            found = true;
        }
    free(all);
    return found;
}

static void assert_kin(struct world *world, pid_t pid, size_t owner,
                       bool in_group)
{
    struct kin kin = {0};

    assert_true(look_for(world, pid, &kin));
    assert_int_equal(kin.owner, owner);
    assert_int_equal(kin.in_group, in_group);
}

static void leaders_and_their_groups_are_kin(void **state)
{
    struct world *world = *state;

    lead(world, 0, "sleep 60 & echo $!; wait");
    pid_t first = hear_pid(world);
    lead(world, 1, "sleep 60 & echo $!; wait");
    pid_t second = hear_pid(world);
    assert_kin(world, world->leaders[0].pid, 0, true);
    assert_kin(world, world->leaders[1].pid, 1, true);
    assert_kin(world, first, 0, true);
    assert_kin(world, second, 1, true);
}

static void one_in_a_session_of_its_own_is_kin_by_descent(void **state)
{
    struct world *world = *state;

    lead(world, 1, "setsid env -i sh -c 'echo $$; exec /bin/sleep 60' & wait");
    assert_kin(world, hear_pid(world), 1, false);
}

static void one_that_was_adopted_is_known_by_its_group(void **state)
{
    struct world *world = *state;

    lead(world, 1, "(sleep 60 & echo $!); exec sleep 60");
    assert_kin(world, hear_pid(world), 1, true);
}

static void a_daemon_is_known_by_its_environment(void **state)
{
    struct world *world = *state;

    lead(world, 1,
         "(setsid sh -c 'echo $$; exec sleep 60' &); "
         "exec sleep 60");
    assert_kin(world, hear_pid(world), 1, false);
}

static void a_daemons_children_are_its_kin(void **state)
{
    struct world *world = *state;

    lead(world, 1,
         "(setsid sh -c 'env -i setsid sh -c \"echo \\$\\$; exec "
         "/bin/sleep 60\" & wait' &); exec sleep 60");
    assert_kin(world, hear_pid(world), 1, false);
}

static void one_that_dropped_everything_is_nobodys(void **state)
{
    struct world *world = *state;

    lead(world, 1,
         "(env -i setsid sh -c 'echo $$; exec /bin/sleep 60' &); "
         "exec sleep 60");
    pid_t pid = hear_pid(world);
    struct kin kin = {0};
    /* Until its parent has gone it is kin by descent. */
    do
        assert_true(look_for(world, pid, &kin));
    while (kin.owner != KIN_NOBODY);
    assert_false(kin.in_group);
}

static void a_daemon_of_another_session_is_nobodys(void **state)
{
    struct world *world = *state;

    lead(world, 1,
         "(PROCMAN_SESSION=/run/y setsid sh -c 'echo $$; exec sleep "
         "60' &); exec sleep 60");
    pid_t pid = hear_pid(world);
    struct kin kin = {0};
    do
        assert_true(look_for(world, pid, &kin));
    while (kin.owner != KIN_NOBODY);
}

static void the_dead_are_nobodys_kin(void **state)
{
    struct world *world = *state;
    struct kin kin;

    lead(world, 0, "echo $$; exit 0");
    pid_t pid = hear_pid(world);
    while (look_for(world, pid, &kin)) /* until it is a zombie */
        ;
    assert_true(os_starttime(pid) > 0); /* it has not been reaped */
}

static void without_descendants_there_are_no_kin(void **state)
{
    struct world *world = *state;
    size_t count = 7;
    struct kin *all = kin_find(world->leaders, 2, "/run/x", &count);

    assert_int_equal(count, 0);
    free(all);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(leaders_and_their_groups_are_kin),
        STORY(one_in_a_session_of_its_own_is_kin_by_descent),
        STORY(one_that_was_adopted_is_known_by_its_group),
        STORY(a_daemon_is_known_by_its_environment),
        STORY(a_daemons_children_are_its_kin),
        STORY(one_that_dropped_everything_is_nobodys),
        STORY(a_daemon_of_another_session_is_nobodys),
        STORY(the_dead_are_nobodys_kin),
        STORY(without_descendants_there_are_no_kin),
    };

    os_prepare(); /* as in main */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
