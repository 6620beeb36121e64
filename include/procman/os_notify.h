/* os_notify.h - the datagram socket that sd_notify(3) writes to.
 *
 * It is bound in a directory that may be anywhere (see os_socket.h).  But the
 * child that is to write to it knows only a text, which has to fit into the
 * address of a socket: about 107 bytes.  Where the directory's path is longer
 * than that, or relative, the socket gets an abstract name instead, "@procman-"
 * and something that nobody can guess; it has no file and needs no removal.
 */
#ifndef PROCMAN_OS_NOTIFY_H
#define PROCMAN_OS_NOTIFY_H

#include "procman/cause.h"

#include <stddef.h>
#include <sys/types.h>

/* A datagram socket of mode 0600, close-on-exec and non-blocking; a file of
 * that name is replaced.  `address` becomes what NOTIFY_SOCKET has to say;
 * free() it.  -1: see why; nothing is left behind. */
int os_notify_open(int directory, const char *path, const char *name,
                   char **address, struct cause *why);

/* Says something to who has started us, at the address of our own NOTIFY_SOCKET.
 * False: see why. */
bool os_notify_say(const char *address, const char *text, struct cause *why);

/* One datagram, and the process that sent it (0: somebody who cannot be seen
 * from here).  Returns its length, cut to `room`; -1: none waits.  One that was
 * longer than `room` is returned with length 0: half a message is none.
 * Descriptors sent along are closed. */
ssize_t os_notify_receive(int socket, void *bytes, size_t room, pid_t *sender);

#endif
