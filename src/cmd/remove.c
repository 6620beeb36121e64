#include "procman/ask.h"

static int run_remove(const struct command *command,
                      const struct options *options)
{
    struct request request = {.verb = VERB_REMOVE,
                              .names = options->words,
                              .name_count = options->word_count};
    struct cause why;

    if (options->word_count)
        return ask_telling(options, &request);
    cause_say(&why, "which process? (usage: procman %s %s)", command->name,
              command->usage);
    return command_fail(EXIT_USAGE, &why);
}

const struct command command_remove = {
    .name = "remove",
    .usage = "NAME...",
    .brief = "Stop processes and forget them",
    .help =
        "The session does not know them any more when they have been stopped.\n"
        "A file that was added and has no process left is forgotten too; a\n"
        "\"reload\" brings back what the other files still say.\n",
    .run = run_remove,
};
