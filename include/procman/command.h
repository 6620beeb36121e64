/* command.h - what stands behind a word of the command line.
 *
 * Each command is one file in src/cmd/ that ends in one const struct command.
 * commands.c holds the table of all, options.c reads the line.  Only commands
 * print, and only they pick exit codes:
 *
 *     0  done
 *     1  not (wholly) done; `check --strict`: there are warnings
 *     2  bad usage or bad input: nothing has been touched
 *   124  it has not happened within --timeout
 *     `start` repeats what its processes did: see start.c
 */
#ifndef PROCMAN_COMMAND_H
#define PROCMAN_COMMAND_H

#include "procman/blueprint.h"
#include "procman/cause.h"
#include "procman/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* The command line, understood.  Strings point into argv. */
struct options {
    const char *procfile;        /* NULL: "Procfile" */
    const char **more_procfiles; /* of -f again */
    size_t more_procfile_count;
    const char *basedir; /* NULL: stay */
    const char *env;     /* comma list of .env files; NULL: ".env", may lack */
    const char *session;
    const char *rpc_port; /* goreman's; not NULL: say that there is none */
    unsigned base_port;   /* 0: not given */
    enum color_choice color;
    int time;   /* enum stamp_style */
    int prefix; /* enum prefix_style */
    int format; /* enum display_format */
    int level;  /* enum level */
    /* True without a word about it: set_ports, exit_on_stop, logtime and
     * rpc_server. */
    bool set_ports, exit_on_error, exit_on_stop, logtime, rpc_server;
    bool mark_stderr, raw;
    bool wait, ready, stopped, exited, with_dependents, whole_group;
    uint64_t timeout_ms; /* if it is given */
    bool rolling, force;
    uint64_t max_unavailable, min_ready; /* if they are given */
    const char *last;                    /* NULL: nobody in particular */
    char *excluded;                      /* a comma list; NULL: nobody */
    uint64_t spill_limit;                /* bytes */
    int overflow;                        /* enum overflow_choice */
    bool strict, json, show, help, version;
    const char *name; /* -n: as which process; NULL: as none */
    bool no_enter, end, read_only;
    bool dry_run;
    const char *detach_key; /* NULL: ctrl-] */
    const char *log_dir;    /* NULL: none */
    bool follow;            /* logs: go on */
    const char *lines;      /* logs: how many; NULL: all, as the others: */
    const char *since;      /* logs */
    const char *run;        /* logs: of which run */
    const char *grep;       /* logs: which lines */
    const char *until;      /* logs: the last line */
    const char *formation;  /* -m: how many of each; NULL: not given */
    const char *config;     /* NULL: procman.ini beside the Procfile */
    uint64_t given;         /* which of the table: see options_given() */
    /* What is no option, without the command: `words[0]` is the first name. */
    char **words;
    size_t word_count;
    /* How many of them stood before a "--" ended the options. */
    size_t words_before_dashes;
};

struct command {
    const char *name;
    const char *usage; /* behind the name: "[NAME...]" */
    const char *brief; /* one line for the list */
    const char *help;  /* the rest, ended by a newline */
    bool runs_words;   /* its words are a command with options of its own */
    int (*run)(const struct command *command, const struct options *options);
};

/* Exit codes. */
enum {
    EXIT_DONE = 0,
    EXIT_NOT_DONE = 1,
    EXIT_USAGE = 2,
    EXIT_TIMED_OUT = 124 /* as timeout(1) has it */
};

/* Splits the line into a command and its options, which may stand before and
 * behind it, with one or two dashes.  *command is NULL if there is none.  On
 * failure nothing needs releasing. */
bool options_read(struct options *options, const struct command **command,
                  int argc, char **argv, struct cause *why);
void options_release(struct options *options);

/* An option as people write it ("--time off|ms"), and what is to say of it. */
struct option_words {
    char left[64];
    const char *brief;
};

/* Those of one command, or with NULL those of all, one after another; `at`
 * begins with 0.  False: there are no more. */
bool options_next(const struct command *command, size_t *at,
                  struct option_words *to);

/* For the help text: the options that all commands take, or (not NULL) those
 * that are this command's own.  Says whether there are any. */
bool options_print(FILE *to, const struct command *command);

const struct command *command_find(const char *name);

/* The same for a word that a user wrote: false and what was probably meant. */
bool command_choose(const struct command **command, const char *word,
                    struct cause *why);

/* Ended by NULL. */
extern const struct command *const commands[];

/* The help for a command; NULL: the overview of all. */
void command_print_help(FILE *to, const struct command *command);

/* The manual page, for man(1). */
void command_print_manual(FILE *to);

/* "procman: <text>" on stderr, without control characters; returns `code`. */
int command_fail(int code, const struct cause *why);

/* The files and what is said of them; to be released. */
void options_blueprint(const struct options *options,
                       struct blueprint *blueprint);

/* The Procfile that is meant: -f, else "Procfile". */
const char *options_procfile(const struct options *options);

/* Was it on the command line?  Any of its names will do. */
bool options_given(const struct options *options, const char *name);

/* Does the command take all that was given?  An option that would do nothing is
 * a mistake, not a wish. */
bool options_suit(const struct options *options, const struct command *command,
                  struct cause *why);

/* --timeout without --wait would do nothing. */
bool options_agree(const struct options *options, struct cause *why);

/* What was not on the command line is taken from [procman] of the settings. */
void options_fill(struct options *options, const struct settings *settings);

/* Goes to -basedir, if one is given. */
bool options_enter(const struct options *options, struct cause *why);

extern const struct command command_check, command_start, command_run,
    command_stop, command_restart, command_status, command_list, command_wait,
    command_signal, command_pause, command_resume, command_help,
    command_log_reopen, command_version, command_attach, command_send,
    command_reload, command_add, command_remove, command_scale, command_exec,
    command_logs;

#endif
