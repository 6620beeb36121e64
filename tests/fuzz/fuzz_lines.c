/* However the bytes are cut on their way, and whenever somebody flushes, the
 * pieces put together are the lines.  A first byte of each step says how it
 * goes on: end it all, flush, one byte many times, or that many bytes as they
 * stand. */
#include "check.h"
#include "procman/buf.h"
#include "procman/lines.h"

#include <stdbool.h>
#include <string.h>

struct seen {
    struct buf text; /* every piece; '\n' before each that does not continue */
    size_t pieces;
};

static void on_piece(struct seen *seen, const char *text, size_t len,
                     bool continues)
{
    CHECK(len <= LINES_LIMIT);
    CHECK(!memchr(len ? text : "", '\n', len));
    CHECK(!continues || (len > 0 && seen->pieces > 0));
    if (!continues)
        buf_add_char(&seen->text, '\n');
    buf_add(&seen->text, text, len);
    seen->pieces++;
}

/* Its lines are one behind the other, with nothing but their ends between them:
 * so who takes all of the text takes them as they came. */
static void on_span(void *owner, const struct span *span)
{
    size_t at = 0;

    CHECK(span->count > 0 && span->count <= SPAN_LINES);
    for (size_t i = 0; i < span->count; i++) {
        const struct span_line *line = &span->lines[i];
        CHECK(line->at == at && at + line->len <= span->len);
        on_piece(owner, span->text + at, line->len, span->continues && i == 0);
        at += line->len;
        at += at < span->len && span->text[at] == '\r';
        at += at < span->len && span->text[at] == '\n';
    }
    CHECK(at == span->len);
}

/* What must have been seen of these bytes: the same, cut by the simple rule. */
static struct buf expected(const struct buf *fed)
{
    struct buf out = {0};
    size_t at = 0;

    while (at < fed->len) {
        const char *line = fed->data + at;
        const char *newline = memchr(line, '\n', fed->len - at);
        size_t len = newline ? (size_t)(newline - line) : fed->len - at;
        bool cr = newline && len > 0 && line[len - 1] == '\r';
        buf_add_char(&out, '\n');
        buf_add(&out, line, len - cr);
        at += len + (newline != NULL);
    }
    return out;
}

/* lines_end() begins anew, so an end between is no more than this check. */
static void end(struct lines *lines, struct buf *fed, struct seen *seen)
{
    lines_end(lines);
    CHECK(!lines->held && !lines_waiting(lines) && !lines->broken);

    struct buf want = expected(fed);
    CHECK(want.len == seen->text.len);
    CHECK(want.len == 0 || !memcmp(want.data, seen->text.data, want.len));
    buf_release(&want);
    buf_release(fed);
    buf_release(&seen->text);
    seen->pieces = 0;
}

static void feed(struct lines *lines, struct buf *fed, const char *bytes,
                 size_t len)
{
    /* In memory of its own, so that nothing may lean on it afterwards. */
    struct buf copy = {0};

    buf_add(&copy, bytes, len);
    buf_add(fed, bytes, len);
    lines_feed(lines, copy.data, len);
    buf_release(&copy);
    CHECK(lines->held_room <= LINES_LIMIT);
}

static void feed_many(struct lines *lines, struct buf *fed, char byte,
                      size_t count)
{
    struct buf many = {0};

    memset(buf_reserve(&many, count), byte, count);
    feed(lines, fed, many.data, count);
    buf_release(&many);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {0};
    struct buf fed = {0};
    struct lines lines;
    size_t budget = 8;

    lines_init(&lines, on_span, &seen);
    for (size_t at = 0; at < size;) {
        uint8_t step = data[at++];
        size_t rest = size - at, len = step < rest ? step : rest;
        if (step == 0xff) {
            end(&lines, &fed, &seen);
        } else if (step == 0xfe) {
            lines_flush(&lines);
            CHECK(!lines_waiting(&lines));
        } else if (step >= 0xf0 && rest && budget && data[at] != '\n') {
            budget--;
            feed_many(&lines, &fed, (char)data[at++],
                      LINES_LIMIT - 0xf8u + step);
        } else {
            feed(&lines, &fed, (const char *)data + at, len);
            at += len;
        }
    }
    end(&lines, &fed, &seen);
    return 0;
}
