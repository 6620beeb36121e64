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
static void on_line(void *owner, const char *text, size_t len, bool continues)
{
    struct buf *seen = owner;

    buf_add_string(seen, continues ? "+[" : "[");
    buf_add(seen, text, len);
    buf_add_char(seen, ']');
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
        lines_init(&lines, on_line, &seen);
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

    lines_init(&lines, on_line, &seen);
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

    lines_init(&lines, on_line, &seen);
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

static void on_piece(void *owner, const char *text, size_t len, bool continues)
{
    struct pieces *pieces = owner;

    assert_true(len == 0 || text != NULL);
    assert_true(pieces->count < 8);
    pieces->lens[pieces->count] = len;
    pieces->continues[pieces->count++] = continues;
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

static void on_line_in_window(void *owner, const char *text, size_t len,
                              bool continues)
{
    struct window *window = owner;

    assert_false(continues);
    if (text >= window->begin && text + len <= window->end)
        window->inside++;
    else
        window->outside++;
}

static void whole_lines_are_not_copied(void **state)
{
    (void)state;
    static const char text[] = "one\n\nthree\r\nfour\n";
    struct window window = {text, text + sizeof text, 0, 0};
    struct lines lines;

    lines_init(&lines, on_line_in_window, &window);
    lines_feed(&lines, text, sizeof text - 1);
    assert_null(lines.held);
    lines_feed(&lines, text, 2);
    lines_feed(&lines, text + 2, sizeof text - 3);
    assert_null(lines.held);
    assert_int_equal(window.inside, 4 + 3);
    assert_int_equal(window.outside, 1);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
