/* A sink that writes down what it gets, behind a real output on a real loop. */
#include "procman/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct notebook {
    struct sink sink; /* first: a sink is a notebook */
    char text[8192];
    unsigned lines, flushes;
    int64_t time_us;
    uint64_t seq;
    enum line_kind kind; /* the last one's */
    const struct source *about;
};

static void note_line(struct sink *sink, const struct line *line)
{
    struct notebook *book = (struct notebook *)sink;
    size_t len = strlen(book->text);

    snprintf(book->text + len, sizeof book->text - len, "%s/%d%s%.*s;",
             line->source->name, line->stream, line->continues ? "+" : "|",
             (int)line->len, line->text);
    book->lines++;
    book->time_us = line->time_us;
    book->seq = line->seq;
    book->kind = line->kind;
    book->about = line->about;
}

static void note_flush(struct sink *sink)
{
    ((struct notebook *)sink)->flushes++;
}

static void write_line(struct output *output, const struct source *source,
                       int stream, const char *text, size_t len, bool continues)
{
    struct span_line line = {0, (uint32_t)len};
    struct span span = {text, len, &line, 1, continues};

    output_span(output, source, stream, &span);
}

struct world {
    uv_loop_t loop;
    uv_idle_t idle;
    struct output output;
    struct notebook first, second;
};

static const struct source web = {.name = "web"};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    world->first.sink = (struct sink){.line = note_line, .flush = note_flush};
    world->second.sink = (struct sink){.line = note_line, .flush = note_flush};
    assert_int_equal(uv_loop_init(&world->loop), 0);
    output_init(&world->output, &world->loop);
    output_add_sink(&world->output, &world->first.sink);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    output_close(&world->output);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world);
    return 0;
}

static void every_sink_gets_every_line_in_order(void **state)
{
    struct world *world = *state;

    output_add_sink(&world->output, &world->second.sink);
    write_line(&world->output, &web, 1, "one", 3, false);
    write_line(&world->output, &web, 2, "two", 3, true);
    output_say(&world->output, "three %d", 3);
    assert_string_equal(world->first.text,
                        "web/1|one;web/2+two;procman/0|three 3;");
    assert_string_equal(world->second.text, world->first.text);
}

static const struct span_line places[] = {{0, 3}, {4, 0}, {5, 3}};
static const struct span three = {"one\n\nsix\n", 9, places, 3, true};

static void lines_that_came_together_are_numbered_one_by_one(void **state)
{
    struct world *world = *state;

    output_span(&world->output, &web, 2, &three);
    assert_string_equal(world->first.text, "web/2+one;web/2|;web/2|six;");
    assert_true(world->first.seq == 3);
    output_say(&world->output, "x");
    assert_true(world->first.seq == 4);
}

static void note_span(struct sink *sink, const struct line *first,
                      const struct span *span)
{
    struct line second = line_of_span(first, span, 1);

    note_line(sink, first);
    note_line(sink, &second);
    assert_int_equal(span->count, 3);
}

static void who_wants_them_together_gets_them_together(void **state)
{
    struct world *world = *state;

    world->first.sink.span = note_span;
    output_add_sink(&world->output, &world->second.sink);
    output_span(&world->output, &web, 1, &three);
    write_line(&world->output, &web, 1, "alone", 5, false);
    assert_string_equal(world->first.text, "web/1+one;web/1|;web/1|alone;");
    assert_string_equal(world->second.text,
                        "web/1+one;web/1|;web/1|six;web/1|alone;");
    assert_true(world->first.seq == 4 && world->second.seq == 4);
}

