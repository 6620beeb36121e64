/* supervisor_inside.h - what the requests of clients may do to a supervisor.
 */
#ifndef PROCMAN_SUPERVISOR_INSIDE_H
#define PROCMAN_SUPERVISOR_INSIDE_H

#include "errand.h"
#include "procman/supervisor.h"

const struct plan *supervisor_plan(const struct supervisor *supervisor);

/* In the order of the plan. */
struct process *supervisor_process(const struct supervisor *supervisor,
                                   size_t i);

/* Then nothing is started any more. */
bool supervisor_is_stopping(const struct supervisor *supervisor);

/* It will not be started when its turn comes; says whether it would have. */
bool supervisor_unqueue(struct supervisor *supervisor, size_t i);

/* Tells all processes of an errand what to do; the errand is answered and
 * released when they have done it. */
void supervisor_send(struct supervisor *supervisor, struct errand *errand);

#endif
