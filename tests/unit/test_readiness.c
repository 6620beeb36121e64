#include "procman/buf.h"
#include "procman/readiness.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

/* "kind host port path pattern command delay", or what is wrong. */
static char *told(const char *text)
{
    struct readiness it = {0};
    struct cause why = {{0}};
    struct buf buf = {0};

    if (readiness_parse(&it, text, &why))
        buf_add_format(&buf, "%d %s %u %s %s %s %" PRIu64, (int)it.kind,
                       or_dash(it.host), it.port, or_dash(it.path),
                       or_dash(it.pattern), or_dash(it.command), it.delay_ms);
    else
        buf_add_format(&buf, "!%s", why.text);
    readiness_release(&it);
    return buf_take(&buf);
}

struct text_case {
    const char *text, *told;
};

static void check(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = told(cases[i].text);
        assert_string_equal(got, cases[i].told);
        free(got);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void every_kind_has_its_parts(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"auto", "0 - 0 - - - 0"},
        {"notify", "1 - 0 - - - 0"},
        {"tcp:127.0.0.1:2379", "2 127.0.0.1 2379 - - - 0"},
        {"tcp:localhost:80", "2 127.0.0.1 80 - - - 0"},
        {"tcp:[::1]:2379", "2 ::1 2379 - - - 0"},
        {"unix:/run/a b.sock", "3 - 0 /run/a b.sock - - 0"},
        {"http://127.0.0.1:2379/health", "4 127.0.0.1 2379 /health - - 0"},
        {"http://127.0.0.1", "4 127.0.0.1 80 / - - 0"},
        {"http://[::1]/x?y=1", "4 ::1 80 /x?y=1 - - 0"},
        {"http://[::1]:81", "4 ::1 81 / - - 0"},
        {"http://127.0.0.1:1/h  \"health\": \"true\"",
         "4 127.0.0.1 1 /h \"health\": \"true\" - 0"},
        {"log:ready to serve (client|peer) requests",
         "5 - 0 - ready to serve (client|peer) requests - 0"},
        {"exec:test -e x; exit $?", "6 - 0 - - test -e x; exit $? 0"},
        {"delay:500ms", "7 - 0 - - - 500"},
        {"exit", "8 - 0 - - - 0"},
    };
    CHECK(cases);
}

static void what_is_none_says_what_is_wrong(void **state)
{
    (void)state;
    static const char none[] =
        " is none of auto, notify, tcp:HOST:PORT, unix:PATH, "
        "http://HOST:PORT/PATH, log:REGEX, exec:COMMAND, delay:TIME, exit";
    static const char *const wrong[] = {"",    "Notify", "exit 0",
                                        "tcp", "http:x", "delay"};
    static const struct text_case cases[] = {
        {"tcp:127.0.0.1", "!there is no port; write HOST:PORT"},
        {"tcp:[::1]", "!there is no port; write HOST:PORT"},
        {"tcp:", "!there is no port; write HOST:PORT"},
        {"tcp:127.0.0.1:0",
         "!the port: \"0\" is no whole number from 1 to 65535"},
        {"tcp:127.0.0.1:65536",
         "!the port: \"65536\" is no whole number from 1 to 65535"},
        {"tcp:127.0.0.1:", "!the port: \"\" is no whole number from 1 to "
                           "65535"},
        {"tcp:etcd.example:1", "!\"etcd.example\" is no address; names are not "
                               "looked up, only localhost is known"},
        {"tcp:[127.0.0.1]:1", "!\"127.0.0.1\" is no address; names are not "
                              "looked up, only localhost is known"},
        {"tcp:::1:80", "!write the address as [::1]"},
        {"tcp::80", "!\"\" is no address; names are not looked up, only "
                    "localhost is known"},
        {"unix:", "!there is no path behind \"unix:\""},
        {"https://127.0.0.1/", "!https is not spoken here; ask with exec:curl "
                               "-fsS https://..."},
        {"http:///x", "!\"\" is no address; names are not looked up, only "
                      "localhost is known"},
        {"http://127.0.0.1?x", "!there is no '/' in front of the path"},
        {"http://127.0.0.1/\x1b[m", "!there are control characters in the "
                                    "path"},
        {"log:", "!there is no expression behind \"log:\""},
        {"exec: ", "!there is no command behind \"exec:\""},
        {"delay:5", "!\"5\" is no time; write it like 500ms, 10s, 2m or 1h"},
        {"delay:", "!\"\" is no time; write it like 500ms, 10s, 2m or 1h"},
    };
    CHECK(cases);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *got = told(wrong[i]);
        size_t len = strlen(wrong[i]);
        assert_int_equal(got[0], '!');
        assert_memory_equal(got + 2, wrong[i], len);
        assert_string_equal(got + 3 + len, none);
        free(got);
    }
}

static void a_bad_expression_is_refused_in_the_librarys_words(void **state)
{
    (void)state;
    char *got = told("log:(open");
    static const char begin[] = "!\"(open\" is no regular expression: ";

    assert_memory_equal(got, begin, sizeof begin - 1);
    assert_true(strlen(got) > sizeof begin - 1);
    free(got);
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    buf_add_string(&text, "unix:/");
    for (int i = 0; i < 106; i++)
        buf_add_char(&text, 'x');
    char *got = told(text.data);
    assert_int_equal(got[0], '3');
    free(got);
    buf_add_char(&text, 'x');
    got = told(text.data);
    assert_non_null(strstr(got, "107 bytes are the most"));
    free(got);
    buf_release(&text);
}

static void probes_and_notify_last_and_the_others_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool lasts;
    } cases[] = {
        {"auto", false},     {"notify", true},       {"tcp:[::]:1", true},
        {"unix:x", true},    {"http://[::]/", true}, {"log:x", false},
        {"exec:true", true}, {"delay:1s", false},    {"exit", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct readiness it;
        struct cause why;
        assert_true(readiness_parse(&it, cases[i].text, &why));
        assert_int_equal(readiness_lasts(&it), cases[i].lasts);
        readiness_release(&it);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_parts),
        cmocka_unit_test(what_is_none_says_what_is_wrong),
        cmocka_unit_test(a_bad_expression_is_refused_in_the_librarys_words),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(probes_and_notify_last_and_the_others_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
