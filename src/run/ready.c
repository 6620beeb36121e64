#include "ready.h"
#include "procman/logmatch.h"
#include "procman/mem.h"
#include "procman/notify.h"
#include "procman/os_sockets.h"
#include "procman/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ready {
    struct ready_spec spec;
    const struct ready_watcher *watcher;
    void *owner;
    struct environment environment;
    pid_t leader;
    bool is_ready;
    bool frozen; /* nobody asks it anything, and nobody waits for its word */

    struct notify *notify;
    struct probe *probe;
    struct probe_spec probe_spec;
    char **probe_env; /* of its command: a copy */
    struct logmatch *match;
    uv_timer_t *watchdog; /* NULL: WATCHDOG=1 is not waited for */
};

static bool waits_for_word(const struct ready *ready)
{
    enum readiness_kind kind = ready->spec.ready->kind;

    return kind == READINESS_NOTIFY ||
           (kind == READINESS_AUTO && ready->spec.notifies);
}

static bool is_watched_by_word(const struct ready *ready)
{
    return ready->spec.alive->kind == READINESS_NOTIFY;
}

static void become_ready(struct ready *ready, bool it_said_so)
{
    if (ready->is_ready)
        return;
    ready->is_ready = true;
    ready->watcher->on_ready(ready->owner, it_said_so);
}

/* ---- whose it is -------------------------------------------------------- */

/* Of the leader's group or session, or a descendant; one that has ended since
 * cannot be asked any more, and had the address. */
static bool belongs(void *owner, pid_t pid)
{
    const struct ready *ready = owner;
    size_t count;
    struct os_process *all = os_descendants(getpid(), &count);
    bool there = false, ours = pid == ready->leader;

    for (size_t i = 0; i < count && !ours; i++) {
        if (all[i].pid != pid)
            continue;
        there = true;
        ours = all[i].group == ready->leader || all[i].session == ready->leader;
    }
    free(all);
    return ours || (!there && os_starttime(pid) == 0);
}

static bool owns(void *owner, int connection)
{
    const struct ready *ready = owner;
    size_t count, members = 0;
    struct os_process *all = os_descendants(getpid(), &count);
    pid_t *pids = mem_new(count + 1, sizeof *pids);

    for (size_t i = 0; i < count; i++)
        if (all[i].group == ready->leader || all[i].session == ready->leader)
            pids[members++] = all[i].pid;
    int answer = os_listens(pids, members, connection);
    free(pids);
    free(all);
    return answer != 0; /* where it cannot be told, whoever answers is right */
}

/* ---- READY=1, WATCHDOG=1 ------------------------------------------------ */

static void on_watchdog(uv_timer_t *timer)
{
    struct ready *ready = timer->data;

    ready->watcher->on_unwell(ready->owner, "it no longer says WATCHDOG=1");
}

static void feed_watchdog(struct ready *ready)
{
    if (ready->watchdog && ready->is_ready && !ready->frozen)
        uv_timer_start(ready->watchdog, on_watchdog,
                       ready->spec.alive_interval_ms, 0);
}

static void on_message(void *owner, const struct notify_message *message)
{
    struct ready *ready = owner;

    if (message->has_status)
        ready->watcher->on_status(ready->owner, message->status);
    if (message->watchdog)
        feed_watchdog(ready);
    if (message->watchdog_failed && ready->watchdog)
        ready->watcher->on_unwell(ready->owner, "it said WATCHDOG=trigger");
    if (message->ready && !ready->is_ready &&
        (waits_for_word(ready) || ready->spec.ready->kind == READINESS_AUTO))
        become_ready(ready, true);
    else if (message->ready)
        ready->watcher->on_ready(ready->owner, true);
}

/* Another user cannot enter the session's directory: without a path the socket
 * has no file but a name that nobody can guess (os_notify.h). */
static const char *socket_folder(const struct ready_spec *spec)
{
    bool other = spec->account && spec->account->uid != geteuid();

    return other ? "" : spec->session_path;
}

static bool open_socket(struct ready *ready, struct cause *why)
{
    static const struct notify_watcher watcher = {belongs, on_message};
    const struct ready_spec *spec = &ready->spec;
    char interval[32];

    if (spec->session < 0)
        return true;
    ready->notify =
        notify_create(spec->loop, spec->session, socket_folder(spec),
                      spec->name, spec->run, &watcher, ready, why);
    if (!ready->notify)
        return !waits_for_word(ready) && !is_watched_by_word(ready);
    environment_set(&ready->environment, "NOTIFY_SOCKET",
                    notify_address(ready->notify));
    if (is_watched_by_word(ready)) {
        snprintf(interval, sizeof interval, "%" PRIu64,
                 spec->alive_interval_ms * 1000);
        environment_set(&ready->environment, "WATCHDOG_USEC", interval);
        ready->watchdog = mem_new(1, sizeof *ready->watchdog);
        uv_timer_init(spec->loop, ready->watchdog);
        ready->watchdog->data = ready;
    }
    return true;
}

/* ---- probes -------------------------------------------------------------- */

static void on_result(void *owner, bool well, const char *why)
{
    struct ready *ready = owner;

    if (!ready->is_ready && well)
        become_ready(ready, false);
    else if (ready->is_ready && !well)
        ready->watcher->on_unwell(ready->owner, why);
}

