#include "procman/ask.h"
#include "procman/bytetext.h"
#include "procman/conversation.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/os_file.h"
#include "procman/os_pty.h"
#include "raw_terminal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define NO_KEY (-1)

struct attach {
    struct conversation talk;
    const char *name;
    const char *key_name; /* of the key that detaches */
    int key;              /* its byte; NO_KEY: none */
    bool on_terminal;     /* we are typed into */
    bool only_looks;
    bool input_ended;
    bool greeted;
    bool over;
    int code;
    struct reply reply;
};

/* ---- the key that detaches ------------------------------------------------ */

/* "ctrl-x" or "^x", as a terminal sends it. */
static bool read_key(const char *word, int *key, struct cause *why)
{
    const char *letter = word;

    *key = NO_KEY;
    if (strcmp(word, "none") == 0)
        return true;
    if (strncmp(word, "ctrl-", 5) == 0)
        letter = word + 5;
    else if (word[0] == '^' && word[1])
        letter = word + 1;
    int upper = toupper((unsigned char)letter[0]);
    if (letter == word || letter[1] || upper < '@' || upper > '_')
        return cause_say(why,
                         "--detach-key is ctrl- and a letter or one of "
                         "@[\\]^_, or none, not \"%s\"",
                         word);
    *key = upper - '@';
    return true;
}

/* ---- to the session -------------------------------------------------------- */

static void say_typed(struct attach *attach, const char *bytes, size_t len)
{
    struct buf text = {0}, line = {0};

    if (len == 0)
        return;
    bytetext_encode(&text, bytes, len);
    buf_add_string(&line, "{\"bytes\": ");
    jsontext_add_string(&line, text.data);
    buf_add_string(&line, "}\n");
    conversation_say(&attach->talk, line.data, line.len);
    buf_release(&text);
    buf_release(&line);
}

static void say_window(struct attach *attach)
{
    struct os_window window;

    if (!attach->on_terminal || !os_window_of(STDIN_FILENO, &window))
        return;
    char *line = mem_format("{\"columns\": %u, \"rows\": %u}\n", window.columns,
                            window.rows);
    conversation_say(&attach->talk, line, strlen(line));
    free(line);
}

/* ---- to the user ----------------------------------------------------------- */

static void tell(const struct attach *attach, const char *text)
{
    fprintf(stderr, "%sprocman: %s%s\n", attach->on_terminal ? "\r" : "", text,
            attach->on_terminal ? "\r" : "");
}

static void greet(struct attach *attach, bool types)
{
    char *text;

    if (attach->only_looks)
        text = mem_format("watching %s", attach->name);
    else if (types)
        text = mem_format("attached to %s", attach->name);
    else
        text = mem_format("somebody else is typing into %s; you are watching",
                          attach->name);
    if (attach->on_terminal && attach->key != NO_KEY) {
        char *whole = mem_format("%s; %s detaches", text, attach->key_name);
        free(text);
        text = whole;
    }
    if (attach->greeted && types)
        tell(attach, "you may type now");
    else if (!attach->greeted)
        tell(attach, text);
    attach->greeted = true;
    free(text);
}

static void take_part(struct attach *attach, const json_t *part)
{
    const char *text = json_string_value(json_object_get(part, "bytes"));
    const json_t *types = json_object_get(part, "types");
    struct buf bytes = {0};

    if (text && bytetext_decode(&bytes, text) && bytes.len &&
        !os_write_all(STDOUT_FILENO, bytes.data, bytes.len))
        attach->over = true; /* nobody looks any more */
    buf_release(&bytes);
    if (types)
        greet(attach, json_is_true(types));
    if (types && !attach->over)
        say_window(attach);
}

static void take_line(struct attach *attach, const char *line, size_t len)
{
    struct cause why;
    json_t *object = jsontext_object(line, len, &why);

    if (object && !json_object_get(object, "code")) {
        take_part(attach, object);
    } else {
        attach->over = true;
        attach->code = EXIT_NOT_DONE;
        if (reply_decode(&attach->reply, line, len, &why))
            attach->code = attach->reply.code;
        else
            tell(attach, why.text);
    }
    json_decref(object);
}

/* ---- the wait --------------------------------------------------------------- */

