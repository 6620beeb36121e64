#include "procman/notify.h"
#include "procman/handles.h"
#include "procman/mem.h"
#include "procman/os_notify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "notify"

/* So that a process that never stops talking does not stop the loop; more than
 * DRAIN never wait at once (net.unix.max_dgram_qlen). */
enum { AT_ONCE = 64, DRAIN = 1024 };

struct notify {
    const struct notify_watcher *watcher;
    void *owner;
    struct handles handles;
    uv_poll_t poll;
    int socket; /* -1: closed */
    int directory;
    char *name;    /* of its file, from `directory` */
    char *address; /* what the child is told */
};

static void release(void *owner)
{
    struct notify *notify = owner;

    free(notify->name);
    free(notify->address);
    free(notify);
}

static void take(struct notify *notify, const char *bytes, size_t len,
                 pid_t sender)
{
    struct notify_message message;

    if (sender > 0 && notify_message_read(&message, bytes, len) &&
        notify->watcher->belongs(notify->owner, sender))
        notify->watcher->on_message(notify->owner, &message);
}

/* The owner may close us while it hears a message. */
static void read_some(struct notify *notify, int most)
{
    char bytes[NOTIFY_LIMIT];
    pid_t sender;

    for (int i = 0; i < most && notify->socket >= 0; i++) {
        ssize_t len =
            os_notify_receive(notify->socket, bytes, sizeof bytes, &sender);
        if (len < 0)
            break;
        take(notify, bytes, (size_t)len, sender);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    read_some(HANDLES_OWNER(poll), AT_ONCE);
}

static bool make_folder(int directory, const char *path, struct cause *why)
{
    if (mkdirat(directory, FOLDER, 0700) == 0 || errno == EEXIST)
        return true;
    return cause_say(why, "cannot create %s/" FOLDER ": %s", path,
                     strerror(errno));
}

static void remove_folder(int directory)
{
    unlinkat(directory, FOLDER, AT_REMOVEDIR); /* fails while it is in use */
}

static void remove_file(struct notify *notify)
{
    unlinkat(notify->directory, notify->name, 0);
    remove_folder(notify->directory);
}

static bool open_notify(struct notify *notify, uv_loop_t *loop,
                        const char *path, struct cause *why)
{
    notify->socket = os_notify_open(notify->directory, path, notify->name,
                                    &notify->address, why);
    if (notify->socket < 0)
        return false;
    int error = uv_poll_init(loop, &notify->poll, notify->socket);
    if (error) {
        close(notify->socket);
        return cause_say(why, "cannot watch %s: %s", notify->address,
                         uv_strerror(error));
    }
    handles_add(&notify->handles, (uv_handle_t *)&notify->poll);
    uv_poll_start(&notify->poll, UV_READABLE, on_poll);
    return true;
}

struct notify *notify_create(uv_loop_t *loop, int directory, const char *path,
                             const char *process, uint64_t run,
                             const struct notify_watcher *watcher, void *owner,
                             struct cause *why)
{
    if (!make_folder(directory, path, why))
        return NULL;

    struct notify *notify = mem_new(1, sizeof *notify);
    notify->watcher = watcher;
    notify->owner = owner;
    notify->directory = directory;
    notify->name = mem_format(FOLDER "/%s.%" PRIu64, process, run);
    handles_init(&notify->handles, notify, release);
    if (!open_notify(notify, loop, path, why)) {
        remove_file(notify);
        release(notify);
        return NULL;
    }
    return notify;
}

const char *notify_address(const struct notify *notify)
{
    return notify->address;
}

void notify_drain(struct notify *notify)
{
    read_some(notify, DRAIN);
}

void notify_close(struct notify *notify)
{
    if (notify->socket < 0)
        return;
    handles_close((uv_handle_t *)&notify->poll);
    close(notify->socket);
    notify->socket = -1;
    remove_file(notify);
}

void notify_sweep(int directory)
{
    int folder = openat(directory, FOLDER,
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *files = folder >= 0 ? fdopendir(folder) : NULL;

    if (!files && folder >= 0)
        close(folder);
    for (struct dirent *entry; files && (entry = readdir(files));)
        unlinkat(dirfd(files), entry->d_name, 0);
    if (files)
        closedir(files);
    remove_folder(directory);
}
