#include "procman/os_file.h"
#include "procman/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_LIMIT (64U << 20) /* bytes; nobody means a file like that */

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
