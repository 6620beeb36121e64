/* Two Procfiles with their settings in, lines out. */
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/plan_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct side {
    const char *procfile;
    const char *ini;      /* NULL: none */
    const char *variable; /* of the session, NULL: none */
    unsigned base_port;
};

struct row {
    struct plan plan;
    struct plan_item items[8];
};

static void make(struct row *row, const struct side *side)
{
    struct notes notes = {0};
    struct procfile procfile;
    struct settings settings = {0};
    struct instances instances;
    struct environment environment = {0};
    const char *ini = side->ini ? side->ini : "";
    char *inherited[] = {(char *)side->variable, NULL};
    struct cause why;

    assert_true(procfile_parse(&procfile, "Procfile", side->procfile,
                               strlen(side->procfile), &notes, &why));
    if (!settings_parse(&settings, "procman.ini", ini, strlen(ini), &notes,
                        &why))
        fail_msg("%s", why.text);
    assert_true(instances_make(&instances, &procfile, "Procfile", &settings,
                               &notes, &why));
    environment_import(&environment, inherited);
    struct plan_materials materials = {
        .instances = &instances,
        .settings = &settings,
        .environment = &environment,
        .base_port = side->base_port,
        .session = "/run/session",
    };
    plan_make(&row->plan, &materials);
    for (size_t i = 0; i < row->plan.count; i++)
        row->items[i] = (struct plan_item){&row->plan, &row->plan.processes[i]};
    environment_release(&environment);
    instances_release(&instances);
    settings_release(&settings);
    procfile_release(&procfile);
    notes_release(&notes);
}

static void assert_diff(struct side old, struct side new, const char *lines)
{
    struct row before, now;
    struct plan_diff diff;
    struct buf text = {0};

    make(&before, &old);
    make(&now, &new);
    plan_diff_make(&diff, before.items, before.plan.count, now.items,
                   now.plan.count);
    for (size_t i = 0; i < diff.count; i++) {
        const struct plan_change *change = &diff.changes[i];
        const struct plan_item *item = change->kind == PLAN_REMOVED
                                           ? &before.items[change->old]
                                           : &now.items[change->new];
        char *line = plan_change_line(change, item->process->name);
        buf_add_format(&text, "%s\n", line);
        free(line);
    }
    assert_string_equal(text.data, lines);
    buf_release(&text);
    plan_diff_release(&diff);
    plan_release(&before.plan);
    plan_release(&now.plan);
}

static void files_that_say_the_same_change_nothing(void **state)
{
    struct side side = {"a: one\nb: two\n", "[a]\nenv.X = 1\n", "HOME=/", 5000};

    (void)state;
    assert_diff(side, side, "= a\n= b\n");
}

static void who_comes_and_who_goes_is_known_by_name(void **state)
{
    (void)state;
    assert_diff((struct side){.procfile = "a: one\nb: two\n"},
                (struct side){.procfile = "c: one\nb: two\n"},
                "+ c\n= b\n- a\n");
}

static void an_order_that_has_changed_changes_nobody(void **state)
{
    (void)state;
    assert_diff((struct side){.procfile = "a: one\nb: two\n"},
                (struct side){.procfile = "b: two\na: one\n"}, "= b\n= a\n");
}

static void another_command_needs_a_new_run(void **state)
{
    (void)state;
    assert_diff((struct side){.procfile = "a: one\nb: two\n"},
                (struct side){.procfile = "a: one --more\nb: two\n"},
                "~ a (command)\n= b\n");
}

static void variables_are_named_and_their_values_kept_secret(void **state)
{
    (void)state;
    assert_diff(
        (struct side){"a: x\n", "[a]\nenv.OLD = 1\nenv.KEY = s3\n", NULL, 0},
        (struct side){"a: x\n", "[a]\nenv.KEY = s4\nenv.NEW = 1\n", NULL, 0},
        "~ a (KEY, NEW, OLD)\n");
}

static void a_variable_of_the_session_is_one_of_each(void **state)
{
    (void)state;
    assert_diff(
        (struct side){.procfile = "a: x\nb: y\n", .variable = "K=1"},
        (struct side){.procfile = "a: x\nb: K=1 y\n", .variable = "K=2"},
        "~ a (K)\n~ b (command)\n");
}

