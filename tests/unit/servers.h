/* servers.h - servers of a test's own, well-behaved and hostile, each a child
 * process on a free port of 127.0.0.1 (or ::1).
 */
#ifndef PROCMAN_TEST_SERVERS_H
#define PROCMAN_TEST_SERVERS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum manner {
    ANSWERS,     /* reads a request, then says its text and closes */
    STAYS,       /* the same, but does not close */
    IS_SILENT,   /* accepts and says nothing */
    NEVER_COMES, /* does not even accept */
    HANGS_UP,    /* closes at once */
    DRIBBLES,    /* says its text a byte per second */
    FLOODS       /* 10 MB after its text */
};

struct server {
    pid_t pid;
    uint16_t port;
};

/* A listening socket; the port becomes the one it has. */
static inline int listen_on(const char *host, uint16_t *port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(*port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons(*port)};
    bool is_six = strchr(host, ':') != NULL;
    struct sockaddr *address =
        is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t len = is_six ? sizeof six : sizeof four;
    int yes = 1, fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(
        inet_pton(is_six ? AF_INET6 : AF_INET, host,
                  is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr),
        1);
    assert_int_equal(bind(fd, address, len), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, address, &len), 0);
    *port = ntohs(is_six ? six.sin6_port : four.sin_port);
    return fd;
}

static inline void say_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
        if (put < 0)
            return;
        text += put;
        len -= (size_t)put;
    }
}

static inline void read_request(int fd)
{
    char bytes[4096];
    size_t len = 0;
    ssize_t got;

    do {
        got = read(fd, bytes + len, sizeof bytes - len - 1);
        len += got > 0 ? (size_t)got : 0;
        bytes[len] = '\0';
    } while (got > 0 && !strstr(bytes, "\r\n\r\n"));
}

static inline void flood(int fd)
{
    static char junk[65536];

    memset(junk, 'x', sizeof junk);
    for (int i = 0; i < 160; i++)
        say_all(fd, junk, sizeof junk);
}

static inline void serve_one(int fd, enum manner manner, const char *text)
{
    if (manner == HANGS_UP)
        return;
    if (manner == IS_SILENT)
        pause();
    read_request(fd);
    for (const char *at = text; manner == DRIBBLES && *at; at++) {
        say_all(fd, at, 1);
        sleep(1);
    }
    if (manner != DRIBBLES)
        say_all(fd, text, strlen(text));
    if (manner == STAYS)
        pause();
    if (manner == FLOODS)
        flood(fd);
}

/* A child that serves on the listening socket, which is then the child's
 * only.  It dies with us. */
static inline pid_t serve(int listener, enum manner manner, const char *text)
{
    pid_t parent = getpid(), pid = fork();

    assert_true(pid >= 0);
    if (pid > 0) {
        close(listener);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    while (manner == NEVER_COMES)
        pause();
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        serve_one(fd, manner, text);
        close(fd);
    }
}

static inline struct server start_server(enum manner manner, const char *text)
{
    struct server server = {0};
    int listener = listen_on("127.0.0.1", &server.port);

    server.pid = serve(listener, manner, text);
    return server;
}

static inline void end_server(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* A port on which nobody listens, for now. */
static inline uint16_t free_port(void)
{
    uint16_t port = 0;

    close(listen_on("127.0.0.1", &port));
    return port;
}

static inline int listen_at_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

#endif
