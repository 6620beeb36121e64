#include "ask_inside.h"

#include <unistd.h>

static int run_wait(const struct command *command,
                    const struct options *options)
{
    uint64_t deadline_ms = ask_deadline(options);
    struct cause why;

    (void)command;
    if (options->ready + options->stopped + options->exited > 1) {
        cause_say(&why, "one of --ready, --stopped and --exited, not several");
        return command_fail(EXIT_USAGE, &why);
    }
    int connection =
        ask_connect_to(options, options->words, options->word_count, true,
                       deadline_ms ? options->timeout_ms : 0);
    if (connection < 0)
        return deadline_ms && ask_clock_ms() >= deadline_ms ? EXIT_TIMED_OUT
                                                            : EXIT_NOT_DONE;
    int code = ask_wait(connection, options, options->words,
                        options->word_count, deadline_ms);
    close(connection);
    return code;
}

const struct command command_wait = {
    .name = "wait",
    .usage = "[--ready | --stopped | --exited] [--timeout TIME] [NAME...]",
    .brief = "Wait until processes are ready, stopped, or have ended",
    .help =
        "Without names: for all that are meant to run, which is not who has\n"
        "been stopped, or was never started. Ready is also a task that has\n"
        "ended well. With --timeout it waits for the session to begin, too.\n"
        "\n"
        "Exit code 0 as soon as it is so; 1 as soon as it cannot become so by\n"
        "itself (a process has failed for good, waits for one that has, or "
        "was\n"
        "stopped), with the reason; 124 when the time is up, with who is "
        "late.\n"
        "--exited: 1 if one of them has failed.\n",
    .run = run_wait,
};
