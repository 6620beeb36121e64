#include "procman/environment.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_strings(const struct environment *environment,
                          const char *const *strings)
{
    size_t count = 0;

    for (; strings[count]; count++) {
        assert_true(count < environment->count);
        assert_string_equal(environment->strings[count], strings[count]);
    }
    assert_int_equal(environment->count, count);
    if (count)
        assert_null(environment->strings[count]);
    else
        assert_null(environment->strings);
}

#define CHECK_STRINGS(environment, ...)                                        \
    check_strings(environment, (const char *const[]){__VA_ARGS__})

static void a_value_is_replaced_in_its_place(void **state)
{
    (void)state;
    struct environment environment = {0};

    CHECK_STRINGS(&environment, NULL);
    environment_set(&environment, "A", "1");
    environment_set(&environment, "AB", "2");
    environment_set(&environment, "B", "");
    environment_set(&environment, "A", "x=y");
    CHECK_STRINGS(&environment, "A=x=y", "AB=2", "B=", NULL);
    environment_release(&environment);
    CHECK_STRINGS(&environment, NULL);
}

static void a_name_is_asked_for_as_a_whole(void **state)
{
    (void)state;
    struct environment environment = {0};

    assert_null(environment_get(&environment, "A"));
    environment_set(&environment, "AB", "1");
    environment_set(&environment, "E", "");
    assert_null(environment_get(&environment, "A"));
    assert_null(environment_get(&environment, "ABC"));
    assert_null(environment_get(&environment, ""));
    assert_string_equal(environment_get(&environment, "AB"), "1");
    assert_string_equal(environment_get(&environment, "E"), "");
    environment_release(&environment);
}

static void a_value_may_be_set_to_itself_or_to_another_one(void **state)
{
    (void)state;
    struct environment environment = {0};

    environment_set(&environment, "A", "one");
    environment_set(&environment, "A", environment_get(&environment, "A"));
    environment_set(&environment, "B", environment_get(&environment, "A"));
    environment_set(&environment, "A", environment_get(&environment, "A") + 2);
    CHECK_STRINGS(&environment, "A=e", "B=one", NULL);
    environment_release(&environment);
}

static void of_a_name_imported_twice_the_first_counts(void **state)
{
    (void)state;
    static char a[] = "A=1", b[] = "B=", again[] = "A=2", no_value[] = "C",
                no_name[] = "=C:=x", odd[] = "BASH_FUNC_f%%=() { :; }";
    char *const strings[] = {a, b, again, no_value, no_name, odd, NULL};
    struct environment environment = {0};

    environment_import(&environment, strings);
    CHECK_STRINGS(&environment, "A=1", "B=", "BASH_FUNC_f%%=() { :; }", NULL);
    environment_release(&environment);

    environment_set(&environment, "A", "earlier");
    environment_import(&environment, strings);
    assert_string_equal(environment_get(&environment, "A"), "earlier");
    environment_release(&environment);
}

static void what_is_unset_leaves_no_gap(void **state)
{
    (void)state;
    struct environment environment = {0};

    environment_set(&environment, "A", "1");
    environment_set(&environment, "B", "2");
    environment_set(&environment, "C", "3");
    environment_unset(&environment, "B");
    environment_unset(&environment, "B");
    CHECK_STRINGS(&environment, "A=1", "C=3", NULL);
    environment_unset(&environment, "C");
    environment_unset(&environment, "A");
    CHECK_STRINGS(&environment, NULL);
}

static void a_copy_is_on_its_own(void **state)
{
    (void)state;
    struct environment first = {0}, second;

    environment_copy(&second, &first);
    CHECK_STRINGS(&second, NULL);
    environment_set(&first, "A", "1");
    environment_copy(&second, &first);
    environment_set(&first, "A", "2");
    CHECK_STRINGS(&second, "A=1", NULL);
    environment_release(&first);
    CHECK_STRINGS(&second, "A=1", NULL);
    environment_release(&second);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_replaced_in_its_place),
        cmocka_unit_test(a_name_is_asked_for_as_a_whole),
        cmocka_unit_test(a_value_may_be_set_to_itself_or_to_another_one),
        cmocka_unit_test(of_a_name_imported_twice_the_first_counts),
        cmocka_unit_test(what_is_unset_leaves_no_gap),
        cmocka_unit_test(a_copy_is_on_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
