#include "procman/ask.h"

static int run_scale(const struct command *command,
                     const struct options *options)
{
    struct request request = {
        .verb = VERB_SCALE, .names = options->words, .name_count = 1};
    struct cause why;
    int code;

    if (options->word_count != 1) {
        cause_say(&why, "one process at a time (usage: procman %s %s)",
                  command->name, command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (options->dry_run)
        request_add_option(&request, "dry-run", "yes");
    struct options whole = *options;
    whole.words = NULL; /* "web=3" is no name that could choose a session */
    whole.word_count = 0;
    code = ask_telling(&whole, &request);
    request_release_options(&request);
    return code;
}

const struct command command_scale = {
    .name = "scale",
    .usage = "NAME=COUNT [--dry-run]",
    .brief = "Run more or fewer instances of a process",
    .help =
        "With web=3 there are web.1, web.2 and web.3, as if the settings said\n"
        "instances = 3: those that run and stay are not touched. It holds, "
        "over\n"
        "every \"reload\", until the session ends.\n",
    .run = run_scale,
};
