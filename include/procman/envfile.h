/* envfile.h - the text of a .env file, understood.
 *
 * godotenv's dialect (goreman's), with its holes closed:
 *   - `NAME=value`, `export NAME=value`, blanks around name, '=' and value;
 *     a name is [A-Za-z_][A-Za-z0-9_.-]*; no `NAME: value`;
 *   - an unquoted value ends at the line's end or at the first '#' behind a
 *     blank; `A=a#b` and `A=#fff` are whole; backslashes stay as they are, and
 *     so do quotes if the value does not begin with one;
 *   - '...' is literal; "..." knows \n \r \t \" \\ \$, other backslashes stay;
 *     both may span lines; only blanks or a comment may follow the end quote;
 *   - `${NAME}` expands, unquoted and in "..."; it asks what this file (and the
 *     ones before it) has set so far, then the environment, else it is empty;
 *     `$NAME` expands if that finds something, else it stays as written; `\$`
 *     is a dollar; other forms (`${NAME:-word}`, `$1`, `$$`) are text;
 *   - nothing is ever executed: `id` and $(id) are text;
 *   - CR LF, a UTF-8 byte order mark and a missing final newline are fine; the
 *     last of several values counts; bytes that are not UTF-8 pass.
 * A line that is nothing of all this, or whose value is too long for any
 * process (more than ENVFILE_LIMIT bytes with its name, once it is expanded),
 * is a warning with its place, and only that line is left out: behind a quote
 * that does not end, reading goes on with the next line.  A NUL or UTF-16 is
 * an error.
 */
#ifndef PROCMAN_ENVFILE_H
#define PROCMAN_ENVFILE_H

#include "procman/cause.h"
#include "procman/environment.h"
#include "procman/notes.h"

#include <stddef.h>

#define ENVFILE_LIMIT 131000 /* bytes; Linux: MAX_ARG_STRLEN */

/* Adds what the file sets to `values`, over what earlier files have set.
 * `inherited` is asked for ${NAME} only; who wins over whom is the caller's
 * business.  `path` is a name for messages (`.env:3:1: ...`). */
bool envfile_parse(struct environment *values, const char *path,
                   const char *text, size_t len,
                   const struct environment *inherited, struct notes *warnings,
                   struct cause *why);

#endif
