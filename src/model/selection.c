#include "procman/selection.h"
#include "procman/mem.h"
#include "procman/pattern.h"
#include "procman/words.h"

#include <stdlib.h>
#include <string.h>

static bool is_in_group(const struct selection_member *member,
                        const char *group)
{
    for (size_t i = 0; member->groups && i < member->groups->count; i++)
        if (strcmp(member->groups->names[i], group) == 0)
            return true;
    return false;
}

static bool is_meant(const struct selection_member *member, const char *word)
{
    if (*word == '@')
        return is_in_group(member, word + 1);
    return pattern_means(word, member->name, member->entry);
}

static bool fail_unknown(const struct selection_member *members, size_t count,
                         const char *word, struct cause *why)
{
    const char **names = mem_new(2 * count, sizeof *names);
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        names[known++] = members[i].name;
        if (members[i].entry)
            names[known++] = members[i].entry;
    }
    const char *nearest = words_nearest(word, names, known);
    free(names);
    if (*word == '@')
        return cause_say(why, "no process is in a group \"%s\"", word + 1);
    if (pattern_is(word))
        return cause_say(why, "no process matches \"%s\"", word);
    if (nearest)
        return cause_say(why, "unknown process \"%s\"; did you mean \"%s\"?",
                         word, nearest);
    return cause_say(why, "unknown process \"%s\"", word);
}

/* Marks all that a word means; false: that is nobody. */
static bool find(const struct selection_member *members, size_t count,
                 const char *word, bool *found, struct cause *why)
{
    bool somebody = false;

    for (size_t i = 0; i < count; i++)
        if (is_meant(&members[i], word))
            found[i] = somebody = true;
    return somebody || fail_unknown(members, count, word, why);
}

bool selection_choose(const struct selection_member *members, size_t count,
                      char *const *words, size_t word_count, bool *chosen,
                      struct cause *why)
{
    bool *found = mem_new(count, sizeof *found);
    bool good = true;

    for (size_t w = 0; w < word_count && good; w++)
        good = find(members, count, words[w], found, why);
    for (size_t i = 0; i < count && good; i++)
        chosen[i] = chosen[i] || found[i];
    free(found);
    return good;
}

/* Marks whom the words of a comma list mean. */
static bool find_each(const struct selection_member *members, size_t count,
                      const char *list, bool *found, struct cause *why)
{
    bool good = true;

    while (good) {
        size_t len = strcspn(list, ",");
        char *word = mem_string_of(list, len);
        good = find(members, count, word, found, why);
        free(word);
        list += len;
        if (*list == '\0')
            break;
        list++;
    }
    return good;
}

bool selection_leave_out(const struct selection_member *members, size_t count,
                         const char *list, bool *chosen, struct cause *why)
{
    bool *found = mem_new(count, sizeof *found);
    size_t left = 0;

    bool good = find_each(members, count, list, found, why);
    for (size_t i = 0; i < count; i++)
        left += chosen[i] && !found[i];
    if (good && left == 0)
        good = cause_say(why, "nobody is left without %s", list);
    for (size_t i = 0; i < count && good; i++)
        chosen[i] = chosen[i] && !found[i];
    free(found);
    return good;
}
