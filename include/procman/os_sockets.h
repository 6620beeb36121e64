/* os_sockets.h - connections begun without waiting, and whose they are.
 *
 * Nothing here asks a name server: a host is a number, or "localhost", which
 * is ::1 and 127.0.0.1 without asking anybody.
 */
#ifndef PROCMAN_OS_SOCKETS_H
#define PROCMAN_OS_SOCKETS_H

#include "procman/cause.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { OS_ADDRESSES = 2 };

struct os_address {
    struct sockaddr_storage storage;
    socklen_t len;
    char text[64]; /* "127.0.0.1:2379", "[::1]:2379", for people */
};

/* Returns how many addresses the host has, at most OS_ADDRESSES; 0: see why.
 * An IPv6 number may stand in brackets. */
size_t os_find_addresses(struct os_address *addresses, const char *host,
                         uint16_t port, struct cause *why);

/* A stream socket on its way to the address: non-blocking, close-on-exec; it
 * is writable when it has got there or failed.  Else a negative errno value. */
int os_dial(const struct os_address *address);

/* The same to a Unix socket, whose path may be of any length and is seen from
 * `directory` (NULL: ours). */
int os_dial_unix(const char *directory, const char *path);

/* What came of it: 0, or an errno value.  One that has reached only itself is
 * refused. */
int os_dial_result(int descriptor);

/* As read(2) and write(2) on a socket, but never a signal, and never half
 * done: -1 with errno EAGAIN means later. */
ssize_t os_socket_read(int descriptor, void *bytes, size_t room);
ssize_t os_socket_write(int descriptor, const void *bytes, size_t len);

/* Is the one at the other end of this connection (TCP on this machine, or a
 * Unix socket) among these processes?  Once it has accepted, the process that
 * holds the connection counts; before that, or when it has closed it already,
 * one that listens there.  1: yes.  0: no, somebody else does.  -1: it cannot
 * be told, since one of them does not let us look (it runs as another user), or
 * the system has no way. */
int os_listens(const pid_t *pids, size_t count, int connection);

#endif
