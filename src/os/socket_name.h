/* socket_name.h - a Unix socket's address from a directory and a name.
 */
#ifndef PROCMAN_OS_SOCKET_NAME_H
#define PROCMAN_OS_SOCKET_NAME_H

#include "procman/cause.h"

#include <sys/socket.h>
#include <sys/un.h>

/* See os_socket.h. */
bool socket_name_at(struct sockaddr_un *address, int directory,
                    const char *path, const char *name, struct cause *why);

#endif
