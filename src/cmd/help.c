#include "procman/command.h"
#include "procman/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int explain_settings(void)
{
    char *text = settings_help();

    fputs(text, stdout);
    free(text);
    return EXIT_DONE;
}

static int run_help(const struct command *command,
                    const struct options *options)
{
    const struct command *about = NULL;
    struct cause why;

    (void)command;
    if (options->word_count > 0 && strcmp(options->words[0], "settings") == 0)
        return explain_settings();
    if (options->word_count > 0 && strcmp(options->words[0], "man") == 0) {
        command_print_manual(stdout);
        return EXIT_DONE;
    }
    if (options->word_count > 0 &&
        !command_choose(&about, options->words[0], &why))
        return command_fail(EXIT_USAGE, &why);
    command_print_help(stdout, about);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND | settings | man]",
    .brief = "Explain procman or one of its commands",
    .help =
        "The same as COMMAND --help. \"help settings\" explains every key of\n"
        "procman.ini; \"help man\" is the manual page, for man(1).\n",
    .run = run_help,
};
