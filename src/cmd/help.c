#include "procman/command.h"
#include "procman/words.h"

#include <stdio.h>

static int run_help(const struct command *command,
                    const struct options *options)
{
    struct cause why;

    (void)command;
    if (options->word_count == 0) {
        command_print_help(stdout, NULL);
        return EXIT_DONE;
    }
    const struct command *about = command_find(options->words[0]);
    if (about) {
        command_print_help(stdout, about);
        return EXIT_DONE;
    }
    cause_say(&why, "there is no command \"%s\"; see \"procman help\"",
              options->words[0]);
    return command_fail(EXIT_USAGE, &why);
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .brief = "Explain procman or one of its commands",
    .help = "The same as COMMAND --help.\n",
    .run = run_help,
};
