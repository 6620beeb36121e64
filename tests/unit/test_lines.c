#include "procman/buf.h"
#include "procman/lines.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Writes "[text]" for a line and "+[text]" for a piece that continues. */
static void on_span(void *owner, const struct span *span)
{
    struct buf *seen = owner;

    assert_true(span->count > 0);
    for (size_t i = 0; i < span->count; i++) {
        buf_add_string(seen, span->continues && i == 0 ? "+[" : "[");
        buf_add(seen, span->text + span->lines[i].at, span->lines[i].len);
        buf_add_char(seen, ']');
    }
}

static void feed(struct lines *lines, const char *text)
{
    /* In memory of its own, so that nothing may lean on it afterwards. */
    size_t len = strlen(text);
    char *bytes = malloc(len ? len : 1);

    memcpy(bytes, text, len);
    lines_feed(lines, bytes, len);
    free(bytes);
}

static void check_seen(struct buf *seen, const char *expected)
{
    buf_reserve(seen, 0);
    assert_string_equal(seen->data, expected);
    buf_release(seen);
}

/* The steps are what arrives, FLUSH or END. */
#define FLUSH "<flush>"
#define END   "<end>"

struct story {
    const char *expected;
    const char *steps[8];
};

static void check_stories(const struct story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf seen = {0};
        struct lines lines;
        lines_init(&lines, on_span, &seen);
        for (const char *const *step = stories[i].steps; *step; step++) {
            if (strcmp(*step, FLUSH) == 0)
                lines_flush(&lines);
            else if (strcmp(*step, END) == 0)
                lines_end(&lines);
            else
                feed(&lines, *step);
        }
        assert_null(lines.held);
        check_seen(&seen, stories[i].expected);
    }
}

#define CHECK_STORIES(stories)                                                 \
    check_stories(stories, sizeof(stories) / sizeof *(stories))

static void lines_may_arrive_whole_or_in_pieces(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"[one][two]", {"one\ntwo\n"}},
        {"[one][two]", {"on", "e", "\ntw", "o\n"}},
        {"[][][x][]", {"\n\nx\n\n"}},
        {"[][x][]", {"\n", "x", "\n", "\n"}},
        {"[one][two][three]", {"one\ntw", "o\nthree\n"}},
        {"", {""}},
    };
    CHECK_STORIES(stories);
}

static void a_carriage_return_before_the_newline_is_cut_off(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"[one][two]", {"one\r\ntwo\r\n"}},
        {"[one]", {"one\r", "\n"}},
        {"[one]", {"one", "\r", "\n"}},
        {"[]", {"\r\n"}},
        {"[]", {"\r", "\n"}},
        {"[one\r]", {"one\r\r\n"}},
        {"[one\rtwo]", {"one\r", "two\n"}},
        {"[one\r]", {"one\r", END}},
        {"[\r]", {"\r", END}},
    };
    CHECK_STORIES(stories);
}

static void the_end_emits_what_is_unfinished(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"[one]", {"one", END}},
        {"[one]", {"one\n", END}},
        {"[one][two]", {"one\ntwo", END, END}},
        {"[one][two]", {"one", END, "two\n"}},
        {"[one][two]", {"one", FLUSH, END, "two\n"}},
        {"", {END}},
    };
    CHECK_STORIES(stories);
}

static void what_follows_a_flush_continues_it(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"", {FLUSH}},
        {"[one]", {"one\n", FLUSH}},
        {"[name? ]+[joe][next]", {"name? ", FLUSH, "joe\nnext\n"}},
        {"[a]+[b]+[c][d]", {"a", FLUSH, "b", FLUSH, FLUSH, "c\nd\n"}},
        {"[a]+[b]", {"a", FLUSH, "b", END}},
    };
    CHECK_STORIES(stories);
}

static void a_newline_behind_a_flush_makes_no_empty_piece(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"[50%][next]", {"50%", FLUSH, "\nnext\n"}},
        {"[50%][]", {"50%", FLUSH, "\n\n"}},
        {"[50%][next]", {"50%", FLUSH, "\r\nnext\n"}},
        {"[50%][next]", {"50%", FLUSH, "\r", "\nnext\n"}},
        {"[50%][next]", {"50%\r", FLUSH, "\nnext\n"}},
        {"[50%][next]", {"50%\r", FLUSH, FLUSH, "\nnext\n"}},
        {"[50%]+[\r51%]", {"50%\r", FLUSH, "51%\n"}},
        {"[50%]+[\r]", {"50%\r", FLUSH, END}},
    };
    CHECK_STORIES(stories);
}

