/* Probes on a real loop against real servers, most of them bad ones.  Whoever
 * waits turns the loop meanwhile, for a bounded time. */
#include "procman/mem.h"
#include "procman/os_sockets.h"
#include "procman/probe.h"

#include "servers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <uv.h>

enum { PATIENCE_S = 30 };

#define OK "HTTP/1.1 200 OK\r\n"
#define S  UINT64_C(1000000000)

struct world {
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    struct probe_spec spec;
    struct probe *probe;
    unsigned well, unwell, asked;
    char why[256];
    pid_t ours; /* whose answers count; 0: anybody's */
    bool close_when_told;
    size_t descriptors; /* before */
};

static bool owns(void *owner, int connection)
{
    struct world *world = owner;

    world->asked++;
    return !world->ours || os_listens(&world->ours, 1, connection) == 1;
}

static void close_probe(struct world *world)
{
    if (world->probe)
        probe_close(world->probe);
    world->probe = NULL;
}

static void on_result(void *owner, bool well, const char *why)
{
    struct world *world = owner;

    assert_int_equal(well, why == NULL);
    *(well ? &world->well : &world->unwell) += 1;
    snprintf(world->why, sizeof world->why, "%s", why ? why : "");
    if (world->close_when_told)
        close_probe(world);
}

static const struct probe_watcher watcher = {on_result, owns};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static size_t count_descriptors(void)
{
    DIR *all = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(all))
        count++;
    closedir(all);
    return count;
}

