#include "procman/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_LIMIT (64U << 20) /* bytes; nobody means a file like that */

char *os_real_path(const char *path)
{
    return realpath(path, NULL);
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