static void a_line_knows_whom_it_is_about(void **state)
{
    struct world *world = *state;

    write_line(&world->output, &web, 1, "x", 1, false);
    assert_int_equal(world->first.kind, LINE_WRITTEN);
    assert_null(world->first.about);
    output_say(&world->output, "x");
    assert_int_equal(world->first.kind, LINE_SAID);
    assert_null(world->first.about);
    output_say_about(&world->output, &web, LINE_ENDED, "%s ended", "web");
    assert_int_equal(world->first.kind, LINE_ENDED);
    assert_ptr_equal(world->first.about, &web);
    output_say_for(&world->output, &web, "cannot start");
    assert_int_equal(world->first.kind, LINE_SAID);
    assert_ptr_equal(world->first.about, &web);
    assert_string_equal(world->first.text,
                        "web/1|x;procman/0|x;procman/0|web ended;"
                        "web/0|cannot start;");
}

static void a_line_knows_when_it_was_read(void **state)
{
    struct world *world = *state;
    int64_t before = (int64_t)time(NULL);

    write_line(&world->output, &web, 1, "x", 1, false);
    assert_true(world->first.time_us / 1000000 >= before);
    assert_true(world->first.time_us / 1000000 <= (int64_t)time(NULL));
}

static void lines_are_counted_over_all_sources(void **state)
{
    struct world *world = *state;

    write_line(&world->output, &web, 1, "x", 1, false);
    assert_int_equal(world->first.seq, 1);
    output_say(&world->output, "y");
    assert_int_equal(world->first.seq, 2);
}

static void procman_speaks_for_itself_and_for_others(void **state)
{
    struct world *world = *state;

    output_say(&world->output, "web started with pid %d", 71);
    output_say_for(&world->output, &web, "cannot start: %s", "bin/x");
    assert_string_equal(
        world->first.text,
        "procman/0|web started with pid 71;web/0|cannot start: bin/x;");
    assert_true(world->output.own.own);
}

static void what_procman_says_is_one_line_without_escapes(void **state)
{
    struct world *world = *state;

    output_say_for(&world->output, &web, "%s", "a\nb\033[31mc\x7f\t\xc3\xa4");
    assert_string_equal(world->first.text, "web/0|a?b?[31mc??\xc3\xa4;");
}

static void what_children_say_is_left_as_it_is(void **state)
{
    struct world *world = *state;

    write_line(&world->output, &web, 1, "\033[31m\t", 6, false);
    assert_string_equal(world->first.text, "web/1|\033[31m\t;");
}

static void a_sentence_too_long_is_cut(void **state)
{
    struct world *world = *state;
    char text[3000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    output_say(&world->output, "%s", text);
    assert_int_equal(world->first.lines, 1);
    assert_int_equal(strspn(strchr(world->first.text, '|') + 1, "x"), 1279);
}

static void on_idle(uv_idle_t *idle)
{
    struct world *world = idle->data;

    for (int i = 0; i < 10; i++)
        write_line(&world->output, &web, 1, "x", 1, false);
}

static void sinks_write_once_a_turn(void **state)
{
    struct world *world = *state;

    uv_idle_init(&world->loop, &world->idle);
    world->idle.data = world;
    uv_idle_start(&world->idle, on_idle);
    for (int i = 0; i < 5; i++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(world->first.lines, 50);
    assert_int_equal(world->first.flushes, 5);
    uv_close((uv_handle_t *)&world->idle, NULL);
}

static void an_output_keeps_no_loop_alive(void **state)
{
    struct world *world = *state;

    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(every_sink_gets_every_line_in_order),
        STORY(lines_that_came_together_are_numbered_one_by_one),
        STORY(who_wants_them_together_gets_them_together),
        STORY(a_line_knows_whom_it_is_about),
        STORY(a_line_knows_when_it_was_read),
        STORY(lines_are_counted_over_all_sources),
        STORY(procman_speaks_for_itself_and_for_others),
        STORY(what_procman_says_is_one_line_without_escapes),
        STORY(what_children_say_is_left_as_it_is),
        STORY(a_sentence_too_long_is_cut),
        STORY(sinks_write_once_a_turn),
        STORY(an_output_keeps_no_loop_alive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
