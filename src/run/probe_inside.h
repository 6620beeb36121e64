/* probe_inside.h - how the kinds of probe share one: probe.c decides when to
 * try and what to tell, the others know how.
 */
#ifndef PROCMAN_RUN_PROBE_INSIDE_H
#define PROCMAN_RUN_PROBE_INSIDE_H

#include "procman/buf.h"
#include "procman/handles.h"
#include "procman/os_sockets.h"
#include "procman/probe.h"

struct dial;

struct probe {
    const struct probe_spec *spec;
    const struct probe_watcher *watcher;
    void *owner;
    uv_loop_t *loop;
    struct handles handles;
    uv_timer_t timer; /* while trying: the try's patience; else the interval */
    bool trying;
    bool answered; /* in this try: somebody was there */
    struct cause failure;

    /* What is dialled: several addresses are tried in turn. */
    struct os_address addresses[OS_ADDRESSES];
    size_t address_count, address;
    struct dial *dial; /* NULL: no connection */
    struct buf request, reply;
    size_t sent;

    pid_t child; /* 0: none */
    bool late;   /* it was killed for taking too long */
};

/* The try is over.  Whoever calls one of these must return at once: the probe
 * may be closed by then. */
void probe_succeed(struct probe *probe);
void probe_fail(struct probe *probe); /* probe->failure says why */

/* Each begins a try and returns false with probe->failure if it cannot; each
 * can stop one that has begun. */
bool probe_connect(struct probe *probe);
void probe_disconnect(struct probe *probe);
bool probe_execute(struct probe *probe);
void probe_kill(struct probe *probe);

/* An HTTP request on the connection.  probe_http_step() is called whenever it
 * can be read or written. */
void probe_http_begin(struct probe *probe);
int probe_http_events(const struct probe *probe); /* what to wait for */
enum probe_step { PROBE_GO_ON, PROBE_WELL, PROBE_UNWELL };
enum probe_step probe_http_step(struct probe *probe, int connection);

/* What applies where the spec says 0. */
uint64_t probe_timeout_ms(const struct probe *probe);

/* Who is asked, for people. */
const char *probe_target(const struct probe *probe);

#endif
