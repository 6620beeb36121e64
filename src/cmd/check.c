#include "procman/command.h"
#include "procman/inputs.h"

#include <stdio.h>
#include <unistd.h>

extern char **environ;

static void print_names(const struct procfile *procfile)
{
    fputs("valid procfile detected (", stdout);
    for (size_t i = 0; i < procfile->count; i++)
        printf("%s%s", i ? ", " : "", procfile->entries[i].name);
    puts(")");
}

static int check(const struct command *command, const struct options *options)
{
    struct inputs inputs;
    struct cause why = {{0}};

    (void)command;
    if (!options_enter(options, &why) ||
        !inputs_read(&inputs, options_procfile(options), options->env, environ,
                     &why))
        return command_fail(EXIT_USAGE, &why);
    for (size_t i = 0; i < inputs.warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n", inputs.warnings.texts[i]);
    print_names(&inputs.procfile);
    bool flawless = inputs.warnings.count == 0;
    inputs_release(&inputs);
    return options->strict && !flawless ? EXIT_NOT_DONE : EXIT_DONE;
}

const struct command command_check = {
    .name = "check",
    .usage = "[--strict]",
    .brief = "Say whether the Procfile and .env can be used",
    .help = "Reads the Procfile and the .env files as `start` would, and runs\n"
            "nothing. Prints the names of the processes, and on stderr every\n"
            "line that was ignored, with its place. Exit code 0; 2 if the\n"
            "files cannot be used; with --strict, 1 if there was a warning.\n",
    .run = check,
};
