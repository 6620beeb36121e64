#include "procman/notifiers.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/values.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"
#define NAME_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"

enum { DEEPEST = 4 }; /* sh -c 'sh -c ...' */

/* ---- words of a shell command ------------------------------------------ */

struct scan {
    const char *at;
    struct value_names words; /* without quotes and redirections */
    bool lost;                /* only a shell could go on */
};

static void add_word(struct scan *scan, struct buf *word)
{
    struct value_names *words = &scan->words;

    words->names =
        mem_resize(words->names, words->count + 1, sizeof *words->names);
    buf_reserve(word, 0);
    words->names[words->count++] = buf_take(word);
}

/* `at` is behind the first quote. */
static void read_single(struct scan *scan, struct buf *word)
{
    size_t len = strcspn(scan->at, "'");

    buf_add(word, scan->at, len);
    scan->at += len;
    if (*scan->at == '\0')
        scan->lost = true;
    else
        scan->at++;
}

/* A command within it may hold quotes of its own. */
static bool is_command(const char *at)
{
    return *at == '`' || (at[0] == '$' && at[1] == '(');
}

static void read_double(struct scan *scan, struct buf *word)
{
    while (*scan->at && *scan->at != '"' && !is_command(scan->at)) {
        if (scan->at[0] == '\\' && scan->at[1] && strchr("\\\"$`", scan->at[1]))
            scan->at++;
        buf_add_char(word, *scan->at++);
    }
    if (*scan->at == '"')
        scan->at++;
    else
        scan->lost = true;
}

static void read_backslash(struct scan *scan, struct buf *word)
{
    if (scan->at[0] == '\0' || scan->at[0] == '\n')
        scan->lost = true;
    else
        buf_add_char(word, *scan->at++);
}

/* One word; it may be empty, as in "". */
static void read_word(struct scan *scan, struct buf *word)
{
    while (!scan->lost && *scan->at && !strchr(BLANKS "\n;&|<>()", *scan->at)) {
        if (is_command(scan->at)) {
            scan->lost = true;
            return;
        }
        char c = *scan->at++;
        switch (c) {
        case '\'': read_single(scan, word); break;
        case '"': read_double(scan, word); break;
        case '\\': read_backslash(scan, word); break;
        default: buf_add_char(word, c);
        }
    }
}

/* "> file", "2>&1", "<&-": nothing of it is a word of the command. */
static void skip_redirection(struct scan *scan)
{
    struct buf target = {0};

    if (strncmp(scan->at, "<<", 2) == 0 || strncmp(scan->at, "<(", 2) == 0 ||
        strncmp(scan->at, ">(", 2) == 0) {
        scan->lost = true;
        return;
    }
    scan->at += strspn(scan->at, "<>");
    scan->at += strspn(scan->at, "&|");
    scan->at += strspn(scan->at, BLANKS);
    const char *begin = scan->at;
    read_word(scan, &target);
    if (scan->at == begin)
        scan->lost = true;
    buf_release(&target);
}

static bool is_number(const struct buf *word)
{
    return word->len > 0 && strspn(word->data, "0123456789") == word->len;
}

static void read_next(struct scan *scan)
{
    const char *begin = scan->at;
    struct buf word = {0};

    if (*scan->at != '<' && *scan->at != '>') {
        read_word(scan, &word);
        bool descriptor = (*scan->at == '<' || *scan->at == '>') &&
                          is_number(&word) && scan->at == begin + word.len;
        if (!scan->lost && !descriptor && scan->at > begin)
            add_word(scan, &word);
        if (scan->at == begin) /* ; & | ( ) or a newline */
            scan->lost = true;
    }
    buf_release(&word);
    if (!scan->lost && (*scan->at == '<' || *scan->at == '>'))
        skip_redirection(scan);
}

/* False: not all of it is words of one command. */
static bool scan_command(struct scan *scan, const char *command)
{
    *scan = (struct scan){.at = command + strspn(command, BLANKS "\n")};
    while (!scan->lost && *scan->at && *scan->at != '#') {
        read_next(scan);
        scan->at += strspn(scan->at, BLANKS);
        if (scan->at[strspn(scan->at, BLANKS "\n")] == '\0')
            break; /* newlines at the end are nothing */
    }
    if (*scan->at == '#' && strchr(scan->at, '\n'))
        scan->lost = true; /* there may be more behind the comment */
    if (!scan->lost)
        return true;
    value_names_release(&scan->words);
    return false;
}

/* ---- the program ------------------------------------------------------- */

static bool is_assignment(const char *word)
{
    size_t len = strspn(word, NAME_CHARS);

    return len > 0 && word[len] == '=' && !strchr("0123456789", word[0]);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_one_of(const char *word, const char *const *row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, row[i]) == 0)
            return true;
    return false;
}

static bool is_shell(const char *word)
{
    static const char *const shells[] = {"sh",  "bash", "dash",
                                         "ash", "ksh",  "zsh"};

    return is_one_of(base_name(word), shells, sizeof shells / sizeof *shells);
}

/* What the shell in front of these words is to run: -c TEXT, -ec TEXT. */
static const char *shell_text(const struct value_names *words, size_t at)
{
    if (words->count < at + 3)
        return NULL;
    const char *shell = words->names[at], *option = words->names[at + 1];
    bool plain =
        option[0] == '-' && option[1 + strspn(option + 1, "ceux")] == '\0';
    if (!is_shell(shell) || !plain || !strchr(option, 'c'))
        return NULL;
    return words->names[at + 2];
}

static char *find_program(const char *command, int depth)
{
    struct scan scan;
    size_t at = 0;
    char *program = NULL;

    if (!scan_command(&scan, command))
        return NULL;
    char **words = scan.words.names;
    size_t count = scan.words.count;
    while (at < count && is_assignment(words[at]))
        at++;
    while (at < count && strcmp(words[at], "exec") == 0)
        at++;
    const char *text = shell_text(&scan.words, at);
    if (text && depth < DEEPEST)
        program = find_program(text, depth + 1);
    else if (!text && at < count && !strpbrk(words[at], "$*?[~"))
        program = mem_string(words[at]);
    value_names_release(&scan.words);
    return program;
}

char *notifiers_program(const char *command)
{
    char *program = find_program(command, 0);

    if (program && (*program == '\0' || *program == '-')) {
        free(program); /* exec -a NAME, or nothing */
        program = NULL;
    }
    return program;
}

bool notifiers_know(const char *command, const char *const *more,
                    size_t more_count)
{
    static const char *const known[] = {"etcd"};
    char *program = notifiers_program(command);

    if (!program)
        return false;
    const char *base = base_name(program);
    bool knows = is_one_of(base, known, sizeof known / sizeof *known) ||
                 is_one_of(base, more, more_count) ||
                 is_one_of(program, more, more_count);
    free(program);
    return knows;
}
