#include "procman/os_notify.h"
#include "procman/mem.h"
#include "procman/os.h"
#include "socket_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ADDRESS_ROOM = sizeof((struct sockaddr_un *)0)->sun_path,
    DIRECTORY_ROOM = sizeof "/proc/self/fd/2147483647/"
};

static int give_up(int socket, struct cause *why, const char *name)
{
    cause_say(why, "cannot create the socket %s: %s", name, strerror(errno));
    if (socket >= 0)
        close(socket);
    return -1;
}

static int open_socket(void)
{
    int yes = 1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    return os_move_up(fd);
}

/* Does the child understand this path, and does it fit, for it and for us? */
static bool is_addressable(const char *path, const char *name)
{
    size_t len = strlen(name);

    return *path == '/' && strlen(path) + 1 + len < ADDRESS_ROOM &&
           DIRECTORY_ROOM + len < ADDRESS_ROOM;
}

static bool bind_file(int fd, int directory, const char *path, const char *name,
                      struct cause *why)
{
    struct sockaddr_un address;

    if (!socket_name_at(&address, directory, path, name, why))
        return false;
    unlinkat(directory, name, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return cause_say(why, "cannot create %s/%s: %s", path, name,
                         strerror(errno));
    if (fchmodat(directory, name, 0600, 0) == 0)
        return true;
    cause_say(why, "cannot create %s/%s: %s", path, name, strerror(errno));
    unlinkat(directory, name, 0);
    return false;
}

/* The name of an abstract socket is all of its address, without a NUL. */
static bool bind_abstract(int fd, char **text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint64_t secret;

    if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
        return false;
    *text = mem_format("@procman-%016llx", (unsigned long long)secret);
    size_t len = strlen(*text);
    memcpy(address.sun_path + 1, *text + 1, len - 1);
    len += offsetof(struct sockaddr_un, sun_path);
    if (bind(fd, (struct sockaddr *)&address, (socklen_t)len) == 0)
        return true;
    free(*text);
    return false;
}

int os_notify_open(int directory, const char *path, const char *name,
                   char **address, struct cause *why)
{
    int fd = open_socket();

    if (fd < 0)
        return give_up(fd, why, name);
    if (!is_addressable(path, name))
        return bind_abstract(fd, address) ? fd : give_up(fd, why, name);
    if (!bind_file(fd, directory, path, name, why)) {
        close(fd);
        return -1;
    }
    *address = mem_format("%s/%s", path, name);
    return fd;
}

static pid_t sender_of(struct msghdr *message)
{
    struct ucred who = {0};

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
         part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET &&
            part->cmsg_type == SCM_CREDENTIALS &&
            part->cmsg_len >= CMSG_LEN(sizeof who))
            memcpy(&who, CMSG_DATA(part), sizeof who);
    return who.pid;
}

/* There is room for the sender's credentials, which come first, and for
 * nothing else: descriptors that were sent along never become ours, and the
 * kernel closes them.  That is also what BARRIER=1 waits for. */
ssize_t os_notify_receive(int socket, void *bytes, size_t room, pid_t *sender)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {bytes, room};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t len;

    do {
        len = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (len < 0 && errno == EINTR);
    if (len < 0)
        return -1;
    *sender = sender_of(&message);
    return message.msg_flags & MSG_TRUNC ? 0 : len;
}

bool os_notify_say(const char *address, const char *text, struct cause *why)
{
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    size_t len = strlen(address);
    int fd = -1;

    if ((*address != '/' && *address != '@') || len >= ADDRESS_ROOM)
        return cause_say(why, "NOTIFY_SOCKET is no address: %s", address);
    memcpy(peer.sun_path, address, len);
    if (*address == '@')
        peer.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    len += offsetof(struct sockaddr_un, sun_path);
    bool said =
        fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL,
                          (struct sockaddr *)&peer, (socklen_t)len) >= 0;
    if (!said)
        cause_say(why, "cannot say %s to %s: %s", text, address,
                  strerror(errno));
    if (fd >= 0)
        close(fd);
    return said;
}
