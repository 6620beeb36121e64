/* Whose socket is it?  The kernel's tables know a socket's number (its inode),
 * and /proc/<pid>/fd knows who holds it. */
#include "procman/mem.h"
#include "procman/os_sockets.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTENING = 0x0a };                 /* TCP_LISTEN in /proc/net/tcp */
enum { ACCEPTS_CONNECTIONS = 1 << 16 };    /* in /proc/net/unix */
enum { ADDRESS_HEX = 2 * 16 + 1 + 4 + 1 }; /* "<address>:<port>" */

struct inodes {
    unsigned long *all;
    size_t count;
};

static void add_inode(struct inodes *inodes, unsigned long inode)
{
    inodes->all = mem_resize(inodes->all, inodes->count + 1, sizeof inode);
    inodes->all[inodes->count++] = inode;
}

static bool has_inode(const struct inodes *inodes, unsigned long inode)
{
    for (size_t i = 0; i < inodes->count; i++)
        if (inodes->all[i] == inode)
            return true;
    return false;
}

/* ---- who holds it ------------------------------------------------------- */

/* 1: it holds one of them, 0: none, -1: we may not look. */
static int holds(pid_t pid, const struct inodes *inodes)
{
    char path[64], target[64];
    unsigned long inode;
    int found = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *files = opendir(path);
    if (!files)
        return errno == EACCES || errno == EPERM ? -1 : 0;
    for (struct dirent *entry; !found && (entry = readdir(files));) {
        ssize_t len =
            readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        if (sscanf(target, "socket:[%lu]", &inode) == 1)
            found = has_inode(inodes, inode);
    }
    closedir(files);
    return found;
}

static int any_holds(const pid_t *pids, size_t count,
                     const struct inodes *inodes)
{
    int verdict = 0;

    for (size_t i = 0; i < count && verdict != 1 && inodes->count; i++) {
        int held = holds(pids[i], inodes);
        verdict = held ? held : verdict;
    }
    return verdict;
}

/* ---- TCP ---------------------------------------------------------------- */

/* One end of a connection as /proc/net/tcp writes it; see proc(5). */
struct end {
    uint32_t words[4]; /* as they lie in memory; IPv4: the last one */
    uint16_t port;
    bool six; /* it is listed in tcp6 */
};

static bool is_mapped(const struct end *end)
{
    return end->words[0] == 0 && end->words[1] == 0 &&
           end->words[2] == htonl(0xffff);
}

static bool is_wildcard(const struct end *end)
{
    return end->words[0] == 0 && end->words[1] == 0 && end->words[3] == 0 &&
           (end->words[2] == 0 || is_mapped(end));
}

/* An IPv4 address is kept as the IPv6 one it is mapped to, which is how a
 * server that listens for both sees it. */
static bool end_of(struct end *end, const struct sockaddr_storage *storage)
{
    *end = (struct end){.words = {0, 0, htonl(0xffff), 0}};
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)storage;
        end->words[3] = four->sin_addr.s_addr;
        end->port = ntohs(four->sin_port);
        return true;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)storage;
    memcpy(end->words, &six->sin6_addr, sizeof end->words);
    end->port = ntohs(six->sin6_port);
    return storage->ss_family == AF_INET6;
}

static bool read_end(struct end *end, const char *text)
{
    unsigned words[4], port;

    *end = (struct end){.words = {0, 0, htonl(0xffff), 0}};
    if (strlen(text) > 16) {
        if (sscanf(text, "%8x%8x%8x%8x:%4x", &words[0], &words[1], &words[2],
                   &words[3], &port) != 5)
            return false;
        for (int i = 0; i < 4; i++)
            end->words[i] = words[i];
        end->six = true;
    } else {
        if (sscanf(text, "%8x:%4x", &words[3], &port) != 2)
            return false;
        end->words[3] = words[3];
    }
    end->port = (uint16_t)port;
    return true;
}

