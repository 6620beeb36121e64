#include "control_peer.h"
#include "procman/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void peer_close(struct peer *peer)
{
    assert(peer->stage != ANSWERING);
    peer->stage = CLOSING;
    peer->deadline_ms = 0;
    handles_close((uv_handle_t *)&peer->pipe);
}

/* ---- replies ---------------------------------------------------------- */

static void on_written(uv_write_t *write, int status)
{
    struct peer *peer = HANDLES_OWNER((uv_handle_t *)write->handle);

    free(peer->out);
    peer->out = NULL;
    if (peer->stage == CLOSING)
        return;
    if (status < 0 || peer->last || peer->control->closing)
        peer_close(peer);
    else
        peer_read_on(peer);
}

/* Who has been sent parts may still have much to read: it has no deadline, but
 * makes room for others (control.c). */
static void send_reply(struct peer *peer, const struct reply *reply)
{
    peer->out = reply_encode(reply);
    peer->stage = WRITING;
    if (peer->has_lasted)
        control_requeue(peer);
    else
        control_watch(peer);

    uv_buf_t buf = uv_buf_init(peer->out, (unsigned)strlen(peer->out));
    if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buf, 1,
                 on_written) != 0)
        peer_close(peer);
}

void control_answer(struct control_call *call, const struct reply *reply)
{
    assert(call->peer->stage == ANSWERING);
    if (call->follower)
        uv_read_stop((uv_stream_t *)&call->peer->pipe);
    call->follower = NULL;
    send_reply(call->peer, reply);
}

/* The last word: what else came from there cannot be understood any more. */
static void refuse(struct peer *peer, const struct cause *why)
{
    struct reply reply = {0};

    peer->last = true;
    reply_fail(&reply, 2, "bad request: %s", why->text);
    send_reply(peer, &reply);
    reply_release(&reply);
}

/* ---- parts ------------------------------------------------------------- */

struct part {
    uv_write_t write;
    char bytes[];
};

static void on_part_written(uv_write_t *write, int status)
{
    struct peer *peer = HANDLES_OWNER((uv_handle_t *)write->handle);
    const struct control_follower *follower = peer->call.follower;

    free(write->data);
    if (status == 0 && follower && follower->on_drained &&
        control_waiting(&peer->call) == 0)
        follower->on_drained(peer->call.owner);
}

void control_send(struct control_call *call, const char *lines, size_t len)
{
    struct peer *peer = call->peer;
    struct part *part = mem_new(1, sizeof *part + len);

    assert(peer->stage == ANSWERING && call->follower);
    peer->has_lasted = true;
    memcpy(part->bytes, lines, len);
    part->write.data = part;
    uv_buf_t buf = uv_buf_init(part->bytes, (unsigned)len);
    if (uv_write(&part->write, (uv_stream_t *)&peer->pipe, &buf, 1,
                 on_part_written) != 0)
        free(part); /* the connection is broken: reading it will say so */
}

size_t control_waiting(const struct control_call *call)
{
    return uv_stream_get_write_queue_size(
        (const uv_stream_t *)&call->peer->pipe);
}

void control_hang_up(struct control_call *call)
{
    struct peer *peer = call->peer;

    assert(peer->stage == ANSWERING);
    call->follower = NULL;
    peer->stage = WRITING;
    peer_close(peer);
}

/* ---- what a followed client says --------------------------------------- */

static void tell_gone(struct peer *peer)
{
    const struct control_follower *follower = peer->call.follower;
    void *owner = peer->call.owner;

    control_hang_up(&peer->call);
    follower->on_gone(owner);
}

/* The next request waits until the call is answered, and so do those behind it
 * where they are. */
static void keep_for_later(struct peer *peer)
{
    if (peer->in.len > PROTOCOL_REQUEST_LIMIT)
        uv_read_stop((uv_stream_t *)&peer->pipe);
}

