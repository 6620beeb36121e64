/* What processes have written, for those who ask. */
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/selection.h"
#include "supervisor_inside.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LAST_LINES     5
#define LAST_LINE_MOST 1024 /* bytes */

static const struct member *member_of_source(const struct source *source)
{
    return (const struct member *)((const char *)source -
                                   offsetof(struct member, source));
}

static bool means(const struct selection_member *member, char *word)
{
    bool meant = false;
    struct cause none;

    return selection_choose(member, 1, &word, 1, &meant, &none) && meant;
}

static bool is_excluded(const struct selection_member *member, const char *list)
{
    char *words = mem_string(list), *rest = words;
    bool excluded = false;

    for (char *word; !excluded && (word = strtok_r(NULL, ",", &rest));)
        excluded = means(member, word);
    free(words);
    return excluded;
}

bool supervisor_means(const struct source *source,
                      const struct history_wish *wish)
{
    const struct plan_process *planned = member_of_source(source)->planned;
    struct selection_member member = {
        .name = planned->name,
        .groups = &planned->settings.group,
        .entry = planned->entry,
    };
    bool meant = wish->word_count == 0;

    for (size_t i = 0; i < wish->word_count && !meant; i++)
        meant = means(&member, wish->words[i]);
    return meant && !(wish->excluded && is_excluded(&member, wish->excluded));
}

void supervisor_tell_logs(struct supervisor *supervisor,
                          struct control_call *call,
                          const struct request *request)
{
    struct history_wish wish;
    struct reply refusal = {0};
    struct cause why;

    if (history_wish_read(&wish, request, &why)) {
        history_tell(supervisor->history, call, &wish);
        return;
    }
    reply_fail(&refusal, 2, "%s", why.text);
    control_answer(call, &refusal);
    reply_release(&refusal);
}

/* ---- last lines --------------------------------------------------------- */

static void add_line(void *owner, const char *text, size_t len)
{
    struct buf *lines = owner;

    len = len < LAST_LINE_MOST ? len : LAST_LINE_MOST;
    for (size_t i = 0; i < len; i++)
        buf_add_char(lines, text[i] ? text[i] : ' ');
    buf_add_char(lines, '\n');
}

char *supervisor_last_lines(const struct supervisor *supervisor,
                            const struct member *member)
{
    struct buf lines = {0};

    history_last_lines(supervisor->history, &member->source, LAST_LINES,
                       add_line, &lines);
    return lines.len ? buf_take(&lines) : NULL;
}

void supervisor_say_last_lines(struct supervisor *supervisor,
                               const struct member *member)
{
    struct output *output = supervisor->config.output;
    char *lines, *rest;

    if (history_spoke_last(supervisor->history, &member->source))
        return;
    lines = rest = supervisor_last_lines(supervisor, member);
    if (!lines)
        return;
    output_say(output, "the last lines of %s:", member->source.name);
    for (char *line; (line = strtok_r(NULL, "\n", &rest));)
        output_say(output, "    %s", line);
    free(lines);
}
