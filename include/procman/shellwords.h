/* shellwords.h - is a command so simple that no shell is needed?
 *
 * A simple command is a row of words, with leading assignments, in which the
 * shell would do nothing but cut words and take quotes away: '...', "..." and
 * backslashes.  It can be executed directly, which saves a process and makes
 * the pid that of the program.  Everything else is the shell's, unchanged:
 * $ ` | & ; < > ( ) and newlines, globs * ? [, braces, a word that begins with
 * '#' or '~' (also behind '=' and ':'), quotes that do not end, a first word
 * that is a keyword or a builtin of POSIX shells or of the shells that people
 * have as /bin/sh, or that holds '=' or begins with '-', '+' or '%', and
 * assignments to variables by which shells live (PATH, IFS, PWD, ...) or
 * without a command.
 *
 * Whoever executes a simple command puts the assignments over the environment,
 * in their order, and looks for argv[0] as execvp() does: in the PATH of that
 * environment, with /bin/sh for a script without "#!".
 */
#ifndef PROCMAN_SHELLWORDS_H
#define PROCMAN_SHELLWORDS_H

#include <stdbool.h>
#include <stddef.h>

struct shellwords {
    char **assignments; /* "NAME=value", ended by NULL */
    char **argv;        /* ended by NULL; at least one word */
    size_t assignment_count;
    size_t argc;
};

/* Says whether the command is simple; if not, `words` is left empty. */
bool shellwords_parse(struct shellwords *words, const char *command);

/* Harmless on an empty one. */
void shellwords_release(struct shellwords *words);

#endif
