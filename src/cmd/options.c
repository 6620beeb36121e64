#include "procman/command.h"
#include "procman/mem.h"
#include "procman/stamp.h"
#include "procman/values.h"
#include "procman/words.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
    SWITCH,
    TEXT,
    LIST,
    DURATION,
    WAIT,
    NUMBER,
    PORT,
    COLOR,
    CHOICE,
    PROCFILE,
    SIZE
};

/* One without words about it is another name for the one before it. */
struct option {
    const char *name;
    enum kind kind;
    size_t at;         /* in struct options */
    const char *value; /* of a choice: its words */
    const char *brief;
    const char *commands; /* the only ones that take it; NULL: all do */
};

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
    {"f", PROCFILE, AT(procfile), "FILE", "the Procfile (Procfile)", NULL},
    {"procfile", PROCFILE, AT(procfile), NULL, NULL, NULL},
    {"basedir", TEXT, AT(basedir), "DIR", "work in this directory", NULL},
    {"env", TEXT, AT(env), "FILE,...", "files with variables (.env)", NULL},
    {"m", TEXT, AT(formation), "NAME=N,...", "how many instances of each",
     "start check exec"},
    {"formation", TEXT, AT(formation), NULL, NULL, "start check exec"},
    {"n", TEXT, AT(name), "NAME", "as this process would run", "exec"},
    {"b", PORT, AT(base_port), "PORT", "first PORT to hand out (5000)", NULL},
    {"set-ports", SWITCH, AT(set_ports), NULL,
     "set PORT for each process (true)", NULL},
    {"exit-on-error", SWITCH, AT(exit_on_error), NULL,
     "stop all when one fails", NULL},
    {"exit-on-stop", SWITCH, AT(exit_on_stop), NULL,
     "end when all have ended (true)", NULL},
    {"logtime", SWITCH, AT(logtime), NULL, "show the time (true)", NULL},
    {"time", CHOICE, AT(time), "off time ms rfc3339 elapsed", "how to show it",
     "start logs"},
    {"prefix", CHOICE, AT(prefix), "full name none",
     "what stands in front of each line", "start logs"},
    {"mark-stderr", SWITCH, AT(mark_stderr), NULL,
     "! in place of | before stderr", "start logs"},
    {"format", CHOICE, AT(format), "text json", "lines, or objects",
     "start logs"},
    {"level", CHOICE, AT(level), "all trace debug info warn error fatal",
     "hide lines below it", "start"},
    {"raw", SWITCH, AT(raw), NULL, "let escape sequences act on the terminal",
     "start logs"},
    {"log-dir", TEXT, AT(log_dir), "DIR", "a log of each process, one of all",
     "start"},
    {"spill-limit", SIZE, AT(spill_limit), "SIZE",
     "kept on disk for a slow reader (1G)", "start"},
    {"overflow", CHOICE, AT(overflow), "block drop", "beyond that limit",
     "start"},
    {"follow", SWITCH, AT(follow), NULL, "go on with what comes (-f)", "logs"},
    {"f", SWITCH, AT(follow), NULL, NULL, "logs"},
    {"lines", TEXT, AT(lines), "N", "only the last ones (-n)", "logs"},
    {"n", TEXT, AT(lines), NULL, NULL, "logs"},
    {"since", TEXT, AT(since), "WHEN", "nothing older: 10m, 14:05, a date",
     "logs"},
    {"run", TEXT, AT(run), "WHICH", "of one run: current, last or its number",
     "logs"},
    {"grep", TEXT, AT(grep), "REGEX", "only lines that match", "logs"},
    {"until", TEXT, AT(until), "REGEX", "end with the first line that matches",
     "logs"},
    {"color", COLOR, AT(color), "WHEN", "auto, always or never", NULL},
    {"rpc-server", SWITCH, AT(rpc_server), NULL, "listen for commands (true)",
     NULL},
    {"p", TEXT, AT(rpc_port), "PORT", "goreman's; there is no port any more",
     NULL},
    {"config", TEXT, AT(config), "FILE", "settings (procman.ini beside it)",
     NULL},
    {"session", TEXT, AT(session), "NAME", "talk to this session", NULL},
    {"x", LIST, AT(excluded), "NAME,...", "not these: names, patterns, @groups",
     "start run stop restart status list wait signal pause resume "
     "logs"},
    {"wait", WAIT, AT(wait), "[TIME]", "until they are ready, for so long",
     "start run restart reload"},
    {"timeout", DURATION, AT(timeout_ms), "TIME", "wait no longer: 30s, 2m",
     "wait start run restart reload logs"},
    {"ready", SWITCH, AT(ready), NULL, "until they are ready (the default)",
     "wait"},
    {"stopped", SWITCH, AT(stopped), NULL, "until nothing of them is left",
     "wait"},
    {"exited", SWITCH, AT(exited), NULL, "until their present run is over",
     "wait"},
    {"with-dependents", SWITCH, AT(with_dependents), NULL,
     "first whoever starts after them", "stop run"},
    {"group", SWITCH, AT(whole_group), NULL, "to all of its process group",
     "signal"},
    {"rolling", SWITCH, AT(rolling), NULL,
     "one after another, when the last one is ready again",
     "restart run reload"},
    {"max-unavailable", NUMBER, AT(max_unavailable), "N",
     "--rolling: so many may be down at once (1)", "restart run"},
    {"last", TEXT, AT(last), "NAME", "--rolling: this one last, the leader",
     "restart run"},
    {"min-ready", NUMBER, AT(min_ready), "N",
     "refuse to leave fewer ready in a group", "stop restart run"},
    {"force", SWITCH, AT(force), NULL, "do it all the same",
     "stop restart run"},
    {"strict", SWITCH, AT(strict), NULL, "a warning is a failure", "check"},
    {"show", SWITCH, AT(show), NULL, "what each will run with, and why",
     "check"},
    {"json", SWITCH, AT(json), NULL, "everything there is, for programs",
     "status run"},
    {"detach-key", TEXT, AT(detach_key), "KEY",
     "leaves the process: ctrl-] if not given, or none", "attach"},
    {"read-only", SWITCH, AT(read_only), NULL, "only watch", "attach"},
    {"no-enter", SWITCH, AT(no_enter), NULL, "without Enter behind it", "send"},
    {"end", SWITCH, AT(end), NULL, "its input ends here", "send"},
    {"dry-run", SWITCH, AT(dry_run), NULL, "only say what would be done",
     "reload add scale"},
    {"help", SWITCH, AT(help), NULL, "explain the command", NULL},
    {"h", SWITCH, AT(help), NULL, NULL, NULL},
    {"version", SWITCH, AT(version), NULL, "print the version", NULL},
};
enum { OPTIONS = sizeof table / sizeof *table };

