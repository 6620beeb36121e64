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
    return pattern_matches(word, member->name);
}

static bool fail_unknown(const struct selection_member *members, size_t count,
                         const char *word, struct cause *why)
{
    const char **names = mem_new(count, sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = members[i].name;
    const char *nearest = words_nearest(word, names, count);
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

bool selection_choose(const struct selection_member *members, size_t count,
                      char *const *words, size_t word_count, bool *chosen,
                      struct cause *why)
{
    bool *found = mem_new(count, sizeof *found);
    bool good = true;

    for (size_t w = 0; w < word_count && good; w++) {
        bool somebody = false;
        for (size_t i = 0; i < count; i++)
            if (is_meant(&members[i], words[w]))
                found[i] = somebody = true;
        good = somebody || fail_unknown(members, count, words[w], why);
    }
    for (size_t i = 0; i < count && good; i++)
        chosen[i] = chosen[i] || found[i];
    free(found);
    return good;
}
