#include "ask_inside.h"
#include "procman/mem.h"
#include "procman/os_pty.h"
#include "procman/status_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ask_statuses(const struct options *options, char **names, size_t name_count,
                 ask_print_fn *print)
{
    struct request request = {
        .verb = VERB_STATUS, .names = names, .name_count = name_count};
    int code = EXIT_NOT_DONE;
    struct reply reply;
    int connection = ask_connect_to(options, names, name_count, true, 0);

    if (connection < 0)
        return code;
    if (options->excluded)
        request_add_option(&request, "exclude", options->excluded);
    if (ask_reply(connection, &request, &reply)) {
        code = ask_print(&reply);
        if (code == EXIT_DONE)
            print(&reply);
        reply_release(&reply);
    }
    request_release_options(&request);
    close(connection);
    return code;
}

void ask_print_names(const struct reply *reply)
{
    for (size_t i = 0; i < reply->status_count; i++)
        ask_print_line(reply->statuses[i].name);
}

void ask_print_stars(const struct reply *reply)
{
    for (size_t i = 0; i < reply->status_count; i++) {
        putchar(reply->statuses[i].pid ? '*' : ' ');
        ask_print_line(reply->statuses[i].name);
    }
}

void ask_print_table(const struct reply *reply)
{
    struct os_window window = {0};

    os_window_of(STDOUT_FILENO, &window); /* none: as wide as it gets */
    char *text =
        status_table(reply->statuses, reply->status_count, window.columns);

    fputs(text, stdout);
    free(text);
}

void ask_print_table_and_lines(const struct reply *reply)
{
    ask_print_table(reply);
    for (size_t i = 0; i < reply->status_count; i++) {
        char *rest = reply->statuses[i].last_lines;
        if (!rest)
            continue;
        char *title =
            mem_format("the last lines of %s:", reply->statuses[i].name);
        ask_print_line(title);
        free(title);
        for (char *line; (line = strtok_r(NULL, "\n", &rest));) {
            fputs("    ", stdout);
            ask_print_line(line);
        }
    }
}

void ask_print_json(const struct reply *reply)
{
    char *text = status_json(reply->statuses, reply->status_count);

    fputs(text, stdout);
    free(text);
}
