/* Real sockets on a real loop.  Clients are descriptors in the same thread:
 * whoever waits turns the loop meanwhile, for a bounded time. */
#include "procman/buf.h"
#include "procman/control.h"
#include "procman/mem.h"
#include "procman/os_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 400, PATIENCE_S = 20 };

/* `stop` waits for release_calls(), `list` is answered at once, and `status`
 * with a reply that fills every socket's buffer.  `start` lasts. */
struct world {
    char path[64];
    int directory;
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    struct control *control;
    struct control_call *calls[8];
    unsigned call_count, requests;
    struct control_call *lasting;
    unsigned gone_clients, drained;
    char words[64]; /* of the client that lasts, with a '/' behind each line */
    bool gone;
};

static void answer(struct control_call *call, const char *text, size_t times)
{
    struct reply reply = {0};

    for (size_t i = 0; i < times; i++)
        reply_add_outcome(&reply, "a", true, text);
    control_answer(call, &reply);
    reply_release(&reply);
}

static void on_words(void *owner, const char *line, size_t len)
{
    struct world *world = owner;
    size_t before = strlen(world->words);

    snprintf(world->words + before, sizeof world->words - before, "%.*s/",
             (int)len, line);
    if (len == 3 && memcmp(line, "end", 3) == 0)
        answer(world->lasting, "ended", 1);
}

static void on_drained(void *owner)
{
    ((struct world *)owner)->drained++;
}

static void on_client_gone(void *owner)
{
    ((struct world *)owner)->gone_clients++;
}

static const struct control_follower hearing = {on_words, on_drained,
                                                on_client_gone};
static const struct control_follower sending = {NULL, on_drained,
                                                on_client_gone};

static void on_request(void *owner, struct control_call *call,
                       const struct request *request)
{
    struct world *world = owner;

    world->requests++;
    if (request->verb == VERB_STOP)
        world->calls[world->call_count++] = call;
    else if (request->verb == VERB_START) {
        world->lasting = call;
        control_follow(
            call, strcmp(request->names[0], "a") ? &hearing : &sending, world);
    } else if (request->verb == VERB_STATUS)
        answer(call, "a long story", 20000);
    else
        answer(call, verb_word(request->verb), 1);
}

static void release_calls(struct world *world)
{
    for (unsigned i = 0; i < world->call_count; i++)
        answer(world->calls[i], "stopped", 1);
    world->call_count = 0;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void on_gone(void *owner)
{
    struct world *world = owner;

    world->gone = true;
    uv_close((uv_handle_t *)&world->tick, NULL);
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);
    struct cause why = {{0}};

    signal(SIGPIPE, SIG_IGN);
    strcpy(world->path, "/tmp/test_control.XXXXXX");
    assert_non_null(mkdtemp(world->path));
    world->directory = open(world->path, O_RDONLY | O_DIRECTORY);
    int listener = os_listen_at(world->directory, world->path, "s", &why);
    assert_true(listener >= 0);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    world->control =
        control_create(&world->loop, listener, on_request, world, &why);
    assert_non_null(world->control);
    *state = world;
    return 0;
}

