/* Log files that have been moved away. */
#include "procman/words.h"
#include "requests_inside.h"

#include <stdio.h>

void reopen_logs(const struct supervisor *supervisor, struct control_call *call)
{
    struct cause why = {{0}};
    size_t count = output_reopen(supervisor->config.output, &why);
    struct words logs = words_count(count, "log file", "log files");
    struct reply reply = {0};
    char text[128];

    snprintf(text, sizeof text, "%s opened anew", logs.text);
    reply_add_outcome(&reply, verb_word(VERB_LOG_REOPEN), true, text);
    if (*why.text)
        reply_fail(&reply, 1, "%s", why.text);
    control_answer(call, &reply);
    reply_release(&reply);
}
