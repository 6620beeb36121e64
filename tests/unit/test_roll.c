#include "procman/roll.h"

#include <string.h>

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 5, PATIENCE_MS = 30000 };

/* A group whose members stand as the letters say: Ready, Coming, Down,
 * Failed. */
struct group {
    struct roll roll;
    struct roll_member members[MOST];
    uint64_t now_ms;
};

static enum roll_standing standing_of(char letter)
{
    switch (letter) {
    case 'D': return ROLL_DOWN;
    case 'F': return ROLL_FAILED;
    case 'C': return ROLL_COMING;
    default: return ROLL_READY;
    }
}

static struct roll *begin(struct group *group, const char *letters,
                          size_t most_down)
{
    size_t count = strlen(letters);

    *group = (struct group){
        .roll = {.count = count,
                 .most_down = most_down,
                 .last = count,
                 .patience_ms = PATIENCE_MS},
        .now_ms = 1000,
    };
    group->roll.members = group->members;
    for (size_t i = 0; i < count; i++)
        roll_begin(&group->roll, i, standing_of(letters[i]));
    return &group->roll;
}

static void note(struct group *group, size_t index, char letter, bool renewed)
{
    roll_note(&group->roll, index, standing_of(letter), renewed, group->now_ms);
}

/* All that have their turn now, as digits, and then what roll_next() says. */
static enum roll_verdict turns(struct group *group, char *digits)
{
    enum roll_verdict verdict;
    size_t index;

    while ((verdict = roll_next(&group->roll, group->now_ms, &index)) ==
           ROLL_TELL) {
        *digits++ = (char)('0' + index);
        roll_tell(&group->roll, index, group->now_ms);
    }
    *digits = '\0';
    return verdict;
}

static void assert_turns(struct group *group, const char *expected,
                         enum roll_verdict verdict)
{
    char digits[MOST + 1];

    assert_int_equal(turns(group, digits), verdict);
    assert_string_equal(digits, expected);
}

static void comes_back(struct group *group, size_t index)
{
    note(group, index, 'C', false); /* it ends */
    assert_turns(group, "", ROLL_WAIT);
    note(group, index, 'C', true); /* the next run starts */
    assert_turns(group, "", ROLL_WAIT);
    note(group, index, 'R', true);
}

/* ---- who is next ------------------------------------------------------- */

static void the_next_has_its_turn_when_the_one_before_is_ready(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    comes_back(&group, 0);
    assert_turns(&group, "1", ROLL_WAIT);
    comes_back(&group, 1);
    assert_turns(&group, "2", ROLL_WAIT);
    comes_back(&group, 2);
    assert_turns(&group, "", ROLL_OVER);
}

static void as_many_as_allowed_are_down_at_once(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRRRR", 2);
    assert_turns(&group, "01", ROLL_WAIT);
    comes_back(&group, 1);
    assert_turns(&group, "2", ROLL_WAIT);
    comes_back(&group, 0);
    assert_turns(&group, "3", ROLL_WAIT);
    comes_back(&group, 2);
    assert_turns(&group, "4", ROLL_WAIT);
    comes_back(&group, 3);
    comes_back(&group, 4);
    assert_turns(&group, "", ROLL_OVER);
}

static void those_that_are_down_come_first_and_together(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RDRFR", 1);
    assert_turns(&group, "13", ROLL_WAIT);
    comes_back(&group, 3);
    assert_turns(&group, "", ROLL_WAIT);
    comes_back(&group, 1);
    assert_turns(&group, "0", ROLL_WAIT);
}

static void one_that_is_not_ready_comes_before_those_that_are(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRCC", 1);
    assert_turns(&group, "2", ROLL_WAIT);
    comes_back(&group, 2);
    assert_turns(&group, "3", ROLL_WAIT);
    comes_back(&group, 3);
    assert_turns(&group, "0", ROLL_WAIT);
}

static void one_that_became_ready_meanwhile_waits_for_its_turn(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RCC", 1);
    assert_turns(&group, "1", ROLL_WAIT);
    note(&group, 2, 'R', false);
    comes_back(&group, 1);
    assert_turns(&group, "0", ROLL_WAIT);
    comes_back(&group, 0);
    assert_turns(&group, "2", ROLL_WAIT);
}

static void no_ready_one_is_taken_down_while_another_is_not_ready(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    comes_back(&group, 0);
    note(&group, 0, 'C', true); /* it has crashed, and will be started again */
    assert_turns(&group, "", ROLL_WAIT);
    note(&group, 0, 'R', true);
    assert_turns(&group, "1", ROLL_WAIT);
}

static void the_last_one_waits_for_all_others(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRR", 2)->last = 0;
    assert_turns(&group, "12", ROLL_WAIT);
    comes_back(&group, 1);
    assert_turns(&group, "", ROLL_WAIT);
    comes_back(&group, 2);
    assert_turns(&group, "0", ROLL_WAIT);
    comes_back(&group, 0);
    assert_turns(&group, "", ROLL_OVER);
}

static void the_last_one_comes_first_if_it_is_not_ready(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRD", 1)->last = 2;
    assert_turns(&group, "2", ROLL_WAIT);
    begin(&group, "RRC", 1)->last = 2;
    assert_turns(&group, "2", ROLL_WAIT);
}

static void one_that_somebody_else_has_renewed_is_done(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    note(&group, 2, 'C', false);
    note(&group, 2, 'C', true);
    comes_back(&group, 0);
    assert_turns(&group, "", ROLL_WAIT);
    note(&group, 2, 'R', true);
    assert_turns(&group, "1", ROLL_WAIT);
    comes_back(&group, 1);
    assert_turns(&group, "", ROLL_OVER);
}

