#include "procman/plan_diff.h"
#include "procman/mem.h"
#include "settings_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

/* ---- variables --------------------------------------------------------- */

static bool has_string(char *const *row, const char *string)
{
    for (; *row; row++)
        if (strcmp(*row, string) == 0)
            return true;
    return false;
}

/* The value in a row of variables; NULL: it is not there. */
static const char *value_of(char *const *row, const char *name, size_t len)
{
    for (; *row; row++)
        if (strncmp(*row, name, len) == 0 && (*row)[len] == '=')
            return *row + len + 1;
    return NULL;
}

static void add_variable(struct buf *to, const char *string, char *const *old,
                         char *const *new)
{
    size_t len = strcspn(string, "=");
    const char *before = value_of(old, string, len);
    const char *now = value_of(new, string, len);

    buf_add_format(to, "%s%.*s", to->len ? ", " : "", (int)len, string);
    if (len == strlen("PORT") && strncmp(string, "PORT", len) == 0)
        buf_add_format(to, " %s -> %s", before ? before : "unset",
                       now ? now : "unset");
}

/* Those that are new or other, then those that have gone. */
static void compare_rows(struct buf *to, char *const *old, char *const *new)
{
    for (char *const *at = new; *at; at++)
        if (!has_string(old, *at))
            add_variable(to, *at, old, new);
    for (char *const *at = old; *at; at++)
        if (!value_of(new, *at, strcspn(*at, "=")))
            add_variable(to, *at, old, new);
}

static void compare_variables(struct buf *to, const struct plan_item *old,
                              const struct plan_item *new)
{
    char **before =
        plan_environment(&old->plan->environment, &old->process->own);
    char **now = plan_environment(&new->plan->environment, &new->process->own);

    compare_rows(to, before, now);
    free(before);
    free(now);
}

/* ---- processes --------------------------------------------------------- */

static void compare(struct plan_change *change, const struct plan_item *old,
                    const struct plan_item *new)
{
    struct buf what = {0};
    bool needs_run = false;

    if (strcmp(old->process->command, new->process->command) != 0)
        buf_add_string(&what, "command");
    compare_variables(&what, old, new);
    needs_run = what.len > 0;
    settings_diff(&old->process->settings, &new->process->settings, &what,
                  &needs_run);
    change->kind = needs_run ? PLAN_CHANGED : PLAN_KEPT;
    change->what = buf_take(&what);
}

static size_t find(const struct plan_item *row, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(row[i].process->name, name) == 0)
            return i;
    return NOWHERE;
}

void plan_diff_make(struct plan_diff *diff, const struct plan_item *old,
                    size_t old_count, const struct plan_item *new,
                    size_t new_count)
{
    *diff = (struct plan_diff){
        .changes = mem_new(old_count + new_count, sizeof *diff->changes)};
    for (size_t i = 0; i < new_count; i++) {
        struct plan_change *change = &diff->changes[diff->count++];
        change->new = i;
        change->old = find(old, old_count, new[i].process->name);
        if (change->old != NOWHERE)
            compare(change, &old[change->old], &new[i]);
        else
            change->what = mem_string("");
    }
    for (size_t i = 0; i < old_count; i++)
        if (find(new, new_count, old[i].process->name) == NOWHERE)
            diff->changes[diff->count++] =
                (struct plan_change){PLAN_REMOVED, i, NOWHERE, mem_string("")};
}

void plan_diff_release(struct plan_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        free(diff->changes[i].what);
    free(diff->changes);
    *diff = (struct plan_diff){0};
}

/* ---- texts ------------------------------------------------------------- */

const char *plan_change_word(enum plan_change_kind kind)
{
    static const char *const words[] = {
        [PLAN_ADDED] = "added",
        [PLAN_REMOVED] = "removed",
        [PLAN_CHANGED] = "changed",
        [PLAN_KEPT] = "kept",
    };

    return words[kind];
}

size_t plan_diff_count(const struct plan_diff *diff, enum plan_change_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < diff->count; i++)
        count += diff->changes[i].kind == kind;
    return count;
}

char *plan_change_line(const struct plan_change *change, const char *name)
{
    static const char signs[] = {
        [PLAN_ADDED] = '+',
        [PLAN_REMOVED] = '-',
        [PLAN_CHANGED] = '~',
        [PLAN_KEPT] = '=',
    };
    bool more = *change->what != '\0';

    return mem_format("%c %s%s%s%s", signs[change->kind], name,
                      more ? " (" : "", change->what, more ? ")" : "");
}
