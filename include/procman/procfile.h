/* procfile.h - the text of a Procfile, understood.
 *
 *     # a comment
 *     etcd1: bin/etcd --name infra1 --log-outputs=stderr
 *
 * Bytes, not characters: no locale is asked, and the bytes of a command pass
 * through untouched.  A UTF-8 byte order mark is skipped.  Lines end at LF;
 * blanks (and CR) are cut off both ends.  A line that is blank or begins with
 * '#' is nothing.  The first ':' splits; no blank is needed behind it.
 *
 * A name is [A-Za-z0-9_][A-Za-z0-9_.-]* and appears once.  A command is the
 * rest of the line; it is not looked into: quotes, ';', '=', '#' and ':' belong
 * to the shell that will run it.  There are no comments behind a command, no
 * continuation lines and no expansion.
 *
 * Ignored with a warning, as other tools ignore them in silence: a line without
 * ':', a name that cannot be one, a name without a command.
 * An error, with every place it concerns: a name that is there twice, a NUL or
 * a UTF-16 byte order mark, a command of more than PROCFILE_COMMAND_LIMIT
 * bytes (the kernel would refuse it), no entry at all.
 */
#ifndef PROCMAN_PROCFILE_H
#define PROCMAN_PROCFILE_H

#include "procman/cause.h"
#include "procman/notes.h"

#include <stddef.h>

#define PROCFILE_COMMAND_LIMIT 131000 /* bytes; Linux: MAX_ARG_STRLEN */

struct procfile_entry {
    const char *name;
    const char *command;
    unsigned line; /* counted from 1 */
};

/* The entries point into `text`; procfile_release() takes both away. */
struct procfile {
    struct procfile_entry *entries; /* in the order of the file */
    size_t count;
    char *text;
};

/* `path` is only a name for the messages, which begin with it:
 *     Procfile:3:1: "web" is on line 1 already
 * Line and column are counted from 1, columns in bytes.  Warnings are added to
 * `warnings`, in the same form.  On failure the procfile
 * is empty. */
bool procfile_parse(struct procfile *procfile, const char *path,
                    const char *text, size_t len, struct notes *warnings,
                    struct cause *why);

/* Harmless on an empty procfile. */
void procfile_release(struct procfile *procfile);

/* NULL if there is none of that name. */
const struct procfile_entry *procfile_find(const struct procfile *procfile,
                                           const char *name);

#endif