static void turn(struct world *world, uint64_t deadline)
{
    assert_true(uv_hrtime() < deadline);
    uv_run(&world->loop, UV_RUN_ONCE);
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static int end_world(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();

    release_calls(world);
    if (world->control)
        control_close(world->control, on_gone);
    while (!world->gone)
        turn(world, until);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    unlinkat(world->directory, "s", 0);
    close(world->directory);
    rmdir(world->path);
    free(world);
    return 0;
}

/* ---- clients ---------------------------------------------------------- */

static int join(struct world *world)
{
    struct cause why;
    int fd = os_connect_at(world->directory, world->path, "s", &why);

    assert_true(fd >= 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Returns how much was taken before the other end went away. */
static size_t say_bytes(struct world *world, int fd, const char *bytes,
                        size_t len)
{
    uint64_t until = deadline();
    size_t sent = 0;

    while (sent < len) {
        ssize_t count = write(fd, bytes + sent, len - sent);
        if (count > 0)
            sent += (size_t)count;
        else if (errno == EAGAIN)
            turn(world, until);
        else
            break;
    }
    return sent;
}

static void say(struct world *world, int fd, const char *text)
{
    assert_int_equal(say_bytes(world, fd, text, strlen(text)), strlen(text));
}

/* One line, or as much as there is before the end. */
static char *hear(struct world *world, int fd)
{
    uint64_t until = deadline();
    struct buf line = {0};
    bool ended = false;

    while (!ended) {
        char *at = buf_reserve(&line, 65536), *end = NULL;
        ssize_t count = recv(fd, at, 65536, MSG_PEEK);
        if (count > 0) {
            end = memchr(at, '\n', (size_t)count);
            count =
                recv(fd, at, end ? (size_t)(end - at) + 1 : (size_t)count, 0);
            line.len += (size_t)count;
            ended = end != NULL;
        } else if (count < 0 && errno == EAGAIN) {
            turn(world, until);
        } else {
            ended = true;
        }
    }
    return buf_take(&line);
}

static void expect(struct world *world, int fd, const char *words)
{
    char *line = hear(world, fd);

    if (!strstr(line, words))
        assert_string_equal(line, words);
    free(line);
}

static void expect_end(struct world *world, int fd)
{
    char *line = hear(world, fd);

    assert_string_equal(line, "");
    free(line);
    close(fd);
}

static void expect_service(struct world *world)
{
    int fd = join(world);

    say(world, fd, "{\"verb\": \"list\"}\n");
    expect(world, fd, "\"text\": \"list\"");
    close(fd);
}

static void wait_for_requests(struct world *world, unsigned count)
{
    uint64_t until = deadline();

    while (world->requests < count)
        turn(world, until);
}

/* ---- stories ---------------------------------------------------------- */

static void a_request_gets_its_reply(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"list\"}\n");
    expect(world, fd,
           "{\"code\": 0, \"outcomes\": [{\"name\": \"a\", \"ok\": true, "
           "\"text\": \"list\"}]}\n");
    say(world, fd, "{\"verb\": \"stop-all\"}\n");
    expect(world, fd, "\"text\": \"stop-all\"");
    close(fd);
}

static void a_request_may_come_in_pieces(void **state)
{
    struct world *world = *state;
    const char *request = "{\"verb\": \"list\"}\n";
    int fd = join(world);

    for (; *request; request++) {
        assert_int_equal(say_bytes(world, fd, request, 1), 1);
        turn(world, deadline());
    }
    expect(world, fd, "\"text\": \"list\"");
    close(fd);
}

static void replies_keep_the_order_of_requests(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd,
        "{\"verb\": \"stop\", \"names\": [\"a\"]}\n{\"verb\": \"list\"}\n"
        "{\"verb\": \"start-all\"}\n");
    wait_for_requests(world, 1);
    expect_service(world);
    assert_int_equal(world->requests, 2);
    release_calls(world);
    expect(world, fd, "\"text\": \"stopped\"");
    expect(world, fd, "\"text\": \"list\"");
    expect(world, fd, "\"text\": \"start-all\"");
    close(fd);
}

static void several_clients_are_served_at_once(void **state)
{
    struct world *world = *state;
    int first = join(world), second = join(world);

    say(world, first, "{\"verb\": \"stop\", \"names\": [\"a\"]}\n");
    say(world, second, "{\"verb\": \"stop\", \"names\": [\"b\"]}\n");
    wait_for_requests(world, 2);
    expect_service(world);
    release_calls(world);
    expect(world, second, "stopped");
    expect(world, first, "stopped");
    close(first);
    close(second);
}

static void a_client_may_stop_talking_and_still_hear(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"stop\", \"names\": [\"a\"]}\n");
    shutdown(fd, SHUT_WR);
    wait_for_requests(world, 1);
    release_calls(world);
    expect(world, fd, "stopped");
    expect_end(world, fd);
}

static void a_client_that_goes_away_is_answered_all_the_same(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"stop\", \"names\": [\"a\"]}\n");
    wait_for_requests(world, 1);
    close(fd);
    expect_service(world);
    release_calls(world);
    expect_service(world);
}

static void send_part(struct world *world, const char *text)
{
    control_send(world->lasting, text, strlen(text));
}

static void parts_come_before_the_reply(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd,
        "{\"verb\": \"start\", \"names\": [\"a\"]}\n"
        "{\"verb\": \"list\"}\n");
    wait_for_requests(world, 1);
    send_part(world, "{\"part\": 1}\n");
    expect(world, fd, "{\"part\": 1}\n");
    send_part(world, "{\"part\": 2}\n");
    answer(world->lasting, "started", 1);
    expect(world, fd, "{\"part\": 2}\n");
    expect(world, fd, "\"text\": \"started\"");
    expect(world, fd, "\"text\": \"list\"");
    assert_int_equal(world->gone_clients, 0);
    close(fd);
}

static void whoever_follows_a_call_hears_that_its_client_goes(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();
    int fd = join(world);

    say(world, fd, "{\"verb\": \"start\", \"names\": [\"a\"]}\n");
    wait_for_requests(world, 1);
    close(fd);
    while (world->gone_clients == 0)
        turn(world, until);
    expect_service(world);
    assert_int_equal(world->gone_clients, 1);
}

