/* Lines of logs in, lines for people out. */
#include "procman/pretty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_pretty(const char *text, const char *wanted)
{
    struct buf to = {0};

    assert_true(pretty_add(&to, text, strlen(text), false));
    assert_string_equal(to.data, wanted);
    buf_release(&to);
}

static void assert_left_alone(const char *text)
{
    struct buf to = {0};

    assert_false(pretty_add(&to, text, strlen(text), false));
    assert_int_equal(to.len, 0);
}

/* Lines of etcd 3.4.23 with --logger zap. */
static void etcd_can_be_read(void **state)
{
    (void)state;
    assert_pretty(
        "{\"level\":\"info\",\"ts\":\"2026-11-22T22:35:37.831Z\","
        "\"caller\":\"embed/etcd.go:117\","
        "\"msg\":\"configuring peer listeners\","
        "\"listen-peer-urls\":[\"http://127.0.0.1:12380\"]}",
        "INFO  22:35:37.831Z configuring peer listeners "
        "listen-peer-urls=[\"http://127.0.0.1:12380\"] (embed/etcd.go:117)");
    assert_pretty(
        "{\"level\":\"info\",\"ts\":\"2026-11-22T22:35:37.849Z\","
        "\"caller\":\"etcdserver/backend.go:80\","
        "\"msg\":\"opened backend db\","
        "\"path\":\"infra1.etcd/member/snap/db\",\"took\":\"1.512184ms\"}",
        "INFO  22:35:37.849Z opened backend db "
        "path=infra1.etcd/member/snap/db took=1.512184ms "
        "(etcdserver/backend.go:80)");
    assert_pretty(
        "{\"level\":\"warn\",\"ts\":\"2026-11-22T22:35:37.849Z\","
        "\"caller\":\"rafthttp/stream.go:682\","
        "\"msg\":\"lost TCP streaming connection with remote peer\","
        "\"stream-reader-type\":\"stream Message\","
        "\"remote-peer-id\":\"91bc3c398fb3c146\",\"error\":\"EOF\"}",
        "WARN  22:35:37.849Z lost TCP streaming connection with remote peer "
        "stream-reader-type=\"stream Message\" "
        "remote-peer-id=91bc3c398fb3c146 error=EOF (rafthttp/stream.go:682)");
    assert_pretty("{\"level\":\"info\",\"max-wals\":5,\"force\":false,"
                  "\"wal-dir\":\"\",\"msg\":\"starting\",\"x\":null,"
                  "\"took\":0.1}",
                  "INFO  starting max-wals=5 force=false wal-dir=\"\" x=null "
                  "took=0.1");
}