_Static_assert(sizeof table / sizeof *table <= 64, "`given` has too few bits");

static uint64_t bit_of(const char *name)
{
    size_t at = 0;

    while (strcmp(table[at].name, name) != 0)
        at++;
    return UINT64_C(1) << at;
}

static bool takes(const struct command *command, const struct option *option)
{
    const char *at = option->commands;
    size_t len = strlen(command->name);

    while (at && *at) {
        size_t word = strcspn(at, " ");
        if (word == len && strncmp(at, command->name, len) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return at == NULL;
}

static void describe(struct option_words *to, const struct option *option)
{
    char *left = to->left;
    size_t room = sizeof to->left;
    size_t at =
        (size_t)snprintf(left, room, "%s%s",
                         strlen(option->name) > 1 ? "--" : "-", option->name);

    if (option->value)
        snprintf(left + at, room - at, " %s", option->value);
    for (char *blank = left + at + 1; option->kind == CHOICE && *blank; blank++)
        if (*blank == ' ')
            *blank = '|';
    to->brief = option->brief;
}

bool options_next(const struct command *command, size_t *at,
                  struct option_words *to)
{
    while (*at < OPTIONS) {
        const struct option *option = &table[(*at)++];
        bool its_own = option->commands && command && takes(command, option);
        if (option->brief && (command ? its_own : option->commands == NULL)) {
            describe(to, option);
            return true;
        }
    }
    return false;
}

bool options_print(FILE *to, const struct command *command)
{
    struct option_words words;
    size_t at = 0;
    bool any = false;

    for (; options_next(command, &at, &words); any = true) {
        if (!any && command)
            fputs("\nOptions:\n", to);
        fprintf(to, "  %-18s  %s\n", words.left, words.brief);
    }
    return any;
}

/* ---- values ----------------------------------------------------------- */

/* The words of Go's flag package, goreman's. */
static bool read_switch(bool *to, const char *name, const char *value,
                        struct cause *why)
{
    static const char *const words[] = {"false", "0",     "f",    "F",
                                        "FALSE", "False", "true", "1",
                                        "t",     "T",     "TRUE", "True"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0) {
            *to = i >= 6;
            return true;
        }
    return cause_say(why, "-%s is true or false, not \"%s\"", name, value);
}

static bool read_port(unsigned *to, const char *name, const char *value,
                      struct cause *why)
{
    char *end;

    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno || *end || end == value || number < 1 || number > 65535)
        return cause_say(why, "-%s is a port from 1 to 65535, not \"%s\"", name,
                         value);
    *to = (unsigned)number;
    return true;
}

static bool read_color(enum color_choice *to, const char *name,
                       const char *value, struct cause *why)
{
    static const char *const words[] = {[COLOR_AUTO] = "auto",
                                        [COLOR_ALWAYS] = "always",
                                        [COLOR_NEVER] = "never"};

    for (int i = COLOR_AUTO; i <= COLOR_NEVER; i++)
        if (strcmp(value, words[i]) == 0) {
            *to = (enum color_choice)i;
            return true;
        }
    return cause_say(why, "-%s is auto, always or never, not \"%s\"", name,
                     value);
}

/* The first one is "the" Procfile, for whoever takes only one. */
static void add_procfile(struct options *options, const char *path)
{
    if (!options->procfile) {
        options->procfile = path;
        return;
    }
    options->more_procfiles =
        mem_resize(options->more_procfiles, options->more_procfile_count + 1,
                   sizeof *options->more_procfiles);
    options->more_procfiles[options->more_procfile_count++] = path;
}

/* It may be given more than once: all of them count. */
static bool add_to_list(char **to, const char *name, const char *value,
                        struct cause *why)
{
    char *list = *to ? mem_format("%s,%s", *to, value) : mem_string(value);

    free(*to);
    *to = list;
    return *value || cause_say(why, "-%s needs a name", name);
}

static bool read_duration(uint64_t *to, const char *name, const char *value,
                          struct cause *why)
{
    return value_duration(to, value, why) || cause_prefix(why, "-%s", name);
}

static bool read_number(uint64_t *to, const char *name, const char *value,
                        struct cause *why)
{
    char *end;

    errno = 0;
    *to = strtoull(value, &end, 10);
    return (*value >= '0' && *value <= '9' && !*end && !errno) ||
           cause_say(why, "-%s is a number, not %s", name,
                     value_quoted(value).text);
}

/* --wait, or --wait 30s, which is --wait --timeout 30s. */
static bool read_wait(struct options *options, const char *value,
                      struct cause *why)
{
    if (!read_duration(&options->timeout_ms, "wait", value, why))
        return read_switch(&options->wait, "wait", value, why);
    options->wait = true;
    options->given |= bit_of("timeout");
    return true;
}

static bool set(struct options *options, const struct option *option,
                const char *value, struct cause *why)
{
    void *at = (char *)options + option->at;

    switch (option->kind) {
    case SWITCH: return read_switch(at, option->name, value, why);
    case LIST: return add_to_list(at, option->name, value, why);
    case DURATION: return read_duration(at, option->name, value, why);
    case WAIT: return read_wait(options, value, why);
    case NUMBER: return read_number(at, option->name, value, why);
    case PORT: return read_port(at, option->name, value, why);
    case COLOR: return read_color(at, option->name, value, why);
    case CHOICE:
        return value_choice(at, value, option->value, why) ||
               cause_prefix(why, "-%s", option->name);
    case PROCFILE: add_procfile(options, value); return true;
    case SIZE:
        return value_size(at, value, why) ||
               cause_prefix(why, "-%s", option->name);
    case TEXT: break;
    }
    *(const char **)at = value;
    return true;
}

/* ---- the line --------------------------------------------------------- */

/* A row of words with the next one to look at. */
struct line {
    char **words;
    int at, count;
};

/* Behind a command, one of its own comes before one of the same name. */
static const struct option *find_option(const struct command *command,
                                        const char *word, const char *name,
                                        size_t len, struct cause *why)
{
    const char *known[OPTIONS];
    const struct option *found = NULL;

    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &table[i];
        known[i] = option->name;
        if (strlen(known[i]) != len || strncmp(known[i], name, len) != 0)
            continue;
        if (!found || (command && option->commands && takes(command, option)))
            found = option;
    }
    if (found)
        return found;
    char *bare = mem_string_of(name, len);
    const char *nearest = words_nearest(bare, known, OPTIONS);
    free(bare);
    if (nearest)
        cause_say(why, "unknown option \"%s\"; did you mean \"%s%s\"?", word,
                  strlen(nearest) > 1 ? "--" : "-", nearest);
    else
        cause_say(why, "unknown option \"%s\"; see \"procman help\"", word);
    return NULL;
}