static int make_world(void **state)
{
    static char *const env[] = {"PATH=/usr/bin:/bin", "WHO=procman", NULL};
    struct world *world = mem_new(1, sizeof *world);

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    world->spec = (struct probe_spec){
        .kind = PROBE_HTTP,
        .host = "127.0.0.1",
        .timeout_ms = 300,
        .interval_ms = 20,
        .env = env,
        .null = open("/dev/null", O_RDWR | O_CLOEXEC),
    };
    world->descriptors = count_descriptors();
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    close_probe(world);
    uv_close((uv_handle_t *)&world->tick, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(count_descriptors(), world->descriptors);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    close(world->spec.null);
    free(world);
    return 0;
}

static void begin(struct world *world, enum probe_kind kind, uint16_t port)
{
    struct cause why = {{0}};

    world->spec.kind = kind;
    world->spec.port = port;
    world->probe =
        probe_create(&world->loop, &world->spec, &watcher, world, &why);
    assert_string_equal(why.text, "");
    assert_non_null(world->probe);
}

/* The supervisor's part. */
static void reap(struct world *world)
{
    int code, signum;
    pid_t pid;

    while ((pid = os_reap(&code, &signum)) > 0)
        if (world->probe)
            probe_child_ended(world->probe, pid, code, signum);
}

static void turn(struct world *world, uint64_t until)
{
    assert_true(uv_hrtime() < until);
    uv_run(&world->loop, UV_RUN_ONCE);
    reap(world);
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * S;
}

static void turn_until_well(struct world *world)
{
    uint64_t until = deadline();

    while (!world->well)
        turn(world, until);
}

static void turn_until_failure(struct world *world, const char *part)
{
    uint64_t until = deadline();

    while (!strstr(probe_failure(world->probe), part)) {
        turn(world, until);
        assert_int_equal(world->well, 0);
    }
}

/* Without the tick, the loop of a probe that has succeeded has nothing to wait
 * for but its timer, and that is not armed. */
static void expect_rest(struct world *world)
{
    uv_timer_stop(&world->tick);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_false(uv_loop_alive(&world->loop));
    assert_int_equal(uv_backend_timeout(&world->loop), 0);
    assert_int_equal(world->well, 1);
}

/* ---- being ready --------------------------------------------------------- */

static void a_listener_makes_ready_and_the_probe_rests(void **state)
{
    struct world *world = *state;
    struct server server = start_server(NEVER_COMES, "");

    begin(world, PROBE_TCP, server.port);
    assert_int_equal(world->well, 0); /* nobody is told before the loop runs */
    turn_until_well(world);
    assert_string_equal(probe_failure(world->probe), "");
    expect_rest(world);
    end_server(server.pid);
}

static void it_is_tried_until_somebody_listens(void **state)
{
    struct world *world = *state;
    uint16_t port = free_port();

    begin(world, PROBE_TCP, port);
    turn_until_failure(world, "cannot connect to 127.0.0.1:");
    assert_non_null(strstr(probe_failure(world->probe), "Connection refused"));
    assert_int_equal(world->unwell, 0); /* not worth telling while it starts */
    pid_t pid = serve(listen_on("127.0.0.1", &port), STAYS, "");
    turn_until_well(world);
    expect_rest(world);
    end_server(pid);
}

static void localhost_is_both_of_its_addresses(void **state)
{
    struct world *world = *state;
    static const char *const hosts[] = {"127.0.0.1", "::1"};

    world->spec.host = "localhost";
    for (int i = 0; i < 2; i++) {
        uint16_t port = 0;
        pid_t pid = serve(listen_on(hosts[i], &port), ANSWERS, OK "\r\n");
        world->well = 0;
        begin(world, i ? PROBE_TCP : PROBE_HTTP, port);
        turn_until_well(world);
        close_probe(world);
        end_server(pid);
    }
}

/* What is wrong on one address is not hidden by nobody on the other. */
static void of_two_addresses_the_one_that_answers_is_told(void **state)
{
    struct world *world = *state;
    uint16_t port = 0;
    pid_t pid =
        serve(listen_on("::1", &port), ANSWERS, "HTTP/1.1 500 Oh\r\n\r\n");

    world->spec.host = "localhost";
    begin(world, PROBE_HTTP, port);
    turn_until_failure(world, "answers 500 Oh");
    close_probe(world);
    end_server(pid);
}

static void a_unix_socket_makes_ready(void **state)
{
    struct world *world = *state;
    char directory[] = "/tmp/test_probe.XXXXXX";

    assert_non_null(mkdtemp(directory));
    char *path = mem_format("%s/s", directory);
    world->spec.directory = directory;
    world->spec.path = "s";
    begin(world, PROBE_UNIX, 0);
    turn_until_failure(world, "cannot connect to s: No such file");
    pid_t pid = serve(listen_at_path(path), NEVER_COMES, "");
    world->ours = pid;
    turn_until_well(world);
    assert_int_equal(world->asked, 1);
    end_server(pid);
    unlink(path);
    rmdir(directory);
    free(path);
}

static void a_delay_is_waited_for_and_no_more(void **state)
{
    struct world *world = *state;
    uint64_t start = uv_hrtime();

    world->spec.delay_ms = 60;
    begin(world, PROBE_DELAY, 0);
    turn_until_well(world);
    assert_true(uv_hrtime() - start >= 59 * (S / 1000));
    expect_rest(world);
}

static void a_host_with_a_name_is_refused(void **state)
{
    struct world *world = *state;
    struct cause why;

    world->spec.host = "db.example.org";
    world->spec.port = 80;
    assert_null(
        probe_create(&world->loop, &world->spec, &watcher, world, &why));
    assert_non_null(strstr(why.text, "\"db.example.org\""));
}

/* ---- http ---------------------------------------------------------------- */

static void an_answer_of_2xx_makes_ready(void **state)
{
    struct world *world = *state;
    /* It stays: the probe does not wait for the end. */
    struct server server = start_server(STAYS, OK "Content-Length: 2\r\n\r\n");

    world->ours = server.pid;
    begin(world, PROBE_HTTP, server.port);
    turn_until_well(world);
    expect_rest(world);
    end_server(server.pid);
}

static void the_body_has_to_match(void **state)
{
    struct world *world = *state;
    struct server bad = start_server(ANSWERS, OK "\r\n{\"health\":\"false\"}");
    struct server good = start_server(ANSWERS, OK "\r\n{\"health\":\"true\"}");

    world->spec.match = "\"true\"";
    begin(world, PROBE_HTTP, bad.port);
    turn_until_failure(world, "answers 200, but without");
    close_probe(world);
    begin(world, PROBE_HTTP, good.port);
    turn_until_well(world);
    end_server(bad.pid);
    end_server(good.pid);
}

static void what_is_asked_is_a_proper_request(void **state)
{
    struct world *world = *state;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port), fd = -1;
    uint64_t until = deadline();
    char got[1024] = "", want[1024];

    fcntl(listener, F_SETFL, O_NONBLOCK);
    world->spec.path = "/health?a=b c\r\nX: y#part";
    begin(world, PROBE_HTTP, port);
    while ((fd = accept(listener, NULL, NULL)) < 0)
        turn(world, until);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (!strstr(got, "\r\n\r\n")) {
        size_t len = strlen(got);
        turn(world, until);
        if (read(fd, got + len, sizeof got - len - 1) < 0)
            continue;
    }
    snprintf(want, sizeof want,
             "GET /health?a=b%%20c%%0D%%0AX:%%20y HTTP/1.1\r\n"
             "Host: 127.0.0.1:%u\r\nUser-Agent: procman/%s\r\n"
             "Accept: */*\r\nConnection: close\r\n\r\n",
             port, PROCMAN_VERSION);
    assert_string_equal(got, want);
    close_probe(world);
    close(fd);
    close(listener);
}

