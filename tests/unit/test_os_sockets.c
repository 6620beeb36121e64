#define _DEFAULT_SOURCE /* SO_REUSEPORT */

/* Whose socket is it?  Real connections to real processes. */
#include "procman/os_sockets.h"

#include "servers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

static int dial(const char *host, uint16_t port)
{
    struct os_address addresses[OS_ADDRESSES];
    struct cause why;

    assert_int_equal(os_find_addresses(addresses, host, port, &why), 1);
    int fd = os_dial(&addresses[0]);
    assert_true(fd >= 0);
    struct pollfd wait = {fd, POLLOUT, 0};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    assert_int_equal(os_dial_result(fd), 0);
    return fd;
}

static void wait_for_answer(int fd)
{
    struct pollfd wait = {fd, POLLIN, 0};

    say_all(fd, "\r\n\r\n", 4);
    assert_int_equal(poll(&wait, 1, 10000), 1);
}

static void hosts_are_numbers_or_localhost(void **state)
{
    static const struct {
        const char *host;
        size_t count;
        const char *first;
    } cases[] = {
        {"127.0.0.1", 1, "127.0.0.1:80"},
        {"0.0.0.0", 1, "0.0.0.0:80"},
        {"::1", 1, "[::1]:80"},
        {"[::1]", 1, "[::1]:80"},
        {"localhost", 2, "[::1]:80"},
        {"example.org", 0, NULL},
        {"", 0, NULL},
        {"[]", 0, NULL},
        {"127.0.0.1.1", 0, NULL},
        {"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22", 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct os_address addresses[OS_ADDRESSES];
        struct cause why = {{0}};
        size_t count = os_find_addresses(addresses, cases[i].host, 80, &why);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(count == 0, *why.text != '\0');
        if (count)
            assert_string_equal(addresses[0].text, cases[i].first);
    }
    struct os_address addresses[OS_ADDRESSES];
    struct cause why;
    assert_int_equal(os_find_addresses(addresses, "::1", 0, &why), 0);
}

static void the_one_who_accepted_is_known(void **state)
{
    struct server server = start_server(STAYS, "hello");
    pid_t pids[] = {1, server.pid}, own = getpid();
    int fd = dial("127.0.0.1", server.port);

    (void)state;
    wait_for_answer(fd);
    assert_int_equal(os_listens(pids, 2, fd), 1);
    assert_int_equal(os_listens(&own, 1, fd), 0);
    assert_int_equal(os_listens(pids, 0, fd), 0);
    close(fd);
    end_server(server.pid);
}

static void the_one_who_listens_is_known_before_it_accepts(void **state)
{
    struct server server = start_server(NEVER_COMES, "");
    pid_t own = getpid();
    int fd = dial("127.0.0.1", server.port);

    (void)state;
    assert_int_equal(os_listens(&server.pid, 1, fd), 1);
    assert_int_equal(os_listens(&own, 1, fd), 0);
    close(fd);
    end_server(server.pid);
}

static void it_is_known_after_it_has_hung_up(void **state)
{
    struct server server = start_server(HANGS_UP, "");
    pid_t own = getpid();
    int fd = dial("127.0.0.1", server.port);
    struct pollfd wait = {fd, POLLIN, 0};

    (void)state;
    assert_int_equal(poll(&wait, 1, 10000), 1);
    assert_int_equal(os_listens(&server.pid, 1, fd), 1);
    assert_int_equal(os_listens(&own, 1, fd), 0);
    close(fd);
    end_server(server.pid);
}

/* Two listen on one port: what counts is who has the connection. */
static void a_twin_on_the_same_port_is_told_apart(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int yes = 1, twins[2];
    pid_t pids[2];

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 2; i++) {
        twins[i] = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(twins[i], SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
        assert_int_equal(bind(twins[i], (struct sockaddr *)&address, len), 0);
        assert_int_equal(listen(twins[i], 16), 0);
        getsockname(twins[i], (struct sockaddr *)&address, &len);
    }
    for (int i = 1; i >= 0; i--) /* the second one holds both */
        pids[i] = serve(twins[i], STAYS, i ? "1" : "0");
    char who = 0;
    int fd = dial("127.0.0.1", ntohs(address.sin_port));
    wait_for_answer(fd);
    assert_int_equal(read(fd, &who, 1), 1);
    assert_int_equal(os_listens(&pids[who - '0'], 1, fd), 1);
    assert_int_equal(os_listens(&pids['1' - who], 1, fd), 0);
    close(fd);
    end_server(pids[0]);
    end_server(pids[1]);
}

static void every_way_to_listen_is_understood(void **state)
{
    static const struct {
        const char *listens, *dialled;
    } cases[] = {
        {"0.0.0.0", "127.0.0.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"127.0.0.1", "127.0.0.1"},
        {"::", "127.0.0.1"},
        {"::", "::1"},
        {"::1", "::1"},
        {"::ffff:127.0.0.1", "127.0.0.1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t port = 0;
        int listener = listen_on(cases[i].listens, &port);
        pid_t own = getpid(), pid = serve(listener, NEVER_COMES, "");
        int fd = dial(cases[i].dialled, port);
        assert_int_equal(os_listens(&pid, 1, fd), 1);
        assert_int_equal(os_listens(&own, 1, fd), 0);
        close(fd);
        end_server(pid);

        listener = listen_on(cases[i].listens, &port);
        pid = serve(listener, STAYS, "hello");
        fd = dial(cases[i].dialled, port);
        wait_for_answer(fd);
        assert_int_equal(os_listens(&pid, 1, fd), 1);
        assert_int_equal(os_listens(&own, 1, fd), 0);
        close(fd);
        end_server(pid);
    }
}

static void a_listener_elsewhere_on_the_same_port_does_not_count(void **state)
{
    uint16_t port = 0;
    pid_t orphan = serve(listen_on("127.0.0.1", &port), NEVER_COMES, "");
    pid_t ours = serve(listen_on("127.0.0.2", &port), NEVER_COMES, "");
    int fd = dial("127.0.0.1", port);

    (void)state;
    assert_int_equal(os_listens(&orphan, 1, fd), 1);
    assert_int_equal(os_listens(&ours, 1, fd), 0);
    close(fd);
    end_server(orphan);
    end_server(ours);
}

/* The verdict of somebody who may not look into the server: 10 + it. */
static int verdict_of_a_stranger(pid_t server, int fd)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(setuid(65534) ? 1 : 10 + os_listens(&server, 1, fd));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void what_may_not_be_looked_at_cannot_be_told(void **state)
{
    struct server server = start_server(NEVER_COMES, "");
    int fd = dial("127.0.0.1", server.port);

    (void)state;
    if (geteuid() == 0)
        assert_int_equal(verdict_of_a_stranger(server.pid, fd), 10 - 1);
    end_server(server.pid);
    assert_int_equal(os_listens(&server.pid, 1, fd), 0); /* it is gone */
    close(fd);
}

/* ---- Unix sockets ------------------------------------------------------- */

static void a_unix_socket_is_known_by_who_listens_or_holds_it(void **state)
{
    char path[] = "/tmp/test_os_sockets.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(path));
    assert_int_equal(chdir(path), 0);
    /* We call listen(), like a daemon's first process, and a child serves. */
    pid_t pid = serve(listen_at_path("s"), NEVER_COMES, ""), own = getpid();
    int fd = os_dial_unix(NULL, "s");
    assert_true(fd >= 0);
    assert_int_equal(os_dial_result(fd), 0);
    assert_int_equal(os_listens(&pid, 1, fd), 1);
    assert_int_equal(os_listens(&own, 1, fd), 1);
    pid_t nobody = 1;
    assert_true(os_listens(&nobody, 1, fd) <= 0);
    close(fd);
    fd = os_dial_unix(path, "s");
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(os_dial_unix(path, "t"), -ENOENT);
    assert_int_equal(os_dial_unix("/nowhere", "s"), -ENOENT);
    end_server(pid);
    assert_int_equal(os_dial_unix(path, "s"), -ECONNREFUSED);
    unlink("s");
    assert_int_equal(chdir("/"), 0);
    rmdir(path);
}

/* ---- a connection to itself --------------------------------------------- */

/* What the system does by chance, done on purpose. */
static void a_connection_that_reached_itself_is_refused(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(os_dial_result(fd), ECONNREFUSED);
    close(fd);

    /* The port is free at once, even for a server that does not insist. */
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_numbers_or_localhost),
        cmocka_unit_test(the_one_who_accepted_is_known),
        cmocka_unit_test(the_one_who_listens_is_known_before_it_accepts),
        cmocka_unit_test(it_is_known_after_it_has_hung_up),
        cmocka_unit_test(a_twin_on_the_same_port_is_told_apart),
        cmocka_unit_test(every_way_to_listen_is_understood),
        cmocka_unit_test(a_listener_elsewhere_on_the_same_port_does_not_count),
        cmocka_unit_test(what_may_not_be_looked_at_cannot_be_told),
        cmocka_unit_test(a_unix_socket_is_known_by_who_listens_or_holds_it),
        cmocka_unit_test(a_connection_that_reached_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