/* The next word, which may be missing. */
static bool is_duration(const struct line *line)
{
    struct cause none;
    uint64_t ms;

    return line->at < line->count &&
           value_duration(&ms, line->words[line->at], &none);
}

/* "-name", "--name", "-name=value", "-name value". */
static bool read_option(struct options *options, const struct command *command,
                        struct line *line, struct cause *why)
{
    const char *word = line->words[line->at++];
    const char *name = word + (word[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = find_option(command, word, name, len, why);

    if (!option)
        return false;
    options->given |= UINT64_C(1) << (option - table);
    if (equals)
        return set(options, option, equals + 1, why);
    if (option->kind == SWITCH || (option->kind == WAIT && !is_duration(line)))
        return set(options, option, "true", why);
    if (line->at == line->count)
        return cause_say(why, "%s needs a value", word);
    return set(options, option, line->words[line->at++], why);
}

static bool read_line(struct options *options, const struct command **command,
                      struct line *line, struct cause *why)
{
    bool dashes = false;

    while (line->at < line->count) {
        char *word = line->words[line->at];
        bool option = !dashes && word[0] == '-' && word[1] != '\0';
        if (option && strcmp(word, "--") == 0) {
            dashes = true;
            line->at++;
        } else if (option) {
            if (!read_option(options, *command, line, why))
                return false;
        } else {
            line->at++;
            if (*command)
                options->words[options->word_count++] = word;
            else if (!command_choose(command, word, why))
                return false;
            if (!dashes)
                options->words_before_dashes = options->word_count;
            dashes = dashes || ((*command)->runs_words && options->word_count);
        }
    }
    return true;
}

static bool takes_procfiles(const struct command *command)
{
    return strcmp(command->name, "start") == 0 ||
           strcmp(command->name, "check") == 0 ||
           strcmp(command->name, "exec") == 0;
}

/* What is said of a Procfile can be meant for one only. */
static bool check_procfiles(const struct options *options,
                            const struct command *command, struct cause *why)
{
    if (options->more_procfile_count == 0)
        return true;
    if (!takes_procfiles(command))
        return cause_say(why,
                         "\"%s\" takes one -f; several are for \"start\", "
                         "\"check\" and \"exec\"",
                         command->name);
    if (options->config || options->formation)
        return cause_say(why,
                         "%s speaks of one Procfile, and there are %zu: "
                         "say it in the settings beside each",
                         options->config ? "--config" : "-m",
                         options->more_procfile_count + 1);
    return true;
}

bool options_suit(const struct options *options, const struct command *command,
                  struct cause *why)
{
    if (!command || options->help || options->version)
        return true;
    for (size_t i = 0; i < OPTIONS; i++)
        if ((options->given >> i & 1) && !takes(command, &table[i]))
            return cause_say(why,
                             "\"%s\" has no option --%s; it is for \"%s\"; "
                             "see \"procman help\"",
                             command->name, table[i].name, table[i].commands);
    return check_procfiles(options, command, why);
}

bool options_read(struct options *options, const struct command **command,
                  int argc, char **argv, struct cause *why)
{
    struct line line = {argv, 1, argc};

    *command = NULL;
    *options = (struct options){.set_ports = true,
                                .exit_on_stop = true,
                                .logtime = true,
                                .time = STAMP_TIME,
                                .rpc_server = true};
    options->words = mem_new((size_t)argc + 1, sizeof *options->words);
    if (read_line(options, command, &line, why) &&
        options_suit(options, *command, why))
        return true;
    options_release(options);
    return false;
}

void options_release(struct options *options)
{
    free(options->words);
    free(options->more_procfiles);
    free(options->excluded);
    *options = (struct options){0};
}

bool options_given(const struct options *options, const char *name)
{
    size_t at = 0;

    while (strcmp(table[at].name, name) != 0)
        at++;
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].at == table[at].at && (options->given >> i & 1))
            return true;
    return false;
}

