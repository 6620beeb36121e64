#include "procman/os_file.h"
#include "procman/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT (64U << 20) /* bytes; nobody means a file like that */
#define NAMELESS   "nameless"  /* for the moment that it has a name */

char *os_real_path(const char *path)
{
    return realpath(path, NULL);
}

char *os_absolute_path(const char *path)
{
    struct buf whole = {0};

    if (*path == '/')
        return mem_string(path);
    do
        buf_reserve(&whole, whole.room + 256);
    while (!getcwd(whole.data, whole.room) && errno == ERANGE);
    whole.len = strlen(whole.data);
    if (strcmp(path, ".") != 0)
        buf_add_format(&whole, "%s%s", whole.len > 1 ? "/" : "", path);
    return buf_take(&whole);
}

static bool read_all(int file, struct buf *text)
{
    ssize_t got;

    do {
        got = read(file, buf_reserve(text, 65536), 65536);
        if (got > 0)
            text->len += (size_t)got;
    } while ((got > 0 && text->len < FILE_LIMIT) ||
             (got < 0 && errno == EINTR));
    if (got > 0)
        errno = EFBIG;
    return got == 0;
}

bool os_read_file(const char *path, struct buf *text)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;
    bool good = read_all(file, text);
    int error = errno;
    close(file);
    errno = error;
    return good;
}

bool os_lock(int file)
{
    return flock(file, LOCK_EX | LOCK_NB) == 0;
}

int os_open_nameless(int directory)
{
    int file = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (file >= 0 ||
        (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return file;
    unlinkat(directory, NAMELESS, 0);
    file = openat(directory, NAMELESS,
                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0)
        unlinkat(directory, NAMELESS, 0);
    return file;
}

bool os_write_all(int file, const void *bytes, size_t len)
{
    const char *from = bytes;

    while (len > 0) {
        ssize_t count = write(file, from, len);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            from += count;
            len -= (size_t)count;
        }
    }
    return true;
}

bool os_write_at(int file, const void *bytes, size_t len, uint64_t at)
{
    const char *from = bytes;

    while (len > 0) {
        ssize_t count = pwrite(file, from, len, (off_t)at);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            from += count;
            at += (uint64_t)count;
            len -= (size_t)count;
        }
    }
    return true;
}

bool os_read_at(int file, void *bytes, size_t len, uint64_t at)
{
    char *to = bytes;

    while (len > 0) {
        ssize_t count = pread(file, to, len, (off_t)at);
        if (count == 0)
            errno = EIO; /* somebody has cut it off */
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        if (count > 0) {
            to += count;
            at += (uint64_t)count;
            len -= (size_t)count;
        }
    }
    return true;
}

bool os_give_back(int file, uint64_t from, uint64_t len)
{
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     (off_t)from, (off_t)len) == 0;
}

bool os_cut(int file, uint64_t len)
{
    return ftruncate(file, (off_t)len) == 0;
}
