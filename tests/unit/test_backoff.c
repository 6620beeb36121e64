#include "procman/backoff.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct backoff_rules usual = {
    .delay_ms = 200, .max_delay_ms = 30000, .limit = 0, .window_ms = 60000};

static uint64_t next(struct backoff *backoff, uint64_t now_ms,
                     uint64_t ready_ms, uint32_t chance)
{
    uint64_t wait_ms = UINT64_MAX;

    assert_true(backoff_next(backoff, now_ms, ready_ms, chance, &wait_ms));
    return wait_ms;
}

static void each_wait_is_twice_the_one_before_it(void **state)
{
    (void)state;
    static const uint64_t waits[] = {200,  400,   800,   1600,  3200,
                                     6400, 12800, 24000, 24000, 24000};
    struct backoff backoff;

    backoff_init(&backoff, &usual);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        assert_int_equal(next(&backoff, i * 60000, 0, 0), waits[i]);
}

static void
chance_adds_at_most_a_quarter_and_never_passes_the_longest(void **state)
{
    (void)state;
    static const uint64_t waits[] = {250,  500,   1000,  2000, 4000,
                                     8000, 16000, 30000, 30000};
    struct backoff backoff;

    backoff_init(&backoff, &usual);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        assert_int_equal(next(&backoff, 0, 0, UINT32_MAX), waits[i]);
    assert_in_range(next(&backoff, 0, 0, UINT32_MAX / 2), 26999, 27000);
}

static void waits_stay_within_odd_rules(void **state)
{
    (void)state;
    static const struct backoff_rules cases[] = {
        {.delay_ms = 0, .max_delay_ms = 0},
        {.delay_ms = 0, .max_delay_ms = 1000},
        {.delay_ms = 1000, .max_delay_ms = 1000},
        {.delay_ms = 5000, .max_delay_ms = 1000},
        {.delay_ms = 1, .max_delay_ms = 31536000000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct backoff backoff;
        backoff_init(&backoff, &cases[i]);
        uint64_t most = cases[i].max_delay_ms;
        uint64_t least = cases[i].delay_ms < most ? cases[i].delay_ms : most;
        for (uint32_t n = 0; n < 200; n++)
            assert_in_range(next(&backoff, 0, 0, n * 21474836u), least, most);
    }
}

static void a_run_that_was_ready_for_long_begins_anew(void **state)
{
    (void)state;
    struct backoff backoff;

    backoff_init(&backoff, &usual);
    next(&backoff, 0, 0, 0);
    assert_int_equal(next(&backoff, 0, BACKOFF_RESET_MS - 1, 0), 400);
    assert_int_equal(next(&backoff, 0, BACKOFF_RESET_MS, 0), 200);
    assert_int_equal(next(&backoff, 0, 0, 0), 400);
}

static void one_restart_too_many_in_the_window_is_refused(void **state)
{
    (void)state;
    struct backoff_rules rules = usual;
    struct backoff backoff;
    uint64_t wait_ms = 7;

    rules.limit = 3;
    backoff_init(&backoff, &rules);
    next(&backoff, 1000, 0, 0);
    next(&backoff, 2000, 0, 0);
    next(&backoff, 3000, 0, 0);
    assert_false(backoff_next(&backoff, 60999, 0, 0, &wait_ms));
    assert_int_equal(wait_ms, 7);
    /* The first one has left the window, the second has not. */
    assert_int_equal(next(&backoff, 61000, 0, 0), 1600);
    assert_false(backoff_next(&backoff, 61001, 0, 0, &wait_ms));
    next(&backoff, 62000, 0, 0);
}

static void the_window_counts_however_long_a_run_was_ready(void **state)
{
    (void)state;
    struct backoff_rules rules = usual;
    struct backoff backoff;
    uint64_t wait_ms;

    rules.limit = 2;
    backoff_init(&backoff, &rules);
    next(&backoff, 0, 20000, 0);
    next(&backoff, 20000, 20000, 0);
    assert_false(backoff_next(&backoff, 40000, 20000, 0, &wait_ms));
}

static void without_a_limit_it_never_ends(void **state)
{
    (void)state;
    struct backoff backoff;

    backoff_init(&backoff, &usual);
    for (int i = 0; i < 10000; i++)
        next(&backoff, 0, 0, 0);
}

static void a_start_by_hand_forgives_all(void **state)
{
    (void)state;
    struct backoff_rules rules = usual;
    struct backoff backoff;
    uint64_t wait_ms;

    rules.limit = 2;
    backoff_init(&backoff, &rules);
    next(&backoff, 0, 0, 0);
    next(&backoff, 1, 0, 0);
    assert_false(backoff_next(&backoff, 2, 0, 0, &wait_ms));
    backoff_forget(&backoff);
    assert_int_equal(next(&backoff, 3, 0, 0), 200);
    assert_int_equal(next(&backoff, 4, 0, 0), 400);
    assert_false(backoff_next(&backoff, 5, 0, 0, &wait_ms));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wait_is_twice_the_one_before_it),
        cmocka_unit_test(
            chance_adds_at_most_a_quarter_and_never_passes_the_longest),
        cmocka_unit_test(waits_stay_within_odd_rules),
        cmocka_unit_test(a_run_that_was_ready_for_long_begins_anew),
        cmocka_unit_test(one_restart_too_many_in_the_window_is_refused),
        cmocka_unit_test(the_window_counts_however_long_a_run_was_ready),
        cmocka_unit_test(without_a_limit_it_never_ends),
        cmocka_unit_test(a_start_by_hand_forgives_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