static void lines_wait_while_there_is_something_to_flush(void **state)
{
    (void)state;
    struct buf seen = {0};
    struct lines lines;

    lines_init(&lines, on_span, &seen);
    assert_false(lines_waiting(&lines));
    feed(&lines, "one\n");
    assert_false(lines_waiting(&lines));
    feed(&lines, "two\nthr");
    assert_true(lines_waiting(&lines));
    lines_flush(&lines);
    assert_false(lines_waiting(&lines));
    feed(&lines, "ee\r");
    assert_true(lines_waiting(&lines));
    lines_flush(&lines);
    assert_false(lines_waiting(&lines));
    lines_end(&lines);
    check_seen(&seen, "[one][two][thr]+[ee]+[\r]");
}

static void any_byte_but_the_newline_is_in_the_line(void **state)
{
    (void)state;
    struct buf seen = {0}, expected = {0};
    struct lines lines;
    char bytes[256];

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)(i == '\n' ? ' ' : i);
    buf_add_char(&expected, '[');
    buf_add(&expected, bytes, sizeof bytes);
    buf_add_char(&expected, ']');

    lines_init(&lines, on_span, &seen);
    for (int i = 0; i < 256; i++)
        lines_feed(&lines, bytes + i, 1);
    lines_feed(&lines, "\n", 1);
    assert_int_equal(seen.len, expected.len);
    assert_memory_equal(seen.data, expected.data, expected.len);
    buf_release(&seen);
    buf_release(&expected);
}

/* ---- the limit --------------------------------------------------------- */

struct pieces {
    size_t lens[8];
    bool continues[8];
    size_t count;
};

static void on_piece(void *owner, const struct span *span)
{
    struct pieces *pieces = owner;

    assert_non_null(span->text);
    assert_int_equal(span->count, 1);
    assert_true(pieces->count < 8);
    pieces->lens[pieces->count] = span->lines->len;
    pieces->continues[pieces->count++] = span->continues;
}

/* A line of `len` bytes and its end, arriving `step` bytes at a time. */
static struct pieces cut(size_t len, const char *line_end, size_t step)
{
    struct pieces pieces = {0};
    struct lines lines;
    struct buf text = {0};

    memset(buf_reserve(&text, len), 'x', len);
    text.len = len;
    buf_add_string(&text, line_end);
    lines_init(&lines, on_piece, &pieces);
    for (size_t at = 0; at < text.len; at += step)
        lines_feed(&lines, text.data + at,
                   step < text.len - at ? step : text.len - at);
    assert_false(lines_waiting(&lines));
    assert_null(lines.held);
    buf_release(&text);
    return pieces;
}

static void a_long_line_leaves_in_pieces_however_it_arrives(void **state)
{
    (void)state;
    static const struct {
        size_t len, pieces, last;
    } cases[] = {
        {0, 1, 0},
        {1, 1, 1},
        {LINES_LIMIT - 1, 1, LINES_LIMIT - 1},
        {LINES_LIMIT, 1, LINES_LIMIT},
        {LINES_LIMIT + 1, 2, 1},
        {2 * LINES_LIMIT - 1, 2, LINES_LIMIT - 1},
        {2 * LINES_LIMIT, 2, LINES_LIMIT},
        {2 * LINES_LIMIT + 5, 3, 5},
    };
    static const size_t steps[] = {1,
                                   1000,
                                   LINES_LIMIT - 1,
                                   LINES_LIMIT,
                                   LINES_LIMIT + 1,
                                   10 * LINES_LIMIT};
    static const char *const ends[] = {"\n", "\r\n"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < sizeof steps / sizeof *steps * 2; j++) {
            struct pieces got = cut(cases[i].len, ends[j % 2], steps[j / 2]);
            assert_int_equal(got.count, cases[i].pieces);
            assert_int_equal(got.lens[got.count - 1], cases[i].last);
            for (size_t k = 0; k < got.count; k++) {
                assert_int_equal(got.continues[k], k > 0);
                assert_true(k == got.count - 1 || got.lens[k] == LINES_LIMIT);
            }
        }
}

static void an_endless_line_holds_no_more_than_the_limit(void **state)
{
    (void)state;
    struct pieces pieces = {0};
    struct lines lines;
    char *bytes = malloc(100000);

    memset(bytes, 'x', 100000);
    lines_init(&lines, on_piece, &pieces);
    for (int i = 0; i < 4; i++) {
        lines_feed(&lines, bytes, 100000);
        assert_true(lines.held_room <= LINES_LIMIT);
    }
    assert_int_equal(pieces.count, 400000 / LINES_LIMIT);
    lines_end(&lines);
    assert_int_equal(pieces.lens[pieces.count - 1], 400000 % LINES_LIMIT);
    assert_true(pieces.continues[pieces.count - 1]);
    free(bytes);
}

/* ---- nothing is copied ------------------------------------------------- */

