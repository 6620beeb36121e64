/* Real files and real users: root, and who runs this test. */
#include "procman/lookups.h"
#include "procman/mem.h"
#include "procman/os_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[32];
    struct procfile procfile;
    struct settings settings;
    struct instances instances;
    struct lookups lookups;
    struct environment session;
    struct notes mistakes, warnings;
    struct cause why;
};

static void write_file(const struct world *world, const char *name,
                       const char *text)
{
    char *path = mem_format("%s/%s", world->folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    strcpy(world->folder, "/tmp/test_lookups.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    write_file(world, "a.env", "A=1\nB=${SESSION}\n");
    write_file(world, "b.env", "A=2\nC=${A}${B}\n");
    environment_set(&world->session, "SESSION", "s");
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    lookups_release(&world->lookups);
    instances_release(&world->instances);
    settings_release(&world->settings);
    procfile_release(&world->procfile);
    environment_release(&world->session);
    notes_release(&world->mistakes);
    notes_release(&world->warnings);
    assert_int_equal(chdir(world->folder), 0);
    assert_int_equal(unlink("a.env"), 0);
    assert_int_equal(unlink("b.env"), 0);
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

static bool look_up(struct world *world, const char *ini)
{
    static const char text[] = "web: x\nworker: y\ndb: z\n";
    char *path = mem_format("%s/Procfile", world->folder);

    assert_true(procfile_parse(&world->procfile, path, text, strlen(text),
                               &world->warnings, &world->why));
    assert_true(settings_parse(&world->settings, "p.ini", ini, strlen(ini),
                               &world->mistakes, &world->why));
    assert_true(instances_make(&world->instances, &world->procfile, path,
                               &world->settings, &world->mistakes,
                               &world->why));
    struct lookups_materials materials = {
        .settings = &world->settings,
        .procfile = path,
        .environment = &world->session,
        .warnings = &world->warnings,
    };
    bool good = lookups_make(&world->lookups, &materials, &world->instances,
                             &world->mistakes, &world->why);
    free(path);
    return good;
}

static void assert_value(const struct environment *values, const char *name,
                         const char *want)
{
    const char *value = environment_get(values, name);

    assert_non_null(value);
    assert_string_equal(value, want);
}

static void files_are_seen_from_the_procfiles_folder(void **state)
{
    struct world *world = *state;

    assert_true(look_up(world, "[web]\nenv-file = a.env, b.env\n"));
    const struct environment *values = world->instances.all[0].file_values;
    assert_value(values, "A", "2");
    assert_value(values, "B", "s");
    assert_value(values, "C", "2s");
    assert_null(world->instances.all[1].file_values);
}

static void who_names_the_same_files_shares_what_they_say(void **state)
{
    struct world *world = *state;

    assert_true(look_up(world, "[w*]\nenv-file = a.env\n"
                               "[db]\nenv-file = b.env\n"));
    const struct instance *all = world->instances.all;
    assert_ptr_equal(all[0].file_values, all[1].file_values);
    assert_value(all[1].file_values, "A", "1");
    assert_value(all[2].file_values, "A", "2");
    assert_int_equal(world->lookups.file_count, 2);
}

static void all_that_cannot_be_found_is_told(void **state)
{
    struct world *world = *state;

    assert_false(look_up(world, "[web]\nenv-file = none.env\n"
                                "[db]\nuser = no-such-user\n"));
    assert_int_equal(world->mistakes.count, 2);
    assert_non_null(strstr(world->mistakes.texts[0],
                           "p.ini:2: web: env-file: cannot read "));
    assert_string_equal(world->mistakes.texts[1],
                        "p.ini:4: db: user: no user is called "
                        "\"no-such-user\"");
    assert_string_equal(world->why.text, world->mistakes.texts[0]);
    assert_null(world->lookups.files);
}

static void a_user_is_found_by_name_and_by_number(void **state)
{
    struct world *world = *state;
    char *ini = mem_format("[w*]\nuser = %u\n", (unsigned)geteuid());

    assert_true(look_up(world, ini));
    free(ini);
    const struct account *account = world->instances.all[0].account;
    assert_int_equal(account->uid, geteuid());
    assert_true(account->group_count > 0);
    assert_non_null(account->home);
    assert_ptr_equal(account, world->instances.all[1].account);
    assert_null(world->instances.all[2].account);

    struct account *by_name = os_account_find(account->name, &world->why);
    assert_non_null(by_name);
    assert_int_equal(by_name->uid, account->uid);
    struct account *copy = account_copy(by_name);
    account_free(by_name);
    assert_string_equal(copy->name, account->name);
    assert_int_equal(copy->groups[0], account->groups[0]);
    account_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            files_are_seen_from_the_procfiles_folder, make_world, end_world),
        cmocka_unit_test_setup_teardown(
            who_names_the_same_files_shares_what_they_say, make_world,
            end_world),
        cmocka_unit_test_setup_teardown(all_that_cannot_be_found_is_told,
                                        make_world, end_world),
        cmocka_unit_test_setup_teardown(a_user_is_found_by_name_and_by_number,
                                        make_world, end_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
