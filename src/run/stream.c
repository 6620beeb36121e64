#include "stream.h"
#include "procman/os.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#define DRAIN_LIMIT 1048576 /* bytes that a writer may add meanwhile */

static struct stream *stream_of(uv_poll_t *poll)
{
    return (struct stream *)((char *)poll - offsetof(struct stream, poll));
}

static void end(struct stream *stream)
{
    stream_pause(stream, true);
    stream->ended = true;
    lines_end(&stream->lines);
}

/* Returns how many bytes came. */
static size_t read_once(struct stream *stream)
{
    ssize_t count;

    do {
        count = read(stream->descriptor, stream->scratch, stream->scratch_size);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        lines_feed(&stream->lines, stream->scratch, (size_t)count);
        stream->on_read(stream, stream->scratch, (size_t)count);
        return (size_t)count;
    }
    if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        end(stream);
    return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    read_once(stream_of(poll));
}

void stream_init(struct stream *stream, lines_fn *emit, void *owner,
                 stream_fn *on_read)
{
    *stream = (struct stream){.descriptor = -1, .on_read = on_read};
    lines_init(&stream->lines, emit, owner);
}

bool stream_open(struct stream *stream, uv_loop_t *loop, int descriptor,
                 char *scratch, size_t scratch_size, struct handles *handles)
{
    if (uv_poll_init(loop, &stream->poll, descriptor)) {
        close(descriptor);
        return false;
    }
    handles_add(handles, (uv_handle_t *)&stream->poll);
    stream->descriptor = descriptor;
    stream->scratch = scratch;
    stream->scratch_size = scratch_size;
    stream->ended = false;
    stream->reading = stream->terminal = false;
    stream_pause(stream, false);
    return true;
}

void stream_pause(struct stream *stream, bool paused)
{
    if (stream->descriptor < 0 || stream->ended || stream->reading == !paused)
        return;
    stream->reading = !paused;
    if (paused)
        uv_poll_stop(&stream->poll);
    else
        uv_poll_start(&stream->poll, UV_READABLE, on_poll);
}

bool stream_has_more(const struct stream *stream)
{
    return stream->descriptor >= 0 && os_bytes_waiting(stream->descriptor) > 0;
}

/* What is on its way through a terminal is not counted anywhere. */
static void drain_terminal(struct stream *stream)
{
    size_t left = DRAIN_LIMIT, got;

    do {
        got = read_once(stream);
        left -= got < left ? got : left;
    } while (got > 0 && left > 0);
}

void stream_drain(struct stream *stream)
{
    if (stream->descriptor < 0 || stream->ended)
        return;

    if (stream->terminal) {
        drain_terminal(stream);
        return;
    }
    size_t waiting = os_bytes_waiting(stream->descriptor);
    while (!stream->ended && waiting > 0) {
        size_t got = read_once(stream);
        if (got == 0)
            break;
        waiting -= got < waiting ? got : waiting;
    }
    if (!stream->ended)
        read_once(stream); /* the end of file, if it is there */
}

void stream_close(struct stream *stream)
{
    if (stream->descriptor < 0)
        return;
    lines_end(&stream->lines);
    handles_close((uv_handle_t *)&stream->poll);
    close(stream->descriptor);
    stream->descriptor = -1;
}