/* goreman's -logtime is the short way to say --time, which wins. */
static void fill_time(struct options *options, const struct settings *settings,
                      const struct session_settings *session)
{
    bool here = options_given(options, "logtime");

    if (options_given(options, "time"))
        return;
    if (!here && settings_has(settings, NULL, "time"))
        options->time = session->time;
    else if (!options->logtime)
        options->time = STAMP_OFF;
}

static void fill_display(struct options *options,
                         const struct settings *settings,
                         const struct session_settings *session)
{
    if (!options_given(options, "logtime"))
        options->logtime = session->logtime;
    fill_time(options, settings, session);
    if (!options_given(options, "prefix"))
        options->prefix = session->prefix;
    if (!options_given(options, "mark-stderr"))
        options->mark_stderr = session->mark_stderr;
    if (!options_given(options, "format"))
        options->format = session->format;
    if (!options_given(options, "level"))
        options->level = session->level;
    if (!options_given(options, "raw"))
        options->raw = session->raw;
    if (!options_given(options, "spill-limit"))
        options->spill_limit = session->spill_limit;
    if (!options_given(options, "overflow"))
        options->overflow = session->overflow;
    if (!options_given(options, "color"))
        options->color = (enum color_choice)session->color;
}

bool options_agree(const struct options *options, struct cause *why)
{
    static const char *const for_rolling[] = {"max-unavailable", "last"};

    for (size_t i = 0; i < sizeof for_rolling / sizeof *for_rolling; i++)
        if (!options->rolling && options_given(options, for_rolling[i]))
            return cause_say(why, "--%s is for --rolling", for_rolling[i]);
    return options->wait || options->rolling ||
           !options_given(options, "timeout") ||
           cause_say(why, "--timeout is for --wait");
}

