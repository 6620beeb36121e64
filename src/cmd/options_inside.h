/* options_inside.h - the table of options, for those who read and print it.
 */
#ifndef PROCMAN_CMD_OPTIONS_INSIDE_H
#define PROCMAN_CMD_OPTIONS_INSIDE_H

#include "procman/command.h"

enum option_kind {
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
    enum option_kind kind;
    size_t at;         /* in struct options */
    const char *value; /* of a choice: its words */
    const char *brief;
    const char *commands; /* the only ones that take it; NULL: all do */
};

extern const struct option options_table[];
extern const size_t options_count;
#define OPTIONS_MOST 64 /* at least options_count: `given` has so many bits */

/* Does the command take it? */
bool option_is_for(const struct option *option, const struct command *command);

#endif
