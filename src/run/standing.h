/* standing.h - how a member stands, for whoever asks: in words, with the reason.
 */
#ifndef PROCMAN_STANDING_H
#define PROCMAN_STANDING_H

#include "procman/awaited.h"
#include "procman/process.h"
#include "procman/words.h"
#include "roster.h"

/* `run`: the number of the one that AWAITED_EXITED means. */
struct awaited_view standing_view(const struct member *member, uint64_t run);

/* Which run somebody means who waits now until it is over. */
uint64_t standing_run(const struct member *member);

/* How that run, or the last one since, ended; NULL: it goes on. */
const struct process_run *standing_end(const struct member *member,
                                       uint64_t run);

/* A word of protocol.h: "ready", "held", "paused", "done", ... */
const char *standing_word(const struct member *member);

/* Why it is not otherwise: "waits for db", "starts again in 3.2 s"; NULL: the
 * word says all.  free() it. */
char *standing_why(const struct member *member);

/* The same as words behind "it is not ready: ", whatever its state; free() it.
 */
char *standing_reason(const struct member *member);

/* "exited with code 3 after 12 ms", "was ended by SIGKILL after 2.1 s". */
struct words standing_exit(const struct process_run *run);

#endif
