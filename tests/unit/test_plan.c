/* A Procfile's text in; rows of arguments and variables out. */
#include "procman/buf.h"
#include "procman/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct plan plan_with(const char *text, unsigned base_port,
                             const char *ini)
{
    char *inherited[] = {"PATH=/bin", "PORT=80", "PS=outer", "LANG=C", NULL};
    struct environment environment = {0};
    struct notes warnings = {0};
    struct procfile procfile;
    struct settings settings = {0};
    struct cause why = {{0}};
    struct plan plan;

    assert_true(procfile_parse(&procfile, "Procfile", text, strlen(text),
                               &warnings, &why));
    environment_import(&environment, inherited);
    assert_true(settings_parse(&settings, "procman.ini", ini, strlen(ini),
                               &warnings, &why));
    struct instances instances;
    assert_true(instances_make(&instances, &procfile, "Procfile", &settings,
                               &warnings, &why));
    struct plan_materials materials = {&instances, &settings, &environment,
                                       base_port, "/run/session"};
    plan_make(&plan, &materials);
    instances_release(&instances);
    settings_release(&settings);
    notes_release(&warnings);
    environment_release(&environment);
    procfile_release(&procfile); /* the plan must live without it */
    return plan;
}

static struct plan plan_of(const char *text, unsigned base_port)
{
    return plan_with(text, base_port, "");
}

static void assert_row(char *const *row, const char *const *want)
{
    size_t i = 0;

    for (; want[i]; i++) {
        assert_non_null(row[i]);
        assert_string_equal(row[i], want[i]);
    }
    assert_null(row[i]);
}

static void a_simple_command_is_executed_directly(void **state)
{
    static const char *const argv[] = {"bin/etcd", "--name", "infra 1", NULL};
    struct plan plan = plan_of("etcd1: bin/etcd --name 'infra 1'\n", 0);

    (void)state;
    assert_row(plan.processes[0].argv, argv);
    assert_string_equal(plan.processes[0].name, "etcd1");
    assert_string_equal(plan.processes[0].command, "bin/etcd --name 'infra 1'");
    plan_release(&plan);
}

static void anything_else_is_the_shells_unchanged(void **state)
{
    static const char *const commands[] = {
        "cd x && ./y", "a | b", "echo $PORT", "exec ./run", "ls *.c", "a; b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *argv[] = {"/bin/sh", "-c", commands[i], NULL};
        char text[64] = "web: ";
        strcat(text, commands[i]);
        struct plan plan = plan_of(text, 0);
        assert_row(plan.processes[0].argv, argv);
        assert_string_equal(plan.processes[0].command, commands[i]);
        plan_release(&plan);
    }
}

static void leading_assignments_become_variables(void **state)
{
    static const char *const argv[] = {"./run", NULL};
    struct plan plan = plan_of("web: A=1 B='x y' EMPTY= A=2=3 ./run\n", 0);
    const struct environment *own = &plan.processes[0].own;

    (void)state;
    assert_row(plan.processes[0].argv, argv);
    assert_string_equal(environment_get(own, "A"), "2=3");
    assert_string_equal(environment_get(own, "B"), "x y");
    assert_string_equal(environment_get(own, "EMPTY"), "");
    plan_release(&plan);
}

static void each_gets_a_port_by_its_place_in_the_file(void **state)
{
    struct plan plan = plan_of("a: x\n# b\n\nc: y; z\nd: x\n", 5000);

    (void)state;
    assert_int_equal(plan.count, 3);
    for (size_t i = 0; i < plan.count; i++) {
        static const char *const ports[] = {"5000", "5100", "5200"};
        const struct environment *own = &plan.processes[i].own;
        assert_string_equal(environment_get(own, "PORT"), ports[i]);
    }
    plan_release(&plan);
}

static void assert_names_and_ports(const struct plan *plan, const char *want)
{
    struct buf have = {0};

    for (size_t i = 0; i < plan->count; i++) {
        const struct environment *own = &plan->processes[i].own;
        const char *port = environment_get(own, "PORT");
        assert_string_equal(environment_get(own, "PS"),
                            plan->processes[i].name);
        buf_add_format(&have, "%s%s=%s", i ? " " : "", plan->processes[i].name,
                       port ? port : "");
    }
    assert_string_equal(have.data, want);
    buf_release(&have);
}

static void instances_have_the_ports_after_their_entrys(void **state)
{
    struct plan plan =
        plan_with("a: x\nweb: y\nc: z\n", 5000, "[web]\ninstances = 3\n");

    (void)state;
    assert_names_and_ports(&plan,
                           "a=5000 web.1=5100 web.2=5101 web.3=5102 c=5200");
    assert_null(plan.processes[0].entry);
    assert_string_equal(plan.processes[1].entry, "web");
    assert_string_equal(plan.processes[3].entry, "web");
    plan_release(&plan);
}

static void a_port_that_is_said_is_that_of_the_first_instance(void **state)
{
    struct plan plan = plan_with("web: y\n", 0,
                                 "[web*]\ninstances = 3\nport = 80\n"
                                 "[web.2]\nport = 90\n");

    (void)state;
    assert_names_and_ports(&plan, "web.1=80 web.2=90 web.3=82");
    plan_release(&plan);
}

