#include "procman/min_ready.h"

#include <string.h>

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *members_name[] = {"members"};
static char *both_names[] = {"members", "all"};
static char *all_name[] = {"all"};
static const struct value_names nowhere = {NULL, 0};
static const struct value_names members = {members_name, 1};
static const struct value_names both = {both_names, 2};
static const struct value_names all = {all_name, 1};

#define ALLOWS(row, why) min_ready_allows(row, sizeof row / sizeof *row, why)

static void enough_that_stay_ready_let_one_go(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1", .groups = &members, .least = 2, .ready = true},
        {.name = "etcd2",
         .groups = &members,
         .least = 2,
         .ready = true,
         .goes = true},
        {.name = "etcd3", .groups = &members, .least = 2, .ready = true},
    };

    assert_true(ALLOWS(row, &why));
}

static void too_few_hold_it_back_and_are_named(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1", .groups = &members, .least = 2, .ready = true},
        {.name = "etcd2",
         .groups = &members,
         .least = 2,
         .ready = true,
         .goes = true},
        {.name = "etcd3", .groups = &members, .least = 2},
        {.name = "proxy", .groups = &nowhere, .least = 2, .ready = true},
    };

    assert_false(ALLOWS(row, &why));
    assert_string_equal(why.text,
                        "without etcd2 only 1 of @members would be ready, and "
                        "2 must be; ready: etcd1; not ready: etcd3");
}

static void all_that_go_are_missed(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1",
         .groups = &members,
         .least = 1,
         .ready = true,
         .goes = true},
        {.name = "etcd2",
         .groups = &members,
         .least = 1,
         .ready = true,
         .goes = true},
    };

    assert_false(ALLOWS(row, &why));
    assert_string_equal(why.text, "without etcd1 only 0 of @members would be "
                                  "ready, and 1 must be");
    row[1].goes = false;
    assert_true(ALLOWS(row, &why));
}

static void one_that_is_not_ready_may_always_go(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1", .groups = &members, .least = 2, .ready = true},
        {.name = "etcd2", .groups = &members, .least = 2, .goes = true},
        {.name = "etcd3", .groups = &members, .least = 2},
    };

    assert_true(ALLOWS(row, &why));
}

static void each_group_counts_for_itself(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1",
         .groups = &both,
         .least = 2,
         .ready = true,
         .goes = true},
        {.name = "etcd2", .groups = &both, .least = 2, .ready = true},
        {.name = "web", .groups = &all, .least = 2, .ready = true},
    };

    assert_false(ALLOWS(row, &why));
    assert_non_null(strstr(why.text, "of @members"));
}

static void one_without_a_group_counts_among_those_named(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "a",
         .groups = &nowhere,
         .least = 1,
         .named = true,
         .ready = true,
         .goes = true},
        {.name = "b",
         .groups = &nowhere,
         .least = 1,
         .named = true,
         .ready = true},
        {.name = "c", .groups = &nowhere, .least = 1, .ready = true},
    };

    assert_true(ALLOWS(row, &why));
    row[1].goes = true;
    assert_false(ALLOWS(row, &why));
    assert_string_equal(why.text,
                        "without a only 0 of those named would be ready, and "
                        "1 must be (it is in no group)");
}

static void nobody_has_to_be_ready_if_nobody_says_so(void **state)
{
    (void)state;
    struct cause why = {{0}};
    struct min_ready_member row[] = {
        {.name = "etcd1",
         .groups = &members,
         .least = 0,
         .ready = true,
         .goes = true},
        {.name = "etcd2",
         .groups = &members,
         .least = 0,
         .ready = true,
         .goes = true},
    };

    assert_true(ALLOWS(row, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_that_stay_ready_let_one_go),
        cmocka_unit_test(too_few_hold_it_back_and_are_named),
        cmocka_unit_test(all_that_go_are_missed),
        cmocka_unit_test(one_that_is_not_ready_may_always_go),
        cmocka_unit_test(each_group_counts_for_itself),
        cmocka_unit_test(one_without_a_group_counts_among_those_named),
        cmocka_unit_test(nobody_has_to_be_ready_if_nobody_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
