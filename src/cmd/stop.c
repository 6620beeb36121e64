#include "procman/ask.h"

static int run_stop(const struct command *command,
                    const struct options *options)
{
    return ask_names(command, options, VERB_STOP, options->words,
                     options->word_count);
}

const struct command command_stop = {
    .name = "stop",
    .usage = "NAME...",
    .brief = "Stop processes of the running session",
    .help =
        "Returns when they and all that they started have ended; exit code\n"
        "1 if one had to be killed. One that does not run is fine. Who starts\n"
        "after them (after = of procman.ini) goes on, but for\n"
        "--with-dependents: then those are stopped before them.\n"
        "With --min-ready 2 nobody is stopped if that would leave fewer than "
        "two\nready in a group.\n",
    .run = run_stop,
};