static void a_bad_server_never_makes_ready(void **state)
{
    static const struct {
        enum manner manner;
        const char *text, *match, *why;
    } cases[] = {
        {IS_SILENT, "", NULL, "does not answer within 300 ms"},
        {NEVER_COMES, "", NULL, "does not answer within 300 ms"},
        {HANGS_UP, "", NULL, "ends before it has answered"},
        {DRIBBLES, OK "\r\n", NULL, "does not answer within 300 ms"},
        {FLOODS, OK "\r\n", "y", "answers more than 64 KiB"},
        {FLOODS, "", NULL, "answers more than 64 KiB"},
        {ANSWERS, "SSH-2.0-x\r\n", NULL, "answers, but not in HTTP"},
        {ANSWERS, "HTTP/1.1 2\r\n\r\n", NULL, "answers, but not in HTTP"},
        {ANSWERS, OK, NULL, "ends before it has answered"},
        {STAYS, OK, NULL, "does not answer within 300 ms"},
        {ANSWERS, "HTTP/1.1 503 Service Unavailable\r\n\r\n", NULL,
         "answers 503 Service Unavailable"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server = start_server(cases[i].manner, cases[i].text);
        world->spec.match = cases[i].match;
        begin(world, PROBE_HTTP, server.port);
        turn_until_failure(world, cases[i].why);
        close_probe(world);
        end_server(server.pid);
    }
    assert_int_equal(world->well, 0);
    assert_int_equal(world->unwell, 0);
}

/* ---- whose answer it is -------------------------------------------------- */

static void a_strangers_answer_does_not_make_ready(void **state)
{
    static const enum probe_kind kinds[] = {PROBE_TCP, PROBE_HTTP};
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        uint16_t port = 0;
        int listener = listen_on("127.0.0.1", &port);
        pid_t orphan = serve(listener, ANSWERS, OK "\r\n");
        world->ours = getpid();
        world->well = 0;
        begin(world, kinds[i], port);
        turn_until_failure(world, "somebody else answers at 127.0.0.1:");
        end_server(orphan);
        turn_until_failure(world, "Connection refused");
        pid_t ours = serve(listen_on("127.0.0.1", &port), ANSWERS, OK "\r\n");
        world->ours = ours;
        turn_until_well(world);
        close_probe(world);
        end_server(ours);
    }
}