static void settings_of_an_entry_are_those_of_its_instances(void **state)
{
    struct plan plan = plan_with("web: y\n", 0,
                                 "[web]\ninstances = 2\nnice = 3\n"
                                 "env.A = all\n"
                                 "[web.2]\nenv.A = two\nnice = 4\n");

    (void)state;
    assert_int_equal(plan.processes[0].settings.nice, 3);
    assert_int_equal(plan.processes[1].settings.nice, 4);
    assert_string_equal(environment_get(&plan.processes[0].own, "A"), "all");
    assert_string_equal(environment_get(&plan.processes[1].own, "A"), "two");
    plan_release(&plan);
}

static void of_none_there_is_one_that_does_not_start_by_itself(void **state)
{
    struct plan plan = plan_with("web: y\nb: z\n", 0, "[web]\ninstances = 0\n");

    (void)state;
    assert_names_and_ports(&plan, "web.1= b=");
    assert_false(plan.processes[0].settings.autostart);
    assert_true(plan.processes[1].settings.autostart);
    plan_release(&plan);
}

static void without_a_base_port_it_is_left_alone(void **state)
{
    struct plan plan = plan_of("a: x\n", 0);

    (void)state;
    assert_null(environment_get(&plan.processes[0].own, "PORT"));
    assert_string_equal(environment_get(&plan.environment, "PORT"), "80");
    plan_release(&plan);
}

static void what_the_line_itself_assigns_wins(void **state)
{
    struct plan plan = plan_of("a: PORT=9 PS=other x\n", 5000);

    (void)state;
    assert_string_equal(environment_get(&plan.processes[0].own, "PORT"), "9");
    assert_string_equal(environment_get(&plan.processes[0].own, "PS"), "other");
    plan_release(&plan);
}

static void each_knows_its_name_and_its_session(void **state)
{
    struct plan plan = plan_of("a: x\nb: y; z\n", 0);

    (void)state;
    for (size_t i = 0; i < plan.count; i++) {
        const struct environment *own = &plan.processes[i].own;
        assert_string_equal(environment_get(own, "PS"), i ? "b" : "a");
        assert_string_equal(environment_get(own, "PROCMAN_SESSION"),
                            "/run/session");
    }
    plan_release(&plan);
}

static void a_process_is_found_by_its_whole_name(void **state)
{
    struct plan plan = plan_of("web: x\nweb1: y\n", 0);

    (void)state;
    assert_int_equal(plan_find(&plan, "web"), 0);
    assert_int_equal(plan_find(&plan, "web1"), 1);
    assert_int_equal(plan_find(&plan, "we"), 2);
    assert_int_equal(plan_find(&plan, "web2"), 2);
    assert_int_equal(plan_find(&plan, ""), 2);
    plan_release(&plan);
}

static void its_own_variables_hide_the_sessions(void **state)
{
    static const char *const want[] = {
        "PATH=/bin", "LANG=C", "PS=a", "PROCMAN_SESSION=/run/session",
        "PORT=5000", NULL};
    struct plan plan = plan_of("a: x\n", 5000);
    char **row = plan_environment(&plan.environment, &plan.processes[0].own);

    (void)state;
    assert_row(row, want);
    free(row);
    plan_release(&plan);
}

static void names_that_begin_alike_do_not_hide_each_other(void **state)
{
    static const char *const want[] = {"A=1", "ABC=3", "AB=4", NULL};
    struct environment session = {0}, own = {0};

    (void)state;
    environment_set(&session, "A", "1");
    environment_set(&session, "AB", "2");
    environment_set(&session, "ABC", "3");
    environment_set(&own, "AB", "4");
    char **row = plan_environment(&session, &own);
    assert_row(row, want);
    free(row);
    environment_release(&session);
    environment_release(&own);
}

static void no_variables_are_an_empty_row(void **state)
{
    struct environment none = {0};
    char **row = plan_environment(&none, &none);

    (void)state;
    assert_null(row[0]);
    free(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_command_is_executed_directly),
        cmocka_unit_test(anything_else_is_the_shells_unchanged),
        cmocka_unit_test(leading_assignments_become_variables),
        cmocka_unit_test(each_gets_a_port_by_its_place_in_the_file),
        cmocka_unit_test(instances_have_the_ports_after_their_entrys),
        cmocka_unit_test(a_port_that_is_said_is_that_of_the_first_instance),
        cmocka_unit_test(settings_of_an_entry_are_those_of_its_instances),
        cmocka_unit_test(of_none_there_is_one_that_does_not_start_by_itself),
        cmocka_unit_test(without_a_base_port_it_is_left_alone),
        cmocka_unit_test(what_the_line_itself_assigns_wins),
        cmocka_unit_test(each_knows_its_name_and_its_session),
        cmocka_unit_test(a_process_is_found_by_its_whole_name),
        cmocka_unit_test(its_own_variables_hide_the_sessions),
        cmocka_unit_test(names_that_begin_alike_do_not_hide_each_other),
        cmocka_unit_test(no_variables_are_an_empty_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
