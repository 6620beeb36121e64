#include "rolling_words.h"
#include "procman/mem.h"
#include "procman/words.h"

#include <stdlib.h>

char *rolling_words_done(const struct process *process, bool was_up)
{
    const struct process_run *run = process_run(process);
    struct words time = words_duration(run->ready_ms - run->started_ms);

    return mem_format(
        "%s %s: pid %d, ready after %s", process_spec(process)->name,
        was_up ? "restarted" : "started", (int)run->pid, time.text);
}

/* A run that ended by itself is signalled later, for the others of its group. */
static bool was_ended_by_us(const struct process_run *run)
{
    return run->signalled_ms && run->signalled_ms < run->ended_ms;
}

static char *how_it_failed(struct process *process)
{
    const struct process_run *run = process_run(process);
    struct words after = words_duration(process_age_ms(process));

    if (run->spawn_error)
        return mem_format("it %s", process_failure(process));
    if (was_ended_by_us(run))
        return mem_format("it was not well, and was ended after %s",
                          after.text);
    if (run->signum)
        return mem_format("it was ended by %s after %s",
                          words_signal(run->signum).text, after.text);
    return mem_format("it exited with code %d after %s", run->code, after.text);
}

char *rolling_words_failed(struct process *process)
{
    char *how = how_it_failed(process);
    char *why = mem_format("%s did not come back: %s",
                           process_spec(process)->name, how);

    free(how);
    return why;
}

char *rolling_words_stopped(const struct process *process)
{
    return mem_format("%s was stopped meanwhile", process_spec(process)->name);
}

char *rolling_words_late(const struct process *process, uint64_t patience_ms)
{
    return mem_format("%s is not ready after %s", process_spec(process)->name,
                      words_duration(patience_ms).text);
}
