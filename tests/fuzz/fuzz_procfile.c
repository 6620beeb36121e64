/* Whatever the bytes: either there is a cause and no entry, or the entries are
 * what the header promises, and written down again they are read the same. */
#include "check.h"
#include "procman/buf.h"
#include "procman/procfile.h"

#include <string.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void check_entry(const struct procfile *procfile, size_t i)
{
    const struct procfile_entry *entry = &procfile->entries[i];
    size_t len = strlen(entry->command);

    CHECK(strspn(entry->name, ALNUM "_.-") == strlen(entry->name));
    CHECK(strspn(entry->name, ALNUM "_") > 0);
    CHECK(procfile_find(procfile, entry->name) == entry);
    CHECK(len > 0 && len <= PROCFILE_COMMAND_LIMIT);
    CHECK(!strchr(entry->command, '\n'));
    CHECK(!strchr(" \t\r", entry->command[0]));
    CHECK(!strchr(" \t\r", entry->command[len - 1]));
    CHECK(i == 0 ? entry->line > 0 : entry->line > entry[-1].line);
}

static void check_written_again(const struct procfile *procfile)
{
    struct buf text = {0};
    struct procfile again;
    struct notes warnings = {0};
    struct cause why = {{0}};

    for (size_t i = 0; i < procfile->count; i++)
        buf_add_format(&text, "%s: %s\n", procfile->entries[i].name,
                       procfile->entries[i].command);
    CHECK(procfile_parse(&again, "P", text.data, text.len, &warnings, &why));
    CHECK(warnings.count == 0 && again.count == procfile->count);
    for (size_t i = 0; i < again.count; i++) {
        CHECK(!strcmp(again.entries[i].name, procfile->entries[i].name));
        CHECK(!strcmp(again.entries[i].command, procfile->entries[i].command));
        CHECK(again.entries[i].line == i + 1);
    }
    procfile_release(&again);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct procfile procfile;
    struct notes warnings = {0};
    struct cause why = {{0}};

    bool good = procfile_parse(&procfile, "P", (const char *)data, size,
                               &warnings, &why);
    for (size_t i = 0; i < warnings.count; i++)
        CHECK(strncmp(warnings.texts[i], "P:", 2) == 0);
    CHECK(good == (procfile.count > 0));
    if (!good)
        CHECK(strncmp(why.text, "P:", 2) == 0 && !procfile.text);
    for (size_t i = 0; i < procfile.count; i++)
        check_entry(&procfile, i);
    if (good)
        check_written_again(&procfile);
    procfile_release(&procfile);
    notes_release(&warnings);
    return 0;
}
