/* os_file.h - what POSIX has about files, and hides from strict C11.
 */
#ifndef PROCMAN_OS_FILE_H
#define PROCMAN_OS_FILE_H

#include "procman/buf.h"

#include <stdbool.h>

/* The path without symbolic links, dots and double slashes; free() it.
 * NULL: errno says why. */
char *os_real_path(const char *path);

/* Adds all of a file to `text`, unless it is absurdly large (EFBIG).  False:
 * errno says why. */
bool os_read_file(const char *path, struct buf *text);

/* The path seen from the root; free() it.  Nothing of it needs to be there. */
char *os_absolute_path(const char *path);

/* Takes the lock of an open file, which all copies of the descriptor (dup,
 * fork) hold together, until the last of them is closed.  False: somebody else
 * has it (errno is EWOULDBLOCK), or errno says why. */
bool os_lock(int file);

#endif
