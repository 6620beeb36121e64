/* verdict_words.h - what those who wait are told, one sentence for each process.
 */
#ifndef PROCMAN_VERDICT_WORDS_H
#define PROCMAN_VERDICT_WORDS_H

#include "procman/awaited.h"
#include "procman/protocol.h"
#include "roster.h"

/* It is so.  `run` is that of AWAITED_EXITED; if it was a failure, the code of
 * the reply is 1. */
void verdict_tell_done(struct reply *reply, enum awaited what,
                       const struct member *member, uint64_t run);

/* It is not, with the reason. */
void verdict_tell_not(struct reply *reply, enum awaited what,
                      const struct member *member);

#endif
