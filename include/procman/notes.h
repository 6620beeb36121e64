/* notes.h - sentences gathered on the way: the warnings of a parser.
 *
 * `struct notes notes = {0};` holds none.  Whoever prints them decides what
 * they are: a warning, or with `check --strict` a reason to fail.
 */
#ifndef PROCMAN_NOTES_H
#define PROCMAN_NOTES_H

#include "procman/cause.h"

#include <stddef.h>

struct notes {
    char **texts;
    size_t count;
};

void notes_add(struct notes *notes, const char *format, ...) CAUSE_PRINTF(2, 3);
void notes_release(struct notes *notes);

#endif
