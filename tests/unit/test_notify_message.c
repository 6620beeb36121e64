#include "procman/notify_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct notify_message read_text(const char *text)
{
    struct notify_message message;

    notify_message_read(&message, text, strlen(text));
    return message;
}

static void each_line_has_its_meaning(void **state)
{
    struct notify_message all =
        read_text("READY=1\nSTOPPING=1\nRELOADING=1\nWATCHDOG=1\n"
                  "STATUS=two of three\nMAINPID=4711\nERRNO=2");

    (void)state;
    assert_true(all.ready);
    assert_true(all.stopping);
    assert_true(all.reloading);
    assert_true(all.watchdog);
    assert_false(all.watchdog_failed);
    assert_true(all.has_status);
    assert_string_equal(all.status, "two of three");
    assert_int_equal(all.main_pid, 4711);
    assert_int_equal(all.error, 2);
    assert_true(read_text("WATCHDOG=trigger").watchdog_failed);
    assert_false(read_text("WATCHDOG=trigger").watchdog);
}

static void a_line_says_only_what_it_says(void **state)
{
    static const struct {
        const char *text;
        bool known, ready;
    } cases[] = {
        {"READY=1", true, true},
        {"READY=1\n", true, true},
        {"\n\nREADY=1\n\n", true, true},
        {"X_OTHER=1\nREADY=1\nFDSTORE=1", true, true},
        {"STATUS=READY=1", true, false},
        {"STATUS=\nREADY=1", true, true},
        {"READY=0", false, false},
        {"READY=", false, false},
        {"READY=11", false, false},
        {"READY=1 ", false, false},
        {"READY=1\r\n", false, false},
        {" READY=1", false, false},
        {"ready=1", false, false},
        {"READY", false, false},
        {"=1", false, false},
        {"=", false, false},
        {"", false, false},
        {"\n", false, false},
        {"NOTREADY=1", false, false},
        {"MONOTONIC_USEC=12", false, false},
        {"BARRIER=1", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct notify_message message;
        bool known =
            notify_message_read(&message, cases[i].text, strlen(cases[i].text));
        if (known != cases[i].known || message.ready != cases[i].ready)
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void numbers_are_whole_positive_and_fit(void **state)
{
    static const struct {
        const char *text;
        int pid, error;
    } cases[] = {
        {"MAINPID=1", 1, 0},          {"MAINPID=2147483647", 2147483647, 0},
        {"MAINPID=2147483648", 0, 0}, {"MAINPID=99999999999999999999999", 0, 0},
        {"MAINPID=-1", 0, 0},         {"MAINPID=+1", 0, 0},
        {"MAINPID= 1", 0, 0},         {"MAINPID=1x", 0, 0},
        {"MAINPID=", 0, 0},           {"MAINPID=0", 0, 0},
        {"MAINPID=0017", 17, 0},      {"MAINPID=17\nMAINPID=x", 17, 0},
        {"ERRNO=4095", 0, 4095},      {"ERRNO=4096", 0, 0},
        {"ERRNO=-2", 0, 0},           {"MAINPID=5\nERRNO=6\nMAINPID=7", 7, 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct notify_message message = read_text(cases[i].text);
        if (message.main_pid != cases[i].pid || message.error != cases[i].error)
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void a_status_cannot_harm_a_terminal(void **state)
{
    static const struct {
        const char *text, *status;
    } cases[] = {
        {"STATUS=", ""},
        {"STATUS=a=b", "a=b"},
        {"STATUS=one\nSTATUS=two", "two"},
        {"STATUS=\xc3\xbc\xe2\x82\xac", "\xc3\xbc\xe2\x82\xac"},
        {"STATUS=\x1b[31mred\x07\t\x7f", "?[31mred???"},
        {"STATUS=a\rb", "a?b"},
        {"STATUS=\xc2\x9b"
         "31m",
         "?31m"},
        {"STATUS=\x9b\xff\xc3", "???"},
        {"STATUS=\xed\xa0\x80", "???"},
        {"STATUS=\xc0\x80", "??"},
        {"STATUS=cut \xe2\x82\nREADY=1", "cut ??"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct notify_message message = read_text(cases[i].text);
        assert_true(message.has_status);
        assert_string_equal(message.status, cases[i].status);
    }
    assert_false(read_text("READY=1").has_status);
}

static void a_long_status_is_cut_between_characters(void **state)
{
    char text[7 + 3 * NOTIFY_STATUS_ROOM] = "STATUS=";
    struct notify_message message;

    (void)state;
    for (size_t i = 7; i + 3 <= sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    assert_true(notify_message_read(&message, text, sizeof text));
    assert_int_equal(strlen(message.status), (NOTIFY_STATUS_ROOM - 1) / 3 * 3);

    memset(text + 7, 'x', sizeof text - 7);
    assert_true(notify_message_read(&message, text, sizeof text));
    assert_int_equal(strlen(message.status), NOTIFY_STATUS_ROOM - 1);
}

static void
a_nul_behind_the_text_is_harmless_and_one_within_is_not(void **state)
{
    struct notify_message message;

    (void)state;
    assert_true(notify_message_read(&message, "READY=1\0\0", 9));
    assert_true(message.ready);
    assert_false(notify_message_read(&message, "READY=1\0X=1", 11));
    assert_false(message.ready);
    assert_false(notify_message_read(&message, "STATUS=a\0b\nREADY=1", 18));
    assert_false(message.ready);
    assert_false(notify_message_read(&message, "\0\0\0", 3));
    assert_false(notify_message_read(&message, NULL, 0));
}

static void the_largest_datagram_is_read_to_its_end(void **state)
{
    size_t len = 65536;
    char *junk = malloc(len);
    struct notify_message message;

    (void)state;
    memset(junk, '=', len);
    assert_false(notify_message_read(&message, junk, len));
    memset(junk, '\n', len);
    memcpy(junk + len - 7, "READY=1", 7);
    assert_true(notify_message_read(&message, junk, len));
    assert_true(message.ready);
    free(junk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_has_its_meaning),
        cmocka_unit_test(a_line_says_only_what_it_says),
        cmocka_unit_test(numbers_are_whole_positive_and_fit),
        cmocka_unit_test(a_status_cannot_harm_a_terminal),
        cmocka_unit_test(a_long_status_is_cut_between_characters),
        cmocka_unit_test(
            a_nul_behind_the_text_is_harmless_and_one_within_is_not),
        cmocka_unit_test(the_largest_datagram_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