static void one_that_crashes_before_its_turn_has_it_then(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    note(&group, 2, 'F', false);
    assert_turns(&group, "2", ROLL_WAIT);
    comes_back(&group, 0);
    assert_turns(&group, "", ROLL_WAIT);
    comes_back(&group, 2);
    assert_turns(&group, "1", ROLL_WAIT);
}

static void nobody_is_nothing_to_do(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "", 1);
    assert_turns(&group, "", ROLL_OVER);
}

/* ---- when it ends before its end --------------------------------------- */

static void one_that_does_not_come_back_ends_it(void **state)
{
    (void)state;
    static const char endings[] = "DF";
    struct group group;
    size_t index;

    for (const char *letter = endings; *letter; letter++) {
        begin(&group, "RRR", 1);
        assert_turns(&group, "0", ROLL_WAIT);
        comes_back(&group, 0);
        assert_turns(&group, "1", ROLL_WAIT);
        note(&group, 1, 'C', true);
        note(&group, 1, *letter, true);
        assert_int_equal(roll_next(&group.roll, group.now_ms, &index),
                         ROLL_FALLEN);
        assert_int_equal(index, 1);
        assert_true(roll_is_done(&group.roll, 0));
        assert_false(roll_is_untouched(&group.roll, 1));
        assert_true(roll_is_untouched(&group.roll, 2));
    }
}

static void one_that_had_been_done_and_falls_ends_it(void **state)
{
    (void)state;
    struct group group;
    size_t index;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    comes_back(&group, 0);
    note(&group, 0, 'F', true);
    assert_int_equal(roll_next(&group.roll, group.now_ms, &index), ROLL_FALLEN);
    assert_int_equal(index, 0);
}

static void one_that_is_stopped_before_its_turn_ends_it(void **state)
{
    (void)state;
    struct group group;
    size_t index;

    begin(&group, "RRR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    note(&group, 2, 'D', false);
    assert_int_equal(roll_next(&group.roll, group.now_ms, &index), ROLL_FALLEN);
    assert_int_equal(index, 2);
    assert_true(roll_is_untouched(&group.roll, 2));
}

static void patience_is_counted_for_each(void **state)
{
    (void)state;
    struct group group;
    size_t index;

    begin(&group, "RRR", 1);
    assert_true(roll_wait_ms(&group.roll, group.now_ms) == UINT64_MAX);
    assert_turns(&group, "0", ROLL_WAIT);
    group.now_ms += PATIENCE_MS - 1;
    assert_int_equal(roll_wait_ms(&group.roll, group.now_ms), 1);
    comes_back(&group, 0);
    assert_turns(&group, "1", ROLL_WAIT);
    group.now_ms += PATIENCE_MS - 1;
    assert_turns(&group, "", ROLL_WAIT);
    group.now_ms += 1;
    assert_int_equal(roll_wait_ms(&group.roll, group.now_ms), 0);
    assert_int_equal(roll_next(&group.roll, group.now_ms, &index), ROLL_LATE);
    assert_int_equal(index, 1);
}

static void one_that_comes_back_a_second_time_has_its_time_again(void **state)
{
    (void)state;
    struct group group;
    size_t index;

    begin(&group, "RR", 1);
    assert_turns(&group, "0", ROLL_WAIT);
    group.now_ms += PATIENCE_MS - 1;
    comes_back(&group, 0);
    note(&group, 0, 'C', true);
    group.now_ms += PATIENCE_MS - 1;
    assert_turns(&group, "", ROLL_WAIT);
    group.now_ms += 1;
    assert_int_equal(roll_next(&group.roll, group.now_ms, &index), ROLL_LATE);
    assert_int_equal(index, 0);
}

static void patience_without_an_end_never_ends_it(void **state)
{
    (void)state;
    struct group group;

    begin(&group, "RR", 1)->patience_ms = 0;
    assert_turns(&group, "0", ROLL_WAIT);
    group.now_ms += UINT64_C(1) << 40;
    assert_turns(&group, "", ROLL_WAIT);
    assert_true(roll_wait_ms(&group.roll, group.now_ms) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_has_its_turn_when_the_one_before_is_ready),
        cmocka_unit_test(as_many_as_allowed_are_down_at_once),
        cmocka_unit_test(those_that_are_down_come_first_and_together),
        cmocka_unit_test(one_that_is_not_ready_comes_before_those_that_are),
        cmocka_unit_test(one_that_became_ready_meanwhile_waits_for_its_turn),
        cmocka_unit_test(no_ready_one_is_taken_down_while_another_is_not_ready),
        cmocka_unit_test(the_last_one_waits_for_all_others),
        cmocka_unit_test(the_last_one_comes_first_if_it_is_not_ready),
        cmocka_unit_test(one_that_somebody_else_has_renewed_is_done),
        cmocka_unit_test(one_that_crashes_before_its_turn_has_it_then),
        cmocka_unit_test(nobody_is_nothing_to_do),
        cmocka_unit_test(one_that_does_not_come_back_ends_it),
        cmocka_unit_test(one_that_had_been_done_and_falls_ends_it),
        cmocka_unit_test(one_that_is_stopped_before_its_turn_ends_it),
        cmocka_unit_test(patience_is_counted_for_each),
        cmocka_unit_test(one_that_comes_back_a_second_time_has_its_time_again),
        cmocka_unit_test(patience_without_an_end_never_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
