#include "procman/awaited.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(row) (sizeof(row) / sizeof *(row))

struct a_case {
    const char *what;
    struct awaited_view view;
    enum verdict expected;
};

static void assert_cases(enum awaited what, const struct a_case *cases,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (awaited_verdict(what, &cases[i].view) != cases[i].expected)
            fail_msg("%s", cases[i].what);
}

static void to_be_ready_is_to_serve_or_to_have_done_its_work(void **state)
{
    (void)state;
    static const struct a_case cases[] = {
        {"it is ready", {.state = LIFE_READY, .wanted = true}, VERDICT_DONE},
        {"it starts",
         {.state = LIFE_STARTING, .wanted = true},
         VERDICT_PENDING},
        {"a task that has ended well",
         {.has_run = true, .is_task = true},
         VERDICT_DONE},
        {"one that was to run only",
         {.has_run = true, .only_runs = true},
         VERDICT_DONE},
        {"one that has said that it serves, and is gone",
         {.has_run = true},
         VERDICT_FAILED},
        {"its leader has ended well, others linger",
         {.state = LIFE_LINGERING, .has_run = true, .only_runs = true},
         VERDICT_DONE},
    };

    assert_cases(AWAITED_READY, cases, COUNT(cases));
}

static void what_can_still_become_ready_by_itself_is_waited_for(void **state)
{
    (void)state;
    static const struct a_case cases[] = {
        {"its turn comes", {.to_start = true}, VERDICT_PENDING},
        {"it waits for others, again",
         {.to_start = true, .has_run = true, .failed = true},
         VERDICT_PENDING},
        {"it will be started again",
         {.state = LIFE_WAITING, .wanted = true, .has_run = true},
         VERDICT_PENDING},
        {"it is being restarted",
         {.state = LIFE_STOPPING, .wanted = true, .has_run = true},
         VERDICT_PENDING},
        {"it has crashed and its policy wants it",
         {.state = LIFE_CLOSING, .wanted = true, .failed = true},
         VERDICT_PENDING},
        {"it is paused",
         {.state = LIFE_READY, .wanted = true, .paused = true},
         VERDICT_PENDING},
    };

    assert_cases(AWAITED_READY, cases, COUNT(cases));
}

static void what_needs_a_hand_to_become_ready_has_failed(void **state)
{
    (void)state;
    static const struct a_case cases[] = {
        {"it has failed for good",
         {.has_run = true, .failed = true, .only_runs = true},
         VERDICT_FAILED},
        {"a task that has failed",
         {.has_run = true, .failed = true, .is_task = true},
         VERDICT_FAILED},
        {"one of those it waits for has failed",
         {.to_start = true, .blocked = true},
         VERDICT_FAILED},
        {"somebody has stopped it",
         {.has_run = true, .asked = true, .only_runs = true},
         VERDICT_FAILED},
        {"somebody is stopping it",
         {.state = LIFE_STOPPING, .has_run = true, .asked = true},
         VERDICT_FAILED},
        {"nobody has started it", {.only_runs = true}, VERDICT_FAILED},
        {"it was too late and is being stopped",
         {.state = LIFE_STOPPING, .has_run = true, .failed = true},
         VERDICT_FAILED},
    };

    assert_cases(AWAITED_READY, cases, COUNT(cases));
}

static void to_be_stopped_is_to_be_gone_and_to_stay_so(void **state)
{
    (void)state;
    static const struct a_case cases[] = {
        {"nobody has started it", {.state = LIFE_IDLE}, VERDICT_DONE},
        {"it has failed", {.has_run = true, .failed = true}, VERDICT_DONE},
        {"it is blocked", {.to_start = true, .blocked = true}, VERDICT_DONE},
        {"its turn comes", {.to_start = true}, VERDICT_PENDING},
        {"it is ready", {.state = LIFE_READY}, VERDICT_PENDING},
        {"it is on its way out", {.state = LIFE_STOPPING}, VERDICT_PENDING},
        {"others of it linger", {.state = LIFE_LINGERING}, VERDICT_PENDING},
        {"it will be started again", {.state = LIFE_WAITING}, VERDICT_PENDING},
    };

    assert_cases(AWAITED_STOPPED, cases, COUNT(cases));
}

static void to_have_exited_is_about_one_run(void **state)
{
    (void)state;
    static const struct a_case cases[] = {
        {"it is over", {.run_is_over = true}, VERDICT_DONE},
        {"it is over, and the next one goes on",
         {.state = LIFE_READY, .run_is_over = true},
         VERDICT_DONE},
        {"it goes on", {.state = LIFE_READY}, VERDICT_PENDING},
        {"its turn comes", {.to_start = true}, VERDICT_PENDING},
        {"there was none, and none is to come",
         {.state = LIFE_IDLE},
         VERDICT_FAILED},
        {"it cannot begin",
         {.to_start = true, .blocked = true},
         VERDICT_FAILED},
    };

    assert_cases(AWAITED_EXITED, cases, COUNT(cases));
}

static void each_has_its_word(void **state)
{
    (void)state;
    enum awaited what;

    for (int each = AWAITED_READY; each <= AWAITED_EXITED; each++) {
        assert_true(awaited_find(awaited_word((enum awaited)each), &what));
        assert_int_equal(what, each);
    }
    assert_true(awaited_find(NULL, &what));
    assert_int_equal(what, AWAITED_READY);
    assert_false(awaited_find("red", &what));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_be_ready_is_to_serve_or_to_have_done_its_work),
        cmocka_unit_test(what_can_still_become_ready_by_itself_is_waited_for),
        cmocka_unit_test(what_needs_a_hand_to_become_ready_has_failed),
        cmocka_unit_test(to_be_stopped_is_to_be_gone_and_to_stay_so),
        cmocka_unit_test(to_have_exited_is_about_one_run),
        cmocka_unit_test(each_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
