#define _XOPEN_SOURCE 700 /* nftw */

/* Three real etcd members say READY=1 when they have a quorum, not before, and
 * their /health is what a probe believes.  Skipped where there is no etcd. */
#include "procman/lines.h"
#include "procman/logmatch.h"
#include "procman/mem.h"
#include "procman/notify.h"
#include "procman/os_sockets.h"
#include "procman/probe.h"

#include "servers.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

enum { MEMBERS = 3, PATIENCE_S = 60 };

struct member {
    struct world *world;
    uint16_t client, peer;
    pid_t pid;
    struct notify *notify;
    struct probe *probe;
    struct probe_spec spec;
    bool ready, healthy, unhealthy;
    int output;
    uv_poll_t poll;
    struct lines lines;
    unsigned lost_elections;
};

struct world {
    uv_loop_t loop;
    uv_timer_t tick;
    char path[64], *etcd, *cluster;
    int directory, null;
    struct logmatch *election;
    struct member members[MEMBERS];
};

static bool belongs(void *owner, pid_t pid)
{
    return pid == ((struct member *)owner)->pid;
}

static void on_message(void *owner, const struct notify_message *message)
{
    struct member *member = owner;

    member->ready = member->ready || message->ready;
}

static const struct notify_watcher hears = {belongs, on_message};

static bool owns(void *owner, int connection)
{
    const struct member *member = owner;

    return os_listens(&member->pid, 1, connection) == 1;
}

static void on_result(void *owner, bool well, const char *why)
{
    struct member *member = owner;

    member->healthy = member->healthy || well;
    if (!well && strstr(why, "answers 503"))
        member->unhealthy = true;
}

static const struct probe_watcher looks = {on_result, owns};

static void on_span(void *owner, const struct span *span)
{
    struct member *member = owner;

    for (size_t i = 0; i < span->count; i++)
        if (logmatch_line(member->world->election,
                          span->text + span->lines[i].at, span->lines[i].len))
            member->lost_elections++;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct member *member = poll->data;
    char bytes[4096];
    ssize_t got = read(member->output, bytes, sizeof bytes);

    (void)status, (void)events;
    if (got > 0)
        lines_feed(&member->lines, bytes, (size_t)got);
    else if (got == 0)
        uv_poll_stop(poll);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* ---- the cluster --------------------------------------------------------- */

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    struct cause why;
    uint16_t ports[2 * MEMBERS] = {0};
    int holders[2 * MEMBERS];

    *state = world;
    if (os_find_program(&world->etcd, "etcd", getenv("PATH"), NULL) != 0)
        return 0;
    strcpy(world->path, "/tmp/test_etcd.XXXXXX");
    assert_non_null(mkdtemp(world->path));
    world->directory = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    world->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    world->election = logmatch_create("is starting a new election", &why);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 10, 10);
    for (int i = 0; i < 2 * MEMBERS; i++)
        holders[i] = listen_on("127.0.0.1", &ports[i]);
    for (int i = 0; i < MEMBERS; i++) {
        close(holders[2 * i]);
        close(holders[2 * i + 1]);
        world->members[i] = (struct member){
            .world = world, .client = ports[2 * i], .peer = ports[2 * i + 1]};
    }
    world->cluster = mem_format(
        "m0=http://127.0.0.1:%u,m1=http://127.0.0.1:%u,m2=http://127.0.0.1:%u",
        ports[1], ports[3], ports[5]);
    return 0;
}

static void execute(struct world *world, int i, int output)
{
    struct member *member = &world->members[i];
    char *client = mem_format("http://127.0.0.1:%u", member->client);
    char *peer = mem_format("http://127.0.0.1:%u", member->peer);
    char name[] = {'m', (char)('0' + i), '\0'};
    char *data = mem_format("%s/%s.data", world->path, name);
    char *speak =
        mem_format("NOTIFY_SOCKET=%s", notify_address(member->notify));
    char *const argv[] = {"etcd",         "--name",
                          name,           "--data-dir",
                          data,           "--listen-client-urls",
                          client,         "--advertise-client-urls",
                          client,         "--listen-peer-urls",
                          peer,           "--initial-advertise-peer-urls",
                          peer,           "--initial-cluster",
                          world->cluster, NULL};
    char *const env[] = {"PATH=/usr/bin:/bin", speak, NULL};
    struct os_child child = {.file = world->etcd,
                             .argv = argv,
                             .env = env,
                             .input = world->null,
                             .output = output,
                             .error = output};

    member->pid = os_spawn(&child);
    assert_true(member->pid > 0);
    free(client);
    free(peer);
    free(data);
    free(speak);
}

