/* Counts in; processes with numbers out. */
#include "procman/buf.h"
#include "procman/instances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- formations ---------------------------------------------------------- */

static void assert_count(const char *text, const char *name, int count)
{
    struct formation formation;
    struct cause why;

    assert_true(formation_parse(&formation, text, &why));
    assert_int_equal(formation_of(&formation, name), count);
    formation_release(&formation);
}

static void a_formation_counts_by_name(void **state)
{
    (void)state;
    assert_count("web=2,worker=3", "web", 2);
    assert_count("web=2,worker=3", "worker", 3);
    assert_count(" web = 2 , worker = 0 ,", "worker", 0);
    assert_count("web=2", "clock", -1);
    assert_count("web=2", "we", -1);
}

static void all_are_those_that_are_not_named(void **state)
{
    (void)state;
    assert_count("all=1,web=2", "web", 2);
    assert_count("web=2,all=1", "web", 2);
    assert_count("web=2,all=1", "clock", 1);
    assert_count("all=0,web=1", "clock", 0);
}

static void what_is_no_formation_is_told(void **state)
{
    static const char *const pairs[][2] = {
        {"", "nobody is counted; it takes web=2,worker=3"},
        {" , ", "nobody is counted; it takes web=2,worker=3"},
        {"web", "\"web\" is not like web=2"},
        {"a=1,=2", "\"=2\" is not like web=2"},
        {"web=two", "\"web\": \"two\" is no whole number from 0 to 1000"},
        {"web=-1", "\"web\": \"-1\" is no whole number from 0 to 1000"},
        {"web=1001", "\"web\": \"1001\" is no whole number from 0 to 1000"},
        {"web=", "\"web\": \"\" is no whole number from 0 to 1000"},
        {"web=1,web=1", "\"web\" is there twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct formation formation;
        struct cause why;
        assert_false(formation_parse(&formation, pairs[i][0], &why));
        assert_string_equal(why.text, pairs[i][1]);
        assert_null(formation.parts);
    }
}

/* ---- instances ----------------------------------------------------------- */

struct world {
    struct procfile procfile;
    struct settings settings;
    struct instances instances;
    struct notes notes;
    struct cause why;
};

static void read_files(struct world *world, const char *procfile,
                       const char *ini)
{
    *world = (struct world){0};
    assert_true(procfile_parse(&world->procfile, "Procfile", procfile,
                               strlen(procfile), &world->notes, &world->why));
    assert_true(settings_parse(&world->settings, "p.ini", ini, strlen(ini),
                               &world->notes, &world->why));
}

static bool decide(struct world *world, const char *text)
{
    struct formation formation;

    assert_true(formation_parse(&formation, text, &world->why));
    bool good = instances_decide(&formation, "-m", &world->procfile,
                                 &world->settings, &world->why);
    formation_release(&formation);
    return good;
}

static bool make(struct world *world)
{
    return instances_make(&world->instances, &world->procfile, "Procfile",
                          &world->settings, &world->notes, &world->why);
}

static void release(struct world *world)
{
    instances_release(&world->instances);
    settings_release(&world->settings);
    procfile_release(&world->procfile);
    notes_release(&world->notes);
}

/* "web.1 (0)": in brackets those that are spare. */
static void assert_made(struct world *world, const char *want)
{
    struct buf have = {0};

    assert_true(make(world));
    for (size_t i = 0; i < world->instances.count; i++) {
        const struct instance *it = &world->instances.all[i];
        buf_add_format(&have, it->spare ? "%s(%s)" : "%s%s", i ? " " : "",
                       it->name);
    }
    assert_string_equal(have.data, want);
    buf_release(&have);
}

static void assert_processes(const char *procfile, const char *ini,
                             const char *formation, const char *want)
{
    struct world world;

    read_files(&world, procfile, ini);
    if (formation)
        assert_true(decide(&world, formation));
    assert_made(&world, want);
    release(&world);
}

#define THREE "web: a\nworker: b\nclock: c\n"

static void who_is_not_counted_keeps_his_name(void **state)
{
    (void)state;
    assert_processes(THREE, "", NULL, "web worker clock");
    assert_processes("web: a\nweb.1: b\n", "", NULL, "web web.1");
}

static void settings_count_instances(void **state)
{
    (void)state;
    assert_processes(THREE, "[web]\ninstances = 2\n", NULL,
                     "web.1 web.2 worker clock");
    assert_processes(THREE, "[w*]\ninstances = 2\n[worker]\ninstances = 1\n",
                     NULL, "web.1 web.2 worker.1 clock");
}

static void of_none_one_is_there_to_be_started_by_name(void **state)
{
    (void)state;
    assert_processes(THREE, "[web]\ninstances = 0\n", NULL,
                     "(web.1) worker clock");
}

static void a_formation_counts_all_as_foremans_does(void **state)
{
    (void)state;
    assert_processes(THREE, "", "web=2,worker=1",
                     "web.1 web.2 worker.1 (clock.1)");
    assert_processes(THREE, "", "all=1", "web.1 worker.1 clock.1");
    assert_processes(THREE, "", "all=0,web=1", "web.1 (worker.1) (clock.1)");
    assert_processes(THREE, "", "clock=0,all=1", "web.1 worker.1 (clock.1)");
}

static void a_formation_wins_over_the_settings(void **state)
{
    static const char ini[] = "[web]\ninstances = 3\n[clock]\ninstances = 2\n";

    (void)state;
    assert_processes(THREE, ini, "web=1,worker=1",
                     "web.1 worker.1 clock.1 clock.2");
    assert_processes(THREE, ini, "all=1", "web.1 worker.1 clock.1");
}

static void a_formation_of_somebody_else_decides_nothing(void **state)
{
    struct world world;

    (void)state;
    read_files(&world, THREE, "");
    assert_false(decide(&world, "web=2,wroker=1"));
    assert_string_equal(world.why.text,
                        "-m counts \"wroker\", and no process is called that; "
                        "did you mean \"worker\"?");
    assert_made(&world, "web worker clock");
    release(&world);
}

static void the_last_decision_counts(void **state)
{
    struct world world;

    (void)state;
    read_files(&world, THREE, "");
    assert_true(decide(&world, "all=1"));
    assert_made(&world, "web.1 worker.1 clock.1");
    instances_release(&world.instances);
    settings_decide(&world.settings, "web", "instances", "2", "scale");
    assert_made(&world, "web.1 web.2 worker.1 clock.1");
    char *origin = settings_origin(&world.settings, "web.2", "instances");
    assert_string_equal(origin, "scale");
    free(origin);
    release(&world);
}

static void each_knows_its_entry_and_its_number(void **state)
{
    struct world world;

    (void)state;
    read_files(&world, THREE, "[worker]\ninstances = 2\n");
    assert_true(make(&world));
    const struct instance *last = &world.instances.all[2];
    assert_string_equal(last->name, "worker.2");
    assert_ptr_equal(last->entry, &world.procfile.entries[1]);
    assert_int_equal(last->place, 1);
    assert_int_equal(last->number, 2);
    assert_int_equal(world.instances.all[0].number, 0);
    release(&world);
}

static void a_name_that_an_instance_may_have_is_in_the_way(void **state)
{
    struct world world;

    (void)state;
    read_files(&world, "web.7: a\nweb: b\nweb.x: c\nweb.: d\n",
               "[web]\ninstances = 2\n");
    assert_false(make(&world));
    assert_int_equal(world.notes.count, 1);
    assert_string_equal(world.why.text,
                        "Procfile:1: \"web.7\" would be the name of an "
                        "instance of \"web\" (line 2), which is counted; give "
                        "one of them another name");
    assert_null(world.instances.all);
    release(&world);
}

static void a_section_of_one_instance_speaks_of_it_alone(void **state)
{
    struct notes warnings = {0};
    struct process_settings first, second;
    struct world world;

    (void)state;
    read_files(&world, THREE,
               "[web]\ninstances = 2\nnice = 1\n"
               "[web.2]\nnice = 2\ninstances = 3\n");
    assert_made(&world, "web.1 web.2 worker clock");
    settings_for(&world.settings, "web.1", &first);
    settings_for(&world.settings, "web.2", &second);
    assert_int_equal(first.nice, 1);
    assert_int_equal(second.nice, 2);
    assert_true(settings_is_own(&world.settings, "web.2", "nice"));
    assert_false(settings_is_own(&world.settings, "web.1", "nice"));
    const char *const names[] = {"web.1", "web.2", "worker", "clock"};
    settings_check(&world.settings, names, 4, &warnings);
    assert_int_equal(warnings.count, 1);
    assert_string_equal(warnings.texts[0],
                        "p.ini:6: web.2: instances counts the instances of a "
                        "process, not of one of them");
    process_settings_release(&first);
    process_settings_release(&second);
    notes_release(&warnings);
    release(&world);
}

static void a_section_beside_an_entry_is_seen(void **state)
{
    const char *const names[] = {"worker.1", "clock"};
    struct notes warnings = {0};
    struct world world;

    (void)state;
    read_files(&world, "worker: a\nclock: b\n",
               "[worker]\ninstances = 1\n[wroker]\nnice = 1\n");
    assert_made(&world, "worker.1 clock");
    settings_check(&world.settings, names, 2, &warnings);
    assert_int_equal(warnings.count, 1);
    assert_string_equal(warnings.texts[0],
                        "p.ini:3: [wroker] matches no process; did you mean "
                        "[worker]?");
    notes_release(&warnings);
    release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_formation_counts_by_name),
        cmocka_unit_test(all_are_those_that_are_not_named),
        cmocka_unit_test(what_is_no_formation_is_told),
        cmocka_unit_test(who_is_not_counted_keeps_his_name),
        cmocka_unit_test(settings_count_instances),
        cmocka_unit_test(of_none_one_is_there_to_be_started_by_name),
        cmocka_unit_test(a_formation_counts_all_as_foremans_does),
        cmocka_unit_test(a_formation_wins_over_the_settings),
        cmocka_unit_test(a_formation_of_somebody_else_decides_nothing),
        cmocka_unit_test(the_last_decision_counts),
        cmocka_unit_test(each_knows_its_entry_and_its_number),
        cmocka_unit_test(a_name_that_an_instance_may_have_is_in_the_way),
        cmocka_unit_test(a_section_of_one_instance_speaks_of_it_alone),
        cmocka_unit_test(a_section_beside_an_entry_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
