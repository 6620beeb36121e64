#include "procman/ask.h"
#include "procman/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ask_session(const struct options *options, char *const *names,
                       size_t name_count, bool looks_only)
{
    struct client_choice choice = {
        .session = options->session,
        .procfile = options->procfile,
        .inherited = getenv("PROCMAN_SESSION"),
        .names = names,
        .name_count = name_count,
        .looks_only = looks_only,
    };
    struct cause why = {{0}};
    int connection = -1;

    if (options_enter(options, &why))
        connection = client_connect(&choice, &why);
    if (connection < 0)
        command_fail(EXIT_NOT_DONE, &why);
    return connection;
}

int ask_connect(const struct options *options, char *const *names,
                size_t name_count)
{
    return ask_session(options, names, name_count, false);
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
static void print_line(const char *text)
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
        print_line(reply->outcomes[i].text);
    if (reply->error) {
        struct cause why;
        cause_say(&why, "%s", reply->error);
        command_fail(reply->code, &why);
    }
    return reply->code;
}

int ask(const struct options *options, const struct request *request)
{
    int code = EXIT_NOT_DONE;
    struct reply reply;
    int connection = ask_connect(options, request->names, request->name_count);

    if (connection < 0)
        return code;
    if (ask_reply(connection, request, &reply)) {
        code = ask_print(&reply);
        reply_release(&reply);
    }
    close(connection);
    return code;
}

typedef void print_fn(const struct reply *reply);

static int ask_statuses(const struct options *options, char **names,
                        size_t name_count, print_fn *print)
{
    struct request request = {
        .verb = VERB_STATUS, .names = names, .name_count = name_count};
    int code = EXIT_NOT_DONE;
    struct reply reply;
    int connection = ask_session(options, names, name_count, true);

    if (connection < 0)
        return code;
    if (ask_reply(connection, &request, &reply)) {
        code = ask_print(&reply);
        if (code == EXIT_DONE)
            print(&reply);
        reply_release(&reply);
    }
    close(connection);
    return code;
}

static void print_names(const struct reply *reply)
{
    for (size_t i = 0; i < reply->status_count; i++)
        print_line(reply->statuses[i].name);
}

static void print_stars(const struct reply *reply)
{
    for (size_t i = 0; i < reply->status_count; i++) {
        putchar(reply->statuses[i].pid ? '*' : ' ');
        print_line(reply->statuses[i].name);
    }
}

static void print_json(const struct reply *reply)
{
    char *text = status_json(reply->statuses, reply->status_count);

    fputs(text, stdout);
    free(text);
}

int ask_list(const struct options *options, char **names, size_t name_count)
{
    return ask_statuses(options, names, name_count, print_names);
}

int ask_status(const struct options *options, char **names, size_t name_count)
{
    return ask_statuses(options, names, name_count,
                        options->json ? print_json : print_stars);
}
