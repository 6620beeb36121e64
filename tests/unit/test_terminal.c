/* Lines in, bytes out, exactly.  The bytes are looked at where they gather, in
 * the outbox, before they leave. */
#include "procman/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOON = 1795348800 };

struct world {
    uv_loop_t loop;
    int pipe[2];
    struct outbox *outbox;
    struct sink *terminal;
};

static void ignore_congested(void *owner, bool congested)
{
    (void)owner, (void)congested;
}

static void ignore(void *owner)
{
    (void)owner;
}

static void ignore_lost(void *owner, const char *why)
{
    (void)owner, (void)why;
}

static const struct outbox_watcher watcher = {
    ignore_congested, ignore, ignore_lost, ignore, ignore_lost, NULL};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct cause why;

    setenv("TZ", "UTC0", 1);
    tzset();
    assert_int_equal(pipe(world->pipe), 0);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    world->outbox =
        outbox_create(&world->loop, world->pipe[1], &watcher, world, &why);
    assert_non_null(world->outbox);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    if (world->terminal)
        terminal_release(world->terminal);
    outbox_close(world->outbox);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    close(world->pipe[0]);
    close(world->pipe[1]);
    free(world);
    return 0;
}

static void make_styled(struct world *world, const struct terminal_style *style)
{
    if (world->terminal)
        terminal_release(world->terminal);
    world->terminal = terminal_create(world->outbox, style);
}

static void make_terminal(struct world *world, bool color, bool time)
{
    struct terminal_style style = {
        .color = color,
        .time = time ? STAMP_TIME : STAMP_OFF,
        .width = 7,
    };

    make_styled(world, &style);
}

static void show_bytes(struct world *world, const struct source *source,
                       const char *text, size_t len, bool continues,
                       int64_t seconds)
{
    struct line line = {.source = source,
                        .stream = 1,
                        .text = text,
                        .len = len,
                        .continues = continues,
                        .time_us = seconds * 1000000};

    world->terminal->line(world->terminal, &line);
}

static void show(struct world *world, const struct source *source,
                 const char *text)
{
    show_bytes(world, source, text, strlen(text), false, NOON);
}

static void assert_bytes(struct world *world, const char *bytes, size_t len)
{
    struct buf *out = outbox_pending(world->outbox);

    if (out->data && out->len == strlen(out->data))
        assert_string_equal(out->data, bytes);
    assert_int_equal(out->len, len);
    if (len)
        assert_memory_equal(out->data, bytes, len);
    out->len = 0;
}

static void assert_shown(struct world *world, const char *text)
{
    assert_bytes(world, text, strlen(text));
}

static const struct source web = {.name = "web"};

static void a_line_stands_behind_clock_and_name(void **state)
{
    struct world *world = *state;

    make_terminal(world, false, true);
    show(world, &web, "hello");
    assert_shown(world, "12:00:00     web | hello\n");
}

static void colors_embrace_the_prefix_alone(void **state)
{
    struct world *world = *state;

    make_terminal(world, true, true);
    show(world, &web, "hello");
    assert_shown(world, "\033[32m12:00:00     web | \033[mhello\n");
}

static void the_time_may_be_left_out(void **state)
{
    struct world *world = *state;

    make_terminal(world, false, false);
    show(world, &web, "hello");
    assert_shown(world, "    web | hello\n");
    make_terminal(world, true, false);
    show(world, &web, "hello");
    assert_shown(world, "\033[32m    web | \033[mhello\n");
}

static void colors_go_by_the_order_in_the_file(void **state)
{
    static const char *const wanted[] = {
        "\033[32m      a | \033[m\n", "\033[36m      a | \033[m\n",
        "\033[35m      a | \033[m\n", "\033[33m      a | \033[m\n",
        "\033[34m      a | \033[m\n", "\033[31m      a | \033[m\n",
        "\033[32m      a | \033[m\n",
    };
    struct world *world = *state;

    make_terminal(world, true, false);
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct source source = {.name = "a", .index = i};
        show(world, &source, "");
        assert_shown(world, wanted[i]);
    }
}

static void procman_itself_is_white(void **state)
{
    struct source own = {.name = "procman", .index = 8, .own = true};
    struct world *world = *state;

    make_terminal(world, true, false);
    show(world, &own, "web started");
    assert_shown(world, "\033[37mprocman | \033[mweb started\n");
}

static void a_name_longer_than_the_column_is_whole(void **state)
{
    struct source source = {.name = "grpc-proxy", .index = 1};
    struct world *world = *state;

    make_terminal(world, false, false);
    show(world, &source, "x");
    assert_shown(world, "grpc-proxy | x\n");
}

