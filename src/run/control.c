#include "procman/control.h"
#include "procman/buf.h"
#include "procman/handles.h"
#include "procman/mem.h"
#include "procman/os_socket.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 10000 /* for one request or one reply */
#define FAREWELL_MS 1000  /* for all replies, once we are closing */

/* A peer is at one thing at a time, so a client that sends and sends costs
 * one request's memory, and its replies keep their order. */
enum stage { READING, ANSWERING, WRITING, CLOSING };

struct peer;

struct control_call {
    struct peer *peer;
};

struct peer {
    struct control *control;
    struct peer *before, *after; /* the longest in its stage comes first */
    enum stage stage;
    bool last;            /* nothing more is read from it */
    uint64_t deadline_ms; /* of the loop's clock; 0: none */
    struct buf in;
    struct control_call call;
    struct handles handles;
    uv_pipe_t pipe;
    uv_write_t write;
    char *out; /* the reply on its way */
};

struct control {
    uv_loop_t *loop;
    control_fn *on_request;
    void *owner;
    void (*gone)(void *owner);
    struct peer *first, *final;
    unsigned peers;
    bool closing;
    struct handles handles;
    uv_pipe_t listener;
    uv_timer_t timer; /* runs only while a peer has a deadline */
    char bytes[16384];
};

/* ---- the row of peers ------------------------------------------------- */

static void unlink_peer(struct peer *peer)
{
    struct control *control = peer->control;

    *(peer->before ? &peer->before->after : &control->first) = peer->after;
    *(peer->after ? &peer->after->before : &control->final) = peer->before;
    peer->before = peer->after = NULL;
}

static void append_peer(struct peer *peer)
{
    struct control *control = peer->control;

    peer->before = control->final;
    *(control->final ? &control->final->after : &control->first) = peer;
    control->final = peer;
}

static void close_if_last(struct control *control)
{
    if (control->closing && control->peers == 0)
        handles_close((uv_handle_t *)&control->timer);
}

static void on_peer_gone(void *owner)
{
    struct peer *peer = owner;
    struct control *control = peer->control;

    unlink_peer(peer);
    control->peers--;
    buf_release(&peer->in);
    free(peer->out);
    free(peer);
    close_if_last(control);
}

static void close_peer(struct peer *peer)
{
    assert(peer->stage != ANSWERING);
    peer->stage = CLOSING;
    peer->deadline_ms = 0;
    handles_close((uv_handle_t *)&peer->pipe);
}

/* ---- deadlines -------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

/* Armed for the nearest deadline and not moved when one goes away: an early
 * ring costs less than a look at all peers for each request. */
static void set_deadline(struct peer *peer)
{
    struct control *control = peer->control;

    peer->deadline_ms = uv_now(control->loop) + PATIENCE_MS;
    if (!control->closing && !uv_is_active((uv_handle_t *)&control->timer))
        uv_timer_start(&control->timer, on_timer, PATIENCE_MS, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct control *control = HANDLES_OWNER(timer);
    uint64_t now = uv_now(control->loop), next = 0;

    for (struct peer *peer = control->first; peer; peer = peer->after) {
        bool late = peer->deadline_ms && peer->deadline_ms <= now;
        if (late || (control->closing && peer->stage == WRITING))
            close_peer(peer);
        else if (peer->deadline_ms && (!next || peer->deadline_ms < next))
            next = peer->deadline_ms;
    }
    if (next && !control->closing)
        uv_timer_start(timer, on_timer, next - now, 0);
}

/* ---- replies ---------------------------------------------------------- */

static void read_on(struct peer *peer);

static void on_written(uv_write_t *write, int status)
{
    struct peer *peer = HANDLES_OWNER((uv_handle_t *)write->handle);

    free(peer->out);
    peer->out = NULL;
    if (peer->stage == CLOSING)
        return;
    if (status < 0 || peer->last || peer->control->closing)
        close_peer(peer);
    else
        read_on(peer);
}

static void send_reply(struct peer *peer, const struct reply *reply)
{
    peer->out = reply_encode(reply);
    peer->stage = WRITING;
    set_deadline(peer);

    uv_buf_t buf = uv_buf_init(peer->out, (unsigned)strlen(peer->out));
    if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buf, 1,
                 on_written) != 0)
        close_peer(peer);
}