static void others_can_be_read_too(void **state)
{
    static const struct {
        const char *text, *pretty;
    } rows[] = {
        /* bunyan, pino */
        {"{\"name\":\"api\",\"hostname\":\"h\",\"pid\":7,\"level\":30,"
         "\"msg\":\"up\",\"time\":\"2026-11-22T20:39:12.291Z\",\"v\":0}",
         "INFO  20:39:12.291Z up name=api hostname=h pid=7 v=0"},
        {"{\"level\":50,\"time\":1795379952291,\"pid\":7,\"msg\":\"no\"}",
         "ERROR 20:39:12.291Z no pid=7"},
        /* logrus */
        {"{\"level\":\"warning\",\"msg\":\"hot\",\"temperature\":30.5,"
         "\"time\":\"2026-11-22T20:39:12+01:00\"}",
         "WARN  20:39:12+01:00 hot temperature=30.5"},
        /* zap's default, klog's JSON */
        {"{\"level\":\"error\",\"ts\":1795379952.2911,\"msg\":\"x\"}",
         "ERROR 20:39:12.291Z x"},
        {"{\"ts\":1795379952.291,\"caller\":\"a.go:1\",\"msg\":\"x\",\"v\":2}",
         "20:39:12.291Z x v=2 (a.go:1)"},
        /* slog, Google, logstash */
        {"{\"time\":\"2026-11-22T20:39:12Z\",\"level\":\"INFO\","
         "\"msg\":\"a\",\"group\":{\"b\":[1,2]}}",
         "INFO  20:39:12Z a group={\"b\":[1,2]}"},
        {"{\"severity\":\"CRITICAL\",\"message\":\"a\","
         "\"timestamp\":\"soon\"}",
         "FATAL soon a"},
        {"{\"@timestamp\":\"2026-11-22 20:39:12,291\",\"level\":\"DEBUG\","
         "\"message\":\"a\"}",
         "DEBUG 20:39:12,291 a"},
        {"  {\"level\":\"trace\"}", "TRACE"},
        /* what is unknown stays */
        {"{\"level\":\"odd\",\"msg\":\"a\"}", "a level=odd"},
        {"{\"level\":3,\"msg\":\"a\",\"time\":{\"x\":1}}",
         "a level=3 time={\"x\":1}"},
        {"{\"msg\":7,\"level\":\"info\"}", "INFO  msg=7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_pretty(rows[i].text, rows[i].pretty);
}

static void colors_are_for_the_level_and_what_matters_less(void **state)
{
    static const char text[] = "{\"level\":\"warn\",\"ts\":\"now\","
                               "\"msg\":\"hot\",\"caller\":\"a.go:1\",\"b\":1}";
    struct buf to = {0};

    (void)state;
    assert_true(pretty_add(&to, text, strlen(text), true));
    assert_string_equal(to.data, "\033[33mWARN \033[m \033[90mnow\033[m hot "
                                 "b=1 \033[90m(a.go:1)\033[m");
    buf_release(&to);
}

static void nothing_in_it_acts_on_a_terminal_or_ends_the_line(void **state)
{
    (void)state;
    assert_pretty("{\"level\":\"info\",\"msg\":\"a\\nb\\tc\\u001b[2J\","
                  "\"k\\u0007\":\"\\u009b2J\",\"d\":\"\x7f\","
                  "\"n\":[\"\\u009b\"],\"s\":\"two\\nlines\"}",
                  "INFO  a\\nb\\tc\\u001b[2J k\\u0007=\\u009b2J d=\\u007f "
                  "n=[\"\\u009b\"] s=\"two\\u000alines\"");
}

static void what_is_no_object_of_a_log_is_left_alone(void **state)
{
    static const char *const texts[] = {
        "",
        "plain text",
        "{",
        "{}",
        "{\"a\":1}",
        "{\"time\":1}",
        "[1,2]",
        "{\"level\":\"info\",\"msg\":\"cut",
        "{\"level\":\"info\"} and more",
        "{\"level\":\"info\",\"msg\":\"\xff\"}",
        "{level: info}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_left_alone(texts[i]);
}

static void what_is_too_long_is_left_alone(void **state)
{
    struct buf text = {0}, to = {0};

    (void)state;
    buf_add_string(&text, "{\"level\":\"info\",\"msg\":\"");
    while (text.len < PRETTY_LIMIT - 2)
        buf_add_char(&text, 'x');
    buf_add_string(&text, "\"}");
    assert_int_equal(text.len, PRETTY_LIMIT);
    assert_true(pretty_add(&to, text.data, text.len, false));
    buf_add_char(&text, ' ');
    assert_left_alone(text.data);
    buf_release(&text);
    buf_release(&to);
}

static void only_what_is_added_is_touched(void **state)
{
    struct buf to = {0};

    (void)state;
    buf_add_string(&to, "before  ");
    assert_true(pretty_add(&to, "{\"msg\":\"  \"}", 12, false));
    assert_string_equal(to.data, "before  ");
    buf_release(&to);
}

/* ---- levels --------------------------------------------------------------- */

static void the_level_of_a_line_is_known(void **state)
{
    static const struct {
        const char *text;
        enum level level;
    } rows[] = {
        {"{\"level\":\"info\",\"msg\":\"x\"}", LEVEL_INFO},
        {"{\"level\":40}", LEVEL_WARN},
        {"{\"msg\":\"x\"}", LEVEL_UNKNOWN},
        {"{\"a\":1}", LEVEL_UNKNOWN},
        /* etcd without --logger zap */
        {"2026-11-22 22:35:40.800959 I | etcdmain: etcd Version: 3.4.23",
         LEVEL_INFO},
        {"2026-11-22 22:35:40.800959 W | etcdserver: slow", LEVEL_WARN},
        {"2026-11-22 22:35:40.800959 E | etcdserver: no", LEVEL_ERROR},
        {"2026-11-22 22:35:40.800959 C | etcdmain: no", LEVEL_FATAL},
        {"2026-11-22 22:35:40.800959 N | etcdserver: yes", LEVEL_INFO},
        {"2026-11-22 22:35:40.800959 ? | x", LEVEL_UNKNOWN},
        {"[WARNING] Deprecated '--logger=capnslog' flag is set", LEVEL_UNKNOWN},
        {"W1122 20:39:12.291123    3182 server.go:12] x", LEVEL_WARN},
        {"X1122 20:39:12.291123    3182 server.go:12] x", LEVEL_UNKNOWN},
        {"time=\"2026-11-22T20:39:12Z\" level=warning msg=x", LEVEL_WARN},
        {"level=error", LEVEL_ERROR},
        {"level=", LEVEL_UNKNOWN},
        {"sealevel=error", LEVEL_UNKNOWN},
        {"level=high tide", LEVEL_UNKNOWN},
        {"an error of level zero", LEVEL_UNKNOWN},
        {"", LEVEL_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(pretty_level(rows[i].text, strlen(rows[i].text)),
                         rows[i].level);
}

static void a_level_has_many_names(void **state)
{
    (void)state;
    assert_int_equal(level_of_word("Warning", 7), LEVEL_WARN);
    assert_int_equal(level_of_word("WARN!", 4), LEVEL_WARN);
    assert_int_equal(level_of_word("w", 1), LEVEL_WARN);
    assert_int_equal(level_of_word("dpanic", 6), LEVEL_FATAL);
    assert_int_equal(level_of_word("", 0), LEVEL_UNKNOWN);
    assert_int_equal(level_of_number(10), LEVEL_TRACE);
    assert_int_equal(level_of_number(35), LEVEL_INFO);
    assert_int_equal(level_of_number(60), LEVEL_FATAL);
    assert_int_equal(level_of_number(70), LEVEL_UNKNOWN);
    assert_int_equal(level_of_number(-10), LEVEL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etcd_can_be_read),
        cmocka_unit_test(others_can_be_read_too),
        cmocka_unit_test(colors_are_for_the_level_and_what_matters_less),
        cmocka_unit_test(nothing_in_it_acts_on_a_terminal_or_ends_the_line),
        cmocka_unit_test(what_is_no_object_of_a_log_is_left_alone),
        cmocka_unit_test(what_is_too_long_is_left_alone),
        cmocka_unit_test(only_what_is_added_is_touched),
        cmocka_unit_test(the_level_of_a_line_is_known),
        cmocka_unit_test(a_level_has_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