static void
the_column_is_as_wide_as_the_longest_name_that_is_there(void **state)
{
    struct source long_one = {.name = "grpc-proxy", .index = 1};
    struct world *world = *state;

    make_terminal(world, false, false);
    world->terminal->come(world->terminal, &web);
    show(world, &web, "a");
    world->terminal->come(world->terminal, &long_one);
    show(world, &web, "b");
    world->terminal->gone(world->terminal, &long_one);
    show(world, &web, "c");
    assert_shown(world, "    web | a\n"
                        "       web | b\n"
                        "    web | c\n");
}

static void an_index_that_is_used_again_has_another_name(void **state)
{
    struct source other = {.name = "db"};
    struct world *world = *state;

    make_terminal(world, false, false);
    world->terminal->come(world->terminal, &web);
    show(world, &web, "a");
    world->terminal->gone(world->terminal, &web);
    world->terminal->come(world->terminal, &other);
    show(world, &other, "b");
    assert_shown(world, "    web | a\n"
                        "     db | b\n");
}

static void a_piece_that_continues_is_marked(void **state)
{
    struct world *world = *state;

    make_terminal(world, false, true);
    show_bytes(world, &web, "more", 4, true, NOON);
    show(world, &web, "next");
    assert_shown(world, "12:00:00     web + more\n"
                        "12:00:00     web | next\n");
    make_terminal(world, true, true);
    show_bytes(world, &web, "more", 4, true, NOON);
    show(world, &web, "next");
    assert_shown(world, "\033[32m12:00:00     web + \033[mmore\n"
                        "\033[32m12:00:00     web | \033[mnext\n");
}

static void the_clock_goes_on_and_back(void **state)
{
    struct source other = {.name = "other", .index = 1};
    struct world *world = *state;

    make_terminal(world, false, true);
    show_bytes(world, &web, "a", 1, false, NOON - 1);
    show_bytes(world, &other, "b", 1, false, NOON - 1);
    show_bytes(world, &web, "c", 1, false, NOON);
    show_bytes(world, &other, "d", 1, false, NOON + 3661);
    show_bytes(world, &web, "e", 1, false, NOON - 1);
    assert_shown(world, "11:59:59     web | a\n"
                        "11:59:59   other | b\n"
                        "12:00:00     web | c\n"
                        "13:01:01   other | d\n"
                        "11:59:59     web | e\n");
}

static void a_childs_colors_pass_and_never_bleed(void **state)
{
    struct world *world = *state;

    make_terminal(world, true, false);
    show(world, &web, "\033[1mbold");
    show(world, &web, "plain");
    assert_shown(world, "\033[32m    web | \033[m\033[1mbold\033[m\n"
                        "\033[32m    web | \033[mplain\n");
}

static void without_colors_there_is_no_escape_of_ours(void **state)
{
    struct world *world = *state;

    make_terminal(world, false, false);
    show(world, &web, "\033[1mbold");
    assert_shown(world, "    web | \033[1mbold\n");
}

static void any_byte_passes(void **state)
{
    static const char wanted[] = "    web | \0\xff\r\x07\n";
    struct world *world = *state;

    make_terminal(world, false, false);
    show_bytes(world, &web, "\0\xff\r\x07", 4, false, NOON);
    assert_bytes(world, wanted, sizeof wanted - 1);
}

static void a_quiet_process_is_not_shown_but_what_is_said_of_it_is(void **state)
{
    struct source quiet = {.name = "web", .quiet = true};
    struct line said = {.source = &quiet,
                        .about = &quiet,
                        .kind = LINE_SAID,
                        .text = "cannot start",
                        .len = 12,
                        .seq = 1};
    struct world *world = *state;

    make_terminal(world, false, false);
    show(world, &quiet, "hello");
    assert_shown(world, "");
    world->terminal->line(world->terminal, &said);
    assert_shown(world, "    web | cannot start\n");
}

static void the_prefix_may_be_the_name_alone(void **state)
{
    struct terminal_style style = {
        .prefix = PREFIX_NAME, .time = STAMP_TIME, .width = 7};
    struct world *world = *state;

    make_styled(world, &style);
    show(world, &web, "hello");
    assert_shown(world, "    web | hello\n");
}

static void without_prefix_only_procman_has_a_name(void **state)
{
    struct terminal_style style = {
        .prefix = PREFIX_NONE, .time = STAMP_TIME, .color = true, .width = 7};
    struct line said = {.source = &web, .text = "cannot start", .len = 12};
    struct world *world = *state;

    make_styled(world, &style);
    show(world, &web, "hello");
    show_bytes(world, &web, "more", 4, true, NOON);
    show(world, &web, "");
    assert_shown(world, "hello\nmore\n\n");
    world->terminal->line(world->terminal, &said);
    assert_shown(world, "\033[32mweb | \033[mcannot start\n");
}