void control_answer(struct control_call *call, const struct reply *reply)
{
    assert(call->peer->stage == ANSWERING);
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
    peer->deadline_ms = 0;
    control->on_request(control->owner, &peer->call, &request);
    request_release(&request);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct peer *peer = HANDLES_OWNER(handle);

    (void)suggested;
    *buf = uv_buf_init(peer->control->bytes, sizeof peer->control->bytes);
}

/* A request may end where its client stops talking, but not in the middle. */
static void take_end(struct peer *peer)
{
    struct cause why;

    if (peer->in.len == 0) {
        close_peer(peer);
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
        set_deadline(peer);
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
        close_peer(peer);
    }
    if (peer->stage != READING)
        uv_read_stop(stream);
}

/* Waits for the next request, or takes it, if it came with the last one. */
static void read_on(struct peer *peer)
{
    peer->stage = READING;
    peer->deadline_ms = 0;
    unlink_peer(peer);
    append_peer(peer);
    if (peer->in.len == 0)
        buf_release(&peer->in); /* one long request is no reason to keep it */
    take_request(peer, 0);
    if (peer->stage == READING &&
        uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read) != 0)
        close_peer(peer);
}

/* ---- clients come ----------------------------------------------------- */

static bool is_one_of_us(const uv_pipe_t *pipe)
{
    uv_os_fd_t fd;
    uid_t uid;

    return uv_fileno((const uv_handle_t *)pipe, &fd) == 0 &&
           os_peer_uid(fd, &uid) && (uid == geteuid() || uid == 0);
}

/* The one that has kept us waiting for the longest time makes room.  Who waits
 * for us is never sent away. */
static bool make_room(struct control *control)
{
    struct peer *peer = control->first;
    unsigned open = 0;

    for (struct peer *each = control->first; each; each = each->after)
        open += each->stage != CLOSING;
    if (open <= CONTROL_CLIENTS)
        return true;
    while (peer && peer->stage != READING)
        peer = peer->after;
    if (peer)
        close_peer(peer);
    return peer != NULL;
}

static struct peer *create_peer(struct control *control)
{
    struct peer *peer = mem_new(1, sizeof *peer);

    peer->control = control;
    peer->call.peer = peer;
    control->peers++;
    append_peer(peer);
    handles_init(&peer->handles, peer, on_peer_gone);
    uv_pipe_init(control->loop, &peer->pipe, 0);
    handles_add(&peer->handles, (uv_handle_t *)&peer->pipe);
    return peer;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = HANDLES_OWNER((uv_handle_t *)listener);

    if (status < 0 || control->closing)
        return;

    struct peer *peer = create_peer(control);
    peer->stage = ANSWERING; /* so that it does not make room for itself */
    bool welcome = uv_accept(listener, (uv_stream_t *)&peer->pipe) == 0 &&
                   is_one_of_us(&peer->pipe) && make_room(control);
    peer->stage = READING;
    if (welcome)
        read_on(peer);
    else
        close_peer(peer);
}

/* ---- birth and end ---------------------------------------------------- */

static void on_gone(void *owner)
{
    struct control *control = owner;
    void (*gone)(void *) = control->gone;
    void *whose = control->owner;

    free(control);
    if (gone)
        gone(whose);
}

struct control *control_create(uv_loop_t *loop, int listener,
                               control_fn *on_request, void *owner,
                               struct cause *why)
{
    struct control *control = mem_new(1, sizeof *control);

    control->loop = loop;
    control->on_request = on_request;
    control->owner = owner;
    handles_init(&control->handles, control, on_gone);
    uv_timer_init(loop, &control->timer);
    handles_add(&control->handles, (uv_handle_t *)&control->timer);
    uv_pipe_init(loop, &control->listener, 0);
    handles_add(&control->handles, (uv_handle_t *)&control->listener);

    int error = uv_pipe_open(&control->listener, listener);
    if (error)
        close(listener);
    else
        error = uv_listen((uv_stream_t *)&control->listener, CONTROL_CLIENTS,
                          on_connection);
    if (error) {
        cause_say(why, "cannot listen for requests: %s", uv_strerror(error));
        control_close(control, NULL);
        return NULL;
    }
    return control;
}

void control_close(struct control *control, void (*gone)(void *owner))
{
    control->gone = gone;
    control->closing = true;
    handles_close((uv_handle_t *)&control->listener);
    for (struct peer *peer = control->first; peer; peer = peer->after) {
        assert(peer->stage != ANSWERING);
        if (peer->stage == READING)
            close_peer(peer);
    }
    uv_timer_start(&control->timer, on_timer, FAREWELL_MS, 0);
    close_if_last(control);
}
