/* status_table.h - how processes are, as a table for people.
 *
 *     NAME   STATE    PID   UP      LAST EXIT       SAYS
 *     etcd1  ready    3182  4.1 s
 *     etcd2  idle                   SIGTERM, asked
 *     proxy  blocked                                db has failed
 *
 * A column that has nothing to say is left out.  Where the terminal is too
 * narrow for all of them, the last one is cut first, and then the others go,
 * those first that are missed the least.  Names and states are always whole.
 * No line ends with a blank, and no control character is let through.
 */
#ifndef PROCMAN_STATUS_TABLE_H
#define PROCMAN_STATUS_TABLE_H

#include "procman/protocol.h"

#include <stddef.h>

/* `width` in columns; 0: as wide as it gets.  free() it. */
char *status_table(const struct status *statuses, size_t count, size_t width);

#endif
