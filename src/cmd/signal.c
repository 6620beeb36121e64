#include "procman/ask.h"
#include "procman/values.h"

#include <stdio.h>

static int run_signal(const struct command *command,
                      const struct options *options)
{
    struct request request = {.verb = VERB_SIGNAL};
    struct cause why;
    char number[16];
    int signum;

    if (options->word_count == 0 ||
        (options->word_count == 1 && !options->excluded)) {
        cause_say(&why, "which %s? (usage: procman %s %s)",
                  options->word_count ? "process" : "signal", command->name,
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (!value_signal(&signum, options->words[0], &why))
        return command_fail(EXIT_USAGE, &why);
    snprintf(number, sizeof number, "%d", signum);
    request.names = options->words + 1;
    request.name_count = options->word_count - 1;
    request_add_option(&request, "signal", number);
    if (options->whole_group)
        request_add_option(&request, "group", "yes");
    return ask(options, &request);
}

const struct command command_signal = {
    .name = "signal",
    .usage = "SIGNAL NAME...",
    .brief = "Send a signal to processes of the running session",
    .help =
        "SIGNAL is a name, with or without SIG, or a number. It goes to the\n"
        "process itself; with --group to all of its process group. STOP and\n"
        "CONT are the same as pause and resume. If the process ends by it, it\n"
        "has ended by itself: its settings say whether that is a failure and\n"
        "whether it is started again. To stop one, see \"procman stop\".\n",
    .run = run_signal,
};
