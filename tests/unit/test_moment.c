#include "procman/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-22 12:00:00.25 UTC, which is 13:00 in Berlin. */
#define NOW INT64_C(1795348800250000)

static int set_zone(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return 0;
}

static void check(const char *text, int64_t wanted_us)
{
    struct cause why;
    int64_t us = 0;

    assert_true(moment_parse(&us, text, NOW, &why));
    if (us != wanted_us)
        fail_msg("%s: %lld, not %lld", text, (long long)us,
                 (long long)wanted_us);
}

static void a_duration_is_so_long_ago(void **state)
{
    (void)state;
    check("0", NOW);
    check("10m", NOW - INT64_C(600000000));
    check("1h30m", NOW - INT64_C(5400000000));
    check("250ms", NOW - 250000);
}

static void a_time_of_day_is_the_last_one_in_local_time(void **state)
{
    (void)state;
    check("13:00", INT64_C(1795348800000000));
    check("13:00:00.25", NOW);
    check("12:59:30", INT64_C(1795348770000000));
    check("13:01", INT64_C(1795348860000000) - INT64_C(86400000000));
    check("00:00", INT64_C(1795302000000000));
}

static void a_date_is_rfc_3339_or_what_people_make_of_it(void **state)
{
    (void)state;
    check("2026-11-22T12:00:00Z", INT64_C(1795348800000000));
    check("2026-11-22t12:00:00.000001z", INT64_C(1795348800000001));
    check("2026-11-22T13:00:00+01:00", INT64_C(1795348800000000));
    check("2026-11-22 07:30:00-04:30", INT64_C(1795348800000000));
    check("2026-11-22 13:00", INT64_C(1795348800000000));
    check("2026-11-22", INT64_C(1795302000000000));
    check("1970-01-01T00:00:00Z", 0);
    check("2000-02-29T00:00:00Z", INT64_C(951782400000000));
    check("2024-12-31T23:59:60Z", INT64_C(1735689600000000));
    check("2026-07-01 12:00", INT64_C(1782900000000000)); /* summer */
    check("2026-11-22T12:00:00.1234567Z", INT64_C(1795348800123456));
}

static void what_is_no_moment_is_refused_with_a_sentence(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "10",
        "24:00",
        "1:00",
        "12:60",
        "12:00:61",
        "12:00:00.",
        "12:00Z",
        "2026-13-01",
        "2026-02-29",
        "2026-00-10",
        "2026-11-22T",
        "2026-11-22T12",
        "2026-11-22T12:00:00+1",
        "2026-11-22T12:00:00 Z",
        "1969-12-31",
        "2026-11-22T12:00:00Zx",
        "yesterday",
        "-5m",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cause why = {{0}};
        int64_t us;
        if (moment_parse(&us, bad[i], NOW, &why))
            fail_msg("\"%s\" is no moment", bad[i]);
        assert_non_null(strstr(why.text, "is no moment; write it like"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_so_long_ago),
        cmocka_unit_test(a_time_of_day_is_the_last_one_in_local_time),
        cmocka_unit_test(a_date_is_rfc_3339_or_what_people_make_of_it),
        cmocka_unit_test(what_is_no_moment_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, set_zone, NULL);
}
