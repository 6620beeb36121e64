/* settings.h - procman.ini, understood.
 *
 *     [procman]             ; defaults of the command line's options
 *     base-port = 6000
 *
 *     [etcd*]               ; processes, by name or pattern (pattern.h)
 *     restart = on-failure
 *
 *     [etcd2]               ; later sections win over earlier ones
 *     stop-timeout = 20s
 *
 * [web] also speaks of its instances web.1, web.2, ..., [web.2] of one.
 *
 * One table (settings_table.c) holds every key: its name, type, default, and a
 * line of help; messages, `procman help settings` and the man page come from
 * it.
 *
 * The text is an ini file as inih reads it, with its holes closed.  A line is
 * blank, a comment (begins with ';' or '#'), "[section]" or "key = value".
 * Whatever stands behind the '=' is the value, whole, with every ';', '#' and
 * quote that is in it: there are no comments behind a value, no quotes around
 * it, and no line continues another.  What inih would let pass or bend in
 * silence is a mistake with its line: a line that begins with a blank, text
 * behind "]", a section or a key in a section that is there twice, a key
 * outside of a section, a name of a section that is empty, too long or none.
 * CR LF and a UTF-8 byte order mark are fine; a NUL and UTF-16 are not.
 *
 * All mistakes are told, not only the first, with "did you mean" where a word
 * was nearly right.
 */
#ifndef PROCMAN_SETTINGS_H
#define PROCMAN_SETTINGS_H

#include "procman/buf.h"
#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/notes.h"
#include "procman/readiness.h"
#include "procman/values.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_VALUE_LIMIT   131000 /* bytes; Linux: MAX_ARG_STRLEN */
#define SETTINGS_SECTION_LIMIT 49     /* bytes of a section's name: inih's */

/* ---- values ------------------------------------------------------------ */

/* In the order of the words in the table. */
enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum process_kind { KIND_SERVICE, KIND_TASK };
enum on_exit_choice { EXIT_IGNORED, EXIT_STOPS_ALL, FAILURE_STOPS_ALL };
enum tty_choice { TTY_NO, TTY_YES, TTY_AUTO };
enum stdin_choice { STDIN_NULL, STDIN_PIPE };
enum color_when { COLOR_WHEN_TERMINAL, COLOR_WHEN_ALWAYS, COLOR_WHEN_NEVER };
enum process_colour {
    COLOUR_BY_ORDER,
    COLOUR_NONE,
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_YELLOW,
    COLOUR_BLUE,
    COLOUR_MAGENTA,
    COLOUR_CYAN,
    COLOUR_WHITE,
    COLOUR_GREY
};

/* What one process runs with.  Strings belong to it; NULL: not set.  Numbers
 * that can be unset are -1 then.  An int with an enum beside it holds one. */
struct process_settings {
    struct readiness ready;
    struct readiness alive; /* READINESS_AUTO: nobody asks */
    struct value_names after;
    struct value_names group;
    struct environment env; /* the env.NAME keys */
    struct value_codes success_codes;
    uint64_t ready_timeout_ms; /* 0: for ever */
    uint64_t alive_interval_ms;
    uint64_t restart_delay_ms, restart_max_delay_ms, restart_window_ms;
    uint64_t stop_timeout_ms;
    uint64_t history; /* bytes */
    char *dir;
    char *highlight; /* a regular expression; NULL: nothing */
    int pretty;      /* enum pretty_choice */
    char *log_file;  /* with {name} in it (logname.h) */
    char *env_file;  /* comma list of files */
    char *user;
    char *stop_command; /* for /bin/sh -c */
    int restart;        /* enum restart_policy */
    int restart_limit;  /* 0: none */
    int min_ready;      /* of its group, when it is taken down */
    int stop_signal;
    int kind;    /* enum process_kind */
    int on_exit; /* enum on_exit_choice */
    int umask;   /* or -1 */
    int nice;
    int limit_nofile; /* or -1 */
    int colour;       /* enum process_colour */
    int port;         /* or -1 */
    int instances;    /* or -1: it is not counted */
    int tty;          /* enum tty_choice */
    int input;        /* enum stdin_choice */
    bool autostart;
    bool quiet;
};

enum pretty_choice { PRETTY_NO, PRETTY_JSON };

