#include "procman/buf.h"
#include "procman/cause.h"
#include "procman/mem.h"
#include "procman/notes.h"
#include "procman/words.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- buf --------------------------------------------------------------- */

static void a_buf_is_a_string_as_it_grows(void **state)
{
    (void)state;
    struct buf buf = {0};

    buf_add(&buf, "", 0);
    assert_string_equal(buf.data, "");
    buf_add_string(&buf, "one");
    buf_add_char(&buf, ' ');
    buf_add_format(&buf, "%d %s", 2, "three");
    assert_string_equal(buf.data, "one 2 three");
    assert_int_equal(buf.len, strlen("one 2 three"));
    for (int i = 0; i < 10000; i++)
        buf_add_char(&buf, 'x');
    assert_int_equal(strlen(buf.data), buf.len);
    assert_true(buf.room >= buf.len);
    buf_release(&buf);
    assert_null(buf.data);
    buf_release(&buf);
}

static void room_that_is_reserved_can_be_filled_to_the_end(void **state)
{
    (void)state;
    struct buf buf = {0};

    buf_reserve(&buf, 0);
    assert_string_equal(buf.data, "");
    for (size_t len = 1; len < 5000; len = len * 3 + 1) {
        memset(buf_reserve(&buf, len), 'x', len);
        buf.len += len;
    }
    size_t whole = buf.len;
    char *string = buf_take(&buf);
    assert_int_equal(strlen(string), whole);
    free(string);
}

static void a_long_format_is_written_whole(void **state)
{
    (void)state;
    struct buf buf = {0};

    buf_add_format(&buf, "%s", "");
    buf_add_format(&buf, "%05000d", 7);
    assert_int_equal(buf.len, 5000);
    assert_int_equal(strspn(buf.data, "0"), 4999);
    assert_int_equal(buf.data[4999], '7');
    assert_int_equal(buf.data[5000], '\0');
    buf_release(&buf);
}

static void what_is_dropped_is_the_beginning(void **state)
{
    (void)state;
    struct buf buf = {0};

    buf_drop(&buf, 0);
    buf_add(&buf, "a\0bcd", 5);
    buf_drop(&buf, 0);
    buf_drop(&buf, 2);
    assert_string_equal(buf.data, "bcd");
    buf_drop(&buf, 3);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    buf_release(&buf);
}

