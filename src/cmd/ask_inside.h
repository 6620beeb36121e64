/* ask_inside.h - what the parts of ask share.
 *
 *     ask.c           requests with outcomes
 *     ask_statuses.c  what there is and how it is
 *     ask_wait.c      until something has happened
 */
#ifndef PROCMAN_ASK_INSIDE_H
#define PROCMAN_ASK_INSIDE_H

#include "procman/ask.h"

/* As ask_connect(); `looks_only` and `patience_ms`: see client.h. */
int ask_connect_to(const struct options *options, char *const *names,
                   size_t name_count, bool looks_only, uint64_t patience_ms);

/* One line on stdout, without the control characters that are in it. */
void ask_print_line(const char *text);

#endif