static void a_place_in_the_file_is_a_port(void **state)
{
    (void)state;
    assert_diff(
        (struct side){.procfile = "a: x\nb: y\n", .base_port = 5000},
        (struct side){.procfile = "n: z\na: x\nb: y\n", .base_port = 5000},
        "+ n\n~ a (PORT 5000 -> 5100)\n~ b (PORT 5100 -> 5200)\n");
    assert_diff((struct side){.procfile = "a: x\n", .base_port = 5000},
                (struct side){.procfile = "a: x\n"},
                "~ a (PORT 5000 -> unset)\n");
}

static void what_a_run_is_given_needs_another_one(void **state)
{
    (void)state;
    assert_diff((struct side){.procfile = "a: x\n"},
                (struct side){.procfile = "a: x\n",
                              .ini = "[a]\ndir = /\numask = 077\n"
                                     "nice = 5\nlimit-nofile = 99\n"},
                "~ a (dir, umask, nice, limit-nofile)\n");
}

/* One line for each type of a value. */
static void what_is_procmans_own_is_taken_over(void **state)
{
    static const char *const keys[][2] = {
        {"ready", "tcp:127.0.0.1:80"},
        {"ready-timeout", "1s"},
        {"alive", "exec:true"},
        {"alive-interval", "1s"},
        {"autostart", "no"},
        {"restart", "always"},
        {"restart-limit", "3"},
        {"stop-signal", "INT"},
        {"stop-timeout", "20s"},
        {"kind", "task"},
        {"on-exit", "stop-all"},
        {"success-codes", "3"},
        {"group", "g"},
        {"colour", "red"},
        {"quiet", "yes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *ini = mem_format("[a]\n%s = %s\n", keys[i][0], keys[i][1]);
        char *line = mem_format("= a (%s)\n", keys[i][0]);
        assert_diff((struct side){.procfile = "a: x\n"},
                    (struct side){.procfile = "a: x\n", .ini = ini}, line);
        assert_diff((struct side){.procfile = "a: x\n", .ini = ini},
                    (struct side){.procfile = "a: x\n", .ini = ini}, "= a\n");
        free(line);
        free(ini);
    }
}

static void both_together_need_a_new_run(void **state)
{
    (void)state;
    assert_diff(
        (struct side){.procfile = "a: x\n"},
        (struct side){.procfile = "a: y\n", .ini = "[a]\nquiet = yes\n"},
        "~ a (command, quiet)\n");
}

static void more_instances_leave_those_that_are_there_alone(void **state)
{
    (void)state;
    assert_diff((struct side){"a: x\n", "[a]\ninstances = 2\n", NULL, 5000},
                (struct side){"a: x\n", "[a]\ninstances = 3\n", NULL, 5000},
                "= a.1\n= a.2\n+ a.3\n");
}

static void kinds_are_counted_and_have_words(void **state)
{
    struct row before, now;
    struct plan_diff diff;

    (void)state;
    make(&before, &(struct side){.procfile = "a: 1\nb: 2\nc: 3\n"});
    make(&now, &(struct side){.procfile = "b: 2\nc: 4\nd: 5\ne: 6\n"});
    plan_diff_make(&diff, before.items, 3, now.items, 4);
    assert_int_equal(plan_diff_count(&diff, PLAN_ADDED), 2);
    assert_int_equal(plan_diff_count(&diff, PLAN_REMOVED), 1);
    assert_int_equal(plan_diff_count(&diff, PLAN_CHANGED), 1);
    assert_int_equal(plan_diff_count(&diff, PLAN_KEPT), 1);
    assert_string_equal(plan_change_word(diff.changes[4].kind), "removed");
    plan_diff_release(&diff);
    plan_release(&before.plan);
    plan_release(&now.plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_say_the_same_change_nothing),
        cmocka_unit_test(who_comes_and_who_goes_is_known_by_name),
        cmocka_unit_test(an_order_that_has_changed_changes_nobody),
        cmocka_unit_test(another_command_needs_a_new_run),
        cmocka_unit_test(variables_are_named_and_their_values_kept_secret),
        cmocka_unit_test(a_variable_of_the_session_is_one_of_each),
        cmocka_unit_test(a_place_in_the_file_is_a_port),
        cmocka_unit_test(what_a_run_is_given_needs_another_one),
        cmocka_unit_test(what_is_procmans_own_is_taken_over),
        cmocka_unit_test(both_together_need_a_new_run),
        cmocka_unit_test(more_instances_leave_those_that_are_there_alone),
        cmocka_unit_test(kinds_are_counted_and_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