static bool same_end(const struct end *a, const struct end *b)
{
    return a->port == b->port &&
           memcmp(a->words, b->words, sizeof a->words) == 0;
}

/* Would a listener there be given what is sent to `to`? */
static bool serves(const struct end *listener, const struct end *to)
{
    if (listener->port != to->port)
        return false;
    if (same_end(listener, to))
        return true;
    return is_wildcard(listener) && (listener->six || is_mapped(to));
}

struct search {
    struct end here, there; /* of our connection */
    struct inodes accepted, listening;
};

static void look_at_line(struct search *search, const char *line)
{
    char local_text[ADDRESS_HEX], remote_text[ADDRESS_HEX];
    struct end local, remote;
    unsigned state;
    unsigned long inode;

    if (sscanf(line, " %*d: %37s %37s %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
               local_text, remote_text, &state, &inode) != 4 ||
        !read_end(&local, local_text) || !read_end(&remote, remote_text) ||
        inode == 0)
        return;
    if (state == LISTENING && serves(&local, &search->there))
        add_inode(&search->listening, inode);
    else if (same_end(&local, &search->there) &&
             same_end(&remote, &search->here))
        add_inode(&search->accepted, inode);
}

static bool look_at_table(struct search *search, const char *path)
{
    char line[512];
    FILE *table = fopen(path, "re");

    if (!table)
        return false;
    while (fgets(line, sizeof line, table))
        look_at_line(search, line);
    fclose(table);
    return true;
}

static int tcp_listens(const pid_t *pids, size_t count,
                       const struct sockaddr_storage *here,
                       const struct sockaddr_storage *there)
{
    struct search search = {.accepted = {0}};

    if (!end_of(&search.here, here) || !end_of(&search.there, there))
        return -1;
    bool four = look_at_table(&search, "/proc/net/tcp");
    bool six = look_at_table(&search, "/proc/net/tcp6");
    int verdict =
        any_holds(pids, count,
                  search.accepted.count ? &search.accepted : &search.listening);
    free(search.accepted.all);
    free(search.listening.all);
    return four || six ? verdict : -1;
}

/* ---- Unix sockets ------------------------------------------------------- */

/* The numbers of the sockets that listen under the name. */
static bool unix_listeners(struct inodes *found, const char *name)
{
    char line[512], path[256];
    unsigned flags;
    unsigned long inode;
    FILE *table = fopen("/proc/net/unix", "re");

    if (!table)
        return false;
    while (fgets(line, sizeof line, table))
        if (sscanf(line, "%*x: %*x %*x %x %*x %*x %lu %255[^\n]", &flags,
                   &inode, path) == 3 &&
            (flags & ACCEPTS_CONNECTIONS) && strcmp(path, name) == 0)
            add_inode(found, inode);
    fclose(table);
    return true;
}

/* The kernel says who called listen(); a daemon has forked since then, and
 * then its socket is found by its name. */
static int unix_listens(const pid_t *pids, size_t count, int connection,
                        const struct sockaddr_storage *there)
{
    const struct sockaddr_un *address = (const struct sockaddr_un *)there;
    char name[sizeof address->sun_path + 1] = {0};
    struct inodes found = {0};
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
        for (size_t i = 0; i < count; i++)
            if (pids[i] == peer.pid)
                return 1;
    memcpy(name, address->sun_path, sizeof address->sun_path);
    if (*name == '\0')
        *name = '@';
    int verdict =
        unix_listeners(&found, name) ? any_holds(pids, count, &found) : -1;
    free(found.all);
    return verdict;
}

int os_listens(const pid_t *pids, size_t count, int connection)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_len = sizeof here, there_len = sizeof there;

    if (getsockname(connection, (struct sockaddr *)&here, &here_len) != 0 ||
        getpeername(connection, (struct sockaddr *)&there, &there_len) != 0)
        return 0;
    if (there.ss_family == AF_UNIX)
        return unix_listens(pids, count, connection, &there);
    return tcp_listens(pids, count, &here, &there);
}