static void stderr_is_marked_if_that_is_wanted(void **state)
{
    struct terminal_style style = {.mark_stderr = true, .width = 7};
    struct line line = {.source = &web, .stream = 2, .text = "oh", .len = 2};
    struct world *world = *state;

    for (int color = 0; color <= 1; color++) {
        style.color = color;
        make_styled(world, &style);
        line.continues = false;
        world->terminal->line(world->terminal, &line);
        line.continues = true;
        world->terminal->line(world->terminal, &line);
        show(world, &web, "out");
        assert_shown(world, color ? "\033[32m    web ! \033[moh\n"
                                    "\033[32m    web + \033[moh\n"
                                    "\033[32m    web | \033[mout\n"
                                  : "    web ! oh\n"
                                    "    web + oh\n"
                                    "    web | out\n");
    }
}

static void time_has_milliseconds_if_that_is_wanted(void **state)
{
    struct terminal_style style = {.time = STAMP_MS, .width = 7};
    struct line line = {.source = &web, .stream = 1, .text = "a", .len = 1};
    struct world *world = *state;

    make_styled(world, &style);
    line.time_us = INT64_C(1000000) * NOON + 1500;
    world->terminal->line(world->terminal, &line);
    line.time_us += 1000;
    world->terminal->line(world->terminal, &line);
    assert_shown(world, "12:00:00.001     web | a\n"
                        "12:00:00.002     web | a\n");
}

static void what_would_act_on_a_terminal_is_made_harmless(void **state)
{
    struct terminal_style style = {.harmless = true, .width = 7};
    struct world *world = *state;

    make_styled(world, &style);
    show(world, &web, "\033]0;title\a\033[2J\033[1mbold");
    show(world, &web, "plain");
    assert_shown(world, "    web | \033[1mbold\n"
                        "    web | plain\n");
    style.color = true;
    make_styled(world, &style);
    show(world, &web, "\033[2J\033[1mbold");
    show(world, &web, "\033[2Jplain\a");
    show(world, &web, "plain");
    assert_shown(world, "\033[32m    web | \033[m\033[1mbold\033[m\n"
                        "\033[32m    web | \033[mplain^G\n"
                        "\033[32m    web | \033[mplain\n");
}

static void logs_of_json_are_shown_as_people_read_them(void **state)
{
    struct source etcd = {.name = "etcd", .pretty = true};
    struct world *world = *state;

    make_terminal(world, false, false);
    show(world, &etcd, "{\"level\":\"info\",\"msg\":\"up\",\"a\":1}");
    show(world, &etcd, "no JSON \033[1m");
    show_bytes(world, &etcd, "{\"msg\":\"up\"}", 12, true, NOON);
    assert_shown(world, "   etcd | INFO  up a=1\n"
                        "   etcd | no JSON \033[1m\n"
                        "   etcd + {\"msg\":\"up\"}\n");
    make_terminal(world, true, false);
    show(world, &etcd, "{\"level\":\"info\",\"msg\":\"up\"}");
    show(world, &etcd, "");
    assert_shown(world, "\033[32m   etcd | \033[m\033[32mINFO \033[m up\033[m\n"
                        "\033[32m   etcd | \033[m\n");
}

static void what_is_looked_for_is_marked_where_there_are_colors(void **state)
{
    struct source found = {.name = "web", .highlight = "o+"};
    struct world *world = *state;

    for (int color = 0; color <= 1; color++) {
        make_terminal(world, color, false);
        world->terminal->come(world->terminal, &found);
        show(world, &found, "foo");
        assert_shown(world, color ? "\033[32m    web | \033[mf\033[7moo\033[27m"
                                    "\033[m\n"
                                  : "    web | foo\n");
        world->terminal->gone(world->terminal, &found);
        world->terminal->come(world->terminal, &web);
        show(world, &web, "foo");
        assert_shown(world, color ? "\033[32m    web | \033[mfoo\n"
                                  : "    web | foo\n");
    }
}

static void a_blank_line_is_a_line(void **state)
{
    struct world *world = *state;

    make_terminal(world, false, false);
    show_bytes(world, &web, NULL, 0, false, NOON);
    assert_shown(world, "    web | \n");
    make_terminal(world, true, false);
    show_bytes(world, &web, NULL, 0, false, NOON);
    assert_shown(world, "\033[32m    web | \033[m\n");
}

