#include "procman/status_table.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/words.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GAP        2  /* blanks between two columns */
#define LEAST_SAYS 12 /* narrower than this it says nothing */

enum column { NAME, STATE, PID, UP, RESTARTS, LAST_EXIT, SAYS, COLUMNS };

struct row {
    char *cells[COLUMNS];
};

struct table {
    struct row *rows;
    size_t count;
    size_t widths[COLUMNS]; /* 0: the column is not shown */
};

/* ---- cells --------------------------------------------------------------- */

/* What came from outside may be no UTF-8, and brings no escape codes. */
static char *clean(const char *text)
{
    struct buf out = {0};
    size_t room = strlen(text);

    while (room > 0) {
        size_t len = utf8_len(text, room);
        if (len == 0 || utf8_is_control(text, len))
            buf_add_char(&out, '?');
        else
            buf_add(&out, text, len);
        text += len ? len : 1;
        room -= len ? len : 1;
    }
    return buf_take(&out);
}

static char *last_exit(const struct status *status)
{
    const char *asked = status->exit_asked ? ", asked" : "";

    if (!status->has_exited)
        return mem_string("");
    if (status->exit_signal)
        return mem_format("%s%s", words_signal(status->exit_signal).text,
                          asked);
    return mem_format("code %d%s", status->exit_code, asked);
}

static char *says(const struct status *status)
{
    if (status->why)
        return clean(status->why);
    if (status->says)
        return clean(status->says);
    return mem_string("");
}

static struct row make_row(const struct status *status)
{
    struct row row = {{
        [NAME] = clean(status->name),
        [STATE] = clean(status->state),
        [LAST_EXIT] = last_exit(status),
        [SAYS] = says(status),
    }};

    row.cells[PID] =
        status->pid ? mem_format("%" PRId64, status->pid) : mem_string("");
    row.cells[UP] =
        mem_string(status->pid ? words_duration(status->uptime_ms).text : "");
    row.cells[RESTARTS] = status->restarts
                              ? mem_format("%" PRIu64, status->restarts)
                              : mem_string("");
    return row;
}

/* ---- columns --------------------------------------------------------------- */

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* The first row is the headings: a column with nothing below is not shown, but
 * for names and states, also of nobody. */
static size_t widest(const struct table *table, enum column column)
{
    size_t width = 0;

    for (size_t i = 1; i < table->count; i++) {
        size_t cell = width_of(table->rows[i].cells[column]);
        width = cell > width ? cell : width;
    }
    if (width == 0 && column > STATE)
        return 0;
    size_t heading = width_of(table->rows[0].cells[column]);
    return heading > width ? heading : width;
}

static size_t total(const struct table *table)
{
    size_t width = 0;

    for (int column = 0; column < COLUMNS; column++)
        if (table->widths[column])
            width += (width ? GAP : 0) + table->widths[column];
    return width;
}

/* Cuts the last column so that the table fits, if that is enough. */
static bool cut_says(struct table *table, size_t natural, size_t width)
{
    table->widths[SAYS] = natural;

    size_t wide = total(table);
    size_t least = natural < LEAST_SAYS ? natural : LEAST_SAYS;
    if (wide > width && wide - width <= natural - least)
        table->widths[SAYS] = natural - (wide - width);
    return total(table) <= width;
}

static void fit(struct table *table, size_t width)
{
    static const enum column missed_least[] = {RESTARTS, PID, UP, LAST_EXIT};
    size_t natural = table->widths[SAYS];

    if (cut_says(table, natural, width))
        return;
    for (size_t i = 0; i < sizeof missed_least / sizeof *missed_least; i++) {
        table->widths[missed_least[i]] = 0;
        if (cut_says(table, natural, width))
            return;
    }
    table->widths[SAYS] = 0;
}

/* ---- lines ----------------------------------------------------------------- */

static void add_blanks(struct buf *out, size_t count)
{
    while (count-- > 0)
        buf_add_char(out, ' ');
}

/* As much of it as has room, with a sign that there was more. */
static void add_text(struct buf *out, const char *text, size_t width)
{
    bool whole = width_of(text) <= width;

    for (size_t shown = 0; *text; shown++) {
        size_t len = utf8_len(text, strlen(text));
        if (!whole && shown + 1 == width)
            break;
        buf_add(out, text, len);
        text += len;
    }
    if (!whole)
        buf_add_string(out, "\u2026");
}

static void add_line(struct buf *out, const struct table *table, size_t row)
{
    for (int column = 0; column < COLUMNS; column++) {
        const char *cell = table->rows[row].cells[column];
        size_t width = table->widths[column], taken = width_of(cell);
        size_t rest = width > taken ? width - taken : 0;
        bool number = column == PID || column == RESTARTS;
        if (!width)
            continue;
        add_blanks(out, (column > 0 ? GAP : 0) + (number ? rest : 0));
        add_text(out, cell, width);
        add_blanks(out, number ? 0 : rest);
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
    buf_add_char(out, '\n');
}

char *status_table(const struct status *statuses, size_t count, size_t width)
{
    static const char *const headings[COLUMNS] = {
        "NAME", "STATE", "PID", "UP", "RESTARTS", "LAST EXIT", "SAYS"};
    struct table table = {.rows = mem_new(count + 1, sizeof *table.rows),
                          .count = count + 1};
    struct buf out = {0};

    for (int column = 0; column < COLUMNS; column++)
        table.rows[0].cells[column] = mem_string(headings[column]);
    for (size_t i = 0; i < count; i++)
        table.rows[i + 1] = make_row(&statuses[i]);
    for (int column = 0; column < COLUMNS; column++)
        table.widths[column] = widest(&table, (enum column)column);
    if (width)
        fit(&table, width);
    for (size_t i = 0; i < table.count; i++)
        add_line(&out, &table, i);
    for (size_t i = 0; i < table.count; i++)
        for (int column = 0; column < COLUMNS; column++)
            free(table.rows[i].cells[column]);
    free(table.rows);
    return buf_take(&out);
}
