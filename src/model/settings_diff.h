/* settings_diff.h - in which keys what one process runs with differs. */
#ifndef PROCMAN_MODEL_SETTINGS_DIFF_H
#define PROCMAN_MODEL_SETTINGS_DIFF_H

#include "procman/settings.h"

/* Adds the keys, each with ", " before it if there is something in `to`.  The
 * variables (env.NAME, port) are left out: they are part of the environment.
 * `needs_run` becomes true if one of them is settled when a run begins. */
void settings_diff(const struct process_settings *old,
                   const struct process_settings *new, struct buf *to,
                   bool *needs_run);

#endif
