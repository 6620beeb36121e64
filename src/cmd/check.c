#include "procman/buf.h"
#include "procman/command.h"
#include "procman/mem.h"

#include <stdio.h>
#include <unistd.h>

extern char **environ;

static void print_names(const struct draft *draft)
{
    const char *between = "";

    fputs("valid procfile detected (", stdout);
    for (size_t i = 0; i < draft->count; i++)
        for (size_t k = 0; k < draft->plans[i].count; k++) {
            printf("%s%s", between, draft->plans[i].processes[k].name);
            between = ", ";
        }
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

static int report(const struct draft *draft, const struct options *options)
{
    for (size_t i = 0; i < draft->warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n", draft->warnings.texts[i]);
    for (size_t i = 0; options->show && i < draft->count; i++)
        show(&draft->inputs[i]);
    if (!options->show)
        print_names(draft);
    return options->strict && draft->warnings.count ? EXIT_NOT_DONE : EXIT_DONE;
}

static int check(const struct command *command, const struct options *options)
{
    struct blueprint blueprint;
    struct draft draft;
    struct notes mistakes = {0};
    struct cause why = {{0}};
    int code;

    (void)command;
    if (!options_enter(options, &why))
        return command_fail(EXIT_USAGE, &why);
    options_blueprint(options, &blueprint);
    blueprint.inherited = environ;
    blueprint.session = mem_string("");
    if (draft_read(&draft, &blueprint, CLASH_IS_A_MISTAKE, &mistakes, &why)) {
        code = report(&draft, options);
        draft_release(&draft);
    } else {
        code = fail_with(&mistakes);
    }
    blueprint_release(&blueprint);
    return code;
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