static void what_is_taken_is_ones_own(void **state)
{
    (void)state;
    struct buf buf = {0};

    char *empty = buf_take(&buf);
    assert_string_equal(empty, "");
    buf_add_string(&buf, "one");
    char *one = buf_take(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    buf_add_string(&buf, "two");
    assert_string_equal(one, "one");
    assert_string_equal(buf.data, "two");
    free(empty);
    free(one);
    buf_release(&buf);
}

/* ---- mem --------------------------------------------------------------- */

static void memory_is_there_even_for_nothing(void **state)
{
    (void)state;
    char *none = mem_new(0, 0), *three = mem_new(3, 4);

    assert_non_null(none);
    for (int i = 0; i < 12; i++)
        assert_int_equal(three[i], 0);
    three = mem_resize(three, 100, 4);
    three[399] = 'x';
    none = mem_resize(none, 0, 4);
    assert_non_null(none);
    free(none);
    free(three);
}

static void strings_are_copies(void **state)
{
    (void)state;
    char bytes[] = "hello";
    char *part = mem_string_of(bytes, 4), *whole = mem_string(bytes);
    char *nothing = mem_string_of(NULL, 0), *shaped = mem_format("%03d", 7);

    bytes[0] = 'j';
    assert_string_equal(part, "hell");
    assert_string_equal(whole, "hello");
    assert_string_equal(nothing, "");
    assert_string_equal(shaped, "007");
    free(part);
    free(whole);
    free(nothing);
    free(shaped);
}

/* ---- notes and causes -------------------------------------------------- */

static void notes_are_kept_in_order(void **state)
{
    (void)state;
    struct notes notes = {0};

    notes_release(&notes);
    for (int i = 0; i < 20; i++)
        notes_add(&notes, "note %d", i);
    assert_int_equal(notes.count, 20);
    assert_string_equal(notes.texts[0], "note 0");
    assert_string_equal(notes.texts[19], "note 19");
    notes_release(&notes);
    assert_int_equal(notes.count, 0);
    assert_null(notes.texts);
}

static void a_cause_is_a_sentence_with_a_view_in_front(void **state)
{
    (void)state;
    struct cause why = {{0}};

    assert_string_equal(why.text, "");
    assert_false(cause_say(&why, "no process is called \"%s\"", "x"));
    assert_string_equal(why.text, "no process is called \"x\"");
    assert_false(cause_prefix(&why, "line %d", 3));
    assert_string_equal(why.text, "line 3: no process is called \"x\"");
}

static void a_cause_too_long_is_cut_in_its_room(void **state)
{
    (void)state;
    struct cause why = {{0}};

    cause_say(&why, "%05000d", 1);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    cause_prefix(&why, "%02000d", 1);
    assert_true(strlen(why.text) < sizeof why.text);
    assert_non_null(strstr(why.text, ": 000"));
}

/* ---- words ------------------------------------------------------------- */

static void durations_are_said_as_people_say_them(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *words;
    } cases[] = {
        {0, "0 ms"},
        {21, "21 ms"},
        {999, "999 ms"},
        {1000, "1.0 s"},
        {3250, "3.2 s"},
        {59999, "59 s"},
        {60000, "1 min"},
        {64000, "1 min 4 s"},
        {3599999, "59 min 59 s"},
        {3600000, "1 h 0 min"},
        {3723000, "1 h 2 min"},
        {UINT64_MAX, "5124095576030 h 25 min"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(words_duration(cases[i].ms).text, cases[i].words);
}

static void signals_have_names(void **state)
{
    (void)state;
    assert_string_equal(words_signal(SIGTERM).text, "SIGTERM");
    assert_string_equal(words_signal(SIGKILL).text, "SIGKILL");
    assert_string_equal(words_signal(SIGSEGV).text, "SIGSEGV");
    assert_string_equal(words_signal(77).text, "signal 77");
    assert_string_equal(words_signal(0).text, "signal 0");
}

static void one_is_not_many(void **state)
{
    (void)state;
    assert_string_equal(words_count(0, "process", "processes").text,
                        "0 processes");
    assert_string_equal(words_count(1, "process", "processes").text,
                        "1 process");
    assert_string_equal(words_count(2, "process", "processes").text,
                        "2 processes");
}

static void the_nearest_word_is_suggested_if_it_is_near(void **state)
{
    (void)state;
    static const char *const known[] = {"start",  "stop",  "restart",
                                        "status", "etcd1", "etcd2"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"start", "start"},   {"strat", "start"},
        {"stat", "start"},    {"stpo", "stop"},
        {"stops", "stop"},    {"restrat", "restart"},
        {"statsu", "status"}, {"ectd2", "etcd2"},
        {"etcd3", "etcd1"},   {"quit", NULL},
        {"", NULL},           {"x", NULL},
        {"list", NULL},       {"Restart", "restart"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest =
            words_nearest(cases[i].word, known, sizeof known / sizeof *known);
        if (!cases[i].nearest)
            assert_null(nearest);
        else
            assert_string_equal(nearest ? nearest : "(none)", cases[i].nearest);
    }
    assert_null(words_nearest("start", known, 0));
}

static void what_would_steer_a_terminal_is_not_printable(void **state)
{
    (void)state;
    assert_true(words_printable(""));
    assert_true(words_printable("a b-c"));
    assert_true(words_printable("\xc3\xa9 \xe4\xb8\xad \xff \xc2\xa0"));
    assert_false(words_printable("a\x1b[31m"));
    assert_false(words_printable("a\nb"));
    assert_false(words_printable("\t"));
    assert_false(words_printable("\x7f"));
    assert_false(words_printable("a\xc2\x9b[31m"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buf_is_a_string_as_it_grows),
        cmocka_unit_test(room_that_is_reserved_can_be_filled_to_the_end),
        cmocka_unit_test(a_long_format_is_written_whole),
        cmocka_unit_test(what_is_dropped_is_the_beginning),
        cmocka_unit_test(what_is_taken_is_ones_own),
        cmocka_unit_test(memory_is_there_even_for_nothing),
        cmocka_unit_test(strings_are_copies),
        cmocka_unit_test(notes_are_kept_in_order),
        cmocka_unit_test(a_cause_is_a_sentence_with_a_view_in_front),
        cmocka_unit_test(a_cause_too_long_is_cut_in_its_room),
        cmocka_unit_test(durations_are_said_as_people_say_them),
        cmocka_unit_test(signals_have_names),
        cmocka_unit_test(one_is_not_many),
        cmocka_unit_test(the_nearest_word_is_suggested_if_it_is_near),
        cmocka_unit_test(what_would_steer_a_terminal_is_not_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
