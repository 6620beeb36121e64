/* Real files in a directory of their own, which is the working directory. */
#include "procman/inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const files[] = {"Procfile", ".env", "a.env", "b.env"};

static int make_place(void **state)
{
    char path[] = "/tmp/test_inputs.XXXXXX";

    assert_non_null(mkdtemp(path));
    assert_int_equal(chdir(path), 0);
    *state = strdup(path);
    return 0;
}

static int end_place(void **state)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(*state), 0);
    free(*state);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static char *inherited[] = {"PATH=/bin", "A=outer", NULL};

static struct inputs good(const char *env)
{
    struct inputs_choice choice = {
        .procfile = "Procfile", .env = env, .inherited = inherited};
    struct notes mistakes = {0};
    struct inputs inputs;
    struct cause why = {{0}};

    if (!inputs_read(&inputs, &choice, &mistakes, &why))
        fail_msg("%s", why.text);
    assert_int_equal(mistakes.count, 0);
    return inputs;
}

/* What could not be read leaves nothing to release. */
static struct cause bad(const char *path, const char *env)
{
    struct inputs_choice choice = {
        .procfile = path, .env = env, .inherited = inherited};
    struct notes mistakes = {0};
    struct inputs inputs;
    struct cause why = {{0}};

    assert_false(inputs_read(&inputs, &choice, &mistakes, &why));
    notes_release(&mistakes);
    assert_null(inputs.procfile.text);
    assert_null(inputs.environment.strings);
    assert_int_equal(inputs.warnings.count, 0);
    return why;
}

static void assert_value(const struct inputs *inputs, const char *name,
                         const char *value)
{
    const char *got = environment_get(&inputs->environment, name);

    assert_non_null(got);
    assert_string_equal(got, value);
}

static void a_procfile_is_enough(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\n");
    struct inputs inputs = good(NULL);
    assert_int_equal(inputs.procfile.count, 1);
    assert_string_equal(inputs.procfile.entries[0].command, "./run");
    assert_int_equal(inputs.environment.count, 2);
    assert_int_equal(inputs.file_port, 0);
    assert_int_equal(inputs.warnings.count, 0);
    inputs_release(&inputs);
}

static void the_environment_wins_over_the_file(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\n");
    write_file(".env", "A=inner\nB=new\nC=${A}\n");
    struct inputs inputs = good(NULL);
    assert_value(&inputs, "A", "outer");
    assert_value(&inputs, "B", "new");
    assert_value(&inputs, "C", "inner");
    inputs_release(&inputs);
}

static void a_later_file_wins_over_an_earlier_one(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\n");
    write_file(".env", "D=default\n");
    write_file("a.env", "B=1\nC=1\n");
    write_file("b.env", "C=2\n");
    struct inputs inputs = good("a.env,b.env");
    assert_value(&inputs, "B", "1");
    assert_value(&inputs, "C", "2");
    assert_null(environment_get(&inputs.environment, "D"));
    inputs_release(&inputs);
}

static void the_default_file_may_be_missing_a_named_one_may_not(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\n");
    struct inputs inputs = good(NULL);
    inputs_release(&inputs);
    assert_string_equal(bad("Procfile", ".env").text,
                        "cannot read .env: No such file or directory");
    write_file("a.env", "");
    assert_string_equal(bad("Procfile", "a.env,b.env").text,
                        "cannot read b.env: No such file or directory");
}

static void a_default_file_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\n");
    assert_int_equal(mkdir(".env", 0700), 0);
    assert_string_equal(bad("Procfile", NULL).text,
                        "cannot read .env: Is a directory");
    assert_int_equal(rmdir(".env"), 0);
}

static void a_procfile_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    assert_string_equal(bad("Procfile", NULL).text,
                        "cannot read Procfile: No such file or directory");
    assert_string_equal(bad(".", NULL).text, "cannot read .: Is a directory");
}

static void an_error_in_a_file_is_told_with_its_place(void **state)
{
    (void)state;
    write_file("Procfile", "a: x\nnothing\na: y\n");
    assert_string_equal(bad("Procfile", NULL).text,
                        "Procfile:3:1: \"a\" is on line 1 already");
    write_file("Procfile", "");
    assert_non_null(strstr(bad("Procfile", NULL).text, "no valid entry"));
}

static void warnings_of_all_files_are_gathered(void **state)
{
    (void)state;
    write_file("Procfile", "web: ./run\nnothing\n");
    write_file(".env", "A=1\nwhat is this\n");
    struct inputs inputs = good(NULL);
    assert_int_equal(inputs.warnings.count, 2);
    assert_memory_equal(inputs.warnings.texts[0], "Procfile:2:1: ", 14);
    assert_memory_equal(inputs.warnings.texts[1], ".env:2:1: ", 10);
    inputs_release(&inputs);
}

static void a_port_in_the_file_is_the_base_port(void **state)
{
    static const struct {
        const char *text;
        unsigned port;
    } cases[] = {
        {"PORT=8000\n", 8000}, {"PORT=1\n", 1},  {"PORT=65535\n", 65535},
        {"PORT=\n", 0},        {"PORTS=7\n", 0},
    };

    (void)state;
    write_file("Procfile", "web: ./run\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(".env", cases[i].text);
        struct inputs inputs = good(NULL);
        assert_int_equal(inputs.file_port, cases[i].port);
        inputs_release(&inputs);
    }
}

static void what_cannot_be_a_port_is_refused(void **state)
{
    static const char *const values[] = {
        "0",     "65536",   "80a", "eighty",
        "-1",    "'8000 '", "+80", "-18446744073709551615",
        "' 80'",
    };

    (void)state;
    write_file("Procfile", "web: ./run\n");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[64];
        snprintf(text, sizeof text, "PORT=%s\n", values[i]);
        write_file(".env", text);
        struct cause why = bad("Procfile", NULL);
        assert_non_null(strstr(why.text, "PORT in the .env file is \""));
    }
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_place, end_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_procfile_is_enough),
        STORY(the_environment_wins_over_the_file),
        STORY(a_later_file_wins_over_an_earlier_one),
        STORY(the_default_file_may_be_missing_a_named_one_may_not),
        STORY(a_default_file_that_cannot_be_read_is_said),
        STORY(a_procfile_that_cannot_be_read_is_said),
        STORY(an_error_in_a_file_is_told_with_its_place),
        STORY(warnings_of_all_files_are_gathered),
        STORY(a_port_in_the_file_is_the_base_port),
        STORY(what_cannot_be_a_port_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
