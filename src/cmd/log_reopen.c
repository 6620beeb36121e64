#include "procman/ask.h"

static int run_log_reopen(const struct command *command,
                          const struct options *options)
{
    struct request request = {.verb = VERB_LOG_REOPEN};
    struct cause why;

    if (options->word_count == 0)
        return ask(options, &request);
    cause_say(&why,
              "that is for all log files, without names (usage: procman "
              "%s)",
              command->name);
    return command_fail(EXIT_USAGE, &why);
}

const struct command command_log_reopen = {
    .name = "log-reopen",
    .usage = "",
    .brief = "Open the log files of the running session anew",
    .help = "For whoever has moved them away, as logrotate does. SIGUSR1 to "
            "procman does the\nsame.\n",
    .run = run_log_reopen,
};