static void start_member(struct world *world, int i)
{
    struct member *member = &world->members[i];
    char name[] = {'m', (char)('0' + i), '\0'};
    struct cause why;
    int ends[2];

    member->notify = notify_create(&world->loop, world->directory, world->path,
                                   name, 1, &hears, member, &why);
    assert_non_null(member->notify);
    assert_true(os_pipe(ends, &why));
    execute(world, i, ends[1]);
    close(ends[1]);
    member->output = ends[0];
    lines_init(&member->lines, on_span, member);
    assert_int_equal(uv_poll_init(&world->loop, &member->poll, ends[0]), 0);
    member->poll.data = member;
    uv_poll_start(&member->poll, UV_READABLE, on_poll);
}

static void stop_member(struct member *member)
{
    if (!member->pid)
        return;
    end_server(member->pid);
    member->pid = 0;
    notify_close(member->notify);
    if (member->probe)
        probe_close(member->probe);
    uv_close((uv_handle_t *)&member->poll, NULL);
    close(member->output);
    lines_end(&member->lines);
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static int end_world(void **state)
{
    struct world *world = *state;

    if (world->etcd) {
        for (int i = 0; i < MEMBERS; i++)
            stop_member(&world->members[i]);
        uv_close((uv_handle_t *)&world->tick, NULL);
        uv_run(&world->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&world->loop), 0);
        close(world->directory);
        close(world->null);
        logmatch_close(world->election);
        nftw(world->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    free(world->etcd);
    free(world->cluster);
    free(world);
    return 0;
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static void turn(struct world *world, uint64_t until)
{
    assert_true(uv_hrtime() < until);
    uv_run(&world->loop, UV_RUN_ONCE);
}

/* ---- the story ----------------------------------------------------------- */

static void a_member_alone_is_not_ready(struct world *world)
{
    uint64_t until = deadline();

    start_member(world, 0);
    while (world->members[0].lost_elections < 2)
        turn(world, until);
    assert_false(world->members[0].ready);
}

static void all_are_ready_together(struct world *world)
{
    uint64_t until = deadline();
    struct member *members = world->members;

    start_member(world, 1);
    start_member(world, 2);
    while (!members[0].ready || !members[1].ready || !members[2].ready)
        turn(world, until);
}

static void health_is_believed_of_the_own_process_only(struct world *world)
{
    struct member *member = &world->members[0];
    uint64_t until = deadline();
    pid_t own = member->pid;
    struct cause why;

    member->spec = (struct probe_spec){.kind = PROBE_HTTP,
                                       .host = "localhost",
                                       .port = member->client,
                                       .path = "/health",
                                       .match = "\"health\":\"true\"",
                                       .timeout_ms = 5000,
                                       .alive = true};
    member->pid = world->members[1].pid; /* as if it were another's port */
    member->probe =
        probe_create(&world->loop, &member->spec, &looks, member, &why);
    assert_non_null(member->probe);
    while (!strstr(probe_failure(member->probe), "somebody else answers"))
        turn(world, until);
    assert_false(member->healthy);
    member->pid = own;
    while (!member->healthy)
        turn(world, until);
}

static void without_a_quorum_it_is_not_healthy(struct world *world)
{
    uint64_t until = deadline();

    assert_false(world->members[0].unhealthy);
    stop_member(&world->members[1]);
    stop_member(&world->members[2]);
    while (!world->members[0].unhealthy)
        turn(world, until);
}

static void members_are_ready_with_a_quorum_only(void **state)
{
    struct world *world = *state;

    if (!world->etcd)
        skip();
    a_member_alone_is_not_ready(world);
    all_are_ready_together(world);
    health_is_believed_of_the_own_process_only(world);
    without_a_quorum_it_is_not_healthy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_are_ready_with_a_quorum_only,
                                        make_world, end_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
