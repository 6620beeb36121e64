#include "ask_inside.h"
#include "logs_view.h"
#include "procman/conversation.h"
#include "procman/mem.h"
#include "procman/moment.h"
#include "procman/values.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool compile(struct logmatch **to, const char *option,
                    const char *pattern, struct cause *why)
{
    if (!pattern)
        return true;
    *to = logmatch_create(pattern, why);
    return *to || cause_prefix(why, "--%s", option);
}

static void add_number(struct request *request, const char *key,
                       uint64_t number)
{
    char *text = mem_format("%llu", (unsigned long long)number);

    request_add_option(request, key, text);
    free(text);
}

/* If not all lines are shown, only we know which are the last ones. */
static bool take_lines(const struct options *options, struct request *request,
                       struct logs_wish *wish, struct cause *why)
{
    int lines;

    wish->last = UINT64_MAX;
    if (!options->lines)
        return true;
    if (!value_number(&lines, options->lines, 0, INT_MAX, why))
        return cause_prefix(why, "--lines");
    if (options->grep && lines > 0)
        wish->last = (uint64_t)lines;
    else
        add_number(request, "lines", (uint64_t)lines);
    return true;
}

static bool take_since(const struct options *options, struct request *request,
                       struct cause *why)
{
    struct timespec now;
    int64_t since_us;

    if (!options->since)
        return true;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!moment_parse(&since_us, options->since,
                      (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, why))
        return cause_prefix(why, "--since");
    add_number(request, "since", since_us > 0 ? (uint64_t)since_us : 0);
    return true;
}

static bool take_run(const struct options *options, struct request *request,
                     struct cause *why)
{
    const char *run = options->run;
    struct cause none;
    int number;

    if (!run)
        return true;
    if (strcmp(run, "current") != 0 && strcmp(run, "last") != 0 &&
        !value_number(&number, run, 1, INT_MAX, &none))
        return cause_say(why,
                         "--run: %s is none; it is current, last or a number "
                         "from 1 on",
                         value_quoted(run).text);
    request_add_option(request, "run", run);
    return true;
}

static bool take_until(const struct options *options, struct logs_wish *wish,
                       struct cause *why)
{
    bool limited = options_given(options, "timeout");

    if (limited && !options->until)
        return cause_say(why, "--timeout is for --until, which is not there");
    wish->timeout_ms = limited ? options->timeout_ms : 0;
    return compile(&wish->until, "until", options->until, why);
}

static bool understand(const struct options *options, struct request *request,
                       struct logs_wish *wish, struct cause *why)
{
    if (options->follow || options->until)
        request_add_option(request, "follow", "yes");
    if (options->excluded)
        request_add_option(request, "exclude", options->excluded);
    return take_lines(options, request, wish, why) &&
           take_since(options, request, why) &&
           take_run(options, request, why) && take_until(options, wish, why) &&
           compile(&wish->grep, "grep", options->grep, why);
}

static bool send_request(int connection, const struct request *request)
{
    char *text = request_encode(request);
    struct conversation talk = {.connection = connection};
    bool sent = conversation_say(&talk, text, strlen(text));

    free(text);
    return sent;
}

static int tell(const struct options *options, const struct request *request,
                const struct logs_wish *wish)
{
    int connection =
        ask_connect_to(options, options->words, options->word_count, true, 0);

    if (connection < 0)
        return EXIT_NOT_DONE;
    send_request(connection, request); /* if it fails, reading says why */
    int code = logs_view(options, wish, connection);
    close(connection);
    return code;
}

static int run_logs(const struct command *command,
                    const struct options *options)
{
    struct request request = {.verb = VERB_LOGS,
                              .names = options->words,
                              .name_count = options->word_count};
    struct options filled = *options;
    struct settings none = {0};
    struct logs_wish wish = {0};
    struct cause why = {{0}};

    (void)command;
    options_fill(&filled, &none);
    filled.spill_limit = 0; /* when that is full, we read no more */
    filled.overflow = OVERFLOW_BLOCKS;
    int code = understand(options, &request, &wish, &why)
                   ? tell(&filled, &request, &wish)
                   : command_fail(EXIT_USAGE, &why);
    request_release_options(&request);
    logmatch_close(wish.grep);
    logmatch_close(wish.until);
    return code;
}

const struct command command_logs = {
    .name = "logs",
    .usage = "[-f] [-n N] [NAME...]",
    .brief = "Show what the processes have written",
    .help =
        "Shows what the processes (or those that are named) have written so\n"
        "far, as much of it as was kept (setting \"history\"), in the order\n"
        "in which it came, and what procman said about them. With -f it goes\n"
        "on with what comes until the session ends.\n"
        "\n"
        "--grep and --until take POSIX extended regular expressions, looked\n"
        "for anywhere in a line. --until follows, ends with 0 at the first\n"
        "line that matches, which may be an old one (-n 0: only new ones),\n"
        "and with 124 after --timeout. If you read more slowly than they\n"
        "write you are cut off in the end; they never wait for you.\n"
        "\n"
        "-f means the Procfile only in front of the word logs.\n",
    .run = run_logs,
};