struct window {
    const char *begin, *end;
    size_t inside, outside;
};

static void on_span_in_window(void *owner, const struct span *span)
{
    struct window *window = owner;

    assert_false(span->continues);
    if (span->text >= window->begin && span->text + span->len <= window->end)
        window->inside += span->count;
    else
        window->outside += span->count;
}

static void whole_lines_are_not_copied(void **state)
{
    (void)state;
    static const char text[] = "one\n\nthree\r\nfour\n";
    struct window window = {text, text + sizeof text, 0, 0};
    struct lines lines;

    lines_init(&lines, on_span_in_window, &window);
    lines_feed(&lines, text, sizeof text - 1);
    assert_null(lines.held);
    lines_feed(&lines, text, 2);
    lines_feed(&lines, text + 2, sizeof text - 3);
    assert_null(lines.held);
    assert_int_equal(window.inside, 4 + 3);
    assert_int_equal(window.outside, 1);
}

/* ---- spans ---------------------------------------------------------------- */

/* What each span had: its lines and its bytes. */
struct spans {
    size_t counts[64], lens[64];
    size_t count;
    struct buf all; /* of all of them */
};

static void on_span_noted(void *owner, const struct span *span)
{
    struct spans *spans = owner;
    size_t at = 0;

    assert_true(spans->count < 64);
    for (size_t i = 0; i < span->count; i++) {
        const struct span_line *line = &span->lines[i];
        size_t behind = line->at + line->len;
        assert_int_equal(line->at, at);
        if (behind < span->len && span->text[behind] == '\r')
            behind++;
        if (behind < span->len)
            assert_int_equal(span->text[behind++], '\n');
        at = behind;
    }
    assert_int_equal(at, span->len);
    spans->counts[spans->count] = span->count;
    spans->lens[spans->count++] = span->len;
    buf_add(&spans->all, span->text, span->len);
}

static struct spans spans_of(const char *text, size_t len)
{
    struct spans spans = {0};
    struct lines lines;

    lines_init(&lines, on_span_noted, &spans);
    lines_feed(&lines, text, len);
    lines_end(&lines);
    return spans;
}

static void lines_that_come_together_leave_together(void **state)
{
    static const char text[] = "one\r\n\n\r\nfour\nand the beginning of";
    struct spans spans = spans_of(text, sizeof text - 1);

    (void)state;
    assert_int_equal(spans.count, 2);
    assert_int_equal(spans.counts[0], 4);
    assert_int_equal(spans.lens[0], strlen("one\r\n\n\r\nfour\n"));
    assert_int_equal(spans.counts[1], 1);
    assert_int_equal(spans.lens[1], strlen("and the beginning of"));
    buf_release(&spans.all);
}

/* Of lines as long as this: no span is much more than it may be, and none
 * is lost between two of them. */
static void check_spans(size_t line_len)
{
    static char text[100000];
    size_t len = sizeof text / line_len * line_len, sum = 0, count = 0;

    for (size_t i = 0; i < len; i++)
        text[i] = i % line_len == line_len - 1 ? '\n' : (char)('a' + i % 23);

    struct spans spans = spans_of(text, len);
    for (size_t i = 0; i < spans.count; i++) {
        assert_true(spans.counts[i] <= SPAN_LINES);
        assert_true(spans.lens[i] < SPAN_BYTES + 64 + line_len);
        count += spans.counts[i];
        sum += spans.lens[i];
    }
    assert_int_equal(count, len / line_len);
    assert_int_equal(sum, len);
    assert_memory_equal(spans.all.data, text, len);
    buf_release(&spans.all);
}

static void a_span_is_bounded_and_the_next_one_goes_on(void **state)
{
    (void)state;
    for (size_t line_len = 2; line_len < 300; line_len++)
        check_spans(line_len);
    check_spans(5000);
    check_spans(50000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_may_arrive_whole_or_in_pieces),
        cmocka_unit_test(a_carriage_return_before_the_newline_is_cut_off),
        cmocka_unit_test(the_end_emits_what_is_unfinished),
        cmocka_unit_test(what_follows_a_flush_continues_it),
        cmocka_unit_test(a_newline_behind_a_flush_makes_no_empty_piece),
        cmocka_unit_test(lines_wait_while_there_is_something_to_flush),
        cmocka_unit_test(any_byte_but_the_newline_is_in_the_line),
        cmocka_unit_test(a_long_line_leaves_in_pieces_however_it_arrives),
        cmocka_unit_test(an_endless_line_holds_no_more_than_the_limit),
        cmocka_unit_test(whole_lines_are_not_copied),
        cmocka_unit_test(lines_that_come_together_leave_together),
        cmocka_unit_test(a_span_is_bounded_and_the_next_one_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