enum overflow_choice { OVERFLOW_BLOCKS, OVERFLOW_DROPS };
enum display_format { FORMAT_TEXT, FORMAT_JSON };

/* The defaults of the command line's options. */
struct session_settings {
    struct value_names notifiers;
    char *env;             /* comma list of files; NULL: not set */
    char *formation;       /* formation.h has read it once; NULL: not set */
    char *log_dir;         /* NULL: none */
    uint64_t log_max_size; /* bytes; 0: no rotation */
    int log_keep;
    bool log_compress;
    int base_port; /* or -1 */
    int color;     /* enum color_when */
    int time;      /* enum stamp_style, if it is set at all */
    int prefix;    /* enum prefix_style */
    int format;    /* enum display_format */
    int level;     /* enum level; unknown: all are shown */
    bool mark_stderr, raw;
    uint64_t spill_limit; /* bytes */
    int overflow;         /* enum overflow_choice */
    bool set_ports, exit_on_error, exit_on_stop, logtime, rpc_server;
};

/* ---- files ------------------------------------------------------------- */

struct settings_section;

/* `struct settings settings = {0};` holds none: all defaults. */
struct settings {
    struct settings_section *sections;
    size_t count;
    char **counted; /* entries that have instances */
    size_t counted_count;
};

/* Adds what a file says; a second file's sections are later ones.  `path` is a
 * name for the messages.  False if anything is wrong with it: all mistakes have
 * been added to `mistakes` ("procman.ini:3: ..."), and `why` is the first of
 * them and how many follow.  What is right has been added all the same, so
 * whoever wants all or nothing begins with settings of its own. */
bool settings_parse(struct settings *settings, const char *path,
                    const char *text, size_t len, struct notes *mistakes,
                    struct cause *why);

/* Adds what the environment says: PROCMAN_BASE_PORT=6000 is base-port = 6000 in
 * [procman], and wins over every file.  `strings` is an environ-like row, ended
 * by NULL; variables that are no key are left alone.  False: as above. */
bool settings_import(struct settings *settings, char *const *strings,
                     struct notes *mistakes, struct cause *why);

/* From now on NAME.1, NAME.2 and so on are instances of `name` (instances.h):
 * what is said of it is said of them. */
void settings_expect_instances(struct settings *settings, const char *name);

/* The one that a name is an instance of, as it was expected; NULL: none. */
const char *settings_entry_of(const struct settings *settings,
                              const char *name);

/* What the command line says of a process: it wins over all that has been said
 * until now.  `text` is a value that `key` accepts (no env.NAME); `said_by`
 * is where it comes from ("-m"). */
void settings_decide(struct settings *settings, const char *name,
                     const char *key, const char *text, const char *said_by);

/* Harmless on an empty one. */
void settings_release(struct settings *settings);

/* ---- questions --------------------------------------------------------- */

/* The merged values of a process, to be released.  `to` must not hold
 * anything. */
void settings_for(const struct settings *settings, const char *name,
                  struct process_settings *to);
void process_settings_release(struct process_settings *settings);

/* The values of [procman]. */
void settings_of_session(const struct settings *settings,
                         struct session_settings *to);
void session_settings_release(struct session_settings *settings);

/* Where a value comes from: "procman.ini:3", "PROCMAN_BASE_PORT", "default";
 * free() it.  `name` NULL asks for [procman].  `key` is one of the table, or
 * env.NAME. */
char *settings_origin(const struct settings *settings, const char *name,
                      const char *key);

/* Has somebody said it, in a file or in the environment? */
bool settings_has(const struct settings *settings, const char *name,
                  const char *key);

/* Has it been said of this process alone, in a section of its very name? */
bool settings_is_own(const struct settings *settings, const char *name,
                     const char *key);

/* Warnings that need the names of all processes: a section that matches none
 * of them; and what does not go together in one of them. */
void settings_check(const struct settings *settings, const char *const *names,
                    size_t count, struct notes *warnings);

/* ---- texts ------------------------------------------------------------- */

/* All keys with type, default and help, for people; free() it. */
char *settings_help(void);

/* The same for man(1): roff. */
void settings_manual(struct buf *to);

/* What a process (NULL: [procman]) will run with, one key a line, and where
 * each value comes from. */
void settings_show(const struct settings *settings, const char *name,
                   struct buf *to);

#endif
