#include "procman/ask.h"

static int run_restart(const struct command *command,
                       const struct options *options)
{
    return ask_names(command, options, VERB_RESTART, options->words,
                     options->word_count);
}

const struct command command_restart = {
    .name = "restart",
    .usage = "NAME...",
    .brief = "Restart processes of the running session",
    .help =
        "Returns when they have been started again, with --wait when they "
        "are ready.\nOne that does not run is started. All of them: procman "
        "run restart-all\n"
        "\n"
        "With --rolling one after another: the next when the one before is "
        "ready again,\nso that a cluster keeps its quorum. Those that are "
        "down are started first. It\nstops, with exit code 1, at one that "
        "does not come back within 30 s (--wait).\n",
    .run = run_restart,
};
