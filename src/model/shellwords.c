#include "procman/shellwords.h"
#include "procman/buf.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

/* What no word may hold without quotes, and what "..." does not quote. */
#define SHELLS_OWN        "\n$`|&;<>()*?[{}"
#define SHELLS_OWN_QUOTED "$`"
#define BLANKS            " \t"

#define NAME_BEGINS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_CHARS  NAME_BEGINS "0123456789"

/* dash, bash, busybox ash, ksh93, mksh and zsh. Left out are those that do
 * what the program of that name does (cat, sleep, ...): the process shall be
 * the program's own. */
static const char *const shells_commands[] = {
    /* keywords */
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "end",
    "esac", "fi", "for", "foreach", "function", "if", "in", "namespace",
    "nocorrect", "repeat", "select", "then", "time", "until", "while",
    /* builtins of POSIX */
    ".", ":", "alias", "bg", "break", "cd", "command", "continue", "eval",
    "exec", "exit", "export", "false", "fc", "fg", "getopts", "hash", "jobs",
    "kill", "newgrp", "pwd", "read", "readonly", "return", "set", "shift",
    "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias",
    "unset", "wait",
    /* builtins of one or the other */
    "autoload", "bind", "bindkey", "builtin", "bye", "caller", "chdir",
    "compgen", "complete", "compopt", "compound", "declare", "dirs", "disable",
    "disown", "echo", "emulate", "enable", "enum", "float", "functions",
    "getln", "global", "help", "hist", "history", "integer", "let", "limit",
    "local", "log", "login", "logout", "mapfile", "nameref", "noglob", "popd",
    "print", "printf", "pushd", "pushln", "r", "readarray", "redirect",
    "rehash", "sched", "setopt", "shopt", "source", "stop", "suspend", "ttyctl",
    "typeset", "unfunction", "unhash", "unlimit", "unsetopt", "vared", "whence",
    "where", "which", "zle", "zmodload"};

/* Variables by which a shell itself lives, that it keeps from being set, or
 * with which it would look for the program. */
static const char *const shells_variables[] = {
    "BASHOPTS", "BASHPID",  "DIRSTACK",  "EGID",   "ENV",   "ERRNO",
    "EUID",     "FUNCNAME", "GID",       "GROUPS", "IFS",   "LINENO",
    "OLDPWD",   "OPTARG",   "OPTIND",    "PATH",   "PPID",  "PWD",
    "RANDOM",   "SECONDS",  "SHELLOPTS", "SHLVL",  "TMOUT", "UID",
    "USERNAME", "_"};

struct reader {
    const char *at;
    struct buf word;
    bool assignment; /* it began with NAME= without quotes */
    bool shell;      /* only the shell can make something of it */
};

static bool is_one_of(const char *word, size_t len, const char *const *list,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i], word, len) == 0 && list[i][len] == '\0')
            return true;
    return false;
}

#define IS_ONE_OF(word, len, list)                                             \
    is_one_of(word, len, list, sizeof(list) / sizeof *(list))

/* ---- words ------------------------------------------------------------- */

static bool give_up(struct reader *reader)
{
    reader->shell = true;
    return false;
}

static bool read_single_quoted(struct reader *reader)
{
    const char *begin = reader->at + 1, *end = strchr(begin, '\'');

    if (!end)
        return give_up(reader);
    buf_add(&reader->word, begin, (size_t)(end - begin));
    reader->at = end + 1;
    return true;
}

static bool read_double_quoted(struct reader *reader)
{
    for (reader->at++; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\0' || strchr(SHELLS_OWN_QUOTED, *reader->at))
            return give_up(reader);
        if (reader->at[0] == '\\' && reader->at[1] == '\n')
            return give_up(reader);
        if (reader->at[0] == '\\' && reader->at[1] &&
            strchr("$`\"\\", reader->at[1]))
            reader->at++;
        buf_add_char(&reader->word, *reader->at);
    }
    reader->at++;
    return true;
}

static bool read_escaped(struct reader *reader)
{
    if (reader->at[1] == '\0' || reader->at[1] == '\n')
        return give_up(reader);
    buf_add_char(&reader->word, reader->at[1]);
    reader->at += 2;
    return true;
}

/* Some shells expand `a=~` and `a:~` in words that are no assignments. */
static bool is_home(const char *begin, const char *at)
{
    return *at == '~' && (at == begin || at[-1] == '=' || at[-1] == ':');
}

static bool ends_name(const char *begin, const char *at)
{
    size_t len = (size_t)(at - begin);

    return *at == '=' && strchr(NAME_BEGINS, *begin) &&
           strspn(begin, NAME_CHARS) == len;
}

static bool read_piece(struct reader *reader, const char *begin)
{
    switch (*reader->at) {
    case '\'': return read_single_quoted(reader);
    case '"': return read_double_quoted(reader);
    case '\\': return read_escaped(reader);
    }
    if (strchr(SHELLS_OWN, *reader->at) || is_home(begin, reader->at))
        return give_up(reader);
    if (ends_name(begin, reader->at))
        reader->assignment = true;
    buf_add_char(&reader->word, *reader->at++);
    return true;
}

/* False at the end of the command, or if it is the shell's. */
static bool read_word(struct reader *reader)
{
    const char *begin = reader->at += strspn(reader->at, BLANKS);

    reader->assignment = false;
    if (*begin == '#')
        return give_up(reader);
    while (*reader->at && !strchr(BLANKS, *reader->at))
        if (!read_piece(reader, begin))
            return false;
    return reader->at > begin;
}

/* ---- commands ---------------------------------------------------------- */

static void append(char ***list, size_t *count, char *word)
{
    *list = mem_resize(*list, *count + 2, sizeof **list);
    (*list)[(*count)++] = word;
    (*list)[*count] = NULL;
}

static bool may_assign(const char *assignment)
{
    return !IS_ONE_OF(assignment, strcspn(assignment, "="), shells_variables);
}

/* "-x" and "+x" would be options of sh, "%1" is a job, "A+=1" and "a.b=1" are
 * assignments to some shells; and that there is no "" is theirs to say. */
static bool may_be_command(const char *word)
{
    return *word && !strchr("-+%", *word) && !strchr(word, '=') &&
           !IS_ONE_OF(word, strlen(word), shells_commands);
}

static bool add(struct shellwords *words, struct reader *reader)
{
    char *word = buf_take(&reader->word);

    if (words->argc == 0 && reader->assignment) {
        append(&words->assignments, &words->assignment_count, word);
        return may_assign(word);
    }
    append(&words->argv, &words->argc, word);
    return words->argc > 1 || may_be_command(word);
}

bool shellwords_parse(struct shellwords *words, const char *command)
{
    struct reader reader = {.at = command};
    bool simple = true;

    *words = (struct shellwords){.assignments = mem_new(1, sizeof(char *))};
    while (simple && read_word(&reader))
        simple = add(words, &reader);
    buf_release(&reader.word);
    if (simple && !reader.shell && words->argc > 0)
        return true;
    shellwords_release(words);
    return false;
}

static void release_list(char **list)
{
    for (char **word = list; word && *word; word++)
        free(*word);
    free(list);
}

void shellwords_release(struct shellwords *words)
{
    release_list(words->assignments);
    release_list(words->argv);
    *words = (struct shellwords){0};
}
