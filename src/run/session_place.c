#include "session_place.h"
#include "procman/mem.h"
#include "procman/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELSEWHERE "or set XDG_RUNTIME_DIR to a directory of your own"

/* Where we are sent to, and what we make there. */
struct place {
    const char *base;
    char *name; /* free() it */
};

/* A relative XDG_RUNTIME_DIR is to be ignored: XDG Base Directory
 * Specification. */
static struct place place_find(void)
{
    const char *given = getenv("XDG_RUNTIME_DIR");

    if (given && *given == '/')
        return (struct place){given, mem_string("procman")};
    return (struct place){"/tmp",
                          mem_format("procman-%lu", (unsigned long)geteuid())};
}

char *session_place(void)
{
    struct place place = place_find();
    char *path = mem_format("%s/%s", place.base, place.name);

    free(place.name);
    return path;
}

static bool check_own(int fd, const char *path, struct cause *why)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0)
        return cause_say(why, "cannot use %s: %s", path, strerror(errno));
    if (stat.st_uid != geteuid())
        return cause_say(why,
                         "%s belongs to another user (uid %lu), so procman "
                         "does not use it: remove it, " ELSEWHERE,
                         path, (unsigned long)stat.st_uid);
    if (stat.st_mode & 077)
        return cause_say(why,
                         "%s is open to other users (mode %04o), so procman "
                         "does not use it: remove it, or `chmod 700 %s` if "
                         "you trust what is in it",
                         path, (unsigned)stat.st_mode & 07777, path);
    return true;
}

/* Says what errno means here, and keeps it. */
static int refuse(const char *path, const char *verb, struct cause *why)
{
    int error = errno;

    if (error == ELOOP || error == ENOTDIR)
        cause_say(why,
                  "%s is not a directory but a symbolic link or a file, so "
                  "procman does not use it: remove it, " ELSEWHERE,
                  path);
    else
        cause_say(why, "cannot %s %s: %s; make room for it, " ELSEWHERE, verb,
                  path, strerror(error));
    errno = error;
    return -1;
}

int place_open_at(int place, const char *path, const char *name, bool create,
                  struct cause *why)
{
    if (create && mkdirat(place, name, 0700) != 0 && errno != EEXIST)
        return refuse(path, "create", why);

    int fd =
        openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return refuse(path, "open", why);
    if (!check_own(fd, path, why)) {
        close(fd);
        errno = EACCES;
        return -1;
    }
    return fd;
}

/* Nobody but us and root may be able to exchange what we make there. */
static bool check_base(int fd, const char *path, struct cause *why)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0)
        return cause_say(why, "cannot use %s: %s", path, strerror(errno));
    bool stranger = stat.st_uid != geteuid() && stat.st_uid != 0;
    bool open = (stat.st_mode & 022) && !(stat.st_mode & 01000);
    if (stranger || open)
        return cause_say(why,
                         "%s, where procman's sessions should lie, is in the "
                         "hands of others (uid %lu, mode %04o): set "
                         "XDG_RUNTIME_DIR to a directory of your own",
                         path, (unsigned long)stat.st_uid,
                         (unsigned)stat.st_mode & 07777);
    return true;
}

int place_open(bool create, struct cause *why)
{
    struct place place = place_find();
    char *path = session_place();
    int fd = -1;

    int base = open(place.base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        cause_say(why,
                  "cannot open %s: %s; set XDG_RUNTIME_DIR to a directory of "
                  "your own",
                  place.base, strerror(errno));
    else if (check_base(base, place.base, why))
        fd = place_open_at(base, path, place.name, create, why);
    if (base >= 0)
        close(base);
    free(place.name);
    free(path);
    return fd;
}
