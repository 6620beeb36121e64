/* What is looked for is shown in reverse, and nothing else is touched. */
#include "procman/highlight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ON  "\033[7m"
#define OFF "\033[27m"

static void matches_are_marked(void **state)
{
    static const struct {
        const char *pattern, *text, *marked;
    } rows[] = {
        {"error", "no such thing", "no such thing"},
        {"error", "an error, errors",
         "an " ON "error" OFF ", " ON "error" OFF "s"},
        {"^a|b$", "a ab b", ON "a" OFF " ab " ON "b" OFF},
        {"[0-9]+", "1 22", ON "1" OFF " " ON "22" OFF},
        {"x*", "axxb", "a" ON "xx" OFF "b"},
        {"x*", "", ""},
        {"$", "abc", "abc"},
        {"^", "abc", "abc"},
        {".*", "all", ON "all" OFF},
        {"\xc3\xbc", "gr\xc3\xbc\xc3\x9f", "gr" ON "\xc3\xbc" OFF "\xc3\x9f"},
        /* colours are no text, and stay as they are */
        {"[0-9]+", "\033[31m5\033[0m", "\033[31m" ON "5" OFF "\033[0m"},
        {"^b", "\033[1mb", "\033[1mb"},
        {"a$", "a\033[1m", "a\033[1m"},
        {"title", "\033]0;title\atitle", "\033]0;title\a" ON "title" OFF},
        {"b", "\033", "\033"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause why;
        struct highlight *highlight = highlight_create(rows[i].pattern, &why);
        struct buf to = {0};
        assert_non_null(highlight);
        buf_reserve(&to, 1);
        highlight_add(highlight, &to, rows[i].text, strlen(rows[i].text));
        assert_string_equal(to.data, rows[i].marked);
        buf_release(&to);
        highlight_close(highlight);
    }
}

static void nul_bytes_and_long_lines_stay_whole(void **state)
{
    struct cause why;
    struct highlight *highlight = highlight_create("b", &why);
    struct buf text = {0}, to = {0};

    (void)state;
    highlight_add(highlight, &to, "a\0b", 3);
    assert_int_equal(to.len, 3 + strlen(ON OFF));
    assert_memory_equal(to.data, "a\0" ON "b" OFF, to.len);
    to.len = 0;
    while (text.len < HIGHLIGHT_LIMIT)
        buf_add_char(&text, 'a');
    buf_add_char(&text, 'b'); /* too far away */
    highlight_add(highlight, &to, text.data, text.len);
    assert_int_equal(to.len, text.len);
    assert_memory_equal(to.data, text.data, text.len);
    buf_release(&text);
    buf_release(&to);
    highlight_close(highlight);
}

static void what_is_no_expression_is_a_cause(void **state)
{
    struct cause why;

    (void)state;
    assert_null(highlight_create("a(", &why));
    assert_non_null(strstr(why.text, "\"a(\" is not a regular expression: "));
    highlight_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_are_marked),
        cmocka_unit_test(nul_bytes_and_long_lines_stay_whole),
        cmocka_unit_test(what_is_no_expression_is_a_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
