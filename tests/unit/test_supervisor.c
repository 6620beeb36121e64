/* Whole sessions with real children, in this process.  A sink writes down what
 * would be shown, without the pids; clients come through a real socket. */
#include "procman/buf.h"
#include "procman/control.h"
#include "procman/mem.h"
#include "procman/order.h"
#include "procman/os.h"
#include "procman/os_socket.h"
#include "procman/supervisor.h"

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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 20 };

/* Ends at once when it is asked to; says when it can be. */
#define WAIT "exec sh -c 'echo up; exec sleep 60'"
#define DEAF "trap '' TERM; echo up; while :; do sleep 1; done"

struct world {
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    char path[64];
    int directory;
    struct sink sink;
    struct output output;
    struct plan plan;
    struct order order;
    const char *settings; /* procman.ini; NULL: none */
    struct supervisor_config config;
    struct supervisor *supervisor;
    struct supervisor_result result;
    struct buf log;
    bool over;
};

static struct world *the_world(struct sink *sink)
{
    return (struct world *)((char *)sink - offsetof(struct world, sink));
}

static void note_line(struct sink *sink, const struct line *line)
{
    buf_add_format(&the_world(sink)->log, "%s: %.*s\n", line->source->name,
                   (int)line->len, line->text);
}

static void note_flush(struct sink *sink)
{
    (void)sink;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    strcpy(world->path, "/tmp/test_supervisor.XXXXXX");
    assert_non_null(mkdtemp(world->path));
    world->directory = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    world->sink = (struct sink){.line = note_line, .flush = note_flush};
    world->config = (struct supervisor_config){
        .loop = &world->loop,
        .plans = &world->plan,
        .plan_count = 1,
        .order = &world->order,
        .session = world->path,
        .output = &world->output,
        .remains = -1,
        .exit_on_stop = true,
    };
    os_become_subreaper();
    *state = world;
    return 0;
}

static void on_over(void *owner, const struct supervisor_result *result)
{
    struct world *world = owner;

    assert_false(world->over);
    world->over = true;
    world->result = *result;
}

static void start(struct world *world, const char *procfile)
{
    struct environment environment = {0};
    struct notes warnings = {0};
    struct procfile parsed;
    struct settings settings = {0};
    const char *ini = world->settings ? world->settings : "";
    struct cause why = {{0}};

    assert_true(procfile_parse(&parsed, "Procfile", procfile, strlen(procfile),
                               &warnings, &why));
    environment_set(&environment, "PATH", "/usr/bin:/bin");
    assert_true(settings_parse(&settings, "procman.ini", ini, strlen(ini),
                               &warnings, &why));
    struct instances instances;
    assert_true(instances_make(&instances, &parsed, "Procfile", &settings,
                               &warnings, &why));
    struct plan_materials materials = {&instances, &settings, &environment, 0,
                                       world->path};
    plan_make(&world->plan, &materials);
    struct order_member members[8] = {0};
    for (size_t i = 0; i < instances.count; i++)
        members[i].name = instances.all[i].name;
    assert_true(
        order_make(&world->order, members, instances.count, &warnings, &why));
    instances_release(&instances);
    settings_release(&settings);
    environment_release(&environment);
    procfile_release(&parsed);
    notes_release(&warnings);
    output_init(&world->output, &world->loop);
    output_add_sink(&world->output, &world->sink);
    world->supervisor = supervisor_create(&world->config, on_over, world);
    supervisor_start(world->supervisor, NULL, 0);
}

