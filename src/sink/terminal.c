#include "procman/terminal.h"
#include "procman/escapes.h"
#include "procman/highlight.h"
#include "procman/mem.h"
#include "procman/prefixed.h"
#include "procman/pretty.h"

#include <stdlib.h>
#include <string.h>

#define RESET     "\033[m"
#define RESET_LEN 3
#define BAR       2 /* where the bar is, counted from the end of the prefix */

struct column {
    struct buf prefix; /* empty: to be made */
    size_t width;      /* of the name; 0: nobody is there */
    struct highlight *highlight;
};

struct terminal {
    struct sink sink;
    struct outbox *outbox;
    struct terminal_style style;
    struct stamp stamp;
    size_t width; /* of the name column, as it is now */
    struct buf own;
    struct buf text;        /* of a line that is not shown as it is */
    struct buf marked;      /* the same with what is highlighted */
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

static void make_prefix(const struct terminal *terminal, struct buf *prefix,
                        const struct source *source)
{
    size_t len = strlen(source->name);
    bool narrow = terminal->style.prefix == PREFIX_NONE;

    if (terminal->style.color)
        buf_add_format(prefix, "\033[%sm", color_of(source));
    buf_add(prefix, terminal->stamp.text, terminal->stamp.len);
    for (size_t i = len; !narrow && i < terminal->width; i++)
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

/* That it is a regular expression has been seen before. */
static void set_highlight(const struct terminal *terminal,
                          struct column *column, const char *pattern)
{
    struct cause why;

    highlight_close(column->highlight);
    column->highlight = pattern && terminal->style.color
                            ? highlight_create(pattern, &why)
                            : NULL;
}

static void on_come(struct sink *sink, const struct source *source)
{
    struct terminal *terminal = (struct terminal *)sink;
    struct column *column = column_of(terminal, source);

    column->prefix.len = 0;
    column->width = strlen(source->name);
    set_highlight(terminal, column, source->highlight);
    if (column->width > terminal->width)
        set_width(terminal, column->width);
}

static void on_gone(struct sink *sink, const struct source *source)
{
    struct terminal *terminal = (struct terminal *)sink;
    size_t width = terminal->style.width;

    column_of(terminal, source)->width = 0;
    set_highlight(terminal, column_of(terminal, source), NULL);
    for (size_t i = 0; i < terminal->column_count; i++)
        if (terminal->columns[i].width > width)
            width = terminal->columns[i].width;
    set_width(terminal, width);
}

static const struct buf *prefix_of(struct terminal *terminal,
                                   const struct line *line)
{
    static const struct buf none = {0};
    struct buf *prefix = line->source->own
                             ? &terminal->own
                             : &column_of(terminal, line->source)->prefix;

    if (terminal->style.prefix == PREFIX_NONE && line->stream > 0)
        return &none;
    if (stamp_set(&terminal->stamp, line->time_us))
        make_prefixes_anew(terminal);
    if (prefix->len == 0)
        make_prefix(terminal, prefix, line->source);
    return prefix;
}

/* What stands where the bar is, in the prefix that ends here. */
static void set_mark(const struct terminal *terminal, const struct line *line,
                     char *prefix_end)
{
    char *bar = prefix_end - (terminal->style.color ? BAR + RESET_LEN : BAR);

    if (line->continues)
        *bar = '+';
    else if (line->stream == 2 && terminal->style.mark_stderr)
        *bar = '!';
}

static char *put(char *to, const char *bytes, size_t len)
{
    if (len)
        memcpy(to, bytes, len);
    return to + len;
}

/* What is shown of a line. */
struct shown {
    const char *text;
    size_t len;
    bool bleeds; /* its colours must be ended */
};

static bool has_escape(const char *text, size_t len)
{
    return len && memchr(text, '\033', len);
}

/* Made readable, made harmless, and marked, as it is wished. */
static struct shown show_dressed(struct terminal *terminal,
                                 const struct line *line,
                                 const struct highlight *highlight)
{
    struct buf *text = &terminal->text;
    bool color = terminal->style.color;
    bool pretty = line->source->pretty && line->stream > 0 && !line->continues;

    text->len = terminal->marked.len = 0;
    if (pretty && pretty_add(text, line->text, line->len, color))
        ;
    else if (terminal->style.harmless)
        escapes_add(text, line->text, line->len);
    else
        buf_add(text, line->text, line->len);
    if (highlight && line->stream > 0) {
        highlight_add(highlight, &terminal->marked, text->data, text->len);
        text = &terminal->marked;
    }
    return (struct shown){text->data, text->len,
                          color && has_escape(text->data, text->len)};
}

static struct shown show(struct terminal *terminal, const struct line *line)
{
    struct shown shown = {line->text, line->len, false};
    const struct highlight *highlight =
        line->source->own ? NULL : column_of(terminal, line->source)->highlight;

    if (line->source->pretty || highlight)
        return show_dressed(terminal, line, highlight);
    if (!terminal->style.harmless)
        shown.bleeds =
            terminal->style.color && has_escape(line->text, line->len);
    else if (!escapes_none(line->text, line->len))
        return show_dressed(terminal, line, NULL);
    return shown;
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

    if (is_hidden(line))
        return;

    const struct buf *prefix = prefix_of(terminal, line);
    struct shown shown = show(terminal, line);
    char *to = buf_reserve(out, prefix->len + shown.len + RESET_LEN + 1);
    to = put(to, prefix->data, prefix->len);
    if (prefix->len)
        set_mark(terminal, line, to);
    to = put(to, shown.text, shown.len);
    if (shown.bleeds)
        to = put(to, RESET, RESET_LEN);
    *to++ = '\n';
    *to = '\0';
    out->len = (size_t)(to - out->data);
}

/* Nothing is to be done with what is shown, and nothing to be marked. */
static bool is_plain(struct terminal *terminal, const struct line *first,
                     const struct span *span)
{
    if (terminal->style.harmless || first->continues || first->source->pretty ||
        (first->stream == 2 && terminal->style.mark_stderr))
        return false;
    return !column_of(terminal, first->source)->highlight &&
           !(terminal->style.color && has_escape(span->text, span->len));
}

static void on_span(struct sink *sink, const struct line *first,
                    const struct span *span)
{
    struct terminal *terminal = (struct terminal *)sink;

    if (is_hidden(first))
        return;
    if (is_plain(terminal, first, span))
        prefixed_add(outbox_pending(terminal->outbox),
                     prefix_of(terminal, first), span);
    else
        sink_hand_on(sink, first, span);
}

static void on_flush(struct sink *sink)
{
    outbox_flush(((struct terminal *)sink)->outbox);
}

struct sink *terminal_create(struct outbox *outbox,
                             const struct terminal_style *style)
{
    struct terminal *terminal = mem_new(1, sizeof *terminal);

    terminal->sink = (struct sink){
        .line = on_line,
        .span = on_span,
        .flush = on_flush,
        .come = on_come,
        .gone = on_gone,
        .changed = on_come,
    };
    terminal->outbox = outbox;
    terminal->style = *style;
    terminal->width = style->width;
    stamp_init(&terminal->stamp,
               style->prefix == PREFIX_FULL ? style->time : STAMP_OFF,
               style->began_us);
    stamp_set(&terminal->stamp, 0); /* how wide it is */
    return &terminal->sink;
}

size_t terminal_prefix_width(const struct sink *sink)
{
    const struct terminal *terminal = (const struct terminal *)sink;

    if (terminal->style.prefix == PREFIX_NONE)
        return 0;
    return terminal->stamp.len + terminal->width + strlen(" | ");
}

void terminal_release(struct sink *sink)
{
    struct terminal *terminal = (struct terminal *)sink;

    for (size_t i = 0; i < terminal->column_count; i++) {
        buf_release(&terminal->columns[i].prefix);
        highlight_close(terminal->columns[i].highlight);
    }
    buf_release(&terminal->own);
    buf_release(&terminal->text);
    buf_release(&terminal->marked);
    free(terminal->columns);
    free(terminal);
}
