#include "procman/lines.h"
#include "newlines.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

static void let_go(struct lines *lines)
{
    free(lines->held);
    lines->held = NULL;
    lines->held_len = lines->held_room = 0;
}

static void emit_piece(struct lines *lines, const char *text, size_t len)
{
    struct span_line line = {0, (uint32_t)len};
    struct span span = {text, len, &line, 1, lines->broken};

    lines->emit(lines->owner, &span);
    lines->broken = true;
}

static size_t without_cr(const char *text, size_t len)
{
    return len > 0 && text[len - 1] == '\r' ? len - 1 : len;
}

/* What has left already is not followed by an empty piece. */
static void end_line(struct lines *lines, const char *text, size_t len)
{
    len = without_cr(text, len);
    for (; len > LINES_LIMIT; len -= LINES_LIMIT, text += LINES_LIMIT)
        emit_piece(lines, text, LINES_LIMIT);
    if (len > 0 || !lines->broken)
        emit_piece(lines, text, len);
    lines->broken = false;
}

static void make_room(struct lines *lines, size_t len)
{
    size_t room = lines->held_room ? lines->held_room : 256;

    while (room < len)
        room *= 2;
    if (room == lines->held_room)
        return;
    lines->held = mem_resize(lines->held, room, 1);
    lines->held_room = room;
}

/* A full hold leaves only when one more byte has come: what comes may be the
 * end of the line. */
static void hold(struct lines *lines, const char *bytes, size_t len)
{
    while (len > 0) {
        if (lines->held_len == LINES_LIMIT) {
            emit_piece(lines, lines->held, LINES_LIMIT);
            lines->held_len = 0;
        }

        size_t room = LINES_LIMIT - lines->held_len;
        size_t part = len < room ? len : room;
        make_room(lines, lines->held_len + part);
        memcpy(lines->held + lines->held_len, bytes, part);
        lines->held_len += part;
        bytes += part;
        len -= part;
    }
}

void lines_init(struct lines *lines, lines_fn *emit, void *owner)
{
    *lines = (struct lines){.emit = emit, .owner = owner};
}

/* Those that end in this step.  False: the next one is too long. */
static bool take_ends(struct span *span, struct span_line *places, size_t step,
                      uint64_t newlines)
{
    for (; newlines; newlines &= newlines - 1) {
        size_t begin = span->len;
        size_t end = step + (size_t)__builtin_ctzll(newlines);
        size_t len = without_cr(span->text + begin, end - begin);
        if (len > LINES_LIMIT)
            return false;
        places[span->count++] =
            (struct span_line){(uint32_t)begin, (uint32_t)len};
        span->len = end + 1;
    }
    return true;
}

/* All lines that are there from end to end, as far as they make a span.  Returns
 * how many bytes that were; 0: the first one is none of them. */
static size_t feed_span(struct lines *lines, const char *bytes, size_t len)
{
    struct span_line places[SPAN_LINES];
    struct span span = {.text = bytes, .lines = places};

    for (size_t step = 0; step < len && span.len < SPAN_BYTES &&
                          span.count <= SPAN_LINES - NEWLINES_STEP;
         step += NEWLINES_STEP)
        if (!take_ends(&span, places, step,
                       newlines_of(bytes + step, len - step)))
            break;
    if (span.count > 0)
        lines->emit(lines->owner, &span);
    return span.len;
}

/* The one that has begun, or is too long, up to its end if that has come. */
static size_t feed_line(struct lines *lines, const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);
    size_t part = newline ? (size_t)(newline - bytes) : len;

    if (newline && lines->held_len == 0) {
        end_line(lines, bytes, part);
        return part + 1;
    }
    hold(lines, bytes, part);
    if (!newline)
        return part;
    end_line(lines, lines->held, lines->held_len);
    let_go(lines);
    return part + 1;
}

void lines_feed(struct lines *lines, const char *bytes, size_t len)
{
    while (len > 0) {
        bool begun = lines->held_len > 0 || lines->broken;
        size_t done = begun ? 0 : feed_span(lines, bytes, len);
        if (done == 0)
            done = feed_line(lines, bytes, len);
        bytes += done;
        len -= done;
    }
}

/* A CR at the end stays: an LF that follows would make it part of the line's
 * end. */
static size_t flushable(const struct lines *lines)
{
    size_t len = lines->held_len;

    return len > 0 && lines->held[len - 1] == '\r' ? len - 1 : len;
}

void lines_flush(struct lines *lines)
{
    size_t len = flushable(lines);

    if (len == 0)
        return;
    emit_piece(lines, lines->held, len);
    if (len == lines->held_len) {
        let_go(lines);
    } else {
        lines->held[0] = '\r';
        lines->held_len = 1;
    }
}

void lines_end(struct lines *lines)
{
    if (lines->held_len > 0)
        emit_piece(lines, lines->held, lines->held_len);
    let_go(lines);
    lines->broken = false;
}

bool lines_waiting(const struct lines *lines)
{
    return flushable(lines) > 0;
}
