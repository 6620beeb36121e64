/* os_socket.h - Unix sockets named relative to a directory.
 *
 * The path of a Unix socket has room for about 107 bytes; a directory may be
 * anywhere.  On Linux /proc/self/fd/<directory>/<name> is short whatever the
 * directory is called, and goes where the descriptor goes, not where the path
 * leads by now.  Where there is no /proc, `path` (the directory's) is used,
 * and if that is too long the cause says so.
 */
#ifndef PROCMAN_OS_SOCKET_H
#define PROCMAN_OS_SOCKET_H

#include "procman/cause.h"

#include <sys/types.h>

/* A listening stream socket of mode 0600, close-on-exec.  The name must be
 * free.  -1: see why; nothing is left behind. */
int os_listen_at(int directory, const char *path, const char *name,
                 struct cause *why);

/* A connected, blocking stream socket, close-on-exec.  -1: nobody listens. */
int os_connect_at(int directory, const char *path, const char *name,
                  struct cause *why);

/* Who is at the other end?  False: that cannot be told. */
bool os_peer_uid(int connection, uid_t *uid);

#endif
