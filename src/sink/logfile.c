#include "logfile.h"
#include "procman/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOST "; what is written meanwhile is not in it"

static bool fail(struct logfile *file, const char *what, const char *why,
                 const char *means)
{
    if (!file->in_trouble) {
        cause_say(&file->trouble, "cannot %s %s: %s", what, file->path, why);
        file->means = means;
        file->unsaid = true;
    }
    file->in_trouble = true;
    return false;
}

/* ---- opening -------------------------------------------------------------- */

/* Those that are there already are no mistake; whether all is well shows when
 * the file is opened. */
static void make_folders(const char *path)
{
    char *folder = mem_string(path);

    for (char *slash = strchr(folder + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0777);
        *slash = '/';
    }
    free(folder);
}

/* Without a wait for whoever reads a FIFO. */
static int open_path(const char *path)
{
    return open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        0644);
}

static void close_descriptor(struct logfile *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
}

static bool open_file(struct logfile *file)
{
    struct stat found;
    int descriptor = open_path(file->path);

    if (descriptor < 0 && errno == ENOENT) {
        make_folders(file->path);
        descriptor = open_path(file->path);
    }
    if (descriptor < 0)
        return fail(file, "open", strerror(errno), LOST);
    file->descriptor = descriptor;
    if (fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode)) {
        file->size = (uint64_t)found.st_size;
        return true;
    }
    close_descriptor(file);
    return fail(file, "log to", "that is no regular file", "");
}

bool logfile_init(struct logfile *file, const char *path)
{
    *file = (struct logfile){.path = mem_string(path), .descriptor = -1};
    return open_file(file);
}

bool logfile_reopen(struct logfile *file)
{
    close_descriptor(file);
    file->in_trouble = file->unsaid = false;
    return open_file(file);
}

void logfile_release(struct logfile *file)
{
    close_descriptor(file);
    free(file->path);
}

/* ---- writing -------------------------------------------------------------- */

/* Whoever deleted or cut the file has not told us. */
static bool look_after(struct logfile *file)
{
    struct stat found;

    if (file->descriptor >= 0 && fstat(file->descriptor, &found) == 0) {
        file->size = (uint64_t)found.st_size;
        if (found.st_nlink > 0)
            return true;
    }
    close_descriptor(file);
    return open_file(file);
}

/* Of what has been written the last line is not whole. */
static void take_back(const struct logfile *file, const char *lines,
                      size_t written)
{
    struct stat found;
    size_t whole = written;

    while (whole > 0 && lines[whole - 1] != '\n')
        whole--;
    /* Unless somebody else has written behind us. */
    if (fstat(file->descriptor, &found) == 0 &&
        (uint64_t)found.st_size == file->size + written)
        (void)!ftruncate(file->descriptor, (off_t)(file->size + whole));
}

void logfile_write(struct logfile *file, const char *lines, size_t len)
{
    size_t written = 0;

    if (len == 0 || !look_after(file))
        return;
    while (written < len) {
        ssize_t count = write(file->descriptor, lines + written, len - written);
        if (count < 0 && errno != EINTR) {
            fail(file, "write", strerror(errno), LOST);
            take_back(file, lines, written);
            return;
        }
        written += count > 0 ? (size_t)count : 0;
    }
    file->size += written;
    file->waiting -= written < file->waiting ? written : file->waiting;
    file->in_trouble = false;
}

/* ---- rotation ------------------------------------------------------------- */

bool logfile_is_full(const struct logfile *file, uint64_t about_to,
                     uint64_t more, uint64_t most)
{
    uint64_t size = file->size + about_to;

    return most > 0 && size > 0 && size + more > most && file->waiting == 0;
}

/* PATH.number; PATH itself for 0. */
static char *name_of(const struct logfile *file, unsigned number,
                     const char *suffix)
{
    return number ? mem_format("%s.%u%s", file->path, number, suffix)
                  : mem_string(file->path);
}

static bool move_on(const struct logfile *file, unsigned number,
                    const char *suffix)
{
    char *from = name_of(file, number, suffix);
    char *to = name_of(file, number + 1, suffix);
    bool done = rename(from, to) == 0 || errno == ENOENT;

    free(from);
    free(to);
    return done;
}

static bool forget(const struct logfile *file, unsigned number,
                   const char *suffix)
{
    char *name = name_of(file, number, suffix);
    bool done = unlink(name) == 0 || errno == ENOENT;

    free(name);
    return done;
}

void logfile_rotate(struct logfile *file, unsigned keep)
{
    bool done = forget(file, keep, "");

    if (done && keep > 0)
        done = forget(file, keep, ".gz");
    for (unsigned number = keep; done && number > 0; number--)
        done = move_on(file, number - 1, "") &&
               (number == 1 || move_on(file, number - 1, ".gz"));
    if (!done) {
        fail(file, "rotate", strerror(errno), "; it goes on growing");
        file->waiting = file->size;
        return;
    }
    close_descriptor(file);
    open_file(file);
}
