/* Stories of one process: what happened, and what it led to. */
#include "procman/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Tells a life several events; returns the action the last one called for. */
#define TELL(life, ...)                                                        \
    tell(life, (const enum life_event[]){__VA_ARGS__, LIFE_NO_EVENT})

static enum life_action tell(struct life *life, const enum life_event *events)
{
    enum life_action action = LIFE_NOTHING;

    for (; *events; events++)
        action = life_step(life, *events);
    return action;
}

static struct life idle(void)
{
    struct life life;

    life_init(&life, LIFE_NEVER);
    return life;
}

static struct life starting(void)
{
    struct life life = idle();

    TELL(&life, LIFE_START);
    return life;
}

static struct life running(void)
{
    struct life life = starting();

    TELL(&life, LIFE_BECAME_READY);
    return life;
}

static struct life stopping(void)
{
    struct life life = running();

    TELL(&life, LIFE_STOP);
    return life;
}

static struct life lingering(void)
{
    struct life life = running();

    TELL(&life, LIFE_EXITED);
    return life;
}

static struct life closing(void)
{
    struct life life = lingering();

    TELL(&life, LIFE_EMPTIED);
    return life;
}

static void a_life_begins_idle_and_unwanted(void **state)
{
    struct life life = idle();

    (void)state;
    assert_int_equal(life.state, LIFE_IDLE);
    assert_false(life.want_up);
    assert_false(life.asked);
    assert_false(life.crashed);
}

static void a_start_spawns(void **state)
{
    struct life life = idle();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_START), LIFE_SPAWN);
    assert_int_equal(life.state, LIFE_STARTING);
    assert_true(life.want_up);
}

static void a_restart_of_what_is_idle_is_a_start(void **state)
{
    struct life life = idle();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_RESTART), LIFE_SPAWN);
    assert_int_equal(life.state, LIFE_STARTING);
    assert_true(life.want_up);
    assert_false(life.asked); /* its end has not been asked for */
}

static void a_stop_of_what_is_idle_is_nothing(void **state)
{
    struct life life = idle();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_STOP), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_IDLE);
    assert_int_equal(TELL(&life, LIFE_START), LIFE_SPAWN);
    assert_false(life.asked);
}

static void a_starting_process_becomes_ready(void **state)
{
    struct life life = starting();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_BECAME_READY), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_READY);
}

static void a_starting_process_is_stopped_like_a_ready_one(void **state)
{
    struct life lives[] = {starting(), running()};

    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        assert_int_equal(TELL(&lives[i], LIFE_STOP), LIFE_SIGNAL);
        assert_int_equal(lives[i].state, LIFE_STOPPING);
        assert_false(lives[i].want_up);
        assert_true(lives[i].asked);
    }
}

static void a_starting_process_is_restarted_like_a_ready_one(void **state)
{
    struct life lives[] = {starting(), running()};

    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        assert_int_equal(TELL(&lives[i], LIFE_RESTART), LIFE_SIGNAL);
        assert_int_equal(lives[i].state, LIFE_STOPPING);
        assert_true(lives[i].want_up);
        assert_true(lives[i].asked);
    }
}

static void a_start_of_what_runs_changes_nothing(void **state)
{
    struct life lives[] = {starting(), running()};

    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct life before = lives[i];
        assert_int_equal(TELL(&lives[i], LIFE_START), LIFE_NOTHING);
        assert_int_equal(lives[i].state, before.state);
        assert_true(lives[i].want_up);
        assert_false(lives[i].asked);
    }
}

static void one_that_ends_by_itself_is_read_out_and_no_more_wanted(void **state)
{
    static const enum life_event ends[] = {LIFE_EXITED, LIFE_CRASHED};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct life life = i < 2 ? starting() : running();
        assert_int_equal(TELL(&life, ends[i % 2]), LIFE_DRAIN);
        assert_int_equal(life.state, LIFE_LINGERING);
        assert_false(life.want_up);
        assert_false(life.asked);
        assert_int_equal(life.crashed, ends[i % 2] == LIFE_CRASHED);
        assert_int_equal(TELL(&life, LIFE_EMPTIED), LIFE_CLOSE);
        assert_int_equal(TELL(&life, LIFE_CLOSED), LIFE_REST);
        assert_int_equal(life.state, LIFE_IDLE);
    }
}

