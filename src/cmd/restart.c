#include "procman/ask.h"

static int run_restart(const struct command *command,
                       const struct options *options)
{
    struct request request = {.verb = VERB_RESTART,
                              .names = options->words,
                              .name_count = options->word_count};
    struct cause why;

    if (options->word_count)
        return ask(options, &request);
    cause_say(&why,
              "which process? (usage: procman %s %s; all of them: procman run "
              "restart-all)",
              command->name, command->usage);
    return command_fail(EXIT_USAGE, &why);
}

const struct command command_restart = {
    .name = "restart",
    .usage = "NAME...",
    .brief = "Restart processes of the running session",
    .help = "Returns when they have been started again. One that does not run "
            "is started.\n",
    .run = run_restart,
};
