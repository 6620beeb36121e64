#include "options_inside.h"
#include "procman/mem.h"
#include "procman/stamp.h"
#include "procman/values.h"
#include "procman/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the first of that name, which is there. */
static size_t place_of(const char *name)
{
    size_t at = 0;

    while (strcmp(options_table[at].name, name) != 0)
        at++;
    return at;
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
    options->given |= UINT64_C(1) << place_of("timeout");
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
    const char *known[OPTIONS_MOST];
    const struct option *found = NULL;

    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        known[i] = option->name;
        if (strlen(known[i]) != len || strncmp(known[i], name, len) != 0)
            continue;
        if (!found ||
            (command && option->commands && option_is_for(option, command)))
            found = option;
    }
    if (found)
        return found;
    char *bare = mem_string_of(name, len);
    const char *nearest = words_nearest(bare, known, options_count);
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
    options->given |= UINT64_C(1) << (option - options_table);
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
    for (size_t i = 0; i < options_count; i++)
        if ((options->given >> i & 1) &&
            !option_is_for(&options_table[i], command))
            return cause_say(why,
                             "\"%s\" has no option --%s; it is for \"%s\"; "
                             "see \"procman help\"",
                             command->name, options_table[i].name,
                             options_table[i].commands);
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
    size_t at = options_table[place_of(name)].at;

    for (size_t i = 0; i < options_count; i++)
        if (options_table[i].at == at && (options->given >> i & 1))
            return true;
    return false;
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
