#include "procman/buf.h"
#include "procman/order.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

struct person {
    const char *name;
    const char *after[4]; /* ended by NULL */
};

static size_t fill(struct order_member *members, const struct person *people)
{
    size_t count = 0;

    for (; people[count].name; count++) {
        size_t after = 0;
        while (people[count].after[after])
            after++;
        members[count] = (struct order_member){
            people[count].name, people[count].after, after, "p.ini:7", NULL};
    }
    return count;
}

static char *mistakes_of(const struct person *people)
{
    struct order_member members[MOST];
    size_t count = fill(members, people);
    struct notes notes = {0};
    struct order order;
    struct cause why;
    struct buf told = {0};

    assert_false(order_make(&order, members, count, &notes, &why));
    assert_null(order.nodes);
    assert_true(notes.count > 0);
    assert_string_equal(why.text, notes.texts[0]);
    for (size_t i = 0; i < notes.count; i++)
        buf_add_format(&told, "%s\n", notes.texts[i]);
    notes_release(&notes);
    return buf_take(&told);
}

static void make(struct order *order, const struct person *people)
{
    struct order_member members[MOST];
    size_t count = fill(members, people);
    struct notes notes = {0};
    struct cause why;

    assert_true(order_make(order, members, count, &notes, &why));
    assert_int_equal(notes.count, 0);
}

/* "name:rank" in the order of the sequence. */
static void assert_order(const struct person *people, const char *expected)
{
    struct order order;
    struct buf told = {0};

    make(&order, people);
    for (size_t i = 0; i < order.count; i++)
        buf_add_format(&told, "%s%s:%zu", i ? " " : "",
                       people[order.sequence[i]].name,
                       order.nodes[order.sequence[i]].rank);
    assert_string_equal(told.data, expected);
    buf_release(&told);
    order_release(&order);
}

static void who_waits_for_nobody_comes_first(void **state)
{
    (void)state;
    assert_order((struct person[]){{"a", {0}}, {"b", {0}}, {0}}, "a:0 b:0");
    assert_order((struct person[]){{"proxy", {"etcd*"}},
                                   {"etcd1", {0}},
                                   {"etcd2", {0}},
                                   {"web", {"proxy", "etcd1"}},
                                   {0}},
                 "etcd1:0 etcd2:0 proxy:1 web:2");
    assert_order(
        (struct person[]){
            {"d", {"c"}}, {"c", {"b"}}, {"b", {"a"}}, {"a", {0}}, {0}},
        "a:0 b:1 c:2 d:3");
}

static void no_process_is_an_order(void **state)
{
    (void)state;
    struct order order;

    make(&order, (struct person[]){{0}});
    assert_int_equal(order.count, 0);
    order_release(&order);
}

static void a_pattern_never_means_the_process_itself(void **state)
{
    (void)state;
    assert_order(
        (struct person[]){{"web", {"*"}}, {"db", {0}}, {"db2", {"db*"}}, {0}},
        "db:0 db2:1 web:2");
}

static void each_is_waited_for_once(void **state)
{
    (void)state;
    struct order order;

    make(&order,
         (struct person[]){{"web", {"db", "d*", "db"}}, {"db", {0}}, {0}});
    assert_int_equal(order.nodes[0].after_count, 1);
    assert_int_equal(order.nodes[0].after[0], 1);
    order_release(&order);
}

static void a_circle_is_told_by_its_chain(void **state)
{
    (void)state;
    static const char behind[] =
        " is a circle: each waits for the next; members of a quorum must not "
        "wait for one another\n";
    static const struct {
        struct person people[5];
        const char *chain;
    } cases[] = {
        {{{"a", {"a"}}}, "p.ini:7: a -> a"},
        {{{"x", {0}}, {"etcd1", {"proxy"}}, {"proxy", {"etcd1"}}},
         "p.ini:7: etcd1 -> proxy -> etcd1"},
        {{{"etcd1", {"etcd*"}}, {"etcd2", {"etcd*"}}, {"etcd3", {"etcd*"}}},
         "p.ini:7: etcd1 -> etcd2 -> etcd1"},
        /* Who only waits for a circle is not in it. */
        {{{"w", {"a"}}, {"a", {"c"}}, {"b", {"a"}}, {"c", {"b"}}},
         "p.ini:7: a -> c -> b -> a"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *told = mistakes_of(cases[i].people);
        size_t len = strlen(cases[i].chain);
        assert_memory_equal(told, cases[i].chain, len);
        assert_string_equal(told + len, behind);
        free(told);
    }
}

static void all_unknown_names_are_told(void **state)
{
    (void)state;
    char *told = mistakes_of((struct person[]){
        {"web", {"ectd1", "cache*"}}, {"etcd1", {"nobodyatall"}}, {0}});

    assert_string_equal(
        told, "p.ini:7: web starts after \"ectd1\", and no process is called "
              "that; did you mean \"etcd1\"?\n"
              "p.ini:7: web starts after \"cache*\", which matches no process\n"
              "p.ini:7: etcd1 starts after \"nobodyatall\", and no process is "
              "called that\n");
    free(told);
}

static void
dependants_are_all_who_wait_in_the_order_of_their_start(void **state)
{
    (void)state;
    struct order order;
    size_t found[4];

    make(&order, (struct person[]){{"web", {"proxy"}},
                                   {"proxy", {"db"}},
                                   {"db", {0}},
                                   {"other", {0}},
                                   {0}});
    assert_int_equal(order_dependants(&order, 2, found), 2);
    assert_int_equal(found[0], 1);
    assert_int_equal(found[1], 0);
    assert_int_equal(order_dependants(&order, 1, found), 1);
    assert_int_equal(found[0], 0);
    assert_int_equal(order_dependants(&order, 0, found), 0);
    assert_int_equal(order_dependants(&order, 3, found), 0);
    order_release(&order);
}

static void the_name_of_an_entry_means_all_its_instances(void **state)
{
    const char *const after[] = {"web"};
    const struct order_member members[] = {
        {"proxy", after, 1, NULL, NULL},
        {"web.1", NULL, 0, NULL, "web"},
        {"web.2", NULL, 0, NULL, "web"},
    };
    struct notes notes = {0};
    struct order order;
    struct cause why;

    (void)state;
    assert_true(order_make(&order, members, 3, &notes, &why));
    assert_int_equal(order.nodes[0].after_count, 2);
    assert_int_equal(order.nodes[0].after[0], 1);
    assert_int_equal(order.nodes[0].after[1], 2);
    order_release(&order);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_for_nobody_comes_first),
        cmocka_unit_test(no_process_is_an_order),
        cmocka_unit_test(a_pattern_never_means_the_process_itself),
        cmocka_unit_test(each_is_waited_for_once),
        cmocka_unit_test(a_circle_is_told_by_its_chain),
        cmocka_unit_test(all_unknown_names_are_told),
        cmocka_unit_test(
            dependants_are_all_who_wait_in_the_order_of_their_start),
        cmocka_unit_test(the_name_of_an_entry_means_all_its_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
