/* Times in, texts out. */
#include "procman/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOON INT64_C(1795348800000000) /* 2026-11-22T12:00:00Z, in us */

static int set_zone(void **state)
{
    (void)state;
    setenv("TZ", "IST-5:30", 1);
    tzset();
    return 0;
}

static void assert_text(enum stamp_style style, int64_t time_us,
                        const char *text)
{
    struct stamp stamp;

    stamp_init(&stamp, style, NOON);
    assert_int_equal(stamp_set(&stamp, time_us), *text != '\0');
    assert_string_equal(stamp.text, text);
    assert_int_equal(stamp.len, strlen(text));
}

static void each_style_has_its_text(void **state)
{
    (void)state;
    assert_text(STAMP_OFF, NOON, "");
    assert_text(STAMP_TIME, NOON + 999999, "17:30:00 ");
    assert_text(STAMP_MS, NOON + 42999, "17:30:00.042 ");
    assert_text(STAMP_RFC3339, NOON + 42000, "2026-11-22T17:30:00.042+05:30 ");
    assert_text(STAMP_ELAPSED, NOON + 12042000, "   12.042 ");
    assert_text(STAMP_ELAPSED, NOON + INT64_C(123456789012), "123456.789 ");
}

static void nothing_is_before_the_beginning(void **state)
{
    (void)state;
    assert_text(STAMP_ELAPSED, NOON - 5000000, "    0.000 ");
}

static void a_text_is_made_when_it_is_another_one(void **state)
{
    struct stamp stamp;

    (void)state;
    stamp_init(&stamp, STAMP_TIME, NOON);
    assert_true(stamp_set(&stamp, NOON));
    assert_false(stamp_set(&stamp, NOON));
    assert_false(stamp_set(&stamp, NOON + 999999));
    assert_true(stamp_set(&stamp, NOON + 1000000));
    assert_true(stamp_set(&stamp, NOON));
    assert_string_equal(stamp.text, "17:30:00 ");
    stamp_init(&stamp, STAMP_MS, NOON);
    assert_true(stamp_set(&stamp, NOON));
    assert_false(stamp_set(&stamp, NOON + 999));
    assert_true(stamp_set(&stamp, NOON + 1000));
    assert_string_equal(stamp.text, "17:30:00.001 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_style_has_its_text),
        cmocka_unit_test(nothing_is_before_the_beginning),
        cmocka_unit_test(a_text_is_made_when_it_is_another_one),
    };

    return cmocka_run_group_tests(tests, set_zone, NULL);
}