static void a_stop_is_over_when_all_are_gone_and_closed(void **state)
{
    static const enum life_event ends[] = {LIFE_EXITED, LIFE_CRASHED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct life life = stopping();
        assert_int_equal(TELL(&life, ends[i]), LIFE_DRAIN);
        assert_int_equal(life.state, LIFE_STOPPING); /* others may live */
        assert_int_equal(TELL(&life, LIFE_EMPTIED), LIFE_CLOSE);
        assert_int_equal(life.state, LIFE_CLOSING);
        assert_int_equal(TELL(&life, LIFE_CLOSED), LIFE_REST);
        assert_int_equal(life.state, LIFE_IDLE);
        assert_false(life.want_up);
    }
}

static void a_restart_starts_again_when_all_are_gone(void **state)
{
    struct life life = running();

    (void)state;
    TELL(&life, LIFE_RESTART, LIFE_EXITED, LIFE_EMPTIED);
    assert_int_equal(life.state, LIFE_CLOSING);
    assert_int_equal(TELL(&life, LIFE_CLOSED), LIFE_SPAWN);
    assert_int_equal(life.state, LIFE_STARTING);
    assert_true(life.want_up);
}

static void a_new_run_knows_nothing_of_the_last_one(void **state)
{
    struct life life = running();

    (void)state;
    TELL(&life, LIFE_RESTART, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED);
    assert_false(life.asked);
    assert_false(life.crashed);
}

static void a_deaf_process_is_killed_and_killed_again(void **state)
{
    struct life life = stopping();

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_KILL);
        assert_int_equal(life.state, LIFE_STOPPING);
    }
}

static void those_who_outlive_a_stopped_leader_are_killed_too(void **state)
{
    struct life life = stopping();

    (void)state;
    TELL(&life, LIFE_EXITED);
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_KILL);
}

static void the_last_wish_while_stopping_decides(void **state)
{
    static const struct {
        enum life_event wishes[3];
        enum life_action end;
    } cases[] = {
        {{LIFE_STOP}, LIFE_REST},
        {{LIFE_START}, LIFE_SPAWN},
        {{LIFE_RESTART}, LIFE_SPAWN},
        {{LIFE_START, LIFE_STOP}, LIFE_REST},
        {{LIFE_RESTART, LIFE_STOP}, LIFE_REST},
        {{LIFE_STOP, LIFE_RESTART}, LIFE_SPAWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life life = stopping();
        assert_int_equal(tell(&life, cases[i].wishes), LIFE_NOTHING);
        assert_int_equal(life.state, LIFE_STOPPING);
        assert_int_equal(TELL(&life, LIFE_EXITED, LIFE_EMPTIED, LIFE_CLOSED),
                         cases[i].end);
    }
}

static void a_wish_while_it_is_closed_is_kept(void **state)
{
    static const struct {
        enum life_event wish;
        enum life_action end;
    } cases[] = {
        {LIFE_START, LIFE_SPAWN},
        {LIFE_RESTART, LIFE_SPAWN},
        {LIFE_STOP, LIFE_REST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life life = closing();
        assert_int_equal(TELL(&life, cases[i].wish), LIFE_NOTHING);
        assert_int_equal(life.state, LIFE_CLOSING);
        assert_int_equal(TELL(&life, LIFE_CLOSED), cases[i].end);
    }
}

static void a_wish_ends_those_who_live_on_without_their_leader(void **state)
{
    static const struct {
        enum life_event wish;
        enum life_action end;
    } cases[] = {
        {LIFE_START, LIFE_SPAWN},
        {LIFE_RESTART, LIFE_SPAWN},
        {LIFE_STOP, LIFE_REST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life life = lingering();
        assert_int_equal(TELL(&life, cases[i].wish), LIFE_SIGNAL);
        assert_int_equal(life.state, LIFE_STOPPING);
        assert_int_equal(TELL(&life, LIFE_EMPTIED), LIFE_CLOSE);
        assert_int_equal(TELL(&life, LIFE_CLOSED), cases[i].end);
    }
}

static void those_who_live_on_are_left_alone_until_somebody_asks(void **state)
{
    struct life life = lingering();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_LINGERING);
}

static void one_that_cannot_be_started_is_down_and_not_tried_again(void **state)
{
    struct life life = starting();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_CRASHED), LIFE_DRAIN);
    assert_int_equal(TELL(&life, LIFE_EMPTIED, LIFE_CLOSED), LIFE_REST);
    assert_false(life.want_up);
}