static enum probe_kind probe_kind(enum readiness_kind kind)
{
    switch (kind) {
    case READINESS_TCP: return PROBE_TCP;
    case READINESS_UNIX: return PROBE_UNIX;
    case READINESS_HTTP: return PROBE_HTTP;
    case READINESS_EXEC: return PROBE_EXEC;
    default: return PROBE_DELAY;
    }
}

static bool is_probe(enum readiness_kind kind)
{
    return kind == READINESS_TCP || kind == READINESS_UNIX ||
           kind == READINESS_HTTP || kind == READINESS_EXEC ||
           kind == READINESS_DELAY;
}

/* What was checked when the settings were read cannot fail here but for want of
 * descriptors: then the process is as it would be with a probe that fails. */
static void start_probe(struct ready *ready, const struct readiness *what,
                        bool alive)
{
    static const struct probe_watcher watcher = {on_result, owns};
    struct cause why;

    ready->probe_spec = (struct probe_spec){
        .kind = probe_kind(what->kind),
        .host = what->host,
        .port = (uint16_t)what->port,
        .path = what->path,
        .match = what->pattern,
        .command = what->command,
        .delay_ms = what->delay_ms,
        .interval_ms = alive ? ready->spec.alive_interval_ms : 0,
        .directory = ready->spec.directory,
        .env = ready->probe_env,
        .null = ready->spec.null,
        .descriptors = ready->spec.descriptors,
        .account = ready->spec.account,
        .alive = alive,
    };
    ready->probe = probe_create(ready->spec.loop, &ready->probe_spec, &watcher,
                                ready, &why);
    if (!ready->probe)
        ready->watcher->on_unwell(ready->owner, why.text);
}

static void stop_probe(struct ready *ready)
{
    if (ready->probe)
        probe_close(ready->probe);
    ready->probe = NULL;
}

static char **copy_row(char *const *row)
{
    size_t count = 0;

    while (row[count])
        count++;
    char **copy = mem_new(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_string(row[i]);
    return copy;
}

static void release_row(char **row)
{
    for (char **string = row; string && *string; string++)
        free(*string);
    free(row);
}

/* ---- from birth to end ---------------------------------------------------- */

struct ready *ready_create(const struct ready_spec *spec,
                           const struct ready_watcher *watcher, void *owner,
                           struct cause *why)
{
    struct ready *ready = mem_new(1, sizeof *ready);

    ready->spec = *spec;
    ready->watcher = watcher;
    ready->owner = owner;
    if (spec->ready->kind == READINESS_LOG)
        ready->match = logmatch_create(spec->ready->pattern, why);
    if (open_socket(ready, why) &&
        (ready->match || spec->ready->kind != READINESS_LOG))
        return ready;
    ready_close(ready);
    return NULL;
}

const struct environment *ready_environment(const struct ready *ready)
{
    return &ready->environment;
}

bool ready_started(struct ready *ready, char *const *env, pid_t leader)
{
    enum readiness_kind kind = ready->spec.ready->kind;

    ready->leader = leader;
    if (is_probe(kind) || is_probe(ready->spec.alive->kind))
        ready->probe_env = copy_row(env);
    if (is_probe(kind))
        start_probe(ready, ready->spec.ready, false);
    return kind == READINESS_AUTO && !ready->spec.notifies;
}

void ready_watch(struct ready *ready)
{
    ready->is_ready = true;
    stop_probe(ready);
    feed_watchdog(ready);
    if (is_probe(ready->spec.alive->kind) && !ready->frozen)
        start_probe(ready, ready->spec.alive, true);
}

void ready_freeze(struct ready *ready, bool frozen)
{
    const struct readiness *asked =
        ready->is_ready ? ready->spec.alive : ready->spec.ready;

    ready->frozen = frozen;
    stop_probe(ready);
    if (ready->watchdog)
        uv_timer_stop(ready->watchdog);
    if (frozen)
        return;
    feed_watchdog(ready);
    if (is_probe(asked->kind))
        start_probe(ready, asked, ready->is_ready);
}

void ready_read(struct ready *ready, const struct span *span)
{
    for (size_t i = 0; i < span->count && ready->match && !ready->is_ready; i++)
        if (logmatch_line(ready->match, span->text + span->lines[i].at,
                          span->lines[i].len))
            become_ready(ready, false);
}

void ready_ended(struct ready *ready, bool well)
{
    stop_probe(ready);
    if (ready->watchdog)
        uv_timer_stop(ready->watchdog);
    if (ready->notify)
        notify_drain(ready->notify);
    if (well && ready->spec.ready->kind == READINESS_EXIT)
        become_ready(ready, false);
}

bool ready_child_ended(struct ready *ready, pid_t pid, int code, int signum)
{
    return ready->probe && probe_child_ended(ready->probe, pid, code, signum);
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer);
}

void ready_close(struct ready *ready)
{
    if (!ready)
        return;
    stop_probe(ready);
    if (ready->notify)
        notify_close(ready->notify);
    if (ready->watchdog)
        uv_close((uv_handle_t *)ready->watchdog, on_timer_closed);
    logmatch_close(ready->match);
    release_row(ready->probe_env);
    environment_release(&ready->environment);
    free(ready);
}