static void what_a_followed_client_says_is_heard(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"start\", \"names\": [\"b\"]}\n");
    wait_for_requests(world, 1);
    say(world, fd, "one\ntw");
    say(world, fd, "o\nend\n{\"verb\": \"list\"}\n");
    expect(world, fd, "\"text\": \"ended\"");
    expect(world, fd, "\"text\": \"list\"");
    assert_string_equal(world->words, "one/two/end/");
    close(fd);
}

static void parts_that_are_not_read_wait_and_can_be_dropped(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();
    struct buf part = {0};
    int fd = join(world);

    say(world, fd, "{\"verb\": \"start\", \"names\": [\"a\"]}\n");
    wait_for_requests(world, 1);
    send_part(world, "{\"part\": 1}\n");
    expect(world, fd, "part");
    while (world->drained == 0)
        turn(world, until);
    memset(buf_reserve(&part, 1 << 20), 'x', 1 << 20);
    control_send(world->lasting, part.data, 1 << 20);
    expect_service(world);
    assert_true(control_waiting(world->lasting) > 0);
    control_hang_up(world->lasting);
    expect_service(world);
    assert_int_equal(world->drained, 1);
    assert_int_equal(world->gone_clients, 0);
    buf_release(&part);
    close(fd);
}

static void garbage_is_answered_and_closed(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *why;
    } cases[] = {
        {"hello\n", 6, "bad request: no JSON: "},
        {"\n", 1, "bad request: no JSON: "},
        {"{\"verb\": \"fly\"}\n", 16, "unknown verb \\\"fly\\\""},
        {"\xff\xfe\n", 3, "bad request: no JSON: "},
        {"{\"verb\": \"\xff\"}\n", 14, "bad request: no JSON: "},
        {"{\"verb\":\0\"list\"}\n", 17, "bad request: no JSON: "},
        {"\0\0\0\n", 4, "bad request: no JSON: "},
        {"{\"verb\": \"stop\"}\n", 17, "needs the name of a process"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = join(world);
        assert_int_equal(say_bytes(world, fd, cases[i].bytes, cases[i].len),
                         cases[i].len);
        char *line = hear(world, fd);
        assert_ptr_equal(strstr(line, "{\"code\": 2, \"error\": "), line);
        assert_non_null(strstr(line, cases[i].why));
        free(line);
        expect_end(world, fd);
    }
    assert_int_equal(world->requests, 0);
    expect_service(world);
}

static void deep_json_is_answered_and_closed(void **state)
{
    struct world *world = *state;
    char *deep = mem_new(60001, 1);
    int fd = join(world);

    memset(deep, '[', 60000);
    say(world, fd, deep);
    say(world, fd, "\n");
    expect(world, fd, "bad request: no JSON: maximum parsing depth");
    expect_end(world, fd);
    free(deep);
}

static void a_request_without_an_end_is_cut_off(void **state)
{
    struct world *world = *state;
    size_t len = 1 << 20;
    char *much = mem_new(len, 1);
    int fd = join(world);

    memset(much, ' ', len);
    assert_true(say_bytes(world, fd, much, len) < len);
    expect(world, fd, "bad request: more than 65536 bytes");
    close(fd);
    expect_service(world);
    free(much);
}

static void the_longest_request_is_taken(void **state)
{
    struct world *world = *state;
    char *line = mem_new(PROTOCOL_REQUEST_LIMIT + 1, 1);
    int fd = join(world);

    memset(line, ' ', PROTOCOL_REQUEST_LIMIT);
    memcpy(line, "{\"verb\": \"list\"}", 16);
    line[PROTOCOL_REQUEST_LIMIT - 1] = '\n';
    say(world, fd, line);
    expect(world, fd, "\"text\": \"list\"");
    line[PROTOCOL_REQUEST_LIMIT - 1] = ' ';
    say_bytes(world, fd, line, PROTOCOL_REQUEST_LIMIT);
    say_bytes(world, fd, "\n", 1);
    expect(world, fd, "bad request: more than 65536 bytes");
    close(fd);
    free(line);
}

static void a_request_that_breaks_off_is_answered_and_closed(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"list\"}");
    shutdown(fd, SHUT_WR);
    expect(world, fd, "it ends before its newline");
    expect_end(world, fd);
}