static struct life with_policy(enum life_policy policy)
{
    struct life life;

    life_init(&life, policy);
    TELL(&life, LIFE_START);
    return life;
}

/* Its run has ended in a crash, and it is to be started again. */
static struct life waiting(void)
{
    struct life life = with_policy(LIFE_ON_CRASH);

    TELL(&life, LIFE_BECAME_READY, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED);
    return life;
}

/* ---- started again unasked --------------------------------------------- */

static void the_policy_decides_what_follows_an_ending(void **state)
{
    static const struct {
        enum life_policy policy;
        enum life_event end;
        enum life_action then;
        bool failed;
    } cases[] = {
        {LIFE_NEVER, LIFE_EXITED, LIFE_REST, false},
        {LIFE_NEVER, LIFE_CRASHED, LIFE_REST, true},
        {LIFE_ON_CRASH, LIFE_EXITED, LIFE_REST, false},
        {LIFE_ON_CRASH, LIFE_CRASHED, LIFE_BACK_OFF, false},
        {LIFE_ALWAYS, LIFE_EXITED, LIFE_BACK_OFF, false},
        {LIFE_ALWAYS, LIFE_CRASHED, LIFE_BACK_OFF, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life life = with_policy(cases[i].policy);
        bool again = cases[i].then == LIFE_BACK_OFF;
        assert_int_equal(TELL(&life, cases[i].end), LIFE_DRAIN);
        assert_int_equal(TELL(&life, LIFE_EMPTIED, LIFE_CLOSED), cases[i].then);
        assert_int_equal(life.state, again ? LIFE_WAITING : LIFE_IDLE);
        assert_int_equal(life.want_up, again);
        assert_int_equal(life.failed, cases[i].failed);
    }
}

static void it_is_started_again_when_its_wait_is_over(void **state)
{
    static const enum life_event ends[] = {LIFE_TIMER, LIFE_START,
                                           LIFE_RESTART};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct life life = waiting();
        assert_int_equal(TELL(&life, ends[i]), LIFE_SPAWN);
        assert_int_equal(life.state, LIFE_STARTING);
        assert_true(life.want_up);
        assert_false(life.crashed);
        assert_false(life.asked);
        assert_int_equal(TELL(&life, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED),
                         LIFE_BACK_OFF);
    }
}

static void a_stop_wins_over_a_pending_restart_at_once(void **state)
{
    struct life life = waiting();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_STOP), LIFE_REST);
    assert_int_equal(life.state, LIFE_IDLE);
    assert_false(life.want_up);
    assert_false(life.failed); /* it is down because somebody wanted that */
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_IDLE);
}

static void a_stop_before_the_wait_begins_is_kept(void **state)
{
    static const size_t told_after[] = {0, 1};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct life life = with_policy(LIFE_ALWAYS);
        TELL(&life, LIFE_CRASHED);
        if (told_after[i] == 1)
            TELL(&life, LIFE_EMPTIED);
        TELL(&life, LIFE_STOP);
        if (told_after[i] == 0)
            TELL(&life, LIFE_EMPTIED);
        assert_int_equal(TELL(&life, LIFE_CLOSED), LIFE_REST);
        assert_int_equal(life.state, LIFE_IDLE);
        assert_false(life.failed);
    }
}

