#include "ask_inside.h"
#include "ask_rolling.h"
#include "procman/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int ask_connect(const struct options *options, char *const *names,
                size_t name_count)
{
    return ask_connect_to(options, names, name_count, false, 0);
}

int ask_connect_to(const struct options *options, char *const *names,
                   size_t name_count, bool looks_only, uint64_t patience_ms)
{
    struct client_choice choice = {
        .session = options->session,
        .procfile = options->procfile,
        .inherited = getenv("PROCMAN_SESSION"),
        .names = names,
        .name_count = name_count,
        .excluded = options->excluded,
        .looks_only = looks_only,
        .patience_ms = patience_ms,
    };
    struct cause why = {{0}};
    int connection = -1;

    if (options_enter(options, &why))
        connection = client_connect(&choice, &why);
    if (connection < 0)
        command_fail(EXIT_NOT_DONE, &why);
    return connection;
}

bool ask_reply(int connection, const struct request *request,
               struct reply *reply)
{
    struct cause why = {{0}};
    bool done = client_ask(connection, request, reply, &why);

    if (!done)
        command_fail(EXIT_NOT_DONE, &why);
    return done;
}

/* Nothing that came from outside may bring control characters along. */
void ask_print_line(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    putchar('\n');
}

int ask_print(const struct reply *reply)
{
    for (size_t i = 0; i < reply->outcome_count; i++)
        ask_print_line(reply->outcomes[i].text);
    if (reply->error) {
        struct cause why;
        cause_say(&why, "%s", reply->error);
        command_fail(reply->code, &why);
    }
    return reply->code;
}

int ask_on(int connection, const struct options *options,
           struct request *request)
{
    uint64_t deadline_ms = ask_deadline(options);
    int code = EXIT_NOT_DONE;
    struct reply reply;

    if (options->excluded)
        request_add_option(request, "exclude", options->excluded);
    ask_add_roll(request, options);
    if (ask_reply_in_steps(connection, request, &reply)) {
        code = ask_print(&reply);
        reply_release(&reply);
    }
    request_release_options(request);
    if (code == EXIT_DONE && options->wait && !options->rolling)
        code = ask_wait(connection, options, request->names,
                        request->name_count, deadline_ms);
    return code;
}

int ask(const struct options *options, struct request *request)
{
    int connection = ask_connect(options, request->names, request->name_count);

    if (connection < 0) {
        request_release_options(request);
        return EXIT_NOT_DONE;
    }
    int code = ask_on(connection, options, request);
    close(connection);
    return code;
}

static enum verb for_all(enum verb verb)
{
    switch (verb) {
    case VERB_START: return VERB_START_ALL;
    case VERB_STOP: return VERB_STOP_ALL;
    case VERB_RESTART: return VERB_RESTART_ALL;
    default: return verb;
    }
}

int ask_names(const struct command *command, const struct options *options,
              enum verb verb, char **names, size_t name_count)
{
    struct request request = {
        .verb = verb, .names = names, .name_count = name_count};
    struct cause why;

    if (name_count == 0 && !options->excluded) {
        cause_say(&why, "which process? (usage: procman %s %s)", command->name,
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (!options_agree(options, &why))
        return command_fail(EXIT_USAGE, &why);
    if (name_count == 0)
        request.verb = for_all(verb);
    if (options->with_dependents)
        request_add_option(&request, "with-dependents", "yes");
    return ask(options, &request);
}

int ask_telling(const struct options *options, const struct request *request)
{
    int code = EXIT_NOT_DONE;
    bool names = request->verb == VERB_REMOVE;
    struct reply reply;
    int connection = ask_connect_to(options, names ? request->names : NULL,
                                    names ? request->name_count : 0, !names, 0);

    if (connection < 0)
        return code;
    if (ask_reply_in_steps(connection, request, &reply)) {
        code = ask_print(&reply);
        reply_release(&reply);
    }
    close(connection);
    return code;
}