static void turn(struct world *world, uint64_t until)
{
    if (uv_hrtime() > until)
        fail_msg("waited too long; so far:\n%s", world->log.data);
    uv_run(&world->loop, UV_RUN_ONCE);
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static const char *find(struct world *world, const char *words)
{
    return world->log.data ? strstr(world->log.data, words) : NULL;
}

static void wait_for(struct world *world, const char *words)
{
    uint64_t until = deadline();

    while (!find(world, words))
        turn(world, until);
}

static void wait_for_the_end(struct world *world)
{
    uint64_t until = deadline();

    while (!world->over)
        turn(world, until);
}

static void assert_order(struct world *world, const char *const *words)
{
    const char *at = world->log.data;

    for (; *words; words++) {
        const char *found = strstr(at, *words);
        if (!found)
            fail_msg("no \"%s\" where it should be in\n%s", *words,
                     world->log.data);
        at = found + strlen(*words);
    }
}

static int end_world(void **state)
{
    struct world *world = *state;

    if (!world->over)
        supervisor_interrupt(world->supervisor, SIGTERM);
    wait_for_the_end(world);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
    output_close(&world->output);
    uv_close((uv_handle_t *)&world->tick, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    supervisor_release(world->supervisor);
    plan_release(&world->plan);
    order_release(&world->order);
    buf_release(&world->log);
    close(world->directory);
    unlinkat(AT_FDCWD, world->path, AT_REMOVEDIR);
    free(world);
    return 0;
}

/* ---- clients ---------------------------------------------------------------- */

static void listen_for_clients(struct world *world)
{
    struct cause why;
    int listener = os_listen_at(world->directory, world->path, "s", &why);

    assert_true(listener >= 0);
    struct control *control = control_create(
        &world->loop, listener, supervisor_request, world->supervisor, &why);
    assert_non_null(control);
    supervisor_listen(world->supervisor, control);
}

static int ask(struct world *world, const char *request)
{
    struct cause why;
    int client = os_connect_at(world->directory, world->path, "s", &why);

    assert_true(client >= 0);
    unlinkat(world->directory, "s", 0);
    fcntl(client, F_SETFL, O_NONBLOCK);
    assert_int_equal(write(client, request, strlen(request)), strlen(request));
    return client;
}

static char *hear(struct world *world, int client)
{
    uint64_t until = deadline();
    struct buf reply = {0};

    while (!reply.data || !strchr(reply.data, '\n')) {
        ssize_t got = read(client, buf_reserve(&reply, 4096), 4095);
        if (got > 0) {
            reply.len += (size_t)got;
            reply.data[reply.len] = '\0';
        } else if (got < 0 && errno == EAGAIN) {
            turn(world, until);
        } else {
            break;
        }
    }
    close(client);
    return buf_take(&reply);
}

static void assert_says(char *reply, const char *words)
{
    if (!strstr(reply, words))
        assert_string_equal(reply, words);
    free(reply);
}

/* ---- the end of a session ------------------------------------------------------ */

static void it_ends_well_when_all_have(void **state)
{
    static const char *const order[] = {"procman: a started with pid ",
                                        "procman: b started with pid ", NULL};
    struct world *world = *state;

    start(world, "a: echo one\nb: echo two\n");
    wait_for_the_end(world);
    assert_order(world, order);
    assert_non_null(find(world, "a: one\n"));
    assert_non_null(find(world, "procman: a exited with code 0 after "));
    assert_int_equal(world->result.code, 0);
    assert_int_equal(world->result.signum, 0);
}

static void the_first_failure_decides_the_code(void **state)
{
    struct world *world = *state;

    start(world, "a: sleep 1; exit 4\nb: exit 3\nc: kill -9 $$\n"
                 "d: sleep 0.1\n");
    wait_for_the_end(world);
    assert_true(world->result.code == 3 || world->result.code == 137);
    assert_non_null(find(world, "procman: b exited with code 3 after "));
    assert_non_null(find(world, "procman: c was ended by SIGKILL after "));
    assert_non_null(find(world, "procman: d exited with code 0 after "));
}

static void what_cannot_be_executed_is_said_under_its_own_name(void **state)
{
    struct world *world = *state;

    start(world, "a: bin/none\nb: echo two\n");
    wait_for_the_end(world);
    assert_non_null(find(world, "a: cannot start: bin/none: not found"));
    assert_non_null(find(world, "b: two\n"));
    assert_int_equal(world->result.code, 127);
}

static void a_failure_stops_all_if_that_was_wished(void **state)
{
    struct world *world = *state;

    world->config.exit_on_error = true;
    start(world, "a: " WAIT "\nb: sleep 0.1; exit 3\n");
    wait_for_the_end(world);
    assert_non_null(find(world, "procman: a was ended by SIGTERM after "));
    assert_int_equal(world->result.code, 3);
    assert_int_equal(world->result.signum, 0);
}

static void it_stays_if_that_was_wished(void **state)
{
    struct world *world = *state;

    world->config.exit_on_stop = false;
    start(world, "a: exit 0\n");
    wait_for(world, "a exited with code 0");
    for (int i = 0; i < 20; i++)
        turn(world, deadline());
    assert_false(world->over);
}

static void a_shutdown_goes_from_the_last_to_the_first(void **state)
{
    static const char *const order[] = {
        "procman: SIGINT received: stopping 3 processes\n",
        "procman: c was ended by SIGTERM after ",
        ", as asked\n",
        "procman: b was ended by SIGTERM after ",
        "procman: a was ended by SIGTERM after ",
        NULL};
    struct world *world = *state;

    start(world, "a: " WAIT "\nb: " WAIT "\nc: " WAIT "\n");
    wait_for(world, "a: up");
    wait_for(world, "b: up");
    wait_for(world, "c: up");
    raise(SIGINT);
    wait_for_the_end(world);
    assert_order(world, order);
    assert_int_equal(world->result.signum, SIGINT);
    assert_int_equal(world->result.code, 0);
}

static void a_second_signal_kills(void **state)
{
    struct world *world = *state;

    start(world, "a: " DEAF "\nb: " DEAF "\n");
    wait_for(world, "a: up");
    wait_for(world, "b: up");
    raise(SIGTERM);
    wait_for(world, "SIGTERM received: stopping 2 processes");
    raise(SIGTERM);
    wait_for_the_end(world);
    assert_non_null(find(world, "SIGTERM received again: killing 2 processes"));
    /* a was told in the same moment: no time has passed, and not an age. */
    const char *said = find(world, "a did not stop within ");
    assert_non_null(said);
    if (atoi(said + strlen("a did not stop within ")) > 1000 ||
        !strstr(said, " ms: killed"))
        fail_msg("%s", said);
    assert_int_equal(world->result.signum, SIGTERM);
}

static void one_that_does_not_end_does_not_keep_the_others(void **state)
{
    struct world *world = *state;

    world->settings = "[b]\nstop-timeout = 3s\n";
    start(world, "a: " WAIT "\nb: " DEAF "\n");
    wait_for(world, "a: up");
    wait_for(world, "b: up");
    raise(SIGTERM);
    wait_for(world, "a was ended by SIGTERM");
    assert_null(find(world, "b did not stop"));
    wait_for_the_end(world);
    assert_non_null(find(world, "waiting for b (pid "));
    assert_non_null(find(world, "b did not stop within 3."));
}

static void a_hangup_that_was_ignored_stays_ignored(void **state)
{
    struct world *world = *state;

    signal(SIGHUP, SIG_IGN);
    world->config.hangup_ignored = true;
    start(world, "a: " WAIT "\n");
    wait_for(world, "a: up");
    raise(SIGHUP);
    for (int i = 0; i < 20; i++)
        turn(world, deadline());
    assert_null(find(world, "SIGHUP"));
    signal(SIGHUP, SIG_DFL);
}

static void those_who_fled_from_everything_end_with_the_session(void **state)
{
    struct world *world = *state;

    start(world, "a: x=$(env -i setsid sh -c 'exec /bin/sleep 60 >&2' &); "
                 "exit 0\n");
    wait_for_the_end(world);
    assert_non_null(find(world, "ending sleep (pid "));
    assert_int_equal(world->result.code, 0);
}

static void a_daemon_is_stopped_with_its_process(void **state)
{
    struct world *world = *state;

    world->config.exit_on_stop = false;
    start(world, "a: x=$(setsid sh -c 'exec sleep 60 >&2' &); echo up; "
                 "exec sleep 60\n");
    listen_for_clients(world);
    wait_for(world, "a: up");
    int client = ask(world, "{\"verb\": \"stop\", \"names\": [\"a\"]}\n");
    assert_says(hear(world, client), "a stopped: SIGTERM, ");
    assert_non_null(find(world, "a: ending sleep (pid "));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- requests --------------------------------------------------------------------- */

static void requests_are_granted_before_they_are_answered(void **state)
{
    static const struct {
        const char *request, *reply;
    } steps[] = {
        {"{\"verb\": \"start\", \"names\": [\"a\"]}\n", "a is running already"},
        {"{\"verb\": \"stop\", \"names\": [\"a\"]}\n", "a stopped: SIGTERM, "},
        {"{\"verb\": \"stop\", \"names\": [\"a\"]}\n", "a was not running"},
        {"{\"verb\": \"restart\", \"names\": [\"a\"]}\n", "a started: pid "},
        {"{\"verb\": \"restart\", \"names\": [\"a\"]}\n", "a restarted: pid "},
        {"{\"verb\": \"status\"}\n", "\"restarts\": 2"},
        {"{\"verb\": \"stop\", \"names\": [\"a\", \"b\"]}\n",
         "unknown process \\\"b\\\""},
        {"{\"verb\": \"status\"}\n", "\"state\": \"ready\""},
        {"{\"verb\": \"stop-all\"}\n", "a stopped: SIGTERM, "},
        {"{\"verb\": \"start-all\"}\n", "a started: pid "},
    };
    struct world *world = *state;

    world->config.exit_on_stop = false;
    start(world, "a: " WAIT "\n");
    wait_for(world, "a: up");
    struct cause why;
    int listener = os_listen_at(world->directory, world->path, "s", &why);
    struct control *control = control_create(
        &world->loop, listener, supervisor_request, world->supervisor, &why);
    supervisor_listen(world->supervisor, control);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int client = os_connect_at(world->directory, world->path, "s", &why);
        assert_true(client >= 0);
        fcntl(client, F_SETFL, O_NONBLOCK);
        assert_true(write(client, steps[i].request, strlen(steps[i].request)) >
                    0);
        assert_says(hear(world, client), steps[i].reply);
    }
    unlinkat(world->directory, "s", 0);
}

static void a_shutdown_answers_those_who_wait(void **state)
{
    struct world *world = *state;

    start(world, "a: " DEAF "\n");
    listen_for_clients(world);
    wait_for(world, "a: up");
    int client = ask(world, "{\"verb\": \"restart\", \"names\": [\"a\"]}\n");
    for (int i = 0; i < 10; i++)
        turn(world, deadline());
    raise(SIGINT);
    wait_for(world, "SIGINT received: ");
    raise(SIGINT);
    assert_says(hear(world, client), "a: was stopped before it was started");
    wait_for_the_end(world);
}

/* The outbox has room again when the processes are closed already, and only a
 * client's last reply is waited for. */
static void a_reader_that_comes_back_late_meets_nobody(void **state)
{
    struct world *world = *state;

    start(world, "a: " WAIT "\n");
    wait_for(world, "a: up");
    supervisor_pause(world->supervisor, true);
    raise(SIGTERM);
    wait_for_the_end(world);
    supervisor_pause(world->supervisor, false);
}

static void a_reader_that_goes_is_an_orderly_end(void **state)
{
    struct world *world = *state;

    start(world, "a: " WAIT "\n");
    wait_for(world, "a: up");
    supervisor_interrupt(world->supervisor, SIGPIPE);
    supervisor_interrupt(world->supervisor, SIGHUP); /* no second one */
    wait_for_the_end(world);
    assert_non_null(find(world, "a was ended by SIGTERM after "));
    assert_int_equal(world->result.signum, SIGPIPE);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(it_ends_well_when_all_have),
        STORY(the_first_failure_decides_the_code),
        STORY(what_cannot_be_executed_is_said_under_its_own_name),
        STORY(a_failure_stops_all_if_that_was_wished),
        STORY(it_stays_if_that_was_wished),
        STORY(a_shutdown_goes_from_the_last_to_the_first),
        STORY(a_second_signal_kills),
        STORY(one_that_does_not_end_does_not_keep_the_others),
        STORY(a_hangup_that_was_ignored_stays_ignored),
        STORY(those_who_fled_from_everything_end_with_the_session),
        STORY(a_daemon_is_stopped_with_its_process),
        STORY(requests_are_granted_before_they_are_answered),
        STORY(a_shutdown_answers_those_who_wait),
        STORY(a_reader_that_comes_back_late_meets_nobody),
        STORY(a_reader_that_goes_is_an_orderly_end),
    };

    os_prepare(); /* as in main */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
