/* os_file.h - what POSIX has about files, and hides from strict C11.
 */
#ifndef PROCMAN_OS_FILE_H
#define PROCMAN_OS_FILE_H

#include "procman/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A file in an open directory that has no name there (or loses it at once), to
 * be written and read; it is gone with its last descriptor, however we end.
 * -1: errno says why. */
int os_open_nameless(int directory);

/* All of it, where it waits for whoever takes it; false: errno says why. */
bool os_write_all(int file, const void *bytes, size_t len);

/* All of it, at a place of the file; false: errno says why. */
bool os_write_at(int file, const void *bytes, size_t len, uint64_t at);
bool os_read_at(int file, void *bytes, size_t len, uint64_t at);

/* Gives the disk back what a part of the file takes; it reads as zeros then.
 * False: this filesystem cannot do that. */
bool os_give_back(int file, uint64_t from, uint64_t len);

/* Cuts the file off. */
bool os_cut(int file, uint64_t len);

#endif
