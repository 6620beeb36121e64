/* output.h - everything that is shown, on its way to the sinks.
 *
 * Lines of all processes come in, in the order in which they were read; every
 * sink gets every line.  Sinks write once per turn of the loop, after all that
 * was ready has been read, so that a flood costs few system calls.
 */
#ifndef PROCMAN_OUTPUT_H
#define PROCMAN_OUTPUT_H

#include "procman/cause.h"
#include "procman/sink.h"

#include <uv.h>

#define OUTPUT_SINKS 4

struct output {
    struct sink *sinks[OUTPUT_SINKS];
    size_t sink_count;
    struct source own; /* procman's */
    uv_prepare_t turn;
    int64_t time_us; /* of this turn; 0: nobody has asked yet */
    uint64_t seq;    /* of the last line */
    bool closed;
};

/* Does not keep the loop alive. */
void output_init(struct output *output, uv_loop_t *loop);

/* Borrowed; at most OUTPUT_SINKS. */
void output_add_sink(struct output *output, struct sink *sink);

/* A process has come, before its first line, or gone, after its last. */
void output_add_source(struct output *output, const struct source *source);
void output_change_source(struct output *output, const struct source *source);
void output_remove_source(struct output *output, const struct source *source);

void output_span(struct output *output, const struct source *source, int stream,
                 const struct span *span);

/* A line under a name: procman's own, about a process or about none, or on
 * behalf of a process. */
void output_say(struct output *output, const char *format, ...)
    CAUSE_PRINTF(2, 3);
void output_say_about(struct output *output, const struct source *about,
                      enum line_kind kind, const char *format, ...)
    CAUSE_PRINTF(4, 5);
void output_say_for(struct output *output, const struct source *source,
                    const char *format, ...) CAUSE_PRINTF(3, 4);

/* Opens all files of the sinks anew; how many.  If one of them cannot be opened,
 * `why` says so; it is left alone otherwise. */
size_t output_reopen(struct output *output, struct cause *why);

/* A line of procman's own that is true of one sink only. */
void output_say_to(struct output *output, struct sink *sink, const char *format,
                   ...) CAUSE_PRINTF(3, 4);

/* A line from elsewhere, which has its time and its number. */
void output_hand_on(struct output *output, const struct line *line);

/* Writes what has gathered; by itself it happens once per turn. */
void output_flush(struct output *output);

/* Closes the handle; the sinks are their owner's business. */
void output_close(struct output *output);

#endif
