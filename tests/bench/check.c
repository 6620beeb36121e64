/* check.c - is every line there, once, whole, in order, behind its name?
 *
 *     check -l BYTES -n LINES -w WRITERS [-p PREFIX] < OUTPUT
 *
 * Knows the lines of load (line.h).  PREFIX is an extended regular expression
 * for what stands before the text; NAME in it is the process's name, which is
 * "w" and the four digits of its writer.  Colours are overlooked.  A line that
 * is no whole line of a writer is broken, unless it is one of the supervisor's
 * own: they are told by words that no writer uses.
 *
 * Prints one line, "clean" or what is wrong; exit code 0 or 1.
 */
#include "line.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_WORDS                                                              \
    "procman|start|stop|exit|terminat|interrupt|signal|pid|running|listen|"    \
    "success"
#define PREFIX_ROOM 128

struct writer {
    uint32_t next;
    char prefix[PREFIX_ROOM]; /* the last good one */
};

struct check {
    size_t len;
    uint32_t lines, writer_count;
    const char *prefix;
    char *pattern;
    struct writer *writers;
    regex_t own;
    unsigned long long seen, broken, lost, again, badly_named, own_lines;
};

static size_t without_colors(char *line, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        if (line[i] != '\033') {
            line[kept++] = line[i];
            continue;
        }
        while (i + 1 < len && line[i] != 'm')
            i++;
    }
    line[kept] = '\0';
    return kept;
}

static bool matches(const char *expression, const char *text)
{
    regex_t compiled;

    if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB))
        exit(2);
    bool yes = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return yes;
}

static bool is_named(const struct check *check, uint32_t writer,
                     const char *prefix)
{
    char expression[512], name[16];
    const char *at = strstr(check->prefix, "NAME");

    snprintf(name, sizeof name, "w%04x", writer);
    if (!at)
        return strstr(prefix, name);
    snprintf(expression, sizeof expression, "%.*s%s%s",
             (int)(at - check->prefix), check->prefix, name, at + 4);
    return matches(expression, prefix);
}

/* Nearly always the prefix is that of the line before. */
static void check_prefix(struct check *check, uint32_t writer,
                         const char *prefix)
{
    struct writer *known = &check->writers[writer];

    if (strcmp(known->prefix, prefix) == 0)
        return;
    if (strlen(prefix) >= PREFIX_ROOM || !is_named(check, writer, prefix)) {
        check->badly_named++;
        return;
    }
    strcpy(known->prefix, prefix);
}

static bool parse(const struct check *check, const char *text, uint32_t *writer,
                  uint32_t *number)
{
    unsigned sum;
    int end = 0;

    if (sscanf(text, "%4x %8x %4x%n", writer, number, &sum, &end) != 3)
        return false;
    return end == LINE_HEAD - 1 && text[end] == ' ' &&
           sum == line_sum(*writer, *number) && *writer < check->writer_count &&
           memcmp(text + LINE_HEAD, check->pattern + *number % LINE_SHIFT,
                  check->len - 1 - LINE_HEAD) == 0;
}

static void check_order(struct check *check, uint32_t writer, uint32_t number)
{
    struct writer *known = &check->writers[writer];

    if (number < known->next) {
        check->again++;
        return;
    }
    check->lost += number - known->next;
    known->next = number + 1;
}

static void check_line(struct check *check, char *line, size_t len)
{
    uint32_t writer, number;

    len = without_colors(line, len);
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        line[--len] = '\0';
    if (len >= check->len - 1 &&
        parse(check, line + len - (check->len - 1), &writer, &number)) {
        line[len - (check->len - 1)] = '\0';
        check->seen++;
        check_prefix(check, writer, line);
        check_order(check, writer, number);
    } else if (len == 0 || regexec(&check->own, line, 0, NULL, 0) == 0) {
        check->own_lines++;
    } else {
        check->broken++;
    }
}

static bool report(struct check *check)
{
    for (uint32_t i = 0; i < check->writer_count; i++)
        check->lost += check->lines - check->writers[i].next;
    if (!check->broken && !check->lost && !check->again &&
        !check->badly_named) {
        printf("clean: %llu lines\n", check->seen);
        return true;
    }
    printf("%llu lines: %llu lost, %llu twice or late, %llu broken, %llu badly "
           "named\n",
           check->seen, check->lost, check->again, check->broken,
           check->badly_named);
    return false;
}

static bool read_options(struct check *check, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned long value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-l") == 0)
            check->len = value;
        else if (strcmp(argv[i], "-n") == 0)
            check->lines = (uint32_t)value;
        else if (strcmp(argv[i], "-w") == 0)
            check->writer_count = (uint32_t)value;
        else if (strcmp(argv[i], "-p") == 0)
            check->prefix = argv[i + 1];
        else
            return false;
    }
    return check->len > LINE_HEAD && check->writer_count > 0;
}

int main(int argc, char **argv)
{
    struct check check = {.prefix = ""};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (!read_options(&check, argc, argv) ||
        regcomp(&check.own, OWN_WORDS, REG_EXTENDED | REG_NOSUB | REG_ICASE)) {
        fputs("usage: check -l BYTES -n LINES -w WRITERS [-p PREFIX]\n",
              stderr);
        return 2;
    }
    check.pattern = line_pattern(check.len);
    check.writers = calloc(check.writer_count, sizeof *check.writers);
    if (!check.writers)
        abort();
    while ((len = getline(&line, &room, stdin)) > 0)
        check_line(&check, line, (size_t)len);
    bool clean = report(&check);
    free(line);
    free(check.writers);
    free(check.pattern);
    regfree(&check.own);
    return clean ? 0 : 1;
}
