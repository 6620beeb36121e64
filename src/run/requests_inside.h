/* requests_inside.h - the answers that requests get at once.
 *
 *     requests.c         who is meant, and who carries it out
 *     requests_status.c  how the processes are
 *     requests_signal.c  signals, pauses
 *     requests_log.c     log files
 */
#ifndef PROCMAN_REQUESTS_INSIDE_H
#define PROCMAN_REQUESTS_INSIDE_H

#include "supervisor_inside.h"

/* All of them answer the call; `chosen` is by the places of the roster. */
void answer_statuses(const struct supervisor *supervisor,
                     struct control_call *call, const bool *chosen);
void send_signals(struct supervisor *supervisor, struct control_call *call,
                  const struct request *request, const bool *chosen);
void reopen_logs(const struct supervisor *supervisor,
                 struct control_call *call);

#endif
