#include "procman/status_table.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(row) (sizeof(row) / sizeof *(row))

static void assert_table(const struct status *statuses, size_t count,
                         size_t width, const char *expected)
{
    char *text = status_table(statuses, count, width);

    assert_string_equal(text, expected);
    free(text);
}

static struct status make(char *name, char *state, int64_t pid,
                          uint64_t uptime_ms)
{
    return (struct status){
        .name = name, .state = state, .pid = pid, .uptime_ms = uptime_ms};
}

static char etcd1[] = "etcd1", proxy[] = "grpc-proxy";
static char ready[] = "ready", idle[] = "idle", held[] = "held";
static char waits[] = "waits for etcd1, etcd2 and etcd3";

static void a_column_with_nothing_to_say_is_left_out(void **state)
{
    (void)state;
    const struct status all[] = {make(etcd1, ready, 3182, 4100),
                                 make(proxy, ready, 71, 64000)};

    assert_table(all, COUNT(all), 0,
                 "NAME        STATE   PID  UP\n"
                 "etcd1       ready  3182  4.1 s\n"
                 "grpc-proxy  ready    71  1 min 4 s\n");
}

static void names_and_states_are_always_there(void **state)
{
    (void)state;
    const struct status alone[] = {make(etcd1, idle, 0, 0)};

    assert_table(alone, 1, 0, "NAME   STATE\netcd1  idle\n");
    assert_table(alone, 1, 1, "NAME   STATE\netcd1  idle\n");
    assert_table(NULL, 0, 0, "NAME  STATE\n");
    assert_table(NULL, 0, 1, "NAME  STATE\n");
}

static void an_end_is_told_with_who_asked_for_it(void **state)
{
    (void)state;
    struct status all[] = {make(etcd1, idle, 0, 0), make(proxy, ready, 71, 9)};

    all[0].has_exited = true;
    all[0].exit_signal = 15;
    all[0].exit_asked = true;
    all[1].has_exited = true;
    all[1].exit_code = 3;
    all[1].restarts = 12;
    assert_table(all, COUNT(all), 0,
                 "NAME        STATE  PID  UP    RESTARTS  LAST EXIT\n"
                 "etcd1       idle                        SIGTERM, asked\n"
                 "grpc-proxy  ready   71  9 ms        12  code 3\n");
}

static void the_reason_of_a_state_wins_over_what_it_says(void **state)
{
    (void)state;
    char said[] = "warming up";
    struct status all[] = {make(etcd1, ready, 9, 9), make(proxy, held, 0, 0)};

    all[0].says = said;
    all[1].says = said;
    all[1].why = waits;
    assert_table(all, COUNT(all), 0,
                 "NAME        STATE  PID  UP    SAYS\n"
                 "etcd1       ready    9  9 ms  warming up\n"
                 "grpc-proxy  held              waits for etcd1, etcd2 and "
                 "etcd3\n");
}

static void a_narrow_terminal_cuts_what_it_says_first(void **state)
{
    (void)state;
    struct status all[] = {make(etcd1, ready, 9, 9), make(proxy, held, 0, 0)};

    all[1].why = waits;
    all[1].restarts = 2;
    assert_table(all, COUNT(all), 60,
                 "NAME        STATE  PID  UP    RESTARTS  SAYS\n"
                 "etcd1       ready    9  9 ms\n"
                 "grpc-proxy  held                     2  waits for etcd1, "
                 "et\u2026\n");
}

static void a_narrower_one_loses_the_columns_that_are_missed_least(void **state)
{
    (void)state;
    struct status all[] = {make(etcd1, ready, 9, 9), make(proxy, held, 0, 0)};

    all[1].why = waits;
    all[1].restarts = 2;
    assert_table(all, COUNT(all), 44,
                 "NAME        STATE  PID  UP    SAYS\n"
                 "etcd1       ready    9  9 ms\n"
                 "grpc-proxy  held              waits for etc\u2026\n");
    assert_table(all, COUNT(all), 32,
                 "NAME        STATE  SAYS\n"
                 "etcd1       ready\n"
                 "grpc-proxy  held   waits for et\u2026\n");
    assert_table(all, COUNT(all), 20,
                 "NAME        STATE\n"
                 "etcd1       ready\n"
                 "grpc-proxy  held\n");
}

static void nothing_is_cut_where_it_fits_exactly(void **state)
{
    (void)state;
    char said[] = "at w\u00f6rk";
    struct status one = make(etcd1, ready, 9, 9);

    one.says = said;
    assert_table(&one, 1, 33,
                 "NAME   STATE  PID  UP    SAYS\n"
                 "etcd1  ready    9  9 ms  at w\u00f6rk\n");
}

static void a_character_is_never_cut_in_two(void **state)
{
    (void)state;
    char said[] = "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc"
                  "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc";
    struct status one = make(etcd1, idle, 0, 0);

    one.says = said;
    assert_table(&one, 1, 26,
                 "NAME   STATE  SAYS\n"
                 "etcd1  idle   \u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4"
                 "\u00f6\u00fc\u00e4\u00f6\u2026\n");
}

static void what_a_process_says_brings_no_escape_codes(void **state)
{
    (void)state;
    char said[] = "a\x1b[31mb\nc\xc2\x9b"
                  "d\xff";
    struct status one = make(etcd1, idle, 0, 0);

    one.says = said;
    assert_table(&one, 1, 0,
                 "NAME   STATE  SAYS\netcd1  idle   a?[31mb?c?d?\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_with_nothing_to_say_is_left_out),
        cmocka_unit_test(names_and_states_are_always_there),
        cmocka_unit_test(an_end_is_told_with_who_asked_for_it),
        cmocka_unit_test(the_reason_of_a_state_wins_over_what_it_says),
        cmocka_unit_test(a_narrow_terminal_cuts_what_it_says_first),
        cmocka_unit_test(
            a_narrower_one_loses_the_columns_that_are_missed_least),
        cmocka_unit_test(nothing_is_cut_where_it_fits_exactly),
        cmocka_unit_test(a_character_is_never_cut_in_two),
        cmocka_unit_test(what_a_process_says_brings_no_escape_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
