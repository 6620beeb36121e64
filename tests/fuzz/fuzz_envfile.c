/* Whatever the bytes: the names are names, and the values, written down with
 * every escape there is, are read the same. */
#include "check.h"
#include "procman/buf.h"
#include "procman/envfile.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

static void write_value(struct buf *text, const char *value)
{
    static const char meant[] = "\n\r\t\"\\$", known[] = "nrt\"\\$";

    buf_add_char(text, '"');
    for (; *value; value++) {
        const char *found = strchr(meant, *value);
        if (found)
            buf_add_char(text, '\\');
        buf_add_char(text, found ? known[found - meant] : *value);
    }
    buf_add_string(text, "\"\n");
}

static void check_written_again(const struct environment *values,
                                const struct environment *inherited)
{
    struct buf text = {0};
    struct environment again = {0};
    struct notes warnings = {0};
    struct cause why = {{0}};

    for (size_t i = 0; i < values->count; i++) {
        size_t len = strcspn(values->strings[i], "=");
        CHECK(strspn(values->strings[i], LETTERS) > 0);
        CHECK(strspn(values->strings[i], LETTERS "0123456789.-") == len);
        buf_add(&text, values->strings[i], len + 1);
        write_value(&text, values->strings[i] + len + 1);
    }
    CHECK(envfile_parse(&again, "E", text.data, text.len, inherited, &warnings,
                        &why));
    CHECK(warnings.count == 0 && again.count == values->count);
    for (size_t i = 0; i < again.count; i++)
        CHECK(strcmp(again.strings[i], values->strings[i]) == 0);
    environment_release(&again);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct environment values = {0}, inherited = {0};
    struct notes warnings = {0};
    struct cause why = {{0}};
    bool nul = size > 0 && memchr(data, 0, size);

    environment_set(&inherited, "A", "from \"outside\" $A");
    bool good = envfile_parse(&values, "E", (const char *)data, size,
                              &inherited, &warnings, &why);
    CHECK(!good || !nul);
    CHECK(good || strncmp(why.text, "E:", 2) == 0);
    CHECK(good || values.count == 0);
    for (size_t i = 0; i < warnings.count; i++)
        CHECK(strncmp(warnings.texts[i], "E:", 2) == 0);
    check_written_again(&values, &inherited);
    environment_release(&values);
    environment_release(&inherited);
    notes_release(&warnings);
    return 0;
}
