#include "procman/session.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/notify.h"
#include "procman/os_file.h"
#include "procman/os_socket.h"
#include "procman/remains.h"
#include "session_place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK        "lock"
#define INFO        "session.json"
#define INFO_UNDONE "session.json.new"
#define SOCKET      "control.sock"

#define REMAINS_PATIENCE_MS 3000

/* As many rounds as others may come and go while we try to get in. */
enum { ROUNDS = 1000 };

static void close_all(struct session *session)
{
    if (session->path) {
        close(session->directory);
        close(session->lock);
    }
    free(session->path);
    free(session->procfile);
    *session = (struct session){.directory = -1, .lock = -1};
}

/* ---- names ------------------------------------------------------------ */

/* FNV-1a, 64 bits: two Procfiles of one user will not meet. */
static uint64_t hash(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

char *session_path(const char *procfile, char **real, struct cause *why)
{
    char *found = os_real_path(procfile);

    if (!found) {
        cause_say(why, "cannot read %s: %s", procfile, strerror(errno));
        return NULL;
    }
    char *place = session_place();
    char *path =
        mem_format("%s/%016llx", place, (unsigned long long)hash(found));
    free(place);
    if (real)
        *real = found;
    else
        free(found);
    return path;
}

static const char *last_part(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* ---- taking it -------------------------------------------------------- */

/* Is what we opened still what the name stands for? */
static bool still_there(int directory, const char *name, int fd)
{
    struct stat named, opened;

    return fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fd, &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

static bool say_who_has_it(const struct session *session, struct cause *why)
{
    struct session_info info;
    struct cause none;
    char since[32];

    if (!session_read(&info, session->path, &none))
        return cause_say(why, "%s is already running", session->procfile);

    time_t started = (time_t)info.started_at;
    struct tm tm;
    localtime_r(&started, &tm);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &tm);
    cause_say(why,
              "%s is already running: procman with pid %ld, since %s; "
              "`procman -f %s status` shows it",
              session->procfile, (long)info.pid, since, session->procfile);
    session_info_release(&info);
    return false;
}

enum taken { TAKEN, NOT_TAKEN, AGAIN };

/* The one before us may remove lock and directory between any two of our
 * steps; then what we hold is a lock that nobody else will ever find. */
static enum taken take_lock(struct session *session, int place,
                            struct cause *why)
{
    session->lock = openat(session->directory, LOCK,
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (session->lock < 0 && errno == ENOENT)
        return AGAIN;
    if (session->lock < 0) {
        cause_say(why, "cannot create %s/" LOCK ": %s", session->path,
                  strerror(errno));
        return NOT_TAKEN;
    }
    if (!os_lock(session->lock)) {
        if (errno == EWOULDBLOCK)
            say_who_has_it(session, why);
        else
            cause_say(why, "cannot lock %s/" LOCK ": %s", session->path,
                      strerror(errno));
        return NOT_TAKEN;
    }
    bool ours =
        still_there(session->directory, LOCK, session->lock) &&
        still_there(place, last_part(session->path), session->directory);
    return ours ? TAKEN : AGAIN;
}

static enum taken try_take(struct session *session, int place,
                           struct cause *why)
{
    enum taken taken = NOT_TAKEN;

    session->directory = place_open_at(place, session->path,
                                       last_part(session->path), true, why);
    if (session->directory < 0)
        return errno == ENOENT ? AGAIN : NOT_TAKEN;
    taken = take_lock(session, place, why);
    if (taken != TAKEN) {
        close(session->directory);
        if (session->lock >= 0)
            close(session->lock);
        session->directory = session->lock = -1;
    }
    return taken;
}

static void remove_files(const struct session *session)
{
    unlinkat(session->directory, SOCKET, 0);
    unlinkat(session->directory, INFO, 0);
    unlinkat(session->directory, INFO_UNDONE, 0);
    unlinkat(session->directory, REMAINS_FILE, 0);
    unlinkat(session->directory, REMAINS_CGROUP, 0);
    notify_sweep(session->directory);
}

bool session_begin(struct session *session, const char *procfile,
                   struct cause *why)
{
    enum taken taken = AGAIN;

    *session = (struct session){.directory = -1, .lock = -1};
    session->path = session_path(procfile, &session->procfile, why);
    if (!session->path)
        return false;
    int place = place_open(true, why);
    if (place < 0)
        taken = NOT_TAKEN;
    for (int round = 0; taken == AGAIN && round < ROUNDS; round++)
        taken = try_take(session, place, why);
    if (place >= 0)
        close(place);
    if (taken == AGAIN)
        cause_say(why, "%s: others come and go too fast", session->path);
    if (taken != TAKEN) {
        free(session->path);
        session->path = NULL;
        close_all(session);
        return false;
    }
    session->ended =
        remains_end(session->directory, session->path, REMAINS_PATIENCE_MS);
    remove_files(session);
    return true;
}

/* ---- what others see of it -------------------------------------------- */

/* Some file systems tell that they are full only when a file is closed. */
static bool write_file(int directory, const char *name, const char *text)
{
    int fd = openat(directory, name,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;

    bool done = os_write_all(fd, text, strlen(text));
    int error = errno;
    if (close(fd) != 0 && done)
        return false;
    errno = error;
    return done;
}

static char *working_directory(void)
{
    struct buf path = {0};

    do {
        buf_reserve(&path, path.room + 256);
        if (getcwd(path.data, path.room))
            return path.data;
    } while (errno == ERANGE);
    buf_release(&path);
    return mem_string("");
}

static bool publish(const struct session *session,
                    const struct session_info *info, struct cause *why)
{
    char *text = session_info_encode(info);

    unlinkat(session->directory, INFO_UNDONE, 0);
    bool done = write_file(session->directory, INFO_UNDONE, text) &&
                renameat(session->directory, INFO_UNDONE, session->directory,
                         INFO) == 0;
    if (!done) {
        cause_say(why, "cannot write %s/" INFO ": %s", session->path,
                  strerror(errno));
        unlinkat(session->directory, INFO_UNDONE, 0);
    }
    free(text);
    return done;
}

bool session_publish(const struct session *session, int64_t pid,
                     struct cause *why)
{
    struct session_info info = {.pid = pid,
                                .procfile = session->procfile,
                                .cwd = working_directory(),
                                .started_at = (int64_t)time(NULL),
                                .version = (char *)PROCMAN_VERSION};
    bool done = publish(session, &info, why);

    free(info.cwd);
    return done;
}

/* While the whole has not published itself it is still our own process that
 * people have started. */
bool session_join(struct session *session, const char *procfile,
                  const char *whole, struct cause *why)
{
    struct session_info info;
    struct cause none;

    if (!session_begin(session, procfile, why))
        return false;
    if (!session_read(&info, whole, &none))
        info = (struct session_info){.pid = getpid(),
                                     .cwd = working_directory(),
                                     .started_at = (int64_t)time(NULL),
                                     .version = mem_string(PROCMAN_VERSION)};
    free(info.procfile);
    free(info.part_of);
    info.procfile = mem_string(session->procfile);
    info.part_of = mem_string(whole);
    bool done = publish(session, &info, why);
    session_info_release(&info);
    if (!done)
        session_end(session);
    return done;
}

int session_listen(const struct session *session, struct cause *why)
{
    unlinkat(session->directory, SOCKET, 0);
    return os_listen_at(session->directory, session->path, SOCKET, why);
}

/* ---- the end ---------------------------------------------------------- */

void session_leave(struct session *session)
{
    close_all(session);
}

/* The lock goes as the last file and is freed after that: who waited for it
 * finds that its name is gone and begins again.  The directory stays if
 * somebody has begun anew in it meanwhile. */
void session_end(struct session *session)
{
    if (session->path) {
        int place = openat(session->directory, "..",
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        remove_files(session);
        unlinkat(session->directory, LOCK, 0);
        if (place >= 0) {
            unlinkat(place, last_part(session->path), AT_REMOVEDIR);
            close(place);
        }
    }
    close_all(session);
}
