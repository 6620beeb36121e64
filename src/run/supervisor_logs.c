/* What processes have written, for those who ask. */
#include "procman/selection.h"
#include "supervisor_inside.h"

#include <stddef.h>

static const struct member *member_of_source(const struct source *source)
{
    return (const struct member *)((const char *)source -
                                   offsetof(struct member, source));
}

bool supervisor_means(const struct source *source, char *const *words,
                      size_t count)
{
    const struct plan_process *planned = member_of_source(source)->planned;
    struct selection_member member = {
        .name = planned->name,
        .groups = &planned->settings.group,
        .entry = planned->entry,
    };
    bool meant = false;
    struct cause none;

    for (size_t i = 0; i < count && !meant; i++)
        selection_choose(&member, 1, &words[i], 1, &meant, &none);
    return meant;
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
