#include "procman/terminal.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct terminal {
    struct sink sink;
    struct outbox *outbox;
    struct terminal_style style;
    int64_t second; /* what `clock` says */
    char clock[16]; /* "HH:MM:SS ", or empty */
    size_t clock_len;
    struct buf *prefixes; /* one per source; empty: to be made */
    size_t prefix_count;
};

/* goreman's colours, in its order; procman itself is plain white. */
static const char *color_of(const struct source *source)
{
    static const char *const colors[] = {"32", "36", "35", "33", "34", "31"};

    if (source->color)
        return source->color;
    if (source->own)
        return "37";
    return colors[source->index % (sizeof colors / sizeof *colors)];
}

/* Once a second all prefixes are made anew, each when it is needed. */
static void set_clock(struct terminal *terminal, int64_t second)
{
    time_t now = (time_t)second;
    struct tm local;

    terminal->second = second;
    terminal->clock_len = 0;
    if (terminal->style.time && localtime_r(&now, &local))
        terminal->clock_len = strftime(terminal->clock, sizeof terminal->clock,
                                       "%H:%M:%S ", &local);
    for (size_t i = 0; i < terminal->prefix_count; i++)
        terminal->prefixes[i].len = 0;
}

static void make_prefix(const struct terminal *terminal, struct buf *prefix,
                        const struct source *source)
{
    size_t len = strlen(source->name);
    size_t width = terminal->style.width;

    if (terminal->style.color)
        buf_add_format(prefix, "\033[%sm", color_of(source));
    buf_add(prefix, terminal->clock, terminal->clock_len);
    for (size_t i = len; i < width; i++)
        buf_add_char(prefix, ' ');
    buf_add(prefix, source->name, len);
    buf_add_string(prefix, " | ");
    if (terminal->style.color)
        buf_add_string(prefix, "\033[m");
}

/* The mark that a line continues the one before stands where the bar is. */
static void mark_continued(const struct terminal *terminal, struct buf *out)
{
    size_t from_end = terminal->style.color ? strlen("| \033[m") : strlen("| ");

    out->data[out->len - from_end] = '+';
}

static void on_line(struct sink *sink, const struct line *line)
{
    struct terminal *terminal = (struct terminal *)sink;
    struct buf *out = outbox_pending(terminal->outbox);
    struct buf *prefix = &terminal->prefixes[line->source->index];

    if (line->seconds != terminal->second)
        set_clock(terminal, line->seconds);
    if (prefix->len == 0)
        make_prefix(terminal, prefix, line->source);
    buf_add(out, prefix->data, prefix->len);
    if (line->continues)
        mark_continued(terminal, out);
    buf_add(out, line->text, line->len);
    if (terminal->style.color && line->len &&
        memchr(line->text, '\033', line->len))
        buf_add_string(out, "\033[m");
    buf_add_char(out, '\n');
}

static void on_flush(struct sink *sink)
{
    outbox_flush(((struct terminal *)sink)->outbox);
}

struct sink *terminal_create(struct outbox *outbox,
                             const struct terminal_style *style, size_t sources)
{
    struct terminal *terminal = mem_new(1, sizeof *terminal);

    terminal->sink = (struct sink){on_line, on_flush};
    terminal->outbox = outbox;
    terminal->style = *style;
    terminal->prefix_count = sources;
    terminal->prefixes = mem_new(sources, sizeof *terminal->prefixes);
    terminal->second = -1;
    return &terminal->sink;
}

void terminal_release(struct sink *sink)
{
    struct terminal *terminal = (struct terminal *)sink;

    for (size_t i = 0; i < terminal->prefix_count; i++)
        buf_release(&terminal->prefixes[i]);
    free(terminal->prefixes);
    free(terminal);
}