/* ---- commands ------------------------------------------------------------ */

/* Nobody is reaped meanwhile, however soon it ends. */
static pid_t wait_for_command(struct world *world)
{
    uint64_t until = deadline();

    while (!probe_pid(world->probe)) {
        assert_true(uv_hrtime() < until);
        uv_run(&world->loop, UV_RUN_ONCE);
    }
    return probe_pid(world->probe);
}

static void a_command_that_ends_well_makes_ready(void **state)
{
    struct world *world = *state;

    world->spec.directory = "/usr";
    world->spec.command = "test \"$WHO\" = procman && test \"$PWD\" = /usr; "
                          "code=$?; echo noise; exit $code";
    begin(world, PROBE_EXEC, 0);
    turn_until_well(world);
    assert_int_equal(probe_pid(world->probe), 0);
    expect_rest(world);
}

static void a_command_that_fails_is_tried_again(void **state)
{
    struct world *world = *state;
    char file[] = "/tmp/test_probe.XXXXXX";

    close(mkstemp(file));
    unlink(file);
    char *command = mem_format("test -e %s || exit 3", file);
    world->spec.command = command;
    begin(world, PROBE_EXEC, 0);
    turn_until_failure(world, "ends with code 3");
    close(open(file, O_CREAT | O_WRONLY, 0600));
    turn_until_well(world);
    unlink(file);
    close_probe(world);
    free(command);
}

static void a_command_that_is_killed_has_failed(void **state)
{
    struct world *world = *state;

    world->spec.command = "kill -9 $$";
    begin(world, PROBE_EXEC, 0);
    turn_until_failure(world, "was ended by SIGKILL");
}

static void a_late_command_is_killed_with_its_group(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();

    world->spec.timeout_ms = 100;
    world->spec.interval_ms = 60000;
    world->spec.command = "trap '' TERM; sleep 1000 & wait; exit 0";
    begin(world, PROBE_EXEC, 0);
    pid_t group = wait_for_command(world);
    turn_until_failure(world, "takes longer than 100 ms");
    assert_int_equal(probe_pid(world->probe), 0);
    while (os_group_lives(group))
        turn(world, until);
}

static void what_a_command_leaves_behind_is_killed(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();

    world->spec.command = "sleep 1000 & exit 0";
    begin(world, PROBE_EXEC, 0);
    pid_t group = wait_for_command(world);
    turn_until_well(world);
    while (os_group_lives(group))
        turn(world, until);
}

static void a_command_does_not_outlive_its_probe(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();

    world->spec.command = "sleep 1000 & wait";
    world->spec.timeout_ms = 100000;
    begin(world, PROBE_EXEC, 0);
    pid_t group = wait_for_command(world);
    assert_false(probe_child_ended(world->probe, group + 1, 0, 0));
    assert_false(probe_child_ended(world->probe, 0, 0, 0));
    close_probe(world);
    while (os_group_lives(group))
        turn(world, until);
}

static void a_command_that_cannot_begin_is_explained(void **state)
{
    struct world *world = *state;

    world->spec.directory = "/nowhere";
    world->spec.command = "true";
    begin(world, PROBE_EXEC, 0);
    turn_until_failure(world, "cannot execute \"true\": No such file");
}

/* ---- staying alive ------------------------------------------------------- */

static void each_failure_of_one_that_should_live_is_told(void **state)
{
    struct world *world = *state;
    struct server server = start_server(ANSWERS, OK "\r\n");
    uint64_t until = deadline();

    world->spec.alive = true;
    begin(world, PROBE_HTTP, server.port);
    while (world->well < 3)
        turn(world, until);
    assert_int_equal(world->unwell, 0);
    end_server(server.pid);
    while (world->unwell < 3)
        turn(world, until);
    assert_non_null(strstr(world->why, "Connection refused"));

    unsigned before = world->well;
    pid_t pid = serve(listen_on("127.0.0.1", &server.port), ANSWERS, OK "\r\n");
    while (world->well == before)
        turn(world, until);
    assert_string_equal(world->why, "");
    close_probe(world);
    end_server(pid);
}