static void one_restart_too_many_is_a_failure_for_good(void **state)
{
    struct life life = waiting();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_EXHAUSTED), LIFE_REST);
    assert_int_equal(life.state, LIFE_IDLE);
    assert_true(life.failed);
    assert_false(life.want_up);
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_NOTHING);
}

static void even_good_endings_may_be_too_many(void **state)
{
    struct life life = with_policy(LIFE_ALWAYS);

    (void)state;
    TELL(&life, LIFE_EXITED, LIFE_EMPTIED, LIFE_CLOSED);
    assert_int_equal(life.state, LIFE_WAITING);
    assert_int_equal(TELL(&life, LIFE_EXHAUSTED), LIFE_REST);
    assert_true(life.failed);
}

static void a_start_by_hand_forgives_a_failure(void **state)
{
    struct life life = waiting();

    (void)state;
    TELL(&life, LIFE_EXHAUSTED);
    assert_int_equal(TELL(&life, LIFE_START), LIFE_SPAWN);
    assert_false(life.failed);
    assert_false(life.crashed);
    assert_int_equal(TELL(&life, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_BACK_OFF); /* and the policy holds as before */
}

static void
one_that_cannot_be_started_is_tried_again_if_the_policy_says_so(void **state)
{
    struct life life = with_policy(LIFE_ON_CRASH);

    (void)state;
    assert_int_equal(TELL(&life, LIFE_CRASHED), LIFE_DRAIN);
    assert_int_equal(TELL(&life, LIFE_EMPTIED, LIFE_CLOSED), LIFE_BACK_OFF);
    assert_int_equal(life.state, LIFE_WAITING);
}

/* ---- unwell, too late, in the way --------------------------------------- */

static void one_that_is_not_well_is_ended_as_a_crash(void **state)
{
    static const struct {
        enum life_policy policy;
        enum life_action then;
        bool failed;
    } cases[] = {
        {LIFE_NEVER, LIFE_REST, true},
        {LIFE_ON_CRASH, LIFE_BACK_OFF, false},
        {LIFE_ALWAYS, LIFE_BACK_OFF, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life life = with_policy(cases[i].policy);
        TELL(&life, LIFE_BECAME_READY);
        assert_int_equal(TELL(&life, LIFE_UNHEALTHY), LIFE_SIGNAL);
        assert_int_equal(life.state, LIFE_STOPPING);
        /* That it then ends with code 0 makes nothing good. */
        assert_int_equal(TELL(&life, LIFE_EXITED, LIFE_EMPTIED, LIFE_CLOSED),
                         cases[i].then);
        assert_int_equal(life.failed, cases[i].failed);
    }
}

static void one_that_is_not_ready_in_time_is_ended_as_a_crash(void **state)
{
    struct life never = with_policy(LIFE_NEVER);
    struct life again = with_policy(LIFE_ON_CRASH);

    (void)state;
    assert_int_equal(TELL(&never, LIFE_TIMER), LIFE_SIGNAL);
    assert_int_equal(never.state, LIFE_STOPPING);
    assert_true(never.crashed);
    assert_false(never.asked);
    assert_int_equal(TELL(&never, LIFE_EXITED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_REST);
    assert_true(never.failed);

    TELL(&again, LIFE_TIMER);
    assert_int_equal(TELL(&again, LIFE_EXITED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_BACK_OFF);
}

static void the_deadline_means_nothing_to_one_that_is_ready(void **state)
{
    struct life life = running();

    (void)state;
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_READY);
    assert_false(life.crashed);
}

static void one_that_is_deaf_to_its_deadline_is_killed(void **state)
{
    struct life life = with_policy(LIFE_NEVER);

    (void)state;
    TELL(&life, LIFE_TIMER);
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_KILL);
    assert_int_equal(TELL(&life, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_REST);
    assert_true(life.failed);
}

static void becoming_ready_too_late_changes_nothing(void **state)
{
    struct life life = with_policy(LIFE_NEVER);

    (void)state;
    TELL(&life, LIFE_TIMER);
    assert_int_equal(TELL(&life, LIFE_BECAME_READY), LIFE_NOTHING);
    assert_int_equal(life.state, LIFE_STOPPING);
}

static void a_stop_of_one_that_is_not_well_is_no_failure(void **state)
{
    struct life life = with_policy(LIFE_ON_CRASH);

    (void)state;
    TELL(&life, LIFE_BECAME_READY, LIFE_UNHEALTHY);
    assert_int_equal(TELL(&life, LIFE_STOP), LIFE_NOTHING);
    assert_int_equal(TELL(&life, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_REST);
    assert_false(life.failed);
}

static void a_restart_of_one_that_is_not_well_skips_the_wait(void **state)
{
    struct life life = with_policy(LIFE_ON_CRASH);

    (void)state;
    TELL(&life, LIFE_BECAME_READY, LIFE_UNHEALTHY, LIFE_RESTART);
    assert_int_equal(TELL(&life, LIFE_CRASHED, LIFE_EMPTIED, LIFE_CLOSED),
                     LIFE_SPAWN);
}

static void those_in_the_way_of_the_next_run_are_ended_first(void **state)
{
    struct life life = with_policy(LIFE_ON_CRASH);

    (void)state;
    TELL(&life, LIFE_BECAME_READY, LIFE_CRASHED);
    assert_int_equal(TELL(&life, LIFE_IN_THE_WAY), LIFE_SIGNAL);
    assert_int_equal(life.state, LIFE_STOPPING);
    assert_int_equal(TELL(&life, LIFE_TIMER), LIFE_KILL);
    assert_int_equal(TELL(&life, LIFE_EMPTIED), LIFE_CLOSE);
    /* Nobody asked for that: it waits as after any other crash. */
    assert_int_equal(TELL(&life, LIFE_CLOSED), LIFE_BACK_OFF);
    assert_int_equal(life.state, LIFE_WAITING);
}

/* ---- all of it -------------------------------------------------------- */

/* What each state listens to; everything else is nothing, and the state stays
 * as it is. */
static void no_state_trips_over_an_event_it_does_not_expect(void **state)
{
    static const unsigned heard[LIFE_STATES] = {
        [LIFE_IDLE] = 1U << LIFE_START | 1U << LIFE_RESTART,
        [LIFE_STARTING] = 1U << LIFE_BECAME_READY | 1U << LIFE_STOP |
                          1U << LIFE_RESTART | 1U << LIFE_EXITED |
                          1U << LIFE_CRASHED | 1U << LIFE_TIMER |
                          1U << LIFE_UNHEALTHY,
        [LIFE_READY] = 1U << LIFE_STOP | 1U << LIFE_RESTART |
                       1U << LIFE_EXITED | 1U << LIFE_CRASHED |
                       1U << LIFE_UNHEALTHY,
        [LIFE_STOPPING] = 1U << LIFE_TIMER | 1U << LIFE_EXITED |
                          1U << LIFE_CRASHED | 1U << LIFE_EMPTIED,
        [LIFE_LINGERING] = 1U << LIFE_START | 1U << LIFE_STOP |
                           1U << LIFE_RESTART | 1U << LIFE_EMPTIED |
                           1U << LIFE_IN_THE_WAY,
        [LIFE_CLOSING] = 1U << LIFE_CLOSED,
        [LIFE_WAITING] = 1U << LIFE_START | 1U << LIFE_RESTART |
                         1U << LIFE_TIMER | 1U << LIFE_STOP |
                         1U << LIFE_EXHAUSTED,
    };

    (void)state;
    for (unsigned at = 0; at < LIFE_STATES; at++)
        for (unsigned event = 0; event < LIFE_EVENTS; event++)
            for (unsigned past = 0; past < 8; past++) {
                struct life life = {.state = (enum life_state)at,
                                    .want_up = past & 1,
                                    .asked = past & 2,
                                    .crashed = past & 4};
                enum life_action action =
                    life_step(&life, (enum life_event)event);
                bool known = heard[at] & 1U << event;
                assert_true(life.state < LIFE_STATES);
                assert_true(known || life.state == at);
                assert_true(known || action == LIFE_NOTHING);
                assert_true(!known || life.state != at ||
                            action != LIFE_NOTHING);
            }
}

static void every_state_has_a_word(void **state)
{
    static const char *const words[LIFE_STATES] = {
        "idle",      "starting", "ready",   "stopping",
        "lingering", "closing",  "waiting",
    };

    (void)state;
    for (int i = 0; i < LIFE_STATES; i++)
        assert_string_equal(life_word((enum life_state)i), words[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_begins_idle_and_unwanted),
        cmocka_unit_test(a_start_spawns),
        cmocka_unit_test(a_restart_of_what_is_idle_is_a_start),
        cmocka_unit_test(a_stop_of_what_is_idle_is_nothing),
        cmocka_unit_test(a_starting_process_becomes_ready),
        cmocka_unit_test(a_starting_process_is_stopped_like_a_ready_one),
        cmocka_unit_test(a_starting_process_is_restarted_like_a_ready_one),
        cmocka_unit_test(a_start_of_what_runs_changes_nothing),
        cmocka_unit_test(
            one_that_ends_by_itself_is_read_out_and_no_more_wanted),
        cmocka_unit_test(a_stop_is_over_when_all_are_gone_and_closed),
        cmocka_unit_test(a_restart_starts_again_when_all_are_gone),
        cmocka_unit_test(a_new_run_knows_nothing_of_the_last_one),
        cmocka_unit_test(a_deaf_process_is_killed_and_killed_again),
        cmocka_unit_test(those_who_outlive_a_stopped_leader_are_killed_too),
        cmocka_unit_test(the_last_wish_while_stopping_decides),
        cmocka_unit_test(a_wish_while_it_is_closed_is_kept),
        cmocka_unit_test(a_wish_ends_those_who_live_on_without_their_leader),
        cmocka_unit_test(those_who_live_on_are_left_alone_until_somebody_asks),
        cmocka_unit_test(
            one_that_cannot_be_started_is_down_and_not_tried_again),
        cmocka_unit_test(the_policy_decides_what_follows_an_ending),
        cmocka_unit_test(it_is_started_again_when_its_wait_is_over),
        cmocka_unit_test(a_stop_wins_over_a_pending_restart_at_once),
        cmocka_unit_test(a_stop_before_the_wait_begins_is_kept),
        cmocka_unit_test(one_restart_too_many_is_a_failure_for_good),
        cmocka_unit_test(even_good_endings_may_be_too_many),
        cmocka_unit_test(a_start_by_hand_forgives_a_failure),
        cmocka_unit_test(
            one_that_cannot_be_started_is_tried_again_if_the_policy_says_so),
        cmocka_unit_test(one_that_is_not_well_is_ended_as_a_crash),
        cmocka_unit_test(one_that_is_not_ready_in_time_is_ended_as_a_crash),
        cmocka_unit_test(the_deadline_means_nothing_to_one_that_is_ready),
        cmocka_unit_test(one_that_is_deaf_to_its_deadline_is_killed),
        cmocka_unit_test(becoming_ready_too_late_changes_nothing),
        cmocka_unit_test(a_stop_of_one_that_is_not_well_is_no_failure),
        cmocka_unit_test(a_restart_of_one_that_is_not_well_skips_the_wait),
        cmocka_unit_test(those_in_the_way_of_the_next_run_are_ended_first),
        cmocka_unit_test(no_state_trips_over_an_event_it_does_not_expect),
        cmocka_unit_test(every_state_has_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
