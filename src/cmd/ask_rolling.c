/* A restart in turns, and the guard of those who must stay. */
#include "ask_rolling.h"
#include "procman/client.h"

#include <inttypes.h>
#include <stdio.h>

static void add_number(struct request *request, const char *key,
                       uint64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, number);
    request_add_option(request, key, text);
}

void ask_add_roll(struct request *request, const struct options *options)
{
    if (options_given(options, "min-ready"))
        add_number(request, "min-ready", options->min_ready);
    if (options->force)
        request_add_option(request, "force", "yes");
    if (!options->rolling)
        return;
    request_add_option(request, "rolling", "yes");
    if (options_given(options, "max-unavailable"))
        add_number(request, "max-unavailable", options->max_unavailable);
    if (options_given(options, "timeout"))
        add_number(request, "patience", options->timeout_ms);
    if (options->last)
        request_add_option(request, "last", options->last);
}

/* Somebody waits for each of them: none stays behind in a buffer. */
static bool print_step(void *owner, const json_t *part)
{
    const char *text = json_string_value(json_object_get(part, "text"));

    (void)owner;
    if (text)
        ask_print_line(text);
    fflush(stdout);
    return true;
}

bool ask_reply_in_steps(int connection, const struct request *request,
                        struct reply *reply)
{
    struct cause why = {{0}};
    bool done =
        client_ask_parts(connection, request, print_step, NULL, reply, &why);

    if (!done)
        command_fail(EXIT_NOT_DONE, &why);
    return done;
}
