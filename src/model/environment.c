#include "procman/environment.h"
#include "procman/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The place of the variable, or the number of variables if there is none. */
static size_t find(const struct environment *environment, const char *name,
                   size_t len)
{
    size_t i;

    for (i = 0; i < environment->count; i++)
        if (strncmp(environment->strings[i], name, len) == 0 &&
            environment->strings[i][len] == '=')
            break;
    return i;
}

static void append(struct environment *environment, char *string)
{
    environment->strings = mem_resize(environment->strings,
                                      environment->count + 2, sizeof(char *));
    environment->strings[environment->count++] = string;
    environment->strings[environment->count] = NULL;
}

void environment_import(struct environment *environment, char *const *strings)
{
    for (; strings && *strings; strings++) {
        size_t len = strcspn(*strings, "=");

        if (len == 0 || (*strings)[len] == '\0')
            continue;
        if (find(environment, *strings, len) == environment->count)
            append(environment, mem_string(*strings));
    }
}

void environment_copy(struct environment *to, const struct environment *from)
{
    *to = (struct environment){0};
    for (size_t i = 0; i < from->count; i++)
        append(to, mem_string(from->strings[i]));
}

void environment_set(struct environment *environment, const char *name,
                     const char *value)
{
    size_t len = strlen(name), i = find(environment, name, len);

    assert(len > 0 && !strchr(name, '='));
    char *string = mem_format("%s=%s", name, value);
    if (i == environment->count) {
        append(environment, string);
        return;
    }
    free(environment->strings[i]); /* only now: `value` may lie in it */
    environment->strings[i] = string;
}

const char *environment_get(const struct environment *environment,
                            const char *name)
{
    size_t len = strlen(name), i = find(environment, name, len);

    return i < environment->count ? environment->strings[i] + len + 1 : NULL;
}

void environment_unset(struct environment *environment, const char *name)
{
    size_t i = find(environment, name, strlen(name));

    if (i == environment->count)
        return;
    free(environment->strings[i]);
    memmove(environment->strings + i, environment->strings + i + 1,
            (environment->count - i) * sizeof(char *));
    if (--environment->count == 0)
        environment_release(environment);
}

void environment_release(struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->strings[i]);
    free(environment->strings);
    *environment = (struct environment){0};
}

void environment_merge(struct environment *to, const struct environment *from)
{
    for (size_t i = 0; i < from->count; i++) {
        size_t len = strcspn(from->strings[i], "=");
        char *name = mem_string_of(from->strings[i], len);
        environment_set(to, name, from->strings[i] + len + 1);
        free(name);
    }
}
