/* A connection of a probe, and what is to be seen by it. */
#include "probe_inside.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One connection.  It is closed when its try is over, and the next one may
 * begin before libuv has let go of it: so it has memory of its own. */
struct dial {
    struct probe *probe;
    uv_poll_t poll;
    int descriptor;
    bool connected;
};

static void on_poll(uv_poll_t *poll, int status, int events);

const char *probe_target(const struct probe *probe)
{
    if (probe->spec->kind == PROBE_EXEC)
        return probe->spec->command;
    if (probe->spec->kind == PROBE_UNIX)
        return probe->spec->path;
    return probe->addresses[probe->address].text;
}

static void on_dial_closed(uv_handle_t *poll)
{
    free(poll->data);
}

void probe_disconnect(struct probe *probe)
{
    struct dial *dial = probe->dial;

    if (!dial)
        return;
    probe->dial = NULL;
    uv_close((uv_handle_t *)&dial->poll, on_dial_closed);
    close(dial->descriptor);
}

static int reach(struct probe *probe)
{
    if (probe->spec->kind == PROBE_UNIX)
        return os_dial_unix(probe->spec->directory, probe->spec->path);
    return os_dial(&probe->addresses[probe->address]);
}

/* Of two addresses, the one where somebody was is the one to talk about. */
static bool say_refused(struct probe *probe, int error)
{
    return !probe->answered &&
           cause_say(&probe->failure, "cannot connect to %s: %s",
                     probe_target(probe), strerror(error));
}

static bool dial_one(struct probe *probe)
{
    int descriptor = reach(probe);

    if (descriptor < 0)
        return say_refused(probe, -descriptor);
    struct dial *dial = mem_new(1, sizeof *dial);
    int error = uv_poll_init(probe->loop, &dial->poll, descriptor);
    if (error) {
        close(descriptor);
        free(dial);
        return say_refused(probe, -error);
    }
    dial->poll.data = dial;
    dial->probe = probe;
    dial->descriptor = descriptor;
    probe->dial = dial;
    uv_poll_start(&dial->poll, UV_WRITABLE, on_poll);
    return true;
}

/* False: none is left. */
static bool dial_next(struct probe *probe)
{
    while (++probe->address < probe->address_count)
        if (dial_one(probe))
            return true;
    return false;
}

bool probe_connect(struct probe *probe)
{
    probe->address = 0;
    probe->answered = false;
    return dial_one(probe) || dial_next(probe);
}

/* Nobody is there, or not the right one: the host's next address may be
 * better. */
static void try_elsewhere(struct probe *probe)
{
    probe_disconnect(probe);
    if (!dial_next(probe))
        probe_fail(probe);
}

static void believe(struct probe *probe)
{
    const struct probe_watcher *watcher = probe->watcher;

    if (!watcher->owns ||
        watcher->owns(probe->owner, probe->dial->descriptor)) {
        probe_succeed(probe);
        return;
    }
    cause_say(&probe->failure, "somebody else answers at %s, not this process",
              probe_target(probe));
    try_elsewhere(probe);
}

static void step(struct probe *probe)
{
    struct dial *dial = probe->dial;
    enum probe_step next = probe->spec->kind == PROBE_HTTP
                               ? probe_http_step(probe, dial->descriptor)
                               : PROBE_WELL;

    switch (next) {
    case PROBE_GO_ON:
        uv_poll_start(&dial->poll, probe_http_events(probe), on_poll);
        break;
    case PROBE_WELL: believe(probe); break;
    case PROBE_UNWELL: try_elsewhere(probe); break;
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct dial *dial = poll->data;
    struct probe *probe = dial->probe;

    (void)status, (void)events;
    if (!dial->connected) {
        int error = os_dial_result(dial->descriptor);
        if (error) {
            say_refused(probe, error);
            try_elsewhere(probe);
            return;
        }
        dial->connected = probe->answered = true;
        probe_http_begin(probe);
    }
    step(probe);
}
