#include "procman/envfile.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS      " \t\r"
#define NAME_BEGINS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_CHARS  NAME_BEGINS "0123456789"
#define KEY_CHARS   NAME_CHARS ".-"

struct reader {
    struct environment *values;
    const struct environment *inherited;
    const char *path;
    struct notes *warnings;
    const char *at; /* the text is a string: it ends with a NUL */
    const char *line_start;
    unsigned line;
};

static void skip_blanks(struct reader *reader)
{
    reader->at += strspn(reader->at, BLANKS);
}

static void ignore(const struct reader *reader, const char *at,
                   const char *what)
{
    notes_add(reader->warnings, "%s:%u:%zu: ignored: %s", reader->path,
              reader->line, (size_t)(at - reader->line_start) + 1, what);
}

/* ---- ${NAME} and $NAME ------------------------------------------------- */

static const char *look_up(const struct reader *reader, const char *name)
{
    const char *value = environment_get(reader->values, name);

    return value ? value : environment_get(reader->inherited, name);
}

static bool begins_name(char c)
{
    return c != '\0' && strchr(NAME_BEGINS, c);
}

/* Values that double themselves must not eat the memory: once it is too long
 * anyway, a value need not grow by others. */
static void add_value(struct buf *out, const char *value)
{
    if (value && out->len <= ENVFILE_LIMIT)
        buf_add_string(out, value);
}

/* `at` is behind "${"; returns what is behind '}', or NULL if this is not the
 * plain form: the others (${NAME:-word}) are text, as in every .env reader. */
static const char *expand_braced(const struct reader *reader, const char *at,
                                 struct buf *out)
{
    size_t len = strspn(at, KEY_CHARS);

    if (!begins_name(*at) || at[len] != '}')
        return NULL;
    char *name = mem_string_of(at, len);
    add_value(out, look_up(reader, name));
    free(name);
    return at + len + 1;
}

/* `at` is behind '$'; NULL if the name is not known: passwords have dollars. */
static const char *expand_bare(const struct reader *reader, const char *at,
                               struct buf *out)
{
    if (!begins_name(*at))
        return NULL;
    size_t len = strspn(at, NAME_CHARS);
    char *name = mem_string_of(at, len);
    const char *value = look_up(reader, name);
    add_value(out, value);
    free(name);
    return value ? at + len : NULL;
}

/* `at` is a '$'; returns what is behind all that became of it. */
static const char *expand(const struct reader *reader, const char *at,
                          struct buf *out)
{
    const char *rest = at[1] == '{' ? expand_braced(reader, at + 2, out)
                                    : expand_bare(reader, at + 1, out);

    if (rest)
        return rest;
    buf_add_char(out, '$');
    return at + 1;
}

/* ---- values ------------------------------------------------------------ */

/* `at` is a backslash within "..."; returns what is behind the escape. */
static const char *unescape(const char *at, struct buf *out)
{
    static const char known[] = "nrt\"\\$", meant[] = "\n\r\t\"\\$";
    const char *found = at[1] ? strchr(known, at[1]) : NULL;

    buf_add_char(out, found ? meant[found - known] : '\\');
    return at + (found ? 2 : 1);
}

/* The text between two quotes; `at` is behind the first one.  Returns what is
 * behind the last one, NULL if there is none. */
static const char *read_quoted(const struct reader *reader, const char *at,
                               char quote, struct buf *out)
{
    bool literal = quote == '\'';

    while (*at != quote) {
        if (*at == '\0')
            return NULL;
        if (!literal && *at == '\\')
            at = unescape(at, out);
        else if (!literal && *at == '$')
            at = expand(reader, at, out);
        else if (at[0] == '\r' && at[1] == '\n')
            at++;
        else
            buf_add_char(out, *at++);
    }
    return at + 1;
}

/* Where an unquoted value that begins at `at` ends: `A=#fff` is a colour,
 * `A= #fff` a comment. */
