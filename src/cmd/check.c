#include "procman/buf.h"
#include "procman/command.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The later source wins over the earlier (plan.h); free() it. */
static char *origin_of_port(const struct settings *settings,
                            const struct instance *instance)
{
    static const char at_first[] = "PORT=";
    const struct environment *file = instance->file_values;
    const char *name = instance->name;

    if (strncmp(instance->entry->command, at_first, strlen(at_first)) == 0)
        return mem_string("its command");
    if (settings_has(settings, name, "env.PORT"))
        return settings_origin(settings, name, "env.PORT");
    if (file && environment_get(file, "PORT"))
        return settings_origin(settings, name, "env-file");
    if (settings_has(settings, name, "port"))
        return settings_origin(settings, name, "port");
    return mem_string("its place");
}

/* Not what somebody has said, but what comes of it. */
static void show_port(const struct settings *settings,
                      const struct instance *instance,
                      const struct plan_process *process)
{
    const char *port = environment_get(&process->own, "PORT");
    char *origin = origin_of_port(settings, instance);

    if (port && words_printable(port))
        printf("  %-17s  %-22s  %s\n", "PORT", port, origin);
    free(origin);
}

static void show_one(const struct settings *settings,
                     const struct instance *instance,
                     const struct plan_process *process)
{
    struct buf text = {0};

    printf("%s: %s\n", instance->name, instance->entry->command);
    settings_show(settings, instance->name, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_release(&text);
    show_port(settings, instance, process);
}

static void show(const struct inputs *inputs, const struct plan *plan)
{
    struct buf session = {0};

    puts("[procman]");
    settings_show(&inputs->settings, NULL, &session);
    fwrite(session.data, 1, session.len, stdout);
    buf_release(&session);
    for (size_t i = 0; i < inputs->instances.count; i++)
        show_one(&inputs->settings, &inputs->instances.all[i],
                 &plan->processes[i]);
}

static int report(const struct draft *draft, const struct options *options)
{
    for (size_t i = 0; i < draft->warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n", draft->warnings.texts[i]);
    for (size_t i = 0; options->show && i < draft->count; i++)
        show(&draft->inputs[i], &draft->plans[i]);
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
