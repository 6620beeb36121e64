#include "procman/terminal.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESET     "\033[m"
#define RESET_LEN 3
#define BAR       2 /* where the bar is, counted from the end of the prefix */

struct column {
    struct buf prefix; /* empty: to be made */
    size_t width;      /* of the name; 0: nobody is there */
};

struct terminal {
    struct sink sink;
    struct outbox *outbox;
    struct terminal_style style;
    int64_t second; /* what `clock` says */
    char clock[16]; /* "HH:MM:SS ", or empty */
    size_t clock_len;
    size_t width; /* of the name column, as it is now */
    struct buf own;
    struct column *columns; /* by the index of the source */
    size_t column_count;
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

/* Each when it is needed. */
static void make_prefixes_anew(struct terminal *terminal)
{
    terminal->own.len = 0;
    for (size_t i = 0; i < terminal->column_count; i++)
        terminal->columns[i].prefix.len = 0;
}

/* Once a second. */
static void set_clock(struct terminal *terminal, int64_t second)
{
    time_t now = (time_t)second;
    struct tm local;

    terminal->second = second;
    terminal->clock_len = 0;
    if (terminal->style.time && localtime_r(&now, &local))
        terminal->clock_len = strftime(terminal->clock, sizeof terminal->clock,
                                       "%H:%M:%S ", &local);
    make_prefixes_anew(terminal);
}

static void make_prefix(const struct terminal *terminal, struct buf *prefix,
                        const struct source *source)
{
    size_t len = strlen(source->name);

    if (terminal->style.color)
        buf_add_format(prefix, "\033[%sm", color_of(source));
    buf_add(prefix, terminal->clock, terminal->clock_len);
    for (size_t i = len; i < terminal->width; i++)
        buf_add_char(prefix, ' ');
    buf_add(prefix, source->name, len);
    buf_add_string(prefix, " | ");
    if (terminal->style.color)
        buf_add_string(prefix, RESET);
}

static struct column *column_of(struct terminal *terminal,
                                const struct source *source)
{
    size_t count = terminal->column_count, wanted = source->index + 1;

    if (wanted > count) {
        terminal->columns =
            mem_resize(terminal->columns, wanted, sizeof *terminal->columns);
        memset(terminal->columns + count, 0,
               (wanted - count) * sizeof *terminal->columns);
        terminal->column_count = wanted;
    }
    return &terminal->columns[source->index];
}

static void set_width(struct terminal *terminal, size_t width)
{
    if (width != terminal->width)
        make_prefixes_anew(terminal);
    terminal->width = width;
}

static void on_come(struct sink *sink, const struct source *source)
{
    struct terminal *terminal = (struct terminal *)sink;
    struct column *column = column_of(terminal, source);

    column->prefix.len = 0;
    column->width = strlen(source->name);
    if (column->width > terminal->width)
        set_width(terminal, column->width);
}

static void on_gone(struct sink *sink, const struct source *source)
{
    struct terminal *terminal = (struct terminal *)sink;
    size_t width = terminal->style.width;

    column_of(terminal, source)->width = 0;
    for (size_t i = 0; i < terminal->column_count; i++)
        if (terminal->columns[i].width > width)
            width = terminal->columns[i].width;
    set_width(terminal, width);
}

/* The mark that a line continues the one before stands where the bar is. */
static void mark_continued(const struct terminal *terminal, char *prefix_end)
{
    prefix_end[-(terminal->style.color ? BAR + RESET_LEN : BAR)] = '+';
}

static char *put(char *to, const char *bytes, size_t len)
{
    if (len)
        memcpy(to, bytes, len);
    return to + len;
}

static bool bleeds(const struct terminal *terminal, const struct line *line)
{
    return terminal->style.color && line->len &&
           memchr(line->text, '\033', line->len);
}

/* What procman says of a process is for all to see. */
static bool is_hidden(const struct line *line)
{
    return line->source->quiet && line->stream > 0;
}

/* Every byte that is shown passes here: room is made once for the whole line. */
static void on_line(struct sink *sink, const struct line *line)
{
    struct terminal *terminal = (struct terminal *)sink;
    struct buf *out = outbox_pending(terminal->outbox);
    struct buf *prefix = line->source->own
                             ? &terminal->own
                             : &column_of(terminal, line->source)->prefix;

    if (is_hidden(line))
        return;
    if (line->time_us / 1000000 != terminal->second)
        set_clock(terminal, line->time_us / 1000000);
    if (prefix->len == 0)
        make_prefix(terminal, prefix, line->source);
    char *to = buf_reserve(out, prefix->len + line->len + RESET_LEN + 1);
    to = put(to, prefix->data, prefix->len);
    if (line->continues)
        mark_continued(terminal, to);
    to = put(to, line->text, line->len);
    if (bleeds(terminal, line))
        to = put(to, RESET, RESET_LEN);
    *to++ = '\n';
    *to = '\0';
    out->len = (size_t)(to - out->data);
}

static void on_flush(struct sink *sink)
{
    outbox_flush(((struct terminal *)sink)->outbox);
}

struct sink *terminal_create(struct outbox *outbox,
                             const struct terminal_style *style)
{
    struct terminal *terminal = mem_new(1, sizeof *terminal);

    terminal->sink = (struct sink){on_line, on_flush, on_come, on_gone};
    terminal->outbox = outbox;
    terminal->style = *style;
    terminal->width = style->width;
    set_clock(terminal, 0); /* how wide it is */
    terminal->second = -1;
    return &terminal->sink;
}

size_t terminal_prefix_width(const struct sink *sink)
{
    const struct terminal *terminal = (const struct terminal *)sink;

    return terminal->clock_len + terminal->width + strlen(" | ");
}

void terminal_release(struct sink *sink)
{
    struct terminal *terminal = (struct terminal *)sink;

    for (size_t i = 0; i < terminal->column_count; i++)
        buf_release(&terminal->columns[i].prefix);
    buf_release(&terminal->own);
    free(terminal->columns);
    free(terminal);
}
