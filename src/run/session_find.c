#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os_socket.h"
#include "procman/session.h"
#include "session_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_LEN = 16 };

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_key(const char *name)
{
    return strlen(name) == KEY_LEN &&
           strspn(name, "0123456789abcdef") == KEY_LEN;
}

static char **list(DIR *directory, size_t *count)
{
    char *place = session_place(), **paths = NULL;
    struct dirent *entry;

    while ((entry = readdir(directory))) {
        if (!is_key(entry->d_name))
            continue;
        paths = mem_resize(paths, *count + 1, sizeof *paths);
        paths[(*count)++] = mem_format("%s/%s", place, entry->d_name);
    }
    if (*count)
        qsort(paths, *count, sizeof *paths, compare);
    free(place);
    return paths;
}

char **session_list(size_t *count)
{
    struct cause none;
    int place = place_open(false, &none);
    DIR *directory = place >= 0 ? fdopendir(place) : NULL;

    *count = 0;
    if (!directory) {
        if (place >= 0)
            close(place);
        return NULL;
    }
    char **paths = list(directory, count);
    closedir(directory);
    return paths;
}

static int open_session(const char *path, struct cause *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        cause_say(why, "cannot open %s: %s", path, strerror(errno));
    return fd;
}

/* Only a file is opened: a pipe in its place would keep us waiting. */
static int open_info(int directory)
{
    struct stat stat;
    int fd = openat(directory, "session.json",
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static bool read_info(struct buf *text, int fd)
{
    ssize_t count;

    do {
        char *end = buf_reserve(text, 4096);
        count = read(fd, end, 4096);
        if (count > 0)
            text->len += (size_t)count;
    } while ((count > 0 && text->len <= SESSION_INFO_LIMIT) ||
             (count < 0 && errno == EINTR));
    return count >= 0;
}

bool session_read(struct session_info *info, const char *path,
                  struct cause *why)
{
    struct buf text = {0};
    int directory = open_session(path, why);

    *info = (struct session_info){0};
    if (directory < 0)
        return false;
    int fd = open_info(directory);
    close(directory);
    bool done = fd >= 0 && read_info(&text, fd);
    if (!done)
        cause_say(why, "cannot read %s/session.json: %s", path,
                  strerror(errno));
    else if (!session_info_decode(info, text.data, text.len, why))
        done = cause_prefix(why, "%s/session.json", path);
    if (fd >= 0)
        close(fd);
    buf_release(&text);
    return done;
}

static int connect_to(const char *path, struct cause *why)
{
    int directory = open_session(path, why);

    if (directory < 0)
        return -1;
    int fd = os_connect_at(directory, path, "control.sock", why);
    close(directory);
    return fd;
}

char *session_whole(const char *path)
{
    struct session_info info;
    struct cause none;
    char *whole = NULL;

    if (session_read(&info, path, &none) && info.part_of)
        whole = mem_string(info.part_of);
    session_info_release(&info);
    return whole ? whole : mem_string(path);
}

int session_connect(const char *path, struct cause *why)
{
    char *whole = session_whole(path);
    int fd = connect_to(whole, why);

    free(whole);
    return fd;
}
