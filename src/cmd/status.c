#include "procman/ask.h"

static int run_status(const struct command *command,
                      const struct options *options)
{
    (void)command;
    ask_print_fn *print =
        options->word_count ? ask_print_table_and_lines : ask_print_table;

    return ask_statuses(options, options->words, options->word_count,
                        options->json ? ask_print_json : print);
}

const struct command command_status = {
    .name = "status",
    .usage = "[--json] [NAME...]",
    .brief = "Show how the processes are",
    .help =
        "A table: state, pid, how long it has been up, how often it was\n"
        "restarted, its last exit, and what it says of itself (STATUS= of\n"
        "sd_notify) or what it waits for. Columns that are empty are left "
        "out.\n"
        "Of a process that is named and has failed the last lines follow.\n"
        "With --json everything, for programs. \"procman run status\" shows\n"
        "goreman's lines: \"*name\" if it runs, \" name\" if it does not.\n",
    .run = run_status,
};
