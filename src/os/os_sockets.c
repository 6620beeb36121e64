#include "procman/os_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static bool read_four(struct os_address *address, const char *host,
                      uint16_t port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;

    *address = (struct os_address){.len = sizeof *four};
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    snprintf(address->text, sizeof address->text, "%s:%u", host, port);
    return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

static bool read_six(struct os_address *address, const char *host,
                     uint16_t port)
{
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    char number[INET6_ADDRSTRLEN];
    size_t len = strlen(host);
    bool brackets = len > 2 && *host == '[' && host[len - 1] == ']';

    *address = (struct os_address){.len = sizeof *six};
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    if (len >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%.*s", (int)(brackets ? len - 2 : len),
             host + brackets);
    snprintf(address->text, sizeof address->text, "[%s]:%u", number, port);
    return inet_pton(AF_INET6, number, &six->sin6_addr) == 1;
}

/* ::1 first: where nobody listens there, what is said is about 127.0.0.1. */
size_t os_find_addresses(struct os_address *addresses, const char *host,
                         uint16_t port, struct cause *why)
{
    if (port == 0) {
        cause_say(why, "0 is no port to connect to");
        return 0;
    }
    if (strcmp(host, "localhost") == 0)
        return read_six(&addresses[0], "::1", port) +
               (size_t)read_four(&addresses[1], "127.0.0.1", port);
    if (read_four(addresses, host, port) || read_six(addresses, host, port))
        return 1;
    cause_say(why,
              "\"%s\" is neither localhost nor the number of a host "
              "(127.0.0.1, ::1); names are not looked up",
              host);
    return 0;
}

/* A connection that is on its way: it begins, or it fails. */
static int begin(int fd, const struct sockaddr *address, socklen_t len)
{
    if (fd < 0)
        return -errno;
    if (connect(fd, address, len) == 0 || errno == EINPROGRESS ||
        errno == EINTR)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

static int open_stream(int family)
{
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int os_dial(const struct os_address *address)
{
    return begin(open_stream(address->storage.ss_family),
                 (const struct sockaddr *)&address->storage, address->len);
}

/* A descriptor of the folder that the last name of `path` is in. */
static int open_folder(const char *directory, const char *path,
                       size_t folder_len)
{
    int base = AT_FDCWD;

    if (directory && *path != '/')
        base = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0 && base != AT_FDCWD)
        return -1;
    char *folder = folder_len ? strndup(path, folder_len) : strdup(".");
    int fd =
        folder ? openat(base, folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = errno;
    free(folder);
    if (base >= 0)
        close(base);
    errno = error;
    return fd;
}

int os_dial_unix(const char *directory, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int folder = open_folder(directory, path, (size_t)(name - path));

    if (folder < 0)
        return -errno;
    int len = snprintf(address.sun_path, sizeof address.sun_path,
                       "/proc/self/fd/%d/%s", folder, name);
    int fd = (size_t)len < sizeof address.sun_path
                 ? begin(open_stream(AF_UNIX), (struct sockaddr *)&address,
                         sizeof address)
                 : -ENAMETOOLONG;
    close(folder);
    return fd;
}

/* A connection may begin and end at the same port, when the system happens to
 * give us the one we want to reach: nobody listens, and we talk to ourselves.
 * Left to itself it would keep the port from its server for a minute. */
static bool is_to_itself(int descriptor)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_len = sizeof here, there_len = sizeof there;

    return getsockname(descriptor, (struct sockaddr *)&here, &here_len) == 0 &&
           getpeername(descriptor, (struct sockaddr *)&there, &there_len) ==
               0 &&
           here.ss_family != AF_UNIX && here_len == there_len &&
           memcmp(&here, &there, here_len) == 0;
}

int os_dial_result(int descriptor)
{
    struct linger reset = {1, 0};
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return errno;
    if (error || !is_to_itself(descriptor))
        return error;
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    return ECONNREFUSED;
}

ssize_t os_socket_read(int descriptor, void *bytes, size_t room)
{
    ssize_t got;

    do {
        got = recv(descriptor, bytes, room, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t os_socket_write(int descriptor, const void *bytes, size_t len)
{
    ssize_t put;

    do {
        put = send(descriptor, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put;
}
