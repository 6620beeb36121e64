#include "procman/outbox.h"
#include "backlog.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 16 /* heads, then the loop has its turn */

/* The head leaves first; what there is no room for in it follows. */
struct outbox {
    const struct outbox_watcher *watcher;
    void *owner;
    struct os_outlet outlet;
    uv_poll_t poll; /* for a pollable outlet */
    struct buf head;
    size_t sent;      /* of the head */
    uint64_t turn_ns; /* when the first write of this turn began; 0: none did */
    bool slow;        /* one of this turn was not done */
    struct backlog backlog;
    bool waiting; /* the poll waits until it is writable */
    bool broken, losing;
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Without anything to write we still want to hear that the reader goes; but
 * the far end of a socket may say no more and listen all the same. */
static void poll_for(struct outbox *outbox, bool writable)
{
    int events = (outbox->outlet.socket ? 0 : UV_DISCONNECT) |
                 (writable ? UV_WRITABLE : 0);

    if (!outbox->outlet.pollable || outbox->broken)
        return;
    outbox->waiting = writable;
    if (events)
        uv_poll_start(&outbox->poll, events, on_poll);
    else
        uv_poll_stop(&outbox->poll);
}

/* ---- nothing waits ------------------------------------------------------- */

static void forget_all(struct outbox *outbox)
{
    outbox->head.len = outbox->sent = 0;
    if (outbox->head.room > OUTBOX_FULL)
        buf_release(&outbox->head);
    backlog_forget(&outbox->backlog);
}

static void break_off(struct outbox *outbox)
{
    if (outbox->broken)
        return;
    if (outbox->outlet.pollable)
        uv_poll_stop(&outbox->poll);
    outbox->broken = true;
    forget_all(outbox);
    outbox->watcher->on_broken(outbox->owner);
}

/* EIO is a terminal that has hung up. */
static void on_write_error(struct outbox *outbox, int error)
{
    bool gone = error == EPIPE || error == ECONNRESET ||
                (error == EIO && outbox->outlet.pollable);

    if (gone) {
        break_off(outbox);
        return;
    }
    forget_all(outbox);
    if (!outbox->losing)
        outbox->watcher->on_lost(outbox->owner, strerror(error));
    outbox->losing = true;
}

/* ---- writing ------------------------------------------------------------- */

/* A reader that is busy with what it has got is waited for, shortly: what we
 * would read from the children meanwhile would only queue up, and make the last
 * line as late as the queue is long. */
static bool wait_for_reader(const struct outbox *outbox, uint64_t took_ns)
{
    uint64_t now = uv_hrtime();
    int patience = OUTBOX_PATIENCE_MS - (int)((now - took_ns) / 1000000);
    int rest = OUTBOX_TURN_MS - (int)((now - outbox->turn_ns) / 1000000);

    if (rest < patience)
        patience = rest;
    return patience > 0 && os_wait_writable(&outbox->outlet, patience);
}

enum progress { DONE, SLOW, FAILED /* see errno */ };

/* Writes what the descriptor takes now. */
static enum progress write_head(struct outbox *outbox)
{
    struct buf *head = &outbox->head;
    uint64_t took_ns =
        uv_hrtime(); /* when the reader has last taken something */

