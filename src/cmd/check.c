#include "procman/buf.h"
#include "procman/command.h"
#include "procman/inputs.h"

#include <stdio.h>
#include <unistd.h>

extern char **environ;

static void print_names(const struct instances *instances)
{
    fputs("valid procfile detected (", stdout);
    for (size_t i = 0; i < instances->count; i++)
        printf("%s%s", i ? ", " : "", instances->all[i].name);
    puts(")");
}

static int fail_with(struct notes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++)
        fprintf(stderr, "procman: %s\n", mistakes->texts[i]);
    notes_release(mistakes);
    return EXIT_USAGE;
}

static void show_one(const struct settings *settings, const char *name,
                     const char *command)
{
    struct buf text = {0};

    printf("%s: %s\n", name, command);
    settings_show(settings, name, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_release(&text);
}

static void show(const struct inputs *inputs)
{
    struct buf session = {0};

    puts("[procman]");
    settings_show(&inputs->settings, NULL, &session);
    fwrite(session.data, 1, session.len, stdout);
    buf_release(&session);
    for (size_t i = 0; i < inputs->instances.count; i++)
        show_one(&inputs->settings, inputs->instances.all[i].name,
                 inputs->instances.all[i].entry->command);
}

static int check(const struct command *command, const struct options *options)
{
    struct inputs_choice choice = {
        .procfile = options_procfile(options),
        .env = options->env,
        .config = options->config,
        .inherited = environ,
        .formation = options->formation,
    };
    struct inputs inputs;
    struct notes mistakes = {0};
    struct cause why = {{0}};

    (void)command;
    if (!options_enter(options, &why))
        return command_fail(EXIT_USAGE, &why);
    if (!inputs_read(&inputs, &choice, &mistakes, &why))
        return fail_with(&mistakes);
    for (size_t i = 0; i < inputs.warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n", inputs.warnings.texts[i]);
    if (options->show)
        show(&inputs);
    else
        print_names(&inputs.instances);
    bool flawless = inputs.warnings.count == 0;
    inputs_release(&inputs);
    return options->strict && !flawless ? EXIT_NOT_DONE : EXIT_DONE;
}

const struct command command_check = {
    .name = "check",
    .usage = "[--strict] [--show]",
    .brief = "Say whether the Procfile and .env can be used",
    .help = "Reads the Procfile and the .env files as `start` would, and runs\n"
            "nothing. Prints the names of the processes, and on stderr every\n"
            "line that was ignored, with its place. Exit code 0; 2 if the\n"
            "files cannot be used; with --strict, 1 if there was a warning.\n"
            "With --show prints what each process will run with, and where\n"
            "each value comes from.\n",
    .run = check,
};
