/* ask_rolling.h - the options of a rolling restart, and its answer in steps.
 */
#ifndef PROCMAN_ASK_ROLLING_H
#define PROCMAN_ASK_ROLLING_H

#include "ask_inside.h"

/* What the options say of who must stay ready, and of a rolling restart. */
void ask_add_roll(struct request *request, const struct options *options);

/* As ask_reply(); the outcomes that come one by one are printed as they do. */
bool ask_reply_in_steps(int connection, const struct request *request,
                        struct reply *reply);

#endif
