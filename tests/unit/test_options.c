#include "procman/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 8 };

static bool read_line(struct options *options, const struct command **command,
                      const char *const *words, struct cause *why)
{
    char *argv[WORDS + 2] = {(char *)"procman"};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    return options_read(options, command, argc, argv, why);
}

static void options_stand_before_and_behind_the_command(void **state)
{
    static const char *const lines[][WORDS] = {
        {"-f", "x", "-b", "7", "-set-ports=false", "start", "a", "b"},
        {"start", "a", "b", "--f=x", "--b=7", "--set-ports=0"},
        {"--procfile", "x", "start", "a", "-b=7", "-set-ports=F", "b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *words[WORDS + 1] = {0};
        struct options options;
        const struct command *command;
        struct cause why = {{0}};
        memcpy(words, lines[i], sizeof lines[i]);
        assert_true(read_line(&options, &command, words, &why));
        assert_ptr_equal(command, &command_start);
        assert_string_equal(options.procfile, "x");
        assert_int_equal(options.base_port, 7);
        assert_false(options.set_ports);
        assert_int_equal(options.word_count, 2);
        assert_string_equal(options.words[1], "b");
        options_release(&options);
    }
}

static void nothing_said_is_what_goreman_does(void **state)
{
    const char *const words[] = {NULL};
    struct options options;
    const struct command *command;
    struct cause why;

    (void)state;
    assert_true(read_line(&options, &command, words, &why));
    assert_null(command);
    assert_string_equal(options_procfile(&options), "Procfile");
    assert_true(options.set_ports && options.exit_on_stop && options.logtime &&
                options.rpc_server);
    assert_false(options.exit_on_error || options.strict || options.json ||
                 options.help || options.version);
    assert_int_equal(options.color, COLOR_AUTO);
    assert_int_equal(options.base_port, 0);
    assert_null(options.rpc_port);
    options_release(&options);
}

static void two_dashes_end_the_options(void **state)
{
    static const struct {
        const char *words[6];
        size_t count, before;
        const char *first;
    } cases[] = {
        {{"run", "restart", "--", "stop"}, 2, 1, "restart"},
        {{"run", "--", "-f"}, 1, 0, "-f"},
        {{"run", "stop", "a"}, 2, 2, "stop"},
        {{"--", "run", "stop"}, 1, 0, "stop"},
        {{"run", "-"}, 1, 1, "-"},
        {{"run", "--", "--"}, 1, 0, "--"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        const struct command *command;
        struct cause why;
        assert_true(read_line(&options, &command, cases[i].words, &why));
        assert_ptr_equal(command, &command_run);
        assert_int_equal(options.word_count, cases[i].count);
        assert_int_equal(options.words_before_dashes, cases[i].before);
        assert_string_equal(options.words[0], cases[i].first);
        options_release(&options);
    }
}

static void each_option_is_where_it_belongs(void **state)
{
    const char *const words[] = {"status", "-p",           "8555",
                                 "-json",  "-env=a,b",     "-basedir",
                                 "/",      "-color=never", NULL};
    struct options options;
    const struct command *command;
    struct cause why;

    (void)state;
    assert_true(read_line(&options, &command, words, &why));
    assert_string_equal(options.rpc_port, "8555");
    assert_true(options.json);
    assert_string_equal(options.env, "a,b");
    assert_string_equal(options.basedir, "/");
    assert_int_equal(options.color, COLOR_NEVER);
    options_release(&options);
}

static void a_mistake_is_told_with_what_was_meant(void **state)
{
    static const struct {
        const char *words[4], *why;
    } cases[] = {
        {{"strat"}, "unknown command \"strat\"; did you mean \"start\"?"},
        {{"xyzzyxyzzy"},
         "unknown command \"xyzzyxyzzy\"; see \"procman help\""},
        {{"--exit-on-eror", "start"},
         "unknown option \"--exit-on-eror\"; did you mean "
         "\"--exit-on-error\"?"},
        {{"start", "---f", "x"},
         "unknown option \"---f\"; see \"procman help\""},
        {{"start", "-f"}, "-f needs a value"},
        {{"-b", "0"}, "-b is a port from 1 to 65535, not \"0\""},
        {{"-b", "1x"}, "-b is a port from 1 to 65535, not \"1x\""},
        {{"-b="}, "-b is a port from 1 to 65535, not \"\""},
        {{"-b", "99999999999999999999"},
         "-b is a port from 1 to 65535, not \"99999999999999999999\""},
        {{"-logtime=no"}, "-logtime is true or false, not \"no\""},
        {{"--color", "red"}, "-color is auto, always or never, not \"red\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        const struct command *command;
        struct cause why = {{0}};
        assert_false(read_line(&options, &command, cases[i].words, &why));
        assert_string_equal(why.text, cases[i].why);
        assert_null(options.words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_and_behind_the_command),
        cmocka_unit_test(nothing_said_is_what_goreman_does),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(each_option_is_where_it_belongs),
        cmocka_unit_test(a_mistake_is_told_with_what_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
