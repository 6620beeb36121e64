#include "procman/ask.h"

static int run_list(const struct command *command,
                    const struct options *options)
{
    (void)command;
    return ask_statuses(options, options->words, options->word_count,
                        ask_print_names);
}

const struct command command_list = {
    .name = "list",
    .usage = "[NAME...]",
    .brief = "List the processes of the running session",
    .help = "One name a line, in the order of the Procfile.\n",
    .run = run_list,
};
