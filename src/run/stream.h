/* stream.h - one of a process's two outputs, on its way to becoming lines.
 *
 * Each time its pipe is readable it is read once, into the buffer that all
 * share: one turn of the loop takes at most that much from each, so a flood
 * never keeps a quiet neighbour waiting.  Only the beginning of an unfinished
 * line is kept.
 */
#ifndef PROCMAN_STREAM_H
#define PROCMAN_STREAM_H

#include "procman/handles.h"
#include "procman/lines.h"

#include <uv.h>

struct stream;

/* After each read that got any, with what it got. */
typedef void stream_fn(struct stream *stream, const char *bytes, size_t len);

struct stream {
    uv_poll_t poll;
    int descriptor; /* -1: closed */
    bool reading;   /* the poll is on */
    bool ended;     /* nobody has the other end any more */
    struct lines lines;
    char *scratch;
    size_t scratch_size;
    bool terminal; /* a master: only reading tells how much there is; to be
                      set after stream_open() */
    stream_fn *on_read;
};

/* Of `stream`, everything but the descriptor and the poll: those come with
 * stream_open(). */
void stream_init(struct stream *stream, lines_fn *emit, void *owner,
                 stream_fn *on_read);

/* Takes the reading end of a pipe, or the master of a terminal; the poll is one of `handles`.  False: it
 * cannot be polled; the descriptor is closed. */
bool stream_open(struct stream *stream, uv_loop_t *loop, int descriptor,
                 char *scratch, size_t scratch_size, struct handles *handles);

void stream_pause(struct stream *stream, bool paused);

/* Is there something in the pipe that has not been read yet? */
bool stream_has_more(const struct stream *stream);

/* Reads what is in the pipe at this moment, however much others add to it. */
void stream_drain(struct stream *stream);

/* Harmless on one that is not open.  What is held is emitted. */
void stream_close(struct stream *stream);

#endif
