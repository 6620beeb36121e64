#include "procman/lines.h"
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
    lines->emit(lines->owner, text, len, lines->broken);
    lines->broken = true;
}

/* What has left already is not followed by an empty piece. */
static void end_line(struct lines *lines, const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len <= LINES_LIMIT && !lines->broken) { /* nearly all of them */
        lines->emit(lines->owner, text, len, false);
        return;
    }
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

void lines_feed(struct lines *lines, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *newline = memchr(bytes, '\n', len);
        if (!newline) {
            hold(lines, bytes, len);
            return;
        }

        size_t part = (size_t)(newline - bytes);
        if (lines->held_len == 0) {
            end_line(lines, bytes, part); /* the common case: no copy */
        } else {
            hold(lines, bytes, part);
            end_line(lines, lines->held, lines->held_len);
            let_go(lines);
        }
        bytes = newline + 1;
        len -= part + 1;
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
