#include "ask_inside.h"
#include "procman/client.h"
#include "procman/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

/* A session that is itself suspended cannot tell us that time is up. */
#define GRACE_MS 1000

uint64_t ask_clock_ms(void)
{
    return uv_hrtime() / 1000000;
}

uint64_t ask_deadline(const struct options *options)
{
    return options_given(options, "timeout")
               ? ask_clock_ms() + options->timeout_ms
               : 0;
}

/* What is left of the time is the session's to keep, and ours. */
static void add_timeout(struct request *request, int connection,
                        uint64_t deadline_ms)
{
    uint64_t now = ask_clock_ms();
    uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, left);
    request_add_option(request, "timeout", text);
    client_be_patient(connection, left + GRACE_MS);
}

static int fail(const struct cause *why, uint64_t deadline_ms)
{
    bool late = deadline_ms && ask_clock_ms() >= deadline_ms;

    return command_fail(late ? EXIT_TIMED_OUT : EXIT_NOT_DONE, why);
}

static void say_late(uint64_t timeout_ms)
{
    struct cause why;

    cause_say(&why, "not within %s", words_duration(timeout_ms).text);
    command_fail(EXIT_TIMED_OUT, &why);
}

int ask_wait(int connection, const struct options *options, char **names,
             size_t name_count, uint64_t deadline_ms)
{
    const char *what = options->stopped  ? "stopped"
                       : options->exited ? "exited"
                                         : "ready";
    struct request request = {
        .verb = VERB_WAIT, .names = names, .name_count = name_count};
    struct reply reply;
    struct cause why = {{0}};
    int code;

    request_add_option(&request, "for", what);
    if (options->excluded)
        request_add_option(&request, "exclude", options->excluded);
    if (deadline_ms)
        add_timeout(&request, connection, deadline_ms);
    if (client_ask(connection, &request, &reply, &why)) {
        code = ask_print(&reply);
        if (code == EXIT_TIMED_OUT && !reply.error)
            say_late(options->timeout_ms);
        reply_release(&reply);
    } else {
        code = fail(&why, deadline_ms);
    }
    request_release_options(&request);
    return code;
}
