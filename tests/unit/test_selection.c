#include "procman/selection.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { ETCD1, ETCD2, PROXY, WEB, MEMBERS };

#define WORDS(...)                                                             \
    (const char *[])                                                           \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

static char *in_members[] = {(char[]){"members"}};
static char *in_two[] = {(char[]){"front"}, (char[]){"all"}};
static const struct value_names members = {in_members, 1}, two = {in_two, 2};
static const struct value_names no_group = {NULL, 0};
static const struct selection_member all[MEMBERS] = {
    {"etcd1", &members, NULL},
    {"etcd2", &members, NULL},
    {"proxy", &two, NULL},
    {"web", &no_group, NULL},
};

static bool choose(const char *const *words, bool *chosen, struct cause *why)
{
    char copies[8][32], *row[8];
    size_t count = 0;

    for (; words[count]; count++) {
        strcpy(copies[count], words[count]);
        row[count] = copies[count];
    }
    return selection_choose(all, MEMBERS, row, count, chosen, why);
}

/* "1100": who is chosen, in order. */
static void assert_chosen(const char *const *words, const char *expected)
{
    bool chosen[MEMBERS] = {false};
    char got[MEMBERS + 1] = "";
    struct cause why = {{0}};

    assert_true(choose(words, chosen, &why));
    for (size_t i = 0; i < MEMBERS; i++)
        got[i] = chosen[i] ? '1' : '0';
    assert_string_equal(got, expected);
    assert_string_equal(why.text, "");
}

static void a_name_means_the_process_of_that_name(void **state)
{
    (void)state;
    assert_chosen(WORDS("etcd2"), "0100");
    assert_chosen(WORDS("web"), "0001");
    assert_chosen(WORDS("web", "etcd1"), "1001");
    assert_chosen(WORDS("web", "web"), "0001");
}

static void a_pattern_means_all_that_match(void **state)
{
    (void)state;
    assert_chosen(WORDS("etcd*"), "1100");
    assert_chosen(WORDS("?????"), "1110");
    assert_chosen(WORDS("*"), "1111");
    assert_chosen(WORDS("etcd?", "w*"), "1101");
}

static void the_name_of_an_entry_means_all_its_instances(void **state)
{
    static const struct selection_member instances[] = {
        {"web.1", NULL, "web"},
        {"web.2", NULL, "web"},
        {"web.old", NULL, NULL}};
    char web[] = "web", second[] = "web.2", *words[] = {web, second};
    bool chosen[3] = {false};
    struct cause why;

    (void)state;
    assert_true(selection_choose(instances, 3, words + 1, 1, chosen, &why));
    assert_memory_equal(chosen, ((bool[]){false, true, false}), sizeof chosen);
    assert_true(selection_choose(instances, 3, words, 1, chosen, &why));
    assert_memory_equal(chosen, ((bool[]){true, true, false}), sizeof chosen);
}

static void a_slip_in_the_name_of_an_entry_is_seen(void **state)
{
    static const struct selection_member instances[] = {
        {"worker.1", NULL, "worker"}, {"worker.2", NULL, "worker"}};
    char slip[] = "wroker", *words[] = {slip};
    bool chosen[2];
    struct cause why;

    (void)state;
    assert_false(selection_choose(instances, 2, words, 1, chosen, &why));
    assert_string_equal(why.text, "unknown process \"wroker\"; did you mean "
                                  "\"worker\"?");
}

static void a_group_means_all_that_are_in_it(void **state)
{
    (void)state;
    assert_chosen(WORDS("@members"), "1100");
    assert_chosen(WORDS("@front"), "0010");
    assert_chosen(WORDS("@all"), "0010"); /* its second one */
    assert_chosen(WORDS("@members", "proxy"), "1110");
}

static void no_word_means_nobody(void **state)
{
    (void)state;
    const char *none[] = {NULL};

    assert_chosen(none, "0000");
}

static void who_was_chosen_before_stays_so(void **state)
{
    (void)state;
    bool chosen[MEMBERS] = {[PROXY] = true};
    struct cause why;

    assert_true(choose(WORDS("etcd1"), chosen, &why));
    assert_true(chosen[ETCD1] && chosen[PROXY]);
    assert_false(chosen[ETCD2] || chosen[WEB]);
}

