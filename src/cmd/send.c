#include "procman/ask.h"
#include "procman/bytetext.h"

static int run_send(const struct command *command,
                    const struct options *options)
{
    struct request request = {
        .verb = VERB_SEND, .names = options->words, .name_count = 1};
    struct buf typed = {0}, text = {0};
    struct cause why;

    if (options->word_count == 0 ||
        (options->word_count == 1 && !options->end)) {
        cause_say(&why, "%s (usage: procman send %s)",
                  options->word_count ? "send what?" : "to which process?",
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    for (size_t i = 1; i < options->word_count; i++) {
        buf_add_string(&typed, i > 1 ? " " : "");
        buf_add_string(&typed, options->words[i]);
    }
    if (typed.len) {
        bytetext_encode(&text, typed.data, typed.len);
        request_add_option(&request, "text", text.data);
    }
    if (options->word_count > 1 && !options->no_enter)
        request_add_option(&request, "enter", "yes");
    if (options->end)
        request_add_option(&request, "end", "yes");
    int code = ask(options, &request);
    request_release_options(&request);
    buf_release(&typed);
    buf_release(&text);
    return code;
}

const struct command command_send = {
    .name = "send",
    .usage = "NAME [TEXT...]",
    .brief = "Type a line into a process",
    .help = "Types the words, with a blank between them, and Enter behind, "
            "into a process\n"
            "that has \"tty = yes\" or \"stdin = pipe\" in procman.ini. With "
            "--no-enter only\n"
            "the words; with --end its input ends: a pipe is closed, a "
            "terminal gets Ctrl-D.\n",
    .run = run_send,
};
