/* control_peer.h - one client of the control socket, from accept to close.
 *
 * control.c keeps the row of peers and their deadlines, control_peer.c reads
 * requests and writes replies.  A peer belongs to its control and releases
 * itself once its pipe is closed.
 */
#ifndef PROCMAN_CONTROL_PEER_H
#define PROCMAN_CONTROL_PEER_H

#include "procman/buf.h"
#include "procman/control.h"
#include "procman/handles.h"

/* A peer is at one thing at a time, so a client that sends and sends costs
 * one request's memory, and its replies keep their order. */
enum stage { READING, ANSWERING, WRITING, CLOSING };

struct peer;

struct control_call {
    struct peer *peer;
    const struct control_follower *follower; /* NULL: nobody follows it */
    void *owner;                             /* of the follower */
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
    char *out;       /* the reply on its way */
    bool has_lasted; /* parts may wait before the reply */
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

/* In control.c: the peer has PATIENCE_MS from now on. */
void control_watch(struct peer *peer);

/* In control.c: moves a peer that is waited for anew to the row's end. */
void control_requeue(struct peer *peer);

/* Waits for the next request, or takes it, if it came with the last one. */
void peer_read_on(struct peer *peer);

/* Not while its request waits for an answer. */
void peer_close(struct peer *peer);

#endif