void options_fill(struct options *options, const struct settings *settings)
{
    struct session_settings session;

    settings_of_session(settings, &session);
    fill_display(options, settings, &session);
    if (!options->base_port && session.base_port > 0)
        options->base_port = (unsigned)session.base_port;
    if (!options_given(options, "set-ports"))
        options->set_ports = session.set_ports;
    if (!options_given(options, "exit-on-error"))
        options->exit_on_error = session.exit_on_error;
    if (!options_given(options, "exit-on-stop"))
        options->exit_on_stop = session.exit_on_stop;
    if (!options_given(options, "rpc-server"))
        options->rpc_server = session.rpc_server;
    session_settings_release(&session);
}

void options_blueprint(const struct options *options,
                       struct blueprint *blueprint)
{
    const char *formation = options->formation;

    *blueprint = (struct blueprint){
        .formation = formation ? mem_string(formation) : NULL,
        .base_port = options->base_port,
        .set_ports =
            options_given(options, "set-ports") ? options->set_ports : -1,
    };
    blueprint_add(blueprint, options_procfile(options), options->env,
                  options->config, NULL);
    for (size_t i = 0; i < options->more_procfile_count; i++)
        blueprint_add(blueprint, options->more_procfiles[i], options->env, NULL,
                      NULL);
}

const char *options_procfile(const struct options *options)
{
    return options->procfile ? options->procfile : "Procfile";
}

bool options_enter(const struct options *options, struct cause *why)
{
    if (options->basedir && chdir(options->basedir) != 0)
        return cause_say(why, "cannot work in %s: %s", options->basedir,
                         strerror(errno));
    return true;
}
