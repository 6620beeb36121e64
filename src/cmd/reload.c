#include "procman/ask.h"

#include <inttypes.h>
#include <stdio.h>

static bool set_patience(struct request *request, const struct options *options,
                         struct cause *why)
{
    bool wait = options_given(options, "wait");
    bool time = options_given(options, "timeout");
    char number[24];

    if (!wait && !time)
        return true;
    if (!options->rolling)
        return cause_say(why, "--%s is for --rolling",
                         wait ? "wait" : "timeout");
    if (!time)
        return cause_say(why, "--wait needs a time: --wait=30s");
    snprintf(number, sizeof number, "%" PRIu64, options->timeout_ms);
    request_add_option(request, "patience", number);
    return true;
}

static int run_reload(const struct command *command,
                      const struct options *options)
{
    struct request request = {.verb = VERB_RELOAD};
    struct cause why;
    int code;

    if (options->word_count) {
        cause_say(&why, "\"%s\" takes no names (usage: procman %s %s)",
                  command->name, command->name, command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (options->dry_run)
        request_add_option(&request, "dry-run", "yes");
    if (options->rolling)
        request_add_option(&request, "rolling", "yes");
    if (set_patience(&request, options, &why))
        code = ask_telling(options, &request);
    else
        code = command_fail(EXIT_USAGE, &why);
    request_release_options(&request);
    return code;
}

const struct command command_reload = {
    .name = "reload",
    .usage = "[--dry-run] [--rolling [--wait TIME]]",
    .brief = "Read the files again, and touch only what has changed",
    .help =
        "The running session reads its Procfiles, .env files and settings\n"
        "again and says what becomes of each process:\n"
        "\n"
        "  + web                 added\n"
        "  - clock               removed\n"
        "  ~ etcd1 (command)     changed: it needs a new run\n"
        "  = db (stop-timeout)   taken over while it runs\n"
        "  = proxy               kept\n"
        "\n"
        "Then it does that: who is removed or changed is stopped in the order\n"
        "of a shutdown, then all that is to run is started, each when those "
        "it\n"
        "starts after are ready. With --rolling those that have changed are\n"
        "restarted one after another, the next when the one before is ready\n"
        "again; one that is not within --wait (30s) ends the roll, and the "
        "rest\n"
        "stays as it was. What has been stopped by hand stays stopped.\n"
        "\n"
        "A file with a mistake changes nothing (exit code 2), and neither "
        "does\n"
        "--dry-run.\n",
    .run = run_reload,
};
