#include "procman/ask.h"
#include "procman/mem.h"
#include "procman/pattern.h"
#include "procman/words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST_VERB VERB_STATUS

static int say_usage(const struct command *command, const char *problem)
{
    struct cause why;

    cause_say(&why, "%s (usage: procman run %s)", problem, command->usage);
    return command_fail(EXIT_USAGE, &why);
}

/* Whose options the verb takes. */
static const struct command *command_of(enum verb verb)
{
    switch (verb) {
    case VERB_START_ALL: return &command_start;
    case VERB_STOP_ALL: return &command_stop;
    case VERB_RESTART_ALL: return &command_restart;
    default: return command_find(verb_word(verb));
    }
}

/* As if the verb were the command. */
static int run_as_command(const struct command *command,
                          const struct options *options)
{
    struct options own = *options;

    own.words++;
    own.word_count--;
    own.words_before_dashes--;
    return command->run(command, &own);
}

static int run_for_all(const struct command *command,
                       const struct options *options, enum verb verb)
{
    struct request request = {.verb = verb};
    struct cause why;

    if (options->word_count > 1)
        return say_usage(command, "that is for all, without names");
    if (options->with_dependents)
        return say_usage(command, "all are stopped, dependents too");
    if (!options_agree(options, &why))
        return command_fail(EXIT_USAGE, &why);
    return ask(options, &request);
}

static int run_verb(const struct command *command,
                    const struct options *options, enum verb verb)
{
    char **names = options->words + 1;
    size_t count = options->word_count - 1;
    struct cause why;

    if (!options_suit(options, command_of(verb), &why))
        return command_fail(EXIT_USAGE, &why);
    switch (verb) {
    case VERB_STATUS:
        return ask_statuses(options, names, count,
                            options->json ? ask_print_json : ask_print_stars);
    case VERB_START: return ask_names(command, options, verb, names, count);
    case VERB_RESTART:
        if (count == 0) /* goreman's */
            return run_for_all(command, options, VERB_RESTART_ALL);
        return run_as_command(&command_restart, options);
    case VERB_START_ALL:
    case VERB_STOP_ALL:
    case VERB_RESTART_ALL: return run_for_all(command, options, verb);
    default: return run_as_command(command_of(verb), options);
    }
}

/* What the first word could have been: a verb, or a process of the session. */
static int say_unknown(const char *word, const struct reply *list)
{
    size_t count = LAST_VERB + 1 + list->status_count;
    const char **known = mem_new(count, sizeof *known);
    struct cause why;

    for (int verb = 0; verb <= LAST_VERB; verb++)
        known[verb] = verb_word((enum verb)verb);
    for (size_t i = 0; i < list->status_count; i++)
        known[LAST_VERB + 1 + i] = list->statuses[i].name;
    const char *nearest = words_nearest(word, known, count);
    if (nearest)
        cause_say(&why,
                  "\"%s\" is neither a verb nor a process; did you mean "
                  "\"%s\"?",
                  word, nearest);
    else
        cause_say(&why, "\"%s\" is neither a verb nor a process", word);
    free(known);
    return command_fail(EXIT_USAGE, &why);
}

/* Who is in a group, and that nobody is, the session knows. */
static bool may_mean(const char *word, const struct reply *list)
{
    for (size_t i = 0; i < list->status_count; i++)
        if (pattern_means(word, list->statuses[i].name,
                          list->statuses[i].entry))
            return true;
    return *word == '@' || pattern_is(word);
}

/* `run NAME...` restarts, after a look whether the first word is a name. */
static int restart_on(int connection, const struct options *options)
{
    struct request look = {.verb = VERB_LIST};
    struct request request = {.verb = VERB_RESTART,
                              .names = options->words,
                              .name_count = options->word_count};
    struct reply list;
    int code = EXIT_NOT_DONE;

    if (!ask_reply(connection, &look, &list))
        return code;
    if (!may_mean(options->words[0], &list)) {
        code = say_unknown(options->words[0], &list);
    } else {
        code = ask_on(connection, options, &request);
    }
    reply_release(&list);
    return code;
}

static int restart_names(const struct options *options)
{
    struct cause why;

    if (!options_suit(options, &command_restart, &why) ||
        !options_agree(options, &why))
        return command_fail(EXIT_USAGE, &why);
    int connection = ask_connect(options, options->words, options->word_count);
    if (connection < 0)
        return EXIT_NOT_DONE;
    int code = restart_on(connection, options);
    close(connection);
    return code;
}

static int run_run(const struct command *command, const struct options *options)
{
    enum verb verb = VERBS;

    if (options->word_count == 0)
        return say_usage(command, "run what?");
    if (options->words_before_dashes > 0)
        verb = verb_find(options->words[0]);
    if (verb > LAST_VERB)
        verb = VERBS; /* those of later commands are no words of `run` */
    return verb == VERBS ? restart_names(options)
                         : run_verb(command, options, verb);
}

const struct command command_run = {
    .name = "run",
    .usage = "[VERB] [NAME...]",
    .brief = "Tell the running session what to do",
    .help = "Verbs:\n"
            "  start NAME...      start what does not run\n"
            "  stop NAME...       stop, and wait until it has ended\n"
            "  restart [NAME...]  stop and start again; without names: all\n"
            "  start-all, stop-all, restart-all\n"
            "  status [NAME...]   \"*name\" if it runs, \" name\" if not\n"
            "  list [NAME...]     the names alone\n"
            "Without a verb the processes are restarted. A process that is "
            "called like a verb\nstands behind \"--\": procman run restart -- "
            "stop\n",
    .run = run_run,
};
