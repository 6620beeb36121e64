#include "probe_inside.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <stdlib.h>

static void on_timer(uv_timer_t *timer);

uint64_t probe_timeout_ms(const struct probe *probe)
{
    uint64_t said = probe->spec->timeout_ms;

    return said ? said : PROBE_TIMEOUT_MS;
}

static uint64_t interval_of(const struct probe_spec *spec)
{
    return spec->interval_ms ? spec->interval_ms : PROBE_INTERVAL_MS;
}

/* libuv's idea of now is as old as this turn of the loop. */
static void arm(struct probe *probe, uint64_t delay_ms)
{
    uv_update_time(probe->loop);
    uv_timer_start(&probe->timer, on_timer, delay_ms, 0);
}

/* ---- one try ------------------------------------------------------------ */

static bool begin(struct probe *probe)
{
    switch (probe->spec->kind) {
    case PROBE_TCP:
    case PROBE_UNIX:
    case PROBE_HTTP: return probe_connect(probe);
    case PROBE_EXEC: return probe_execute(probe);
    case PROBE_DELAY: break;
    }
    return true;
}

static void try(struct probe *probe)
{
    probe->trying = true;
    if (!begin(probe))
        probe_fail(probe);
    else if (probe->spec->kind == PROBE_DELAY)
        probe_succeed(probe);
    else
        arm(probe, probe_timeout_ms(probe));
}

static void finish(struct probe *probe)
{
    probe->trying = false;
    uv_timer_stop(&probe->timer);
    probe_disconnect(probe);
}

void probe_succeed(struct probe *probe)
{
    finish(probe);
    probe->failure.text[0] = '\0';
    if (probe->spec->alive)
        arm(probe, interval_of(probe->spec));
    probe->watcher->on_result(probe->owner, true, NULL);
}

void probe_fail(struct probe *probe)
{
    finish(probe);
    arm(probe, interval_of(probe->spec));
    if (probe->spec->alive)
        probe->watcher->on_result(probe->owner, false, probe->failure.text);
}

/* A command is waited for even when it is late: it is killed, and when it is
 * gone the try has failed. */
static void give_up(struct probe *probe)
{
    if (probe->child) {
        probe->late = true;
        probe_kill(probe);
        return;
    }
    cause_say(&probe->failure, "%s does not answer within %llu ms",
              probe_target(probe), (unsigned long long)probe_timeout_ms(probe));
    probe_fail(probe);
}

static void on_timer(uv_timer_t *timer)
{
    struct probe *probe = HANDLES_OWNER(timer);

    if (probe->trying)
        give_up(probe);
    else
        try(probe);
}

/* ---- its life ----------------------------------------------------------- */

static void release(void *owner)
{
    struct probe *probe = owner;

    buf_release(&probe->request);
    buf_release(&probe->reply);
    free(probe);
}

static bool find_addresses(struct probe *probe, struct cause *why)
{
    const struct probe_spec *spec = probe->spec;

    if (spec->kind != PROBE_TCP && spec->kind != PROBE_HTTP)
        return true;
    probe->address_count = os_find_addresses(
        probe->addresses, spec->host ? spec->host : "localhost", spec->port,
        why);
    return probe->address_count > 0;
}

static uint64_t first_wait(const struct probe_spec *spec)
{
    if (spec->kind == PROBE_DELAY)
        return spec->delay_ms;
    return spec->alive ? interval_of(spec) : 0;
}

/* The first try is made by the loop, so that nobody is told anything before he
 * knows his probe. */
struct probe *probe_create(uv_loop_t *loop, const struct probe_spec *spec,
                           const struct probe_watcher *watcher, void *owner,
                           struct cause *why)
{
    struct probe *probe = mem_new(1, sizeof *probe);

    probe->spec = spec;
    probe->watcher = watcher;
    probe->owner = owner;
    probe->loop = loop;
    if (!find_addresses(probe, why)) {
        free(probe);
        return NULL;
    }
    handles_init(&probe->handles, probe, release);
    uv_timer_init(loop, &probe->timer);
    handles_add(&probe->handles, (uv_handle_t *)&probe->timer);
    arm(probe, first_wait(spec));
    return probe;
}

const char *probe_failure(const struct probe *probe)
{
    return probe->failure.text;
}

void probe_close(struct probe *probe)
{
    probe_disconnect(probe);
    probe_kill(probe);
    probe->child = 0;
    handles_close((uv_handle_t *)&probe->timer);
}