static void hear_session(struct attach *attach)
{
    struct cause why;
    const char *line;
    size_t len;

    if (!conversation_receive(&attach->talk, &why)) {
        tell(attach, why.text);
        attach->over = true;
        attach->code = EXIT_NOT_DONE;
    }
    while (!attach->over &&
           (line = conversation_line(&attach->talk, &len)) != NULL)
        take_line(attach, line, len);
}

/* What was typed before the key still counts. */
static void hear_user(struct attach *attach)
{
    static const char end[] = "{\"end\": true}\n";
    char bytes[4096];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    char *key = NULL;

    if (count < 0 && errno == EINTR)
        return;
    if (count <= 0) {
        attach->input_ended = true;
        conversation_say(&attach->talk, end, strlen(end));
        return;
    }
    if (attach->on_terminal && attach->key != NO_KEY)
        key = memchr(bytes, attach->key, (size_t)count);
    say_typed(attach, bytes, key ? (size_t)(key - bytes) : (size_t)count);
    if (key) {
        attach->over = true;
        tell(attach, "detached");
    }
}

static int converse(struct attach *attach)
{
    struct raw_terminal_news news = {0};
    int connection = attach->talk.connection;
    fd_set readable;

    while (!attach->over && !news.signum) {
        FD_ZERO(&readable);
        FD_SET(connection, &readable);
        if (attach->greeted && !attach->input_ended)
            FD_SET(STDIN_FILENO, &readable);
        int ready = pselect(connection + 1, &readable, NULL, NULL, NULL,
                            raw_terminal_signals());
        news = raw_terminal_news();
        if (news.resized)
            say_window(attach);
        if (ready <= 0)
            continue;
        if (FD_ISSET(connection, &readable))
            hear_session(attach);
        if (!attach->over && FD_ISSET(STDIN_FILENO, &readable))
            hear_user(attach);
    }
    return news.signum;
}

static void die_of(int signum)
{
    signal(signum, SIG_DFL);
    raise(signum);
    sigprocmask(SIG_SETMASK, raw_terminal_signals(), NULL);
}

static int attach_to(struct attach *attach, const struct request *request)
{
    char *text = request_encode(request);

    conversation_say(&attach->talk, text, strlen(text));
    free(text);
    attach->on_terminal = raw_terminal_begin();
    int signum = converse(attach);
    raw_terminal_end();
    if (signum)
        die_of(signum);
    int code = attach->code;
    if (attach->reply.outcome_count || attach->reply.error)
        code = ask_print(&attach->reply);
    reply_release(&attach->reply);
    conversation_release(&attach->talk);
    return code;
}

static int run_attach(const struct command *command,
                      const struct options *options)
{
    struct request request = {
        .verb = VERB_ATTACH, .names = options->words, .name_count = 1};
    struct attach attach = {
        .key_name = options->detach_key ? options->detach_key : "ctrl-]",
        .only_looks = options->read_only};
    struct cause why;

    if (options->word_count != 1) {
        cause_say(&why, "attach to which process? (usage: procman attach %s)",
                  command->usage);
        return command_fail(EXIT_USAGE, &why);
    }
    if (!read_key(attach.key_name, &attach.key, &why))
        return command_fail(EXIT_USAGE, &why);
    attach.name = options->words[0];
    attach.talk.connection = ask_connect(options, options->words, 1);
    if (attach.talk.connection < 0)
        return EXIT_NOT_DONE;
    if (options->read_only)
        request_add_option(&request, "read-only", "yes");
    int code = attach_to(&attach, &request);
    request_release_options(&request);
    close(attach.talk.connection);
    return code;
}

const struct command command_attach = {
    .name = "attach",
    .usage = "NAME",
    .brief = "Type into a process, and see what it writes",
    .help =
        "Connects this terminal to a process that has \"tty = yes\" or\n"
        "\"stdin = pipe\" in procman.ini: every key goes to it, Ctrl-C too,\n"
        "and what it writes is shown as it writes it. Ctrl-] detaches; the\n"
        "process goes on. The first who attaches types, others watch, and\n"
        "follow when that one leaves. Ends with code 0 when the process has\n"
        "ended or the key was pressed.\n",
    .run = run_attach,
};