static const char *unquoted_end(const char *at)
{
    const char *end = at;

    while (*end && *end != '\n' && !(*end == '#' && strchr(BLANKS, end[-1])))
        end++;
    while (end > at && strchr(BLANKS, end[-1]))
        end--;
    return end;
}

static void read_unquoted(struct reader *reader, struct buf *out)
{
    const char *end = unquoted_end(reader->at);

    while (reader->at < end) {
        if (reader->at[0] == '\\' && reader->at[1] == '$') {
            buf_add_char(out, '$');
            reader->at += 2;
        } else if (*reader->at == '$') {
            reader->at = expand(reader, reader->at, out);
        } else {
            buf_add_char(out, *reader->at++);
        }
    }
}

static void count_lines(struct reader *reader, const char *to)
{
    for (; reader->at < to; reader->at++) {
        if (*reader->at == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1;
        }
    }
}

static bool read_value(struct reader *reader, struct buf *out)
{
    const char *begin = reader->at;

    if (*begin != '"' && *begin != '\'') {
        read_unquoted(reader, out);
        return true;
    }

    const char *end = read_quoted(reader, begin + 1, *begin, out);
    if (!end) {
        ignore(reader, begin, "this quote does not end");
        return false;
    }
    const char *behind = end + strspn(end, BLANKS);
    if (*behind && *behind != '\n' && *behind != '#') {
        ignore(reader, begin, "there is something behind the end quote");
        return false;
    }
    count_lines(reader, end);
    return true;
}

/* ---- lines ------------------------------------------------------------- */

static void skip_export(struct reader *reader)
{
    static const char word[] = "export";
    size_t len = sizeof word - 1;

    if (strncmp(reader->at, word, len) == 0 &&
        (reader->at[len] == ' ' || reader->at[len] == '\t')) {
        const char *start = reader->at;
        reader->at += len;
        skip_blanks(reader);
        if (*reader->at == '=') /* a variable of that name */
            reader->at = start;
    }
}

/* Reads up to behind the '='; NULL, with a warning, if this is no "NAME=". */
static char *read_name(struct reader *reader)
{
    const char *begin = reader->at;
    size_t line_len = strcspn(begin, "\n");
    size_t len = begins_name(*begin) ? strspn(begin, KEY_CHARS) : 0;

    reader->at += len;
    skip_blanks(reader);
    if (!memchr(begin, '=', line_len))
        ignore(reader, begin, "there is no '=' in this line");
    else if (len == 0 || *reader->at != '=')
        ignore(reader, begin, "what is before '=' cannot be a name");
    else {
        reader->at++;
        return mem_string_of(begin, len);
    }
    return NULL;
}

static void read_assignment(struct reader *reader)
{
    struct buf value = {0};

    skip_export(reader);
    char *name = read_name(reader);
    if (!name)
        return;
    skip_blanks(reader);
    buf_reserve(&value, 0); /* a string, even if it is empty */
    const struct reader before = *reader;
    if (read_value(reader, &value)) {
        if (strlen(name) + value.len > ENVFILE_LIMIT)
            ignore(&before, before.at, "no process takes so long a value");
        else
            environment_set(reader->values, name, value.data);
    }
    buf_release(&value);
    free(name);
}

static void read_lines(struct reader *reader)
{
    while (*reader->at) {
        skip_blanks(reader);
        if (*reader->at && !strchr("#\n", *reader->at))
            read_assignment(reader);
        reader->at += strcspn(reader->at, "\n");
        if (*reader->at)
            count_lines(reader, reader->at + 1);
    }
}

bool envfile_parse(struct environment *values, const char *path,
                   const char *text, size_t len,
                   const struct environment *inherited, struct notes *warnings,
                   struct cause *why)
{
    char *copy = text_copy(path, text, len, why);

    if (!copy)
        return false;
    struct reader reader = {values, inherited, path, warnings, copy, copy, 1};
    read_lines(&reader);
    free(copy);
    return true;
}