    if (outbox->turn_ns == 0)
        outbox->turn_ns = took_ns;
    while (outbox->sent < head->len) {
        ssize_t count = os_write(&outbox->outlet, head->data + outbox->sent,
                                 head->len - outbox->sent);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return FAILED;
        if (count > 0) {
            outbox->sent += (size_t)count;
            outbox->losing = false;
            took_ns = uv_hrtime();
        }
        /* What takes a part is full: to try again would only say so. */
        if (outbox->sent < head->len && !wait_for_reader(outbox, took_ns))
            return SLOW;
    }
    head->len = outbox->sent = 0;
    return DONE;
}

static void become_empty(struct outbox *outbox)
{
    forget_all(outbox);
    if (outbox->waiting)
        poll_for(outbox, false);
    outbox->watcher->on_empty(outbox->owner);
}

static bool is_full(const struct outbox *outbox)
{
    return outbox->head.len - outbox->sent > OUTBOX_FULL;
}

/* A part of the head is cut off only when that halves what has to be moved. */
static void keep_the_rest(struct outbox *outbox)
{
    if (outbox->sent > outbox->head.len / 2) {
        buf_drop(&outbox->head, outbox->sent);
        outbox->sent = 0;
    }
    if (is_full(outbox))
        backlog_begin(&outbox->backlog);
    if (!outbox->waiting)
        poll_for(outbox, true);
}

static void end_turn(struct outbox *outbox)
{
    outbox->turn_ns = 0;
    outbox->slow = false;
}

/* Who hears that it is empty may close it: that is said last. */
static void push(struct outbox *outbox)
{
    enum progress progress = DONE;

    for (int i = 0; i < AT_ONCE && progress == DONE; i++) {
        progress = write_head(outbox);
        if (progress == FAILED) {
            on_write_error(outbox, errno);
            progress = DONE;
        }
        if (outbox->broken)
            return;
        if (progress == DONE)
            backlog_next(&outbox->backlog, &outbox->head);
        if (outbox->head.len == 0) {
            end_turn(outbox);
            become_empty(outbox);
            return;
        }
    }
    end_turn(outbox);
    keep_the_rest(outbox);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct outbox *outbox = poll->data;

    if (status < 0 || (events & UV_DISCONNECT))
        break_off(outbox);
    else if (events & UV_WRITABLE)
        push(outbox);
}

/* ---- from birth to end ---------------------------------------------------- */

/* libuv makes whatever it polls non-blocking; a description that is not ours
 * alone would be so for its other users too. */
static bool watch(struct outbox *outbox, uv_loop_t *loop)
{
    int flags = fcntl(outbox->outlet.descriptor, F_GETFL);
    int error = uv_poll_init(loop, &outbox->poll, outbox->outlet.descriptor);

    fcntl(outbox->outlet.descriptor, F_SETFL, flags);
    return error == 0;
}

struct outbox *outbox_create(uv_loop_t *loop, int descriptor,
                             const struct outbox_watcher *watcher, void *owner,
                             struct cause *why)
{
    struct os_outlet outlet;

    if (!os_open_outlet(&outlet, descriptor, why))
        return NULL;

    struct outbox *outbox = mem_new(1, sizeof *outbox);
    outbox->watcher = watcher;
    outbox->owner = owner;
    outbox->outlet = outlet;
    outbox->poll.data = outbox;
    outbox->backlog.watcher = watcher;
    outbox->backlog.owner = owner;
    backlog_init(&outbox->backlog, -1, 0, OVERFLOW_BLOCK);
    if (outlet.pollable && !watch(outbox, loop))
        outbox->outlet.pollable = false; /* it cannot be polled: it blocks */
    if (outbox->outlet.pollable) {
        poll_for(outbox, false);
        uv_unref((uv_handle_t *)&outbox->poll);
    }
    return outbox;
}

void outbox_spill_to(struct outbox *outbox, int directory, uint64_t limit,
                     enum outbox_overflow overflow)
{
    backlog_init(&outbox->backlog, directory, limit, overflow);
}

/* Many who write at once would make a batch that is larger than the processor's
 * own memory.  What goes wrong here goes wrong again when it is flushed. */
static void push_early(struct outbox *outbox)
{
    if (outbox->head.len >= OUTBOX_BATCH && !outbox->waiting &&
        !outbox->broken && !outbox->losing && !outbox->slow)
        outbox->slow = write_head(outbox) != DONE;
}

struct buf *outbox_pending(struct outbox *outbox)
{
    if (!outbox->backlog.in_use)
        push_early(outbox);
    return outbox->backlog.in_use ? &outbox->backlog.tail : &outbox->head;
}

void outbox_flush(struct outbox *outbox)
{
    if (!outbox->broken && !outbox->backlog.in_use && !outbox->waiting &&
        outbox->head.len > 0) {
        push(outbox);
        return;
    }
    if (outbox->broken)
        forget_all(outbox);
    else if (outbox->backlog.in_use)
        backlog_store(&outbox->backlog);
    else if (is_full(outbox))
        backlog_begin(&outbox->backlog);
    end_turn(outbox);
}

uint64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->head.len - outbox->sent + backlog_waiting(&outbox->backlog);
}

static void on_closed(uv_handle_t *poll)
{
    struct outbox *outbox = poll->data;

    close(outbox->outlet.descriptor);
    buf_release(&outbox->head);
    buf_release(&outbox->backlog.tail);
    spill_release(&outbox->backlog.spill);
    free(outbox);
}

void outbox_close(struct outbox *outbox)
{
    if (outbox->outlet.pollable)
        uv_close((uv_handle_t *)&outbox->poll, on_closed);
    else
        on_closed((uv_handle_t *)&outbox->poll);
}
