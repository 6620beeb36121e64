#include "procman/control.h"
#include "control_peer.h"
#include "procman/mem.h"
#include "procman/os_socket.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 10000 /* for one request or one reply */
#define FAREWELL_MS 1000  /* for all replies, once we are closing */

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

void control_requeue(struct peer *peer)
{
    unlink_peer(peer);
    append_peer(peer);
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

/* ---- deadlines -------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

/* Armed for the nearest deadline and not moved when one goes away: an early
 * ring costs less than a look at all peers for each request. */
void control_watch(struct peer *peer)
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
            peer_close(peer);
        else if (peer->deadline_ms && (!next || peer->deadline_ms < next))
            next = peer->deadline_ms;
    }
    if (next && !control->closing)
        uv_timer_start(timer, on_timer, next - now, 0);
}

/* ---- clients come ----------------------------------------------------- */

static bool is_one_of_us(const uv_pipe_t *pipe)
{
    uv_os_fd_t fd;
    uid_t uid;

    return uv_fileno((const uv_handle_t *)pipe, &fd) == 0 &&
           os_peer_uid(fd, &uid) && (uid == geteuid() || uid == 0);
}

/* Has it nothing in hand, or been left alone with much to read? */
static bool may_make_room(const struct peer *peer)
{
    return peer->stage == READING ||
           (peer->stage == WRITING && peer->has_lasted);
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
    while (peer && !may_make_room(peer))
        peer = peer->after;
    if (peer)
        peer_close(peer);
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
        peer_read_on(peer);
    else
        peer_close(peer);
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
            peer_close(peer);
    }
    uv_timer_start(&control->timer, on_timer, FAREWELL_MS, 0);
    close_if_last(control);
}
