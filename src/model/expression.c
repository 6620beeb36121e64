#include "procman/expression.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 64 /* of parentheses */
#define PLUS_COST  4  /* twice the size, and glibc's closures of each of them */

struct group {
    size_t before; /* the cost of what is done with */
    size_t last;   /* that of what a repetition would repeat */
};

static size_t sum(size_t a, size_t b)
{
    return a + b > EXPRESSION_MOST ? EXPRESSION_MOST + 1 : a + b;
}

static size_t times(size_t a, size_t b)
{
    return b && a > EXPRESSION_MOST / b ? EXPRESSION_MOST + 1 : a * b;
}

static void add(struct group *group, size_t cost)
{
    group->before = sum(group->before, group->last);
    group->last = cost;
}

/* Behind a "[...]", in which a "]" may stand first, and "[:alpha:]". */
static const char *behind_brackets(const char *at)
{
    at += at[1] == '^' ? 2 : 1;
    if (*at == ']')
        at++;
    while (*at && *at != ']') {
        if (at[0] == '[' && at[1] && strchr(":.=", at[1])) {
            const char end[] = {at[1], ']', '\0'};
            const char *closed = strstr(at + 2, end);
            at = closed ? closed + 1 : at;
        }
        at++;
    }
    return *at ? at + 1 : at;
}

/* How often "{n,m}" repeats, at most. */
static size_t bound(const char *at)
{
    char *end;
    unsigned long most = strtoul(at + 1, &end, 10);

    if (*end == ',') {
        unsigned long second = strtoul(end + 1, NULL, 10);
        most = second > most ? second : most;
    }
    return most > EXPRESSION_MOST ? EXPRESSION_MOST + 1 : most + 1;
}

static size_t cost_of(const char *at)
{
    struct group groups[DEPTH_MOST] = {{0, 0}};
    size_t depth = 0;

    while (*at) {
        struct group *group = &groups[depth];
        switch (*at) {
        case '(':
            if (++depth == DEPTH_MOST)
                return EXPRESSION_MOST + 1;
            groups[depth] = (struct group){0, 0};
            break;
        case ')':
            if (depth > 0)
                add(&groups[--depth], sum(sum(group->before, group->last), 1));
            break;
        case '+': group->last = times(group->last, PLUS_COST); break;
        case '*': group->last = times(group->last, 2); break;
        case '{': group->last = times(group->last, bound(at)); break;
        case '[':
            add(group, 1);
            at = behind_brackets(at);
            continue;
        default: add(group, 1); break;
        }
        at += at[0] == '\\' && at[1] ? 2 : 1;
    }
    size_t cost = 0;
    for (size_t i = 0; i <= depth; i++)
        cost = sum(cost, sum(groups[i].before, groups[i].last));
    return cost;
}

bool expression_compile(regex_t *regex, const char *text, int flags,
                        struct cause *why)
{
    char said[128];

    if (cost_of(text) > EXPRESSION_MOST)
        return cause_say(why, "its repetitions of repetitions are too many");
    int bad = regcomp(regex, text, REG_EXTENDED | flags);
    if (!bad)
        return true;
    regerror(bad, regex, said, sizeof said);
    return cause_say(why, "%s", said);
}