static void all_lines_of_a_turn_leave_together(void **state)
{
    static const char wanted[] = "    web | a\n    web | b\n";
    struct world *world = *state;
    char bytes[64];

    make_terminal(world, false, false);
    show(world, &web, "a");
    show(world, &web, "b");
    fcntl(world->pipe[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(read(world->pipe[0], bytes, sizeof bytes), -1);
    world->terminal->flush(world->terminal);
    assert_int_equal(read(world->pipe[0], bytes, sizeof bytes),
                     sizeof wanted - 1);
    assert_memory_equal(bytes, wanted, sizeof wanted - 1);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

/* ---- several at once ----------------------------------------------------- */

#define LINES 9

/* What they look like shown at once, and one by one. */
static void check_span(struct world *world, const struct terminal_style *style,
                       const struct source *source, const struct span *span,
                       int stream)
{
    struct line first = {.source = source,
                         .stream = stream,
                         .text = span->text,
                         .len = span->lines->len,
                         .continues = span->continues,
                         .time_us = INT64_C(1000000) * NOON};
    struct buf *out = outbox_pending(world->outbox), expected = {0};

    make_styled(world, style);
    world->terminal->come(world->terminal, source);
    sink_hand_on(world->terminal, &first, span);
    buf_add(&expected, out->data, out->len);
    out->len = 0;
    world->terminal->span(world->terminal, &first, span);
    assert_int_equal(out->len, expected.len);
    assert_memory_equal(out->data, expected.data, expected.len);
    assert_true(source->quiet || out->len > LINES);
    out->len = 0;
    buf_release(&expected);
}

static void check_styles(struct world *world, const struct source *source,
                         const struct span *span)
{
    for (int i = 0; i < 96; i++) {
        struct terminal_style style = {.color = i & 1,
                                       .harmless = i & 2,
                                       .mark_stderr = i & 4,
                                       .prefix = (enum prefix_style)(i / 8 % 3),
                                       .time = STAMP_RFC3339,
                                       .width = 7};
        check_span(world, &style, source, span, i < 48 ? 1 : 2);
    }
}

static void lines_shown_at_once_look_as_if_shown_one_by_one(void **state)
{
    static const char *const texts[] = {
        "plain\nlines\n\nof\r\nsome\nkind\n\nor\nother\n",
        "a\n\033[31mred\nb\nc\n\033]0;title\a\nd\n{\"level\":\"info\","
        "\"msg\":\"up\"}\ne\rf\ng\n"};
    static const struct source sources[] = {
        {.name = "web"},
        {.name = "web", .quiet = true},
        {.name = "web", .pretty = true},
        {.name = "web", .highlight = "i"},
        {.name =
             "a-name-that-is-longer-than-what-is-copied-of-a-prefix-at-once"},
    };

    for (size_t i = 0; i < 2; i++) {
        struct span_line lines[LINES];
        struct span span = {texts[i], strlen(texts[i]), lines, LINES, false};
        size_t at = 0;
        for (size_t k = 0; k < LINES; k++) {
            size_t len = strcspn(texts[i] + at, "\n");
            bool cr = len > 0 && texts[i][at + len - 1] == '\r';
            lines[k] = (struct span_line){(uint32_t)at, (uint32_t)(len - cr)};
            at += len + 1;
        }
        assert_int_equal(at, span.len);
        for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
            check_styles(*state, &sources[k], &span);
            span.continues = !span.continues;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_line_stands_behind_clock_and_name),
        STORY(colors_embrace_the_prefix_alone),
        STORY(the_time_may_be_left_out),
        STORY(colors_go_by_the_order_in_the_file),
        STORY(procman_itself_is_white),
        STORY(a_name_longer_than_the_column_is_whole),
        STORY(the_column_is_as_wide_as_the_longest_name_that_is_there),
        STORY(an_index_that_is_used_again_has_another_name),
        STORY(a_piece_that_continues_is_marked),
        STORY(the_clock_goes_on_and_back),
        STORY(a_childs_colors_pass_and_never_bleed),
        STORY(without_colors_there_is_no_escape_of_ours),
        STORY(any_byte_passes),
        STORY(a_quiet_process_is_not_shown_but_what_is_said_of_it_is),
        STORY(the_prefix_may_be_the_name_alone),
        STORY(without_prefix_only_procman_has_a_name),
        STORY(stderr_is_marked_if_that_is_wanted),
        STORY(time_has_milliseconds_if_that_is_wanted),
        STORY(what_would_act_on_a_terminal_is_made_harmless),
        STORY(logs_of_json_are_shown_as_people_read_them),
        STORY(what_is_looked_for_is_marked_where_there_are_colors),
        STORY(a_blank_line_is_a_line),
        STORY(all_lines_of_a_turn_leave_together),
        STORY(lines_shown_at_once_look_as_if_shown_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
