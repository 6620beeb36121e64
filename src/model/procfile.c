#include "procman/procfile.h"
#include "procman/mem.h"
#include "procman/words.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BEGINS                                                            \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define NAME_CHARS NAME_BEGINS ".-"

struct reader {
    struct procfile *procfile;
    const char *path;
    struct notes *warnings;
    struct cause *why;
    const char *line_start;
    unsigned line;
};

static size_t column(const struct reader *reader, const char *at)
{
    return (size_t)(at - reader->line_start) + 1;
}

/* What stands before a ':' may be anything: a page of prose, escape codes. */
static struct words quoted(const char *name)
{
    struct words words = {"this"};
    size_t len = strlen(name), shown = 40;

    if (!words_printable(name))
        return words;
    if (len <= shown) {
        snprintf(words.text, sizeof words.text, "\"%s\"", name);
        return words;
    }
    while (shown > 36 && ((unsigned char)name[shown] & 0xc0) == 0x80)
        shown--; /* no half characters */
    snprintf(words.text, sizeof words.text, "\"%.*s...\"", (int)shown, name);
    return words;
}

static bool is_name(const char *name)
{
    return *name && strchr(NAME_BEGINS, *name) &&
           name[strspn(name, NAME_CHARS)] == '\0';
}

static bool ignore(const struct reader *reader, const char *at,
                   const char *name, const char *what)
{
    notes_add(reader->warnings, "%s:%u:%zu: ignored: %s %s", reader->path,
              reader->line, column(reader, at), name, what);
    return true;
}

static bool too_long(const struct reader *reader,
                     const struct procfile_entry *entry)
{
    return cause_say(reader->why,
                     "%s:%u:%zu: the command of %s has %zu bytes, and no "
                     "more than %d can be started",
                     reader->path, entry->line, column(reader, entry->command),
                     quoted(entry->name).text, strlen(entry->command),
                     PROCFILE_COMMAND_LIMIT);
}

static bool add(const struct reader *reader, struct procfile_entry entry)
{
    struct procfile *procfile = reader->procfile;
    const struct procfile_entry *twin = procfile_find(procfile, entry.name);

    if (twin)
        return cause_say(reader->why, "%s:%u:%zu: %s is on line %u already",
                         reader->path, entry.line, column(reader, entry.name),
                         quoted(entry.name).text, twin->line);
    if (strlen(entry.command) > PROCFILE_COMMAND_LIMIT)
        return too_long(reader, &entry);

    procfile->entries =
        mem_resize(procfile->entries, procfile->count + 1, sizeof entry);
    procfile->entries[procfile->count++] = entry;
    return true;
}

static bool read_line(const struct reader *reader, char *text)
{
    text = text_trim(text);
    if (*text == '\0' || *text == '#')
        return true;

    char *colon = strchr(text, ':');
    if (!colon)
        return ignore(reader, text, "there is no ':'", "in this line");
    *colon = '\0';

    char *name = text_trim(text), *command = text_trim(colon + 1);
    if (!is_name(name))
        return ignore(reader, name, quoted(name).text,
                      "cannot be the name of a process");
    if (*command == '\0')
        return ignore(reader, colon + 1, quoted(name).text, "has no command");
    return add(reader, (struct procfile_entry){name, command, reader->line});
}

static bool read_lines(struct reader *reader, char *text)
{
    for (char *rest = text; rest;) {
        char *line = rest, *newline = strchr(rest, '\n');

        rest = newline ? newline + 1 : NULL;
        if (newline)
            *newline = '\0';
        reader->line++;
        reader->line_start = line;
        if (!read_line(reader, line))
            return false;
    }
    if (reader->procfile->count == 0)
        return cause_say(reader->why,
                         "%s: no valid entry; it takes lines like "
                         "\"name: command\"",
                         reader->path);
    return true;
}

bool procfile_parse(struct procfile *procfile, const char *path,
                    const char *text, size_t len, struct notes *warnings,
                    struct cause *why)
{
    struct reader reader = {procfile, path, warnings, why, NULL, 0};

    *procfile = (struct procfile){.text = text_copy(path, text, len, why)};
    if (!procfile->text)
        return false;
    if (read_lines(&reader, procfile->text))
        return true;
    procfile_release(procfile);
    return false;
}

void procfile_release(struct procfile *procfile)
{
    free(procfile->entries);
    free(procfile->text);
    *procfile = (struct procfile){0};
}

const struct procfile_entry *procfile_find(const struct procfile *procfile,
                                           const char *name)
{
    for (size_t i = 0; i < procfile->count; i++)
        if (strcmp(procfile->entries[i].name, name) == 0)
            return &procfile->entries[i];
    return NULL;
}
