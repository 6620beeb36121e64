#include "procman/command.h"
#include "procman/words.h"

#include <stdio.h>
#include <string.h>

const struct command *const commands[] = {
    &command_check,
    &command_start,
    &command_run,
    &command_exec,
    &command_stop,
    &command_restart,
    &command_list,
    &command_status,
    &command_wait,
    &command_logs,
    &command_attach,
    &command_send,
    &command_signal,
    &command_pause,
    &command_resume,
    &command_reload,
    &command_add,
    &command_remove,
    &command_scale,
    &command_log_reopen,
    &command_help,
    &command_version,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

bool command_choose(const struct command **command, const char *word,
                    struct cause *why)
{
    const char *known[sizeof commands / sizeof *commands - 1];
    size_t count = sizeof known / sizeof *known;

    for (size_t i = 0; i < count; i++)
        known[i] = commands[i]->name;
    *command = command_find(word);
    if (*command)
        return true;
    const char *nearest = words_nearest(word, known, count);
    if (nearest)
        return cause_say(why, "unknown command \"%s\"; did you mean \"%s\"?",
                         word, nearest);
    return cause_say(why, "unknown command \"%s\"; see \"procman help\"", word);
}

/* A sentence may hold what came from outside; none of it may reach the
 * terminal as a control character. */
int command_fail(int code, const struct cause *why)
{
    char text[sizeof why->text];
    size_t len = 0;

    for (; why->text[len]; len++) {
        unsigned char byte = (unsigned char)why->text[len];
        text[len] = byte < 0x20 || byte == 0x7f ? '?' : why->text[len];
    }
    text[len] = '\0';
    fprintf(stderr, "procman: %s\n", text);
    return code;
}

static void print_overview(FILE *to)
{
    fputs("usage: procman [OPTION...] COMMAND [NAME...]\n\nCommands:\n", to);
    for (size_t i = 0; commands[i]; i++)
        fprintf(to, "  %-10s  %s\n", commands[i]->name, commands[i]->brief);
    fputs("\nOptions, with one or two dashes, before or behind the command:\n",
          to);
    options_print(to, NULL);
    fputs(
        "\n\"procman help COMMAND\" says more about a command, \"procman help "
        "settings\"\nabout procman.ini.\n",
        to);
}

void command_print_help(FILE *to, const struct command *command)
{
    if (!command) {
        print_overview(to);
        return;
    }
    fprintf(to, "usage: procman %s%s%s\n\n%s.\n\n%s", command->name,
            *command->usage ? " " : "", command->usage, command->brief,
            command->help);
    options_print(to, command);
}