static void a_crowd_of_silent_clients_locks_nobody_out(void **state)
{
    struct world *world = *state;
    int crowd[MANY], waiting = join(world);

    say(world, waiting, "{\"verb\": \"stop\", \"names\": [\"a\"]}\n");
    wait_for_requests(world, 1);
    for (int i = 0; i < MANY; i++) {
        crowd[i] = join(world);
        say_bytes(world, crowd[i], "{", 1);
        if (i % 100 == 0)
            expect_service(world);
    }
    expect_service(world);
    expect_end(world, crowd[0]);
    release_calls(world);
    expect(world, waiting, "stopped");
    say(world, crowd[MANY - 1], "\"verb\": \"list\"}\n");
    expect(world, crowd[MANY - 1], "\"text\": \"list\"");
    for (int i = 1; i < MANY; i++)
        close(crowd[i]);
    close(waiting);
}

/* Two of procman's patiences of 10 s, waited for at the same time. */
static void who_stalls_is_sent_away_in_time(void **state)
{
    struct world *world = *state;
    int slow = join(world), deaf = join(world);
    uint64_t begin = uv_hrtime();

    say(world, slow, "{\"verb\": ");
    say(world, deaf, "{\"verb\": \"status\"}\n");
    wait_for_requests(world, 1);
    expect_service(world);
    expect_end(world, slow);
    assert_true(uv_hrtime() - begin >= UINT64_C(9000000000));
    expect_service(world);
    char *line = hear(world, deaf);
    assert_null(strchr(line, '\n'));
    free(line);
    close(deaf);
}

/* What a stranger hears: nothing, not even an error. */
static int listen_as_a_stranger(const struct world *world)
{
    static const char request[] = "{\"verb\": \"list\"}\n";
    struct cause why;
    char byte;

    if (setgid(12345) != 0 || setuid(12345) != 0)
        return 2;
    int fd = os_connect_at(world->directory, world->path, "s", &why);
    if (fd < 0)
        return 3;
    send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    return recv(fd, &byte, 1, 0) > 0 ? 4 : 0;
}

static void a_stranger_is_not_served(void **state)
{
    struct world *world = *state;
    uint64_t until = deadline();
    int status = -1;

    if (geteuid() != 0)
        skip(); /* only root can play a stranger */
    assert_int_equal(chmod(world->path, 0755), 0);
    assert_int_equal(fchmodat(world->directory, "s", 0666, 0), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(listen_as_a_stranger(world));
    while (waitpid(child, &status, WNOHANG) == 0)
        turn(world, until);
    assert_int_equal(status, 0);
    assert_int_equal(world->requests, 0);
    expect_service(world);
}

static void closing_does_not_wait_for_one_that_does_not_read(void **state)
{
    struct world *world = *state;
    int deaf = join(world), silent = join(world);
    uint64_t until = deadline();

    say(world, deaf, "{\"verb\": \"status\"}\n");
    wait_for_requests(world, 1);
    uint64_t begin = uv_hrtime();
    control_close(world->control, on_gone);
    world->control = NULL;
    while (!world->gone)
        turn(world, until);
    assert_true(uv_hrtime() - begin < UINT64_C(3000000000));
    expect_end(world, silent);
    close(deaf);
}

static void closing_still_sends_what_was_answered(void **state)
{
    struct world *world = *state;
    int fd = join(world);

    say(world, fd, "{\"verb\": \"status\"}\n");
    wait_for_requests(world, 1);
    control_close(world->control, on_gone);
    world->control = NULL;
    char *line = hear(world, fd);
    assert_non_null(strchr(line, '\n'));
    free(line);
    expect_end(world, fd);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_request_gets_its_reply),
        STORY(a_request_may_come_in_pieces),
        STORY(replies_keep_the_order_of_requests),
        STORY(several_clients_are_served_at_once),
        STORY(a_client_may_stop_talking_and_still_hear),
        STORY(a_client_that_goes_away_is_answered_all_the_same),
        STORY(parts_come_before_the_reply),
        STORY(whoever_follows_a_call_hears_that_its_client_goes),
        STORY(what_a_followed_client_says_is_heard),
        STORY(parts_that_are_not_read_wait_and_can_be_dropped),
        STORY(garbage_is_answered_and_closed),
        STORY(deep_json_is_answered_and_closed),
        STORY(a_request_without_an_end_is_cut_off),
        STORY(the_longest_request_is_taken),
        STORY(a_request_that_breaks_off_is_answered_and_closed),
        STORY(a_crowd_of_silent_clients_locks_nobody_out),
        STORY(who_stalls_is_sent_away_in_time),
        STORY(a_stranger_is_not_served),
        STORY(closing_does_not_wait_for_one_that_does_not_read),
        STORY(closing_still_sends_what_was_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
