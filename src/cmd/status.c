#include "procman/ask.h"

static int run_status(const struct command *command,
                      const struct options *options)
{
    (void)command;
    return ask_status(options, options->words, options->word_count);
}

const struct command command_status = {
    .name = "status",
    .usage = "[--json] [NAME...]",
    .brief = "Show which processes run",
    .help = "One line for each process: \"*name\" if it runs, \" name\" if it "
            "does not.\nWith --json: name, state, pid, uptime, restarts, last "
            "exit and command.\n",
    .run = run_status,
};
