#include "procman/expression.h"
#include "procman/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool compiles(const char *text, struct cause *why)
{
    regex_t regex;
    bool done = expression_compile(&regex, text, REG_NOSUB, why);

    if (done)
        regfree(&regex);
    return done;
}

static void what_people_write_compiles(void **state)
{
    static const char *const good[] = {
        "ready",
        "^(listening|ready) on [[:digit:]]{1,5}$",
        "[]+*{]+",
        "[^]]*x",
        "(([a-z]+\\.)+[a-z]+/)+",
        "a{255}",
        "\\(\\+\\+\\+",
        "[[:alpha:]+*+*+*+*+*+*+*+*+*+*+*+*+*+*+*+*+*+*]",
        "(a|b|(c|d)*){2,20}",
        "",
    };
    struct cause why;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!compiles(good[i], &why))
            fail_msg("%s: %s", good[i], why.text);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"(", "[a", "*\\", "[[:x:]]"};
    struct cause why = {{0}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(compiles(bad[i], &why));
        assert_true(why.text[0]);
    }
}

static void what_would_take_all_memory_is_refused(void **state)
{
    char *many = mem_new(1, 200), *nested = mem_new(1, 400);
    const char *const huge[] = {
        "a{30000}",     "(a{200}){200}", "((((a{20}){20}){20}){20}){20}",
        "a?++++++++++", /* minutes, too */
        many,           nested};
    struct cause why;

    (void)state;
    many[0] = 'a';
    memset(many + 1, '+', 40);
    memset(nested, '(', 60);
    nested[60] = 'a';
    for (size_t i = 0; i < 60; i++)
        memcpy(nested + 61 + 2 * i, ")+", 2);
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        assert_false(compiles(huge[i], &why));
        assert_non_null(strstr(why.text, "too many"));
    }
    free(many);
    free(nested);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_compiles),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(what_would_take_all_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