/* Each line may end the call, or the client. */
static void take_words(struct peer *peer)
{
    while (peer->call.follower && peer->in.len > 0) {
        const char *line = peer->in.data;
        const char *end = memchr(line, '\n', peer->in.len);
        if (!end)
            break;
        size_t len = (size_t)(end - line);
        peer->call.follower->on_line(peer->call.owner, line, len);
        buf_drop(&peer->in, len + 1);
    }
    if (peer->call.follower && peer->in.len > PROTOCOL_REQUEST_LIMIT)
        tell_gone(peer);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct peer *peer = HANDLES_OWNER(handle);

    (void)suggested;
    *buf = uv_buf_init(peer->control->bytes, sizeof peer->control->bytes);
}

static void on_follow_read(uv_stream_t *stream, ssize_t count,
                           const uv_buf_t *buf)
{
    struct peer *peer = HANDLES_OWNER((uv_handle_t *)stream);

    if (count < 0) {
        tell_gone(peer);
        return;
    }
    if (count == 0)
        return;
    buf_add(&peer->in, buf->base, (size_t)count);
    if (peer->call.follower->on_line)
        take_words(peer);
    else
        keep_for_later(peer);
}

void control_follow(struct control_call *call,
                    const struct control_follower *follower, void *owner)
{
    struct peer *peer = call->peer;

    assert(peer->stage == ANSWERING && !call->follower);
    call->follower = follower;
    call->owner = owner;
    uv_read_stop((uv_stream_t *)&peer->pipe);
    uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_follow_read);
}

/* ---- requests --------------------------------------------------------- */

static void take_line(struct peer *peer, size_t len)
{
    struct control *control = peer->control;
    struct request request;
    struct cause why;
    bool good = request_decode(&request, peer->in.data, len, &why);

    buf_drop(&peer->in, len);
    if (!good) {
        refuse(peer, &why);
        return;
    }
    peer->stage = ANSWERING;
    peer->has_lasted = false;
    peer->deadline_ms = 0;
    control->on_request(control->owner, &peer->call, &request);
    request_release(&request);
}

/* A request may end where its client stops talking, but not in the middle. */
static void take_end(struct peer *peer)
{
    struct cause why;

    if (peer->in.len == 0) {
        peer_close(peer);
        return;
    }
    cause_say(&why, "it ends before its newline");
    refuse(peer, &why);
}

/* Takes the first whole request, if there is one; the time to finish it runs
 * from its first byte. */
static void take_request(struct peer *peer, size_t seen)
{
    struct cause why;
    char *end = NULL;

    if (peer->in.len > seen)
        end = memchr(peer->in.data + seen, '\n', peer->in.len - seen);
    size_t len = end ? (size_t)(end - peer->in.data) + 1 : peer->in.len;
    if (len > PROTOCOL_REQUEST_LIMIT) {
        cause_say(&why, "more than %d bytes", PROTOCOL_REQUEST_LIMIT);
        refuse(peer, &why);
    } else if (end) {
        take_line(peer, len);
    } else if (len > 0 && !peer->deadline_ms) {
        control_watch(peer);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct peer *peer = HANDLES_OWNER((uv_handle_t *)stream);
    size_t seen = peer->in.len;

    if (count == 0)
        return;
    if (count > 0) {
        buf_add(&peer->in, buf->base, (size_t)count);
        take_request(peer, seen);
    } else if (count == UV_EOF) {
        take_end(peer);
    } else {
        peer_close(peer);
    }
    if (peer->stage != READING && !peer->call.follower)
        uv_read_stop(stream);
}

void peer_read_on(struct peer *peer)
{
    peer->stage = READING;
    peer->deadline_ms = 0;
    control_requeue(peer);
    if (peer->in.len == 0)
        buf_release(&peer->in); /* one long request is no reason to keep it */
    take_request(peer, 0);
    if (peer->stage == READING &&
        uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read) != 0)
        peer_close(peer);
}
