/* What is called simple has nothing in it that a shell would act on, and its
 * words, put into quotes again, are the same words. */
#include "check.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/shellwords.h"

#include <string.h>

/* Puts a 'q' for what is quoted, by a reading of its own: no words. */
static char *unquoted(const char *command)
{
    struct buf out = {0};
    char quote = '\0';

    for (; *command; command++) {
        if (quote == '\'') {
            quote = *command == '\'' ? '\0' : quote;
        } else if (*command == '\\') {
            CHECK(*++command && *command != '\n');
            buf_add_char(&out, 'q');
        } else if (quote == '"') {
            CHECK(*command != '$' && *command != '`');
            quote = *command == '"' ? '\0' : quote;
        } else if (*command == '\'' || *command == '"') {
            quote = *command;
            buf_add_char(&out, 'q');
        } else {
            buf_add_char(&out, *command);
        }
    }
    CHECK(quote == '\0');
    return buf_take(&out);
}

static void add_quoted(struct buf *out, const char *word)
{
    buf_add_char(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_add_string(out, "'\\''");
        else
            buf_add_char(out, *word);
    }
    buf_add_string(out, "' ");
}

static void check_same(char *const *list, char *const *again, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK(strcmp(list[i], again[i]) == 0);
    CHECK(!list[count] && !again[count]);
}

static void check_quoted_again(const struct shellwords *words)
{
    struct buf command = {0};
    struct shellwords again;

    for (size_t i = 0; i < words->assignment_count; i++) {
        size_t name = strcspn(words->assignments[i], "=") + 1;
        buf_add(&command, words->assignments[i], name);
        add_quoted(&command, words->assignments[i] + name);
    }
    for (size_t i = 0; i < words->argc; i++)
        add_quoted(&command, words->argv[i]);
    CHECK(shellwords_parse(&again, command.data));
    CHECK(again.assignment_count == words->assignment_count);
    CHECK(again.argc == words->argc);
    check_same(words->assignments, again.assignments, again.assignment_count);
    check_same(words->argv, again.argv, again.argc);
    shellwords_release(&again);
    buf_release(&command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *command = mem_string_of((const char *)data, size);
    struct shellwords words;

    if (shellwords_parse(&words, command)) {
        char *bare = unquoted(command);
        CHECK(words.argc > 0 && *words.argv[0]);
        CHECK(!strpbrk(bare, "\n$`|&;<>()*?[{}"));
        CHECK(*bare != '#' && !strstr(bare, " #") && !strstr(bare, "\t#"));
        CHECK(*bare != '~' && !strstr(bare, " ~") && !strstr(bare, "\t~"));
        free(bare);
        check_quoted_again(&words);
    } else {
        CHECK(!words.argv && !words.assignments && words.argc == 0);
    }
    shellwords_release(&words);
    free(command);
    return 0;
}
