#include "settings_reader.h"
#include "settings_inside.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t\v\f\r" /* isspace() without '\n': inih's */
#define NAME_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-*?"

void settings_complain(const struct settings_reader *reader, const char *format,
                       ...)
{
    struct cause what;
    va_list args;

    va_start(args, format);
    vsnprintf(what.text, sizeof what.text, format, args);
    va_end(args);
    notes_add(reader->mistakes, "%s:%u: %s", reader->path, reader->line,
              what.text);
}

/* ---- [section] --------------------------------------------------------- */

static const struct settings_section *
find_twin(const struct settings_reader *reader, const char *name)
{
    for (size_t i = reader->first; i < reader->settings->count; i++)
        if (strcmp(reader->settings->sections[i].pattern, name) == 0)
            return &reader->settings->sections[i];
    return NULL;
}

static bool accept_section(const struct settings_reader *reader,
                           const char *name)
{
    const struct settings_section *twin = find_twin(reader, name);
    size_t len = strlen(name);

    if (len == 0)
        settings_complain(reader, "there is no name between [ and ]");
    else if (len > SETTINGS_SECTION_LIMIT)
        settings_complain(reader,
                          "the name of this section has %zu bytes; %d are the "
                          "most",
                          len, SETTINGS_SECTION_LIMIT);
    else if (name[strspn(name, NAME_CHARS)])
        settings_complain(reader,
                          "%s cannot be the name of a process, nor a pattern",
                          value_quoted(name).text);
    else if (twin)
        settings_complain(reader, "[%s] is on line %u already", name,
                          twin->line);
    else
        return true;
    return false;
}

/* `line` begins with '['.  Says whether inih may see it. */
static bool read_section(struct settings_reader *reader, char *line)
{
    char *end = strchr(line, ']');

    reader->outside = false;
    reader->skipping = true;
    if (!end) {
        settings_complain(reader, "there is no ] in this line");
        return false;
    }
    const char *behind = end + 1 + strspn(end + 1, BLANKS);
    if (*behind && !strchr(";#", *behind)) {
        settings_complain(reader, "%s behind ] belongs on a line of its own",
                          value_quoted(behind).text);
        return false;
    }
    *end = '\0';
    if (!accept_section(reader, line + 1))
        return false;
    settings_add_section(reader->settings, line + 1, reader->path,
                         reader->line);
    *end = ']';
    end[1] = '\0';
    reader->skipping = false;
    return true;
}

/* ---- key = value ------------------------------------------------------- */

/* "key = value" becomes "key=" and a value that is kept.  Says whether inih,
 * with room for `room` bytes, may see it. */
static bool read_key(struct settings_reader *reader, char *line, size_t room)
{
    size_t len = strcspn(line, "=:");

    if (line[len] == '\0') {
        settings_complain(reader,
                          "this is neither \"key = value\", [section] nor a "
                          "comment");
        return false;
    }
    const char *value = line + len + 1;
    value += strspn(value, BLANKS);
    line[len] = '\0';
    text_trim(line);
    len = strlen(line);
    if (len == 0)
        settings_complain(reader, "there is no key in front of the value");
    else if (line[strcspn(line, BLANKS ";")] || len + 3 > room)
        settings_complain(reader, "%s cannot be a key",
                          value_quoted(line).text);
    else if (strlen(value) > SETTINGS_VALUE_LIMIT)
        settings_complain(
            reader, "the value of %s has %zu bytes; %d are the most",
            value_quoted(line).text, strlen(value), SETTINGS_VALUE_LIMIT);
    else {
        reader->value = value;
        return true;
    }
    return false;
}

/* ---- lines ------------------------------------------------------------- */

static char *next_line(struct settings_reader *reader)
{
    char *line = reader->rest, *newline = line ? strchr(line, '\n') : NULL;

    if (!line || *line == '\0')
        return NULL;
    reader->rest = newline ? newline + 1 : NULL;
    if (newline)
        *newline = '\0';
    reader->line++;

    char *end = line + strlen(line);
    while (end > line && strchr(BLANKS, end[-1]))
        end--;
    *end = '\0';
    return line;
}

/* Says whether inih may see it; if not, it gets a blank line instead. */
static bool check_line(struct settings_reader *reader, char *line, size_t room)
{
    const char *text = line + strspn(line, BLANKS);

    if (*text == '\0' || strchr(";#", *text))
        return false;
    if (text > line) {
        settings_complain(
            reader, "this line begins with a blank, as if it went on with "
                    "the one above; there is no such thing here");
        return false;
    }
    if (*line == '[')
        return read_section(reader, line);
    return read_key(reader, line, room);
}

char *settings_hand_out(char *to, int room, void *stream)
{
    struct settings_reader *reader = stream;
    char *line = next_line(reader);

    if (!line)
        return NULL;
    bool shown = check_line(reader, line, (size_t)room);
    snprintf(to, (size_t)room, "%s%s\n", shown ? line : "",
             shown && *line != '[' ? "=" : "");
    return to;
}
