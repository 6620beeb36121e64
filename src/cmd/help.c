#include "procman/command.h"

#include <stdio.h>

static int run_help(const struct command *command,
                    const struct options *options)
{
    const struct command *about = NULL;
    struct cause why;

    (void)command;
    if (options->word_count > 0 &&
        !command_choose(&about, options->words[0], &why))
        return command_fail(EXIT_USAGE, &why);
    command_print_help(stdout, about);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .brief = "Explain procman or one of its commands",
    .help = "The same as COMMAND --help.\n",
    .run = run_help,
};
