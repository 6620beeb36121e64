#include "procman/formation.h"
#include "procman/mem.h"
#include "procman/values.h"

#include <stdlib.h>
#include <string.h>

static const struct formation_part *find(const struct formation *formation,
                                         const char *name)
{
    for (size_t i = 0; i < formation->count; i++)
        if (strcmp(formation->parts[i].name, name) == 0)
            return &formation->parts[i];
    return NULL;
}

/* "web=2"; `word` is cut up. */
static bool read_part(struct formation *to, char *word, struct cause *why)
{
    char *equals = strchr(word, '=');
    int count;

    if (!equals || equals == word)
        return cause_say(why, "%s is not like web=2", value_quoted(word).text);
    *equals = '\0';
    if (!value_number(&count, equals + 1, 0, FORMATION_MOST, why))
        return cause_prefix(why, "%.100s", value_quoted(word).text);
    if (find(to, word))
        return cause_say(why, "%s is there twice", value_quoted(word).text);
    to->parts = mem_resize(to->parts, to->count + 1, sizeof *to->parts);
    to->parts[to->count++] = (struct formation_part){mem_string(word), count};
    return true;
}

/* A copy without blanks: "web = 2, worker=1" is fine. */
static char *squeeze(const char *text)
{
    char *copy = mem_string(text), *to = copy;

    for (; *text; text++)
        if (!strchr(" \t", *text))
            *to++ = *text;
    *to = '\0';
    return copy;
}

bool formation_parse(struct formation *to, const char *text, struct cause *why)
{
    char *copy = squeeze(text), *state = NULL;
    bool good = true;

    *to = (struct formation){0};
    for (char *word = strtok_r(copy, ",", &state); word && good;
         word = strtok_r(NULL, ",", &state))
        good = read_part(to, word, why);
    if (good && to->count == 0)
        good = cause_say(why, "nobody is counted; it takes web=2,worker=3");
    free(copy);
    if (!good)
        formation_release(to);
    return good;
}

int formation_of(const struct formation *formation, const char *name)
{
    const struct formation_part *part = find(formation, name);

    if (!part)
        part = find(formation, FORMATION_ALL);
    return part ? part->count : -1;
}

void formation_release(struct formation *formation)
{
    for (size_t i = 0; i < formation->count; i++)
        free(formation->parts[i].name);
    free(formation->parts);
    *formation = (struct formation){0};
}
