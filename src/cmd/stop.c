#include "procman/ask.h"

static int run_stop(const struct command *command,
                    const struct options *options)
{
    struct request request = {.verb = VERB_STOP,
                              .names = options->words,
                              .name_count = options->word_count};
    struct cause why;

    if (options->word_count)
        return ask(options, &request);
    cause_say(&why, "which process? (usage: procman %s %s)", command->name,
              command->usage);
    return command_fail(EXIT_USAGE, &why);
}

const struct command command_stop = {
    .name = "stop",
    .usage = "NAME...",
    .brief = "Stop processes of the running session",
    .help = "Returns when they and all that they started have ended; exit code "
            "1 if one\nhad to be killed. One that does not run is fine.\n",
    .run = run_stop,
};
