#include "procman/output.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void on_turn(uv_prepare_t *turn)
{
    struct output *output = turn->data;

    output_flush(output);
    output->time_us = 0;
}

void output_init(struct output *output, uv_loop_t *loop)
{
    *output = (struct output){
        .own = {.name = "procman", .own = true},
    };
    uv_prepare_init(loop, &output->turn);
    output->turn.data = output;
    uv_prepare_start(&output->turn, on_turn);
    uv_unref((uv_handle_t *)&output->turn);
}

void output_add_sink(struct output *output, struct sink *sink)
{
    assert(output->sink_count < OUTPUT_SINKS);
    output->sinks[output->sink_count++] = sink;
}

void output_add_source(struct output *output, const struct source *source)
{
    for (size_t i = 0; i < output->sink_count; i++)
        if (output->sinks[i]->come)
            output->sinks[i]->come(output->sinks[i], source);
}

void output_change_source(struct output *output, const struct source *source)
{
    for (size_t i = 0; i < output->sink_count; i++)
        if (output->sinks[i]->changed)
            output->sinks[i]->changed(output->sinks[i], source);
}

void output_remove_source(struct output *output, const struct source *source)
{
    for (size_t i = 0; i < output->sink_count; i++)
        if (output->sinks[i]->gone)
            output->sinks[i]->gone(output->sinks[i], source);
}

/* The world's clock is asked once a turn, not for every line. */
static int64_t now_us(struct output *output)
{
    struct timespec now;

    if (output->time_us == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        output->time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    }
    return output->time_us;
}

static void number(struct output *output, struct line *line)
{
    line->time_us = now_us(output);
    line->seq = ++output->seq;
}

void output_hand_on(struct output *output, const struct line *line)
{
    for (size_t i = 0; i < output->sink_count; i++)
        if (output->sinks[i]->line)
            output->sinks[i]->line(output->sinks[i], line);
}

static void hand_out(struct output *output, struct line *line)
{
    number(output, line);
    output_hand_on(output, line);
}

void output_span(struct output *output, const struct source *source, int stream,
                 const struct span *span)
{
    struct line first = {
        .source = source,
        .kind = LINE_WRITTEN,
        .stream = stream,
        .text = span->text,
        .len = span->lines->len,
        .continues = span->continues,
    };

    number(output, &first);
    output->seq += span->count - 1;
    for (size_t i = 0; i < output->sink_count; i++) {
        struct sink *sink = output->sinks[i];
        if (sink->span && span->count > 1)
            sink->span(sink, &first, span);
        else if (sink->line)
            sink_hand_on(sink, &first, span);
    }
}

#define SAID_ROOM 1280

/* `line` has everything but the text. */
static void put_text(struct line *line, char *text, const char *format,
                     va_list args)
{
    int len = vsnprintf(text, SAID_ROOM, format, args);

    if (len >= SAID_ROOM)
        len = SAID_ROOM - 1;
    /* Names come from outside: they must not bring lines or escape codes. */
    for (int i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    line->text = text;
    line->len = len < 0 ? 0 : (size_t)len;
}

static void say(struct output *output, struct line *line, const char *format,
                va_list args)
{
    char text[SAID_ROOM];

    put_text(line, text, format, args);
    hand_out(output, line);
}

void output_say(struct output *output, const char *format, ...)
{
    struct line line = {.source = &output->own, .kind = LINE_SAID};
    va_list args;

    va_start(args, format);
    say(output, &line, format, args);
    va_end(args);
}

void output_say_about(struct output *output, const struct source *about,
                      enum line_kind kind, const char *format, ...)
{
    struct line line = {.source = &output->own, .about = about, .kind = kind};
    va_list args;

    va_start(args, format);
    say(output, &line, format, args);
    va_end(args);
}

void output_say_for(struct output *output, const struct source *source,
                    const char *format, ...)
{
    struct line line = {.source = source, .about = source, .kind = LINE_SAID};
    va_list args;

    va_start(args, format);
    say(output, &line, format, args);
    va_end(args);
}

size_t output_reopen(struct output *output, struct cause *why)
{
    size_t count = 0;

    for (size_t i = 0; i < output->sink_count; i++)
        if (output->sinks[i]->reopen)
            count += output->sinks[i]->reopen(output->sinks[i], why);
    return count;
}

void output_say_to(struct output *output, struct sink *sink, const char *format,
                   ...)
{
    struct line line = {.source = &output->own, .kind = LINE_SAID};
    char text[SAID_ROOM];
    va_list args;

    va_start(args, format);
    put_text(&line, text, format, args);
    va_end(args);
    number(output, &line);
    sink->line(sink, &line);
}

void output_flush(struct output *output)
{
    for (size_t i = 0; i < output->sink_count; i++)
        output->sinks[i]->flush(output->sinks[i]);
}

void output_close(struct output *output)
{
    uv_close((uv_handle_t *)&output->turn, NULL);
}
