#include "procman/os_socket.h"
#include "socket_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than ever wait at once; the kernel cuts it to its own limit. */
enum { BACKLOG = 1024 };

bool socket_name_at(struct sockaddr_un *address, int directory,
                    const char *path, const char *name, struct cause *why)
{
    size_t room = sizeof address->sun_path;
    int len;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    len = snprintf(address->sun_path, room, "/proc/self/fd/%d", directory);
    if (access(address->sun_path, F_OK) == 0)
        len = snprintf(address->sun_path, room, "/proc/self/fd/%d/%s",
                       directory, name);
    else
        len = snprintf(address->sun_path, room, "%s/%s", path, name);
    if (len < 0 || (size_t)len >= room)
        return cause_say(why, "%s/%s is too long for a socket", path, name);
    return true;
}

static int open_socket(void)
{
#if defined(SOCK_CLOEXEC)
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
#endif
}

static int give_up(int fd, struct cause *why, const char *verb,
                   const char *path, const char *name)
{
    cause_say(why, "cannot %s %s/%s: %s", verb, path, name, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int os_listen_at(int directory, const char *path, const char *name,
                 struct cause *why)
{
    struct sockaddr_un address;

    if (!socket_name_at(&address, directory, path, name, why))
        return -1;
    int fd = open_socket();
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return give_up(fd, why, "create", path, name);
    if (fchmodat(directory, name, 0600, 0) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        unlinkat(directory, name, 0);
        errno = error;
        return give_up(fd, why, "listen at", path, name);
    }
    return fd;
}

/* Unlike one over a network, an interrupted local connect() has not begun: it
 * waited for a place in the queue. */
int os_connect_at(int directory, const char *path, const char *name,
                  struct cause *why)
{
    struct sockaddr_un address;
    int result;

    if (!socket_name_at(&address, directory, path, name, why))
        return -1;
    int fd = open_socket();
    if (fd < 0)
        return give_up(fd, why, "connect to", path, name);
    do {
        result = connect(fd, (struct sockaddr *)&address, sizeof address);
    } while (result != 0 && errno == EINTR);
    if (result != 0)
        return give_up(fd, why, "connect to", path, name);
    return fd;
}

bool os_peer_uid(int connection, uid_t *uid)
{
#if defined(__linux__)
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    *uid = peer.uid;
    return true;
#else
    gid_t gid;

    return getpeereid(connection, uid, &gid) == 0;
#endif
}
