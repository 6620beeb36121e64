/* rolling_words.h - what is said of a member of a rolling restart; free() it.
 */
#ifndef PROCMAN_ROLLING_WORDS_H
#define PROCMAN_ROLLING_WORDS_H

#include "procman/process.h"

/* Its present run, or the last, is the one that has become ready. */
char *rolling_words_done(const struct process *process, bool was_up);

/* Why its last run is over. */
char *rolling_words_failed(struct process *process);

char *rolling_words_stopped(const struct process *process);
char *rolling_words_late(const struct process *process, uint64_t patience_ms);

#endif
