/* settings_inside.h - what the files of settings.h share.
 */
#ifndef PROCMAN_MODEL_SETTINGS_INSIDE_H
#define PROCMAN_MODEL_SETTINGS_INSIDE_H

#include "procman/settings.h"

enum setting_type {
    SETTING_DURATION,  /* uint64_t, ms */
    SETTING_SIZE,      /* uint64_t, bytes */
    SETTING_SWITCH,    /* bool */
    SETTING_NUMBER,    /* int; unset: -1 */
    SETTING_CHOICE,    /* int: the place in `words` */
    SETTING_SIGNAL,    /* int */
    SETTING_MASK,      /* int; unset: -1 */
    SETTING_NAMES,     /* struct value_names */
    SETTING_PATTERNS,  /* struct value_names, with '*' and '?' */
    SETTING_CODES,     /* struct value_codes */
    SETTING_TEXT,      /* char *; unset: NULL */
    SETTING_REGEX,     /* the same; a regular expression */
    SETTING_FORMATION, /* char * that formation.h can read; unset: NULL */
    SETTING_READINESS, /* struct readiness */
    SETTING_LIVENESS,  /* struct readiness that lasts; unset: auto */
    SETTING_VARIABLE   /* struct environment: env.NAME */
};

enum setting_scope { SCOPE_PROCESS, SCOPE_SESSION };

/* A key may be given without a value, which unsets it, exactly if its default
 * is "".  One without help is another name for the one before it. */
struct setting {
    const char *name;
    enum setting_scope scope;
    enum setting_type type;
    size_t at; /* in struct process_settings or struct session_settings */
    const char *fallback;
    const char *help;
    const char *words; /* of a choice */
    int least, most;   /* of a number; of a size other than 0, in bytes */
};

extern const struct setting settings_table[];
extern const size_t settings_table_count;
#define SETTINGS_MOST 96 /* at least settings_table_count */

/* NULL: there is none in that scope.  "env.NAME" finds the one of variables.
 * Never one without help. */
const struct setting *setting_find(enum setting_scope scope, const char *key);

/* The NAME of "env.NAME"; NULL: it is no such key, or NAME cannot be one. */
const char *setting_variable(const char *key);

/* What is taken, in a word: "time", "yes or no", "no, on-failure or always". */
const char *setting_type_word(const struct setting *setting);

/* Reads a value into its place in `target`, which must be unset there.
 * Not for variables.  On failure `target` is as it was. */
bool setting_apply(const struct setting *setting, const char *text,
                   void *target, struct cause *why);

/* Could it be applied? */
bool setting_accepts(const struct setting *setting, const char *text,
                     struct cause *why);

/* ---- what files say ---------------------------------------------------- */

/* One "key = value". */
struct settings_row {
    const struct setting *setting;
    char *key; /* as it stands there, "env.NAME" too */
    char *text;
    const char *pattern; /* the section's, and so is: */
    const char *path;    /* NULL: from the environment or the command line */
    unsigned line;
};

struct settings_section {
    char *pattern;
    char *path; /* NULL: the environment */
    unsigned line;
    enum setting_scope scope;
    struct settings_row *rows;
    size_t count;
};

/* Valid until the next one is added; `path` is copied. */
struct settings_section *settings_add_section(struct settings *settings,
                                              const char *pattern,
                                              const char *path, unsigned line);
void settings_add_row(struct settings_section *section,
                      const struct setting *setting, const char *key,
                      const char *text, unsigned line);

/* Whom a question is about. */
struct settings_whom {
    const char *name;  /* NULL: [procman] */
    const char *entry; /* that it is an instance of; NULL: none */
};
struct settings_whom settings_whom(const struct settings *settings,
                                   const char *name);

bool settings_section_means(const struct settings_section *section,
                            const struct settings_whom *whom);

/* The rows that count for a process (NULL: for [procman]), by their places in
 * the table; NULL there: the default counts.  For env.NAME, any of them. */
struct settings_rows {
    const struct settings_row *rows[SETTINGS_MOST];
};
void settings_rows_of(const struct settings *settings, const char *name,
                      struct settings_rows *to);

/* The variables that count, in the order in which they first appear.  free()
 * the row. */
const struct settings_row **settings_variables(const struct settings *settings,
                                               const char *name, size_t *count);

/* False if there are mistakes from `before` on: `why` becomes the first of them
 * and how many follow. */
bool settings_sum_up(const struct notes *mistakes, size_t before,
                     struct cause *why);

/* Where a row is from; NULL: "default".  free() it. */
char *settings_place(const struct settings_row *row);

#endif