static void a_member_without_groups_is_in_none(void **state)
{
    (void)state;
    const struct selection_member alone = {"web", NULL, NULL};
    char group[] = "@web", *words[] = {group};
    bool chosen = false;
    struct cause why;

    assert_false(selection_choose(&alone, 1, words, 1, &chosen, &why));
    assert_false(chosen);
}

static void a_word_that_means_nobody_is_an_error_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *word, *told;
    } cases[] = {
        {"etcd4", "unknown process \"etcd4\"; did you mean \"etcd1\"?"},
        {"prxy", "unknown process \"prxy\"; did you mean \"proxy\"?"},
        {"database", "unknown process \"database\""},
        {"", "unknown process \"\""},
        {"db*", "no process matches \"db*\""},
        {"@member", "no process is in a group \"member\""},
        {"@mem*", "no process is in a group \"mem*\""},
        {"@", "no process is in a group \"\""},
        {"members", "unknown process \"members\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool chosen[MEMBERS] = {false};
        struct cause why = {{0}};
        assert_false(choose(WORDS(cases[i].word), chosen, &why));
        assert_string_equal(why.text, cases[i].told);
    }
}

static void an_order_is_carried_out_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const orders[][4] = {
        {"web", "nobody", NULL},
        {"nobody", "web", NULL},
        {"etcd*", "@none", "web", NULL},
    };

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        bool chosen[MEMBERS] = {[PROXY] = true};
        struct cause why;
        assert_false(choose(orders[i], chosen, &why));
        assert_true(chosen[PROXY]);
        assert_false(chosen[ETCD1] || chosen[ETCD2] || chosen[WEB]);
    }
}

static void some_can_be_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *list, *left;
    } cases[] = {
        {"web", "1110"},         {"etcd1,web", "0110"}, {"etcd*", "0011"},
        {"@members", "0011"},    {"@front,w*", "1100"}, {"web,web", "1110"},
        {"etcd?,proxy", "0001"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool chosen[MEMBERS] = {true, true, true, true};
        char got[MEMBERS + 1] = "";
        struct cause why = {{0}};
        assert_true(
            selection_leave_out(all, MEMBERS, cases[i].list, chosen, &why));
        for (size_t k = 0; k < MEMBERS; k++)
            got[k] = chosen[k] ? '1' : '0';
        assert_string_equal(got, cases[i].left);
    }
}

static void who_was_not_meant_anyway_can_be_left_out(void **state)
{
    (void)state;
    bool chosen[MEMBERS] = {[ETCD1] = true};
    struct cause why = {{0}};

    assert_true(selection_leave_out(all, MEMBERS, "web", chosen, &why));
    assert_true(chosen[ETCD1]);
    assert_false(chosen[WEB]);
}

static void leaving_out_the_unknown_or_everybody_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *list, *told;
    } cases[] = {
        {"wbe", "unknown process \"wbe\"; did you mean \"web\"?"},
        {"web,etcd4", "unknown process \"etcd4\"; did you mean \"etcd1\"?"},
        {"db*", "no process matches \"db*\""},
        {"@nosuch", "no process is in a group \"nosuch\""},
        {"", "unknown process \"\""},
        {"web,", "unknown process \"\""},
        {"*", "nobody is left without *"},
        {"etcd1,web", "nobody is left without etcd1,web"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool chosen[MEMBERS] = {[ETCD1] = true, [WEB] = true};
        struct cause why = {{0}};
        assert_false(
            selection_leave_out(all, MEMBERS, cases[i].list, chosen, &why));
        assert_string_equal(why.text, cases[i].told);
        assert_true(chosen[ETCD1] && chosen[WEB]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_the_process_of_that_name),
        cmocka_unit_test(a_pattern_means_all_that_match),
        cmocka_unit_test(the_name_of_an_entry_means_all_its_instances),
        cmocka_unit_test(a_slip_in_the_name_of_an_entry_is_seen),
        cmocka_unit_test(a_group_means_all_that_are_in_it),
        cmocka_unit_test(no_word_means_nobody),
        cmocka_unit_test(who_was_chosen_before_stays_so),
        cmocka_unit_test(a_member_without_groups_is_in_none),
        cmocka_unit_test(a_word_that_means_nobody_is_an_error_with_a_sentence),
        cmocka_unit_test(an_order_is_carried_out_as_a_whole_or_not_at_all),
        cmocka_unit_test(some_can_be_left_out),
        cmocka_unit_test(who_was_not_meant_anyway_can_be_left_out),
        cmocka_unit_test(leaving_out_the_unknown_or_everybody_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
