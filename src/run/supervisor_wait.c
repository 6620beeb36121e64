#include "procman/os_notify.h"
#include "procman/words.h"
#include "supervisor_inside.h"

static void say_ready(struct supervisor *supervisor, size_t count,
                      uint64_t took_ms)
{
    struct words took = words_duration(took_ms);

    if (count == 1)
        output_say(supervisor->config.output, "the process is ready after %s",
                   took.text);
    else
        output_say(supervisor->config.output,
                   "all %zu processes are ready after %s", count, took.text);
}

/* To a service manager that has started us (Type=notify of systemd). */
static void announce(const struct supervisor *supervisor)
{
    const char *address = supervisor->config.announce;
    struct cause why;

    if (address && *address && !os_notify_say(address, "READY=1", &why))
        output_say(supervisor->config.output, "warning: %s", why.text);
}

static void say_not_ready(struct supervisor *supervisor,
                          const struct reply *reply)
{
    for (size_t i = 0; i < reply->outcome_count; i++)
        output_say(supervisor->config.output, "%s", reply->outcomes[i].text);
    if (reply->code == 124)
        output_say(supervisor->config.output,
                   "not all are ready within %s: stopping all",
                   words_duration(supervisor->config.wait_timeout_ms).text);
    else
        output_say(supervisor->config.output,
                   "not all can become ready: stopping all");
}

/* Who ends procman meanwhile knows why, and its code is another one. */
static void on_over(void *owner, const struct reply *reply, size_t count,
                    uint64_t took_ms)
{
    struct supervisor *supervisor = owner;

    if (reply->code == 0) {
        say_ready(supervisor, count, took_ms);
        announce(supervisor);
        return;
    }
    if (supervisor->result.signum)
        return;
    say_not_ready(supervisor, reply);
    supervisor->result.code = reply->code;
    supervisor_begin_stopping(supervisor);
    supervisor_check_end(supervisor);
}

void supervisor_await_start(struct supervisor *supervisor)
{
    if (supervisor->config.wait && supervisor->queued_count > 0)
        waiters_add_start(&supervisor->waiters, &supervisor->roster,
                          supervisor->config.wait_timeout_ms, on_over,
                          supervisor);
}
