/* logs_view.h - what `procman logs` shows, from the session's parts (protocol.h)
 * to standard output.
 */
#ifndef PROCMAN_CMD_LOGS_VIEW_H
#define PROCMAN_CMD_LOGS_VIEW_H

#include "procman/command.h"
#include "procman/logmatch.h"

#include <stddef.h>
#include <stdint.h>

struct logs_wish {
    struct logmatch *grep;  /* only these; NULL: all */
    struct logmatch *until; /* the end; NULL: none */
    uint64_t last;       /* of what is past, so many at most; UINT64_MAX: all */
    uint64_t timeout_ms; /* for `until`; 0: none */
};

/* Reads a connection on which VERB_LOGS was asked until the end; returns the
 * exit code. */
int logs_view(const struct options *options, const struct logs_wish *wish,
              int connection);

#endif
