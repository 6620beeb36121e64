#include "procman/ask.h"

static int run_pause(const struct command *command,
                     const struct options *options)
{
    return ask_names(command, options, VERB_PAUSE, options->words,
                     options->word_count);
}

static int run_resume(const struct command *command,
                      const struct options *options)
{
    return ask_names(command, options, VERB_RESUME, options->words,
                     options->word_count);
}

const struct command command_pause = {
    .name = "pause",
    .usage = "NAME...",
    .brief = "Hold processes where they are, without ending them",
    .help =
        "SIGSTOP to them and their process groups. Meanwhile nobody asks them\n"
        "whether they are ready or alive. \"procman resume\" lets them go on;\n"
        "stop and restart work as ever.\n",
    .run = run_pause,
};

const struct command command_resume = {
    .name = "resume",
    .usage = "NAME...",
    .brief = "Let processes go on that have been paused",
    .help = "SIGCONT to them and their process groups.\n",
    .run = run_resume,
};
