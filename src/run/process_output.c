/* What a process writes: read, cut, and told. */
#include "process_inside.h"

static void tell_span(struct process *process, int stream,
                      const struct span *span)
{
    process_watcher(process)->on_span(process->site->owner, process, stream,
                                      span);
    if (process->ready)
        ready_read(process->ready, span);
}

static void on_stdout(void *owner, const struct span *span)
{
    tell_span(owner, 1, span);
}

static void on_stderr(void *owner, const struct span *span)
{
    tell_span(owner, 2, span);
}

static void on_quiet(uv_timer_t *timer);

static void await_quiet(struct process *process)
{
    uv_timer_start(&process->quiet, on_quiet, process->site->quiet_ms, 0);
}

/* That we were too busy to read is not the silence of the writer. */
static void on_quiet(uv_timer_t *timer)
{
    struct process *process = HANDLES_OWNER(timer);

    for (int i = 0; i < PROCESS_STREAMS; i++)
        if (stream_has_more(&process->streams[i]))
            await_quiet(process);
        else
            lines_flush(&process->streams[i].lines);
}

static void on_read(struct stream *stream, const char *bytes, size_t len)
{
    struct process *process = stream->lines.owner;

    if (lines_waiting(&stream->lines))
        await_quiet(process);
    if (process->console)
        console_saw(process->console, bytes, len);
}

void process_drain(struct process *process)
{
    for (int i = 0; i < PROCESS_STREAMS; i++) {
        stream_drain(&process->streams[i]);
        lines_flush(&process->streams[i].lines);
    }
}

/* While we do not read, nobody can tell whether the writer is silent. */
void process_pause(struct process *process, bool paused)
{
    process->paused = paused;
    if (paused)
        uv_timer_stop(&process->quiet);
    else
        for (int i = 0; i < PROCESS_STREAMS; i++)
            if (lines_waiting(&process->streams[i].lines))
                await_quiet(process);
    for (int i = 0; i < PROCESS_STREAMS; i++)
        stream_pause(&process->streams[i], paused);
}

void process_init_output(struct process *process)
{
    stream_init(&process->streams[STREAM_OUT], on_stdout, process, on_read);
    stream_init(&process->streams[STREAM_ERROR], on_stderr, process, on_read);
    stream_init(&process->streams[STREAM_STOP], on_stdout, process, on_read);
}