static void the_first_look_at_one_that_should_live_comes_later(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline(), start = uv_hrtime();

    world->spec.alive = true;
    world->spec.interval_ms = 80;
    begin(world, PROBE_TCP, free_port());
    while (!world->unwell)
        turn(world, until);
    assert_true(uv_hrtime() - start >= 79 * (S / 1000));
}

/* ---- the end ------------------------------------------------------------- */

static void it_may_be_closed_by_whom_it_tells(void **state)
{
    struct world *world = *state;
    struct server server = start_server(ANSWERS, OK "\r\n");
    uint64_t until = deadline();

    world->close_when_told = true;
    begin(world, PROBE_HTTP, server.port);
    turn_until_well(world);
    assert_null(world->probe);
    world->spec.alive = true;
    begin(world, PROBE_TCP, free_port());
    while (!world->unwell)
        turn(world, until);
    world->spec.command = "exit 1";
    begin(world, PROBE_EXEC, 0);
    while (world->unwell < 2)
        turn(world, until);
    assert_null(world->probe);
    end_server(server.pid);
}

/* However many turns of the loop it has had; end_world() counts what is left.
 */
static void it_may_be_closed_at_any_moment(void **state)
{
    static const enum manner manners[] = {ANSWERS, IS_SILENT, NEVER_COMES,
                                          HANGS_UP, FLOODS};
    static const enum probe_kind kinds[] = {PROBE_TCP, PROBE_HTTP, PROBE_EXEC};
    struct world *world = *state;

    world->spec.alive = true;
    world->spec.interval_ms = 1;
    world->spec.timeout_ms = 3;
    world->spec.match = "nothing";
    world->spec.command = "exit 1";
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        struct server server = start_server(manners[i], OK "\r\n");
        for (int turns = 0; turns < 60; turns++) {
            begin(world, kinds[turns % 3], server.port);
            for (int k = 0; k < turns / 3; k++)
                turn(world, deadline());
            close_probe(world);
        }
        end_server(server.pid);
    }
}

int main(void)
{
#define WITH_WORLD(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_world, end_world)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_listener_makes_ready_and_the_probe_rests),
        WITH_WORLD(it_is_tried_until_somebody_listens),
        WITH_WORLD(localhost_is_both_of_its_addresses),
        WITH_WORLD(of_two_addresses_the_one_that_answers_is_told),
        WITH_WORLD(a_unix_socket_makes_ready),
        WITH_WORLD(a_delay_is_waited_for_and_no_more),
        WITH_WORLD(a_host_with_a_name_is_refused),
        WITH_WORLD(an_answer_of_2xx_makes_ready),
        WITH_WORLD(the_body_has_to_match),
        WITH_WORLD(what_is_asked_is_a_proper_request),
        WITH_WORLD(a_bad_server_never_makes_ready),
        WITH_WORLD(a_strangers_answer_does_not_make_ready),
        WITH_WORLD(a_command_that_ends_well_makes_ready),
        WITH_WORLD(a_command_that_fails_is_tried_again),
        WITH_WORLD(a_command_that_is_killed_has_failed),
        WITH_WORLD(a_late_command_is_killed_with_its_group),
        WITH_WORLD(what_a_command_leaves_behind_is_killed),
        WITH_WORLD(a_command_does_not_outlive_its_probe),
        WITH_WORLD(a_command_that_cannot_begin_is_explained),
        WITH_WORLD(each_failure_of_one_that_should_live_is_told),
        WITH_WORLD(the_first_look_at_one_that_should_live_comes_later),
        WITH_WORLD(it_may_be_closed_by_whom_it_tells),
        WITH_WORLD(it_may_be_closed_at_any_moment),
    };
    os_become_subreaper(); /* a group is empty only when its dead are reaped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
