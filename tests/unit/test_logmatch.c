#include "procman/logmatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct logmatch *compile(const char *pattern)
{
    struct cause why = {{0}};
    struct logmatch *logmatch = logmatch_create(pattern, &why);

    assert_string_equal(why.text, "");
    assert_non_null(logmatch);
    return logmatch;
}

static void a_line_matches_or_it_does_not(void **state)
{
    static const struct {
        const char *pattern, *line;
        bool matches;
    } cases[] = {
        {"ready to serve client requests",
         "2026-11-22 I | embed: ready to serve client requests", true},
        {"ready", "READY", false},
        {"^ready$", "ready", true},
        {"^ready$", "not ready", false},
        {"listening on :[0-9]+", "listening on :8080", true},
        {"listening on :[0-9]+", "listening on :http", false},
        {"(up|serving) in [0-9]{1,4} ms", "serving in 120 ms", true},
        {"a.b", "a\tb", true},
        {"\xc3\xbc", "\xc3\xbc", true},
        {".", "", false},
        {"", "", true},
        {"^$", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct logmatch *logmatch = compile(cases[i].pattern);
        if (logmatch_line(logmatch, cases[i].line, strlen(cases[i].line)) !=
            cases[i].matches)
            fail_msg("\"%s\" in \"%s\"", cases[i].pattern, cases[i].line);
        logmatch_close(logmatch);
    }
}

static void a_line_is_bytes_of_a_length(void **state)
{
    struct logmatch *logmatch = compile("ready$");

    (void)state;
    assert_true(logmatch_line(logmatch, "ready, no", 5));
    assert_false(logmatch_line(logmatch, "ready, no", 9));
    assert_true(logmatch_line(logmatch, "a\0ready", 7));
    assert_false(logmatch_line(logmatch, NULL, 0));
    logmatch_close(logmatch);
}

static void of_a_long_line_the_beginning_counts(void **state)
{
    struct logmatch *logmatch = compile("ready");
    size_t len = 65536;
    char *line = malloc(len);

    (void)state;
    memset(line, 'x', len);
    memcpy(line + LOGMATCH_LIMIT - 5, "ready", 5);
    assert_true(logmatch_line(logmatch, line, len));
    memset(line, 'x', len);
    memcpy(line + LOGMATCH_LIMIT - 4, "ready", 5);
    assert_false(logmatch_line(logmatch, line, len));
    free(line);
    logmatch_close(logmatch);
}

static void a_mistake_is_a_sentence(void **state)
{
    static const char *const patterns[] = {"(", "[a", "a{2", "*(", "a\\"};

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct cause why = {{0}};
        char start[64] = "\"";
        strcat(strcat(start, patterns[i]), "\" is not a regular expression: ");
        assert_null(logmatch_create(patterns[i], &why));
        assert_memory_equal(why.text, start, strlen(start));
        assert_true(strlen(why.text) > strlen(start));
    }
    logmatch_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_matches_or_it_does_not),
        cmocka_unit_test(a_line_is_bytes_of_a_length),
        cmocka_unit_test(of_a_long_line_the_beginning_counts),
        cmocka_unit_test(a_mistake_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
