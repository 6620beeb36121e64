#include "logpress.h"
#include "procman/mem.h"
#include "procman/os_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define STEP   32768 /* bytes that are read at once */
#define WINDOW 15    /* deflate's, as large as can be, */
#define GZIP   16    /* and with a head and a sum around it */
#define MEMORY 8     /* zlib's default */

struct logpress {
    z_stream stream;
    char *path; /* of the log that is written now */
    char *part;
    unsigned keep;
    int in, out;
    struct stat about; /* the one that is read */
    unsigned char read[STEP], pressed[STEP];
};

static bool fail(const char *name, struct cause *why)
{
    return cause_say(why, "cannot compress %s: %s", name, strerror(errno));
}

static char *old_log(const struct logpress *press, unsigned number,
                     const char *suffix)
{
    return mem_format("%s.%u%s", press->path, number, suffix);
}

/* The first old log that is there; or, if one has been opened, that one.  Its
 * number; 0: there is none. */
static unsigned find(const struct logpress *press)
{
    unsigned found = 0;

    for (unsigned number = 1; number <= press->keep && !found; number++) {
        char *name = old_log(press, number, "");
        struct stat it;
        if (lstat(name, &it) == 0 && S_ISREG(it.st_mode) &&
            (press->in < 0 || (it.st_ino == press->about.st_ino &&
                               it.st_dev == press->about.st_dev)))
            found = number;
        free(name);
    }
    return found;
}

/* ---- from birth to end ---------------------------------------------------- */

static voidpf take_memory(voidpf owner, uInt count, uInt size)
{
    (void)owner;
    return mem_new(count, size);
}

static void give_memory_back(voidpf owner, voidpf memory)
{
    (void)owner;
    free(memory);
}

static bool open_both(struct logpress *press, const char *name,
                      struct cause *why)
{
    press->in =
        open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (press->in < 0 || fstat(press->in, &press->about))
        return fail(name, why);
    press->out =
        open(press->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
             press->about.st_mode & 0777);
    if (press->out < 0)
        return fail(press->part, why);
    return true;
}

static bool open_first(struct logpress *press, struct cause *why)
{
    unsigned number = find(press);
    char *name = old_log(press, number, "");
    bool done = number && open_both(press, name, why);

    free(name);
    return done;
}

struct logpress *logpress_begin(const char *path, unsigned keep,
                                struct cause *why)
{
    struct logpress *press = mem_new(1, sizeof *press);

    press->path = mem_string(path);
    press->part = mem_format("%s.gz.part", path);
    press->keep = keep;
    press->in = press->out = -1;
    press->stream.zalloc = take_memory;
    press->stream.zfree = give_memory_back;
    int code = deflateInit2(&press->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                            WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY);
    assert(code == Z_OK);
    (void)code;
    *why->text = '\0';
    if (open_first(press, why))
        return press;
    logpress_close(press);
    return NULL;
}

void logpress_close(struct logpress *press)
{
    deflateEnd(&press->stream);
    if (press->in >= 0)
        close(press->in);
    if (press->out >= 0) {
        close(press->out);
        unlink(press->part);
    }
    free(press->path);
    free(press->part);
    free(press);
}

/* ---- a step ---------------------------------------------------------------- */

/* All that has been read, and with Z_FINISH the end behind it. */
static bool press_out(struct logpress *press, int flush)
{
    z_stream *stream = &press->stream;

    do {
        stream->next_out = press->pressed;
        stream->avail_out = STEP;
        deflate(stream, flush);
        if (!os_write_all(press->out, press->pressed, STEP - stream->avail_out))
            return false;
    } while (stream->avail_out == 0);
    return true;
}

/* The small one takes the place of the large one, wherever that is by now. */
static bool take_the_place(struct logpress *press)
{
    const struct timespec times[] = {press->about.st_atim,
                                     press->about.st_mtim};
    unsigned number = find(press);
    char *large = old_log(press, number, "");
    char *small = old_log(press, number, ".gz");
    bool done = true;

    futimens(press->out, times);
    if (number)
        done = rename(press->part, small) == 0 && unlink(large) == 0;
    free(large);
    free(small);
    return done;
}

enum logpress_state logpress_step(struct logpress *press, struct cause *why)
{
    ssize_t got;

    do {
        got = read(press->in, press->read, STEP);
    } while (got < 0 && errno == EINTR);
    press->stream.next_in = press->read;
    press->stream.avail_in = got > 0 ? (unsigned)got : 0;
    if (got < 0 || !press_out(press, got ? Z_NO_FLUSH : Z_FINISH) ||
        (got == 0 && !take_the_place(press))) {
        fail(press->part, why);
        return LOGPRESS_FAILED;
    }
    return got ? LOGPRESS_MORE : LOGPRESS_DONE;
}
