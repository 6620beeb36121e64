#include "procman/pattern.h"
#include "procman/settings.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

/* Exactly as long as it is, so that reading too far is noticed. */
static bool parse(struct settings *settings, const char *text, size_t len,
                  struct notes *mistakes, struct cause *why)
{
    char *exact = malloc(len ? len : 1);

    memcpy(exact, text, len);
    bool good = settings_parse(settings, "p.ini", exact, len, mistakes, why);
    free(exact);
    return good;
}

static struct settings read_good(const char *text, size_t len)
{
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct cause why = {{0}};

    bool good = parse(&settings, text, len, &mistakes, &why);
    assert_string_equal(why.text, "");
    assert_true(good);
    assert_int_equal(mistakes.count, 0);
    return settings;
}

#define READ(literal) read_good(TEXT(literal))

/* All mistakes, one a line. */
static char *mistakes_in(const char *text, size_t len)
{
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct cause why = {{0}};
    struct buf told = {0};

    bool good = parse(&settings, text, len, &mistakes, &why);
    assert_int_equal(good, mistakes.count == 0);
    if (!good)
        assert_memory_equal(why.text, mistakes.texts[0],
                            strlen(mistakes.texts[0]));
    for (size_t i = 0; i < mistakes.count; i++)
        buf_add_format(&told, "%s\n", mistakes.texts[i]);
    buf_reserve(&told, 0);
    notes_release(&mistakes);
    settings_release(&settings);
    return buf_take(&told);
}

struct text_case {
    const char *text;
    size_t len;
    const char *told;
};

static void check(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = mistakes_in(cases[i].text, cases[i].len);
        assert_string_equal(got, cases[i].told);
        free(got);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void assert_origin(const struct settings *settings, const char *name,
                          const char *key, const char *expected)
{
    char *origin = settings_origin(settings, name, key);

    assert_string_equal(origin, expected);
    assert_int_equal(settings_has(settings, name, key),
                     strcmp(expected, "default") != 0);
    free(origin);
}

/* ---- values ------------------------------------------------------------ */

static void without_a_file_all_is_as_the_table_says(void **state)
{
    (void)state;
    struct settings none = {0};
    struct process_settings it;
    struct session_settings session;

    settings_for(&none, "web", &it);
    assert_int_equal(it.ready.kind, READINESS_AUTO);
    assert_int_equal(it.ready_timeout_ms, 0);
    assert_int_equal(it.restart, RESTART_NO);
    assert_int_equal(it.restart_delay_ms, 200);
    assert_int_equal(it.restart_max_delay_ms, 30000);
    assert_int_equal(it.restart_limit, 10);
    assert_int_equal(it.restart_window_ms, 600000);
    assert_int_equal(it.stop_signal, SIGTERM);
    assert_int_equal(it.stop_timeout_ms, 10000);
    assert_null(it.dir);
    assert_true(it.autostart);
    assert_int_equal(it.umask, -1);
    assert_int_equal(it.port, -1);
    assert_int_equal(it.limit_nofile, -1);
    assert_int_equal(it.colour, COLOUR_BY_ORDER);
    assert_int_equal(it.alive_interval_ms, 10000);
    assert_true(value_codes_have(&it.success_codes, 0, 0));
    assert_false(value_codes_have(&it.success_codes, 1, 0));
    process_settings_release(&it);

    settings_of_session(&none, &session);
    assert_null(session.env);
    assert_int_equal(session.base_port, -1);
    assert_true(session.set_ports && session.exit_on_stop && session.logtime &&
                session.rpc_server && !session.exit_on_error);
    session_settings_release(&session);
}

static void every_key_reaches_its_place(void **state)
{
    (void)state;
    struct process_settings it;
    struct settings settings = READ("[web]\n"
                                    "ready = tcp:127.0.0.1:80\n"
                                    "ready-timeout = 1m30s\n"
                                    "alive = exec:true\n"
                                    "alive-interval = 5s\n"
                                    "after = db cache*\n"
                                    "autostart = no\n"
                                    "restart = on-failure\n"
                                    "restart-delay = 1s\n"
                                    "restart-max-delay = 1h\n"
                                    "restart-limit = 0\n"
                                    "restart-window = 2m\n"
                                    "stop-signal = SIGINT\n"
                                    "stop-timeout = 500ms\n"
                                    "kind = task\n"
                                    "on-exit = stop-all-on-failure\n"
                                    "success-codes = 3, 10-12 TERM\n"
                                    "group = front, all\n"
                                    "dir = a ; b # c\n"
                                    "env.A = 1=2\n"
                                    "env.b = ${A}\n"
                                    "umask = 027\n"
                                    "nice = -5\n"
                                    "limit-nofile = 4096\n"
                                    "color = cyan\n"
                                    "quiet = on\n"
                                    "port = 8080\n");

    settings_for(&settings, "web", &it);
    assert_int_equal(it.ready.kind, READINESS_TCP);
    assert_int_equal(it.ready_timeout_ms, 90000);
    assert_string_equal(it.alive.command, "true");
    assert_int_equal(it.alive_interval_ms, 5000);
    assert_int_equal(it.after.count, 2);
    assert_string_equal(it.after.names[1], "cache*");
    assert_false(it.autostart);
    assert_int_equal(it.restart, RESTART_ON_FAILURE);
    assert_int_equal(it.restart_delay_ms, 1000);
    assert_int_equal(it.restart_max_delay_ms, 3600000);
    assert_int_equal(it.restart_limit, 0);
    assert_int_equal(it.restart_window_ms, 120000);
    assert_int_equal(it.stop_signal, SIGINT);
    assert_int_equal(it.stop_timeout_ms, 500);
    assert_int_equal(it.kind, KIND_TASK);
    assert_int_equal(it.on_exit, FAILURE_STOPS_ALL);
    assert_true(value_codes_have(&it.success_codes, 11, 0));
    assert_true(value_codes_have(&it.success_codes, 0, SIGTERM));
    assert_false(value_codes_have(&it.success_codes, 0, SIGKILL));
    assert_false(value_codes_have(&it.success_codes, 13, 0));
    assert_string_equal(it.group.names[1], "all");
    assert_string_equal(it.dir, "a ; b # c");
    assert_string_equal(environment_get(&it.env, "A"), "1=2");
    assert_string_equal(environment_get(&it.env, "b"), "${A}");
    assert_int_equal(it.umask, 027);
    assert_int_equal(it.nice, -5);
    assert_int_equal(it.limit_nofile, 4096);
    assert_int_equal(it.colour, COLOUR_CYAN);
    assert_true(it.quiet);
    assert_int_equal(it.port, 8080);
    process_settings_release(&it);
    settings_release(&settings);
}

static void the_session_has_keys_of_its_own(void **state)
{
    (void)state;
    struct session_settings it;
    struct settings settings = READ("[procman]\n"
                                    "env = a,b\nbase-port = 6000\n"
                                    "set-ports = no\nexit-on-error = yes\n"
                                    "exit-on-stop = false\nlogtime = off\n"
                                    "color = never\nrpc-server = 0\n"
                                    "notifiers = web db\n");

    settings_of_session(&settings, &it);
    assert_string_equal(it.env, "a,b");
    assert_int_equal(it.base_port, 6000);
    assert_true(it.exit_on_error);
    assert_false(it.set_ports || it.exit_on_stop || it.logtime ||
                 it.rpc_server);
    assert_int_equal(it.color, COLOR_WHEN_NEVER);
    assert_int_equal(it.notifiers.count, 2);
    session_settings_release(&it);
    settings_release(&settings);
}

static void bad_values_say_what_is_taken(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("[a]\nstop-timeout = 10\n"),
         "p.ini:2: stop-timeout: \"10\" is no time; write it like 500ms, 10s, "
         "2m or 1h\n"},
        {TEXT("[a]\nstop-timeout = 999999999999999h\n"),
         "p.ini:2: stop-timeout: \"999999999999999h\" is too long; a year is "
         "the most\n"},
        {TEXT("[a]\nstop-timeout = 364days\n"),
         "p.ini:2: stop-timeout: \"364days\" is no time; write it like 500ms, "
         "10s, 2m or 1h\n"},
        {TEXT("[a]\nautostart = maybe\n"),
         "p.ini:2: autostart: \"maybe\" is neither yes nor no\n"},
        {TEXT("[a]\nrestart = never\n"),
         "p.ini:2: restart: \"never\" is not no, on-failure or always\n"},
        {TEXT("[a]\nrestart = always ; really\n"),
         "p.ini:2: restart: \"always ; really\" is not no, on-failure or "
         "always (a comment needs a line of its own)\n"},
        {TEXT("[a]\nstop-signal = SIGNOTHING\n"),
         "p.ini:2: stop-signal: \"SIGNOTHING\" is no signal; write it like "
         "TERM "
         "or 15\n"},
        {TEXT("[a]\nstop-signal = SIGTREM\n"),
         "p.ini:2: stop-signal: \"SIGTREM\" is no signal; did you mean "
         "TERM?\n"},
        {TEXT("[a]\nstop-signal = 0\n"),
         "p.ini:2: stop-signal: \"0\" is no signal; write it like TERM or "
         "15\n"},
        {TEXT("[a]\nsuccess-codes = 0 256\n"),
         "p.ini:2: success-codes: \"256\" is neither an exit code from 0 to "
         "255 nor the name of a signal\n"},
        {TEXT("[a]\nsuccess-codes = 5-3\n"),
         "p.ini:2: success-codes: \"5-3\" is neither an exit code from 0 to "
         "255 nor the name of a signal\n"},
        {TEXT("[a]\numask = 089\n"),
         "p.ini:2: umask: \"089\" is no mask; write it in octal, like 022\n"},
        {TEXT("[a]\nnice = 20\n"),
         "p.ini:2: nice: \"20\" is no whole number from -20 to 19\n"},
        {TEXT("[a]\nport = 80x\n"),
         "p.ini:2: port: \"80x\" is no whole number from 1 to 65535\n"},
        {TEXT("[a]\ngroup = a*\n"),
         "p.ini:2: group: \"a*\" cannot be a name\n"},
        {TEXT("[a]\nafter = a* b/c\n"),
         "p.ini:2: after: \"b/c\" cannot be a name or a pattern\n"},
        {TEXT("[a]\nalive = delay:1s\n"),
         "p.ini:2: alive: \"delay:1s\" cannot be asked again and again; it "
         "takes tcp, unix, http, exec and notify\n"},
        {TEXT("[a]\nrestart =\n"), "p.ini:2: restart: there is no value; "
                                   "without this line it is no\n"},
        {TEXT("[a]\nrestart = \x1b[31m\n"),
         "p.ini:2: restart: this is not no, on-failure or always\n"},
    };
    CHECK(cases);
}

static void an_empty_value_unsets(void **state)
{
    (void)state;
    struct process_settings it;
    struct settings settings =
        READ("[*]\ndir = x\numask = 022\nafter = db\nalive = notify\n"
             "[web]\ndir =\numask=\nafter = \nalive =\n");

    settings_for(&settings, "web", &it);
    assert_null(it.dir);
    assert_int_equal(it.umask, -1);
    assert_int_equal(it.after.count, 0);
    assert_int_equal(it.alive.kind, READINESS_AUTO);
    assert_origin(&settings, "web", "dir", "p.ini:7");
    process_settings_release(&it);
    settings_release(&settings);
}

/* ---- the text ---------------------------------------------------------- */

static void a_value_is_all_that_stands_behind_the_equals_sign(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value;
    } cases[] = {
        {"[a]\ndir=x", "x"},
        {"[a]\ndir \t=\t x y \t\r\n", "x y"},
        {"[a]\r\ndir = x\r\n", "x"},
        {"\xef\xbb\xbf[a]\ndir = x", "x"},
        {"[a] ; said\ndir = x ;y", "x ;y"},
        {"[a]#said\ndir = ; y", "; y"},
        {"[a]\ndir = \"x\" # y", "\"x\" # y"},
        {"[a]\ndir: x: y = z", "x: y = z"},
        {"[a]\ndir = x\x1fy", "x\x1fy"},
        {"; c\n# c\n\n \t\n  ; c\n[a]\n;d\ndir = x\n#e", "x"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings =
            read_good(cases[i].text, strlen(cases[i].text));
        struct process_settings it;
        settings_for(&settings, "a", &it);
        assert_string_equal(it.dir, cases[i].value);
        process_settings_release(&it);
        settings_release(&settings);
    }
}

static void add_many(struct buf *text, size_t count)
{
    while (count-- > 0)
        buf_add_char(text, 'x');
}

static void a_long_value_is_whole_and_one_too_long_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    struct process_settings it;

    buf_add_string(&text, "[a]\ndir = ");
    add_many(&text, SETTINGS_VALUE_LIMIT);
    struct settings settings = read_good(text.data, text.len);
    settings_for(&settings, "a", &it);
    assert_int_equal(strlen(it.dir), SETTINGS_VALUE_LIMIT);
    process_settings_release(&it);
    settings_release(&settings);

    add_many(&text, 1);
    char *told = mistakes_in(text.data, text.len);
    assert_string_equal(told, "p.ini:2: the value of \"dir\" has 131001 "
                              "bytes; 131000 are the most\n");
    free(told);
    buf_release(&text);
}

static void what_inih_would_bend_is_a_mistake(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT(""), ""},
        {TEXT("[a]"), ""},
        {TEXT("[12345678901234567890123456789012345678901234567890]\nport=0\n"),
         "p.ini:1: the name of this section has 50 bytes; 49 are the most\n"},
        {TEXT("[1234567890123456789012345678901234567890123456789]\nport=1\n"),
         ""},
        {TEXT("[]\nx = y\n"), "p.ini:1: there is no name between [ and ]\n"},
        {TEXT("[a\nx = y\n"), "p.ini:1: there is no ] in this line\n"},
        {TEXT("[a b]\n"), "p.ini:1: \"a b\" cannot be the name of a process, "
                          "nor a pattern\n"},
        {TEXT("[a] x\n"),
         "p.ini:1: \"x\" behind ] belongs on a line of its own\n"},
        {TEXT("[a]\n[b]\n[a]\nbad = 1\n"), "p.ini:3: [a] is on line 1 "
                                           "already\n"},
        {TEXT("port = 1\n[a]\n"), "p.ini:1: \"port\" stands outside of a "
                                  "section; put [procman] or [NAME] above "
                                  "it\n"},
        {TEXT("a\x1b = 1\n"), "p.ini:1: this stands outside of a section; put "
                              "[procman] or [NAME] above it\n"},
        {TEXT("[a]\ndir = x\n  y\n"),
         "p.ini:3: this line begins with a blank, as if it went on with the "
         "one above; there is no such thing here\n"},
        {TEXT("[a]\n port = 1\n"),
         "p.ini:2: this line begins with a blank, as if it went on with the "
         "one above; there is no such thing here\n"},
        {TEXT("[a]\nport = 1\ndir = x\nport = 2\n"),
         "p.ini:4: \"port\" is on line 2 already\n"},
        {TEXT("[a]\ncolour = red\ncolor = red\n"),
         "p.ini:3: \"color\" is on line 2 already\n"},
        {TEXT("[a]\nenv.A = 1\nenv.B = 1\nenv.A = 2\n"),
         "p.ini:4: \"env.A\" is on line 2 already\n"},
        {TEXT("[a]\nhello\n"), "p.ini:2: this is neither \"key = value\", "
                               "[section] nor a comment\n"},
        {TEXT("[a]\n= x\n"),
         "p.ini:2: there is no key in front of the value\n"},
        {TEXT("[a]\na ;b = x\n"), "p.ini:2: \"a ;b\" cannot be a key\n"},
        {TEXT("[a]\nready tcp = 1\n"),
         "p.ini:2: \"ready tcp\" cannot be a key\n"},
        {TEXT("[a]\nport = 1\n\0"),
         "p.ini:3:1: there is a NUL byte; if this is UTF-16, save it as "
         "UTF-8\n"},
        {TEXT("\xff\xfe[\0"), "p.ini:1:1: this is UTF-16; save it as UTF-8\n"},
    };
    CHECK(cases);
}

static void a_key_too_long_for_inih_is_refused_whole(void **state)
{
    (void)state;
    struct buf text = {0};

    for (size_t len = 150; len < 450; len++) {
        text.len = 0;
        buf_add_string(&text, "[a]\n");
        add_many(&text, len);
        buf_add_string(&text, " = 1\nport = x\n");
        char *told = mistakes_in(text.data, text.len);
        const char *second = strchr(told, '\n');
        assert_non_null(strstr(told, "key"));
        assert_string_equal(second, "\np.ini:3: port: \"x\" is no whole number "
                                    "from 1 to 65535\n");
        free(told);
    }
    buf_release(&text);
}

static void unknown_keys_get_the_right_word(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("[a]\nredy = auto\n"),
         "p.ini:2: unknown key \"redy\"; did you mean \"ready\"?\n"},
        {TEXT("[a]\nstop_timeout = 1s\n"), "p.ini:2: unknown key "
                                           "\"stop_timeout\"; did you mean "
                                           "\"stop-timeout\"?\n"},
        {TEXT("[a]\nlogtime = no\n"),
         "p.ini:2: \"logtime\" belongs in [procman]\n"},
        {TEXT("[procman]\nready = auto\n"),
         "p.ini:2: \"ready\" belongs to processes: write it in [NAME] or, for "
         "all of them, in [*]\n"},
        {TEXT("[procman]\nbase_port = 1\n"), "p.ini:2: unknown key "
                                             "\"base_port\"; did you mean "
                                             "\"base-port\"?\n"},
        {TEXT("[a]\nqqqqqqqqqqqqqqq = 1\n"),
         "p.ini:2: unknown key \"qqqqqqqqqqqqqqq\"; see \"procman help "
         "settings\"\n"},
        {TEXT("[a]\nenv.1 = x\n"), "p.ini:2: \"1\" is not the name of a "
                                   "variable\n"},
        {TEXT("[a]\nenv. = x\n"), "p.ini:2: \"\" is not the name of a "
                                  "variable\n"},
        {TEXT("[a]\nPort = 1\n"),
         "p.ini:2: unknown key \"Port\"; did you mean \"port\"?\n"},
    };
    CHECK(cases);
}

static void all_mistakes_are_told_and_the_rest_is_read(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct cause why;

    assert_false(parse(&settings,
                       TEXT("x\n[a]\nport = x\nnice = 3\n[a]\nport = 5\n[b]\n"
                            "umask = 8\n"),
                       &mistakes, &why));
    assert_int_equal(mistakes.count, 4);
    assert_string_equal(why.text,
                        "p.ini:1: this is neither \"key = value\", [section] "
                        "nor a comment (and 3 mistakes more)");
    assert_origin(&settings, "a", "nice", "p.ini:4");
    assert_origin(&settings, "a", "port", "default");
    notes_release(&mistakes);
    settings_release(&settings);
}

/* ---- who wins ---------------------------------------------------------- */

static void later_sections_win_key_by_key(void **state)
{
    (void)state;
    struct process_settings it;
    struct settings settings = READ("[*]\nnice = 1\nport = 1\nenv.A = all\n"
                                    "env.B = all\n"
                                    "[etcd2]\nport = 2\n"
                                    "[etcd?]\nnice = 3\nenv.A = etcd\n");

    settings_for(&settings, "etcd2", &it);
    assert_int_equal(it.nice, 3);
    assert_int_equal(it.port, 2);
    assert_string_equal(environment_get(&it.env, "A"), "etcd");
    assert_string_equal(environment_get(&it.env, "B"), "all");
    process_settings_release(&it);
    settings_for(&settings, "web", &it);
    assert_int_equal(it.nice, 1);
    assert_int_equal(it.port, 1);
    process_settings_release(&it);

    assert_origin(&settings, "etcd2", "nice", "p.ini:9");
    assert_origin(&settings, "etcd2", "port", "p.ini:7");
    assert_origin(&settings, "etcd1", "port", "p.ini:3");
    assert_origin(&settings, "etcd2", "env.A", "p.ini:10");
    assert_origin(&settings, "etcd2", "env.B", "p.ini:5");
    assert_origin(&settings, "etcd2", "env.C", "default");
    assert_origin(&settings, "etcd2", "restart", "default");
    settings_release(&settings);
}

static void a_second_file_wins_and_may_repeat_sections(void **state)
{
    (void)state;
    struct settings settings = READ("[a]\nnice = 1\nport = 1\n");
    struct notes mistakes = {0};
    struct cause why;

    assert_true(settings_parse(&settings, "q.ini", TEXT("[a]\nnice = 2\n"),
                               &mistakes, &why));
    assert_origin(&settings, "a", "nice", "q.ini:2");
    assert_origin(&settings, "a", "port", "p.ini:3");
    settings_release(&settings);
}

static void the_environment_wins_over_files(void **state)
{
    (void)state;
    char *strings[] = {"PROCMAN_BASE_PORT=7000",
                       "PROCMAN_SESSION=/x",
                       "PROCMAN_LOGTIME=no",
                       "PROCMAN_READY=notify",
                       "BASE_PORT=1",
                       "PROCMAN_",
                       "PROCMAN_=x",
                       NULL};
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct session_settings it;
    struct cause why;

    /* Whenever it is read. */
    assert_true(settings_import(&settings, strings, &mistakes, &why));
    assert_true(parse(&settings, TEXT("[procman]\nbase-port = 6000\nenv = e\n"),
                      &mistakes, &why));
    settings_of_session(&settings, &it);
    assert_int_equal(it.base_port, 7000);
    assert_false(it.logtime);
    assert_string_equal(it.env, "e");
    session_settings_release(&it);
    assert_origin(&settings, NULL, "base-port", "PROCMAN_BASE_PORT");
    assert_origin(&settings, NULL, "env", "p.ini:3");
    assert_origin(&settings, NULL, "color", "default");
    settings_release(&settings);
}

static void bad_variables_are_told_by_their_names(void **state)
{
    (void)state;
    char *strings[] = {"PROCMAN_BASE_PORT=x", "PROCMAN_LOGTIME=", NULL};
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct cause why;

    assert_false(settings_import(&settings, strings, &mistakes, &why));
    assert_string_equal(why.text,
                        "PROCMAN_BASE_PORT: \"x\" is no whole number from 1 to "
                        "65535 (and 1 mistake more)");
    assert_string_equal(mistakes.texts[1],
                        "PROCMAN_LOGTIME: there is no value; without this line "
                        "it is yes");
    notes_release(&mistakes);
    settings_release(&settings);
}

/* ---- warnings and texts ------------------------------------------------ */

static void warnings_of(const struct settings *settings, struct buf *told)
{
    static const char *const names[] = {"etcd1", "etcd2", "proxy"};
    struct notes warnings = {0};

    settings_check(settings, names, 3, &warnings);
    for (size_t i = 0; i < warnings.count; i++)
        buf_add_format(told, "%s\n", warnings.texts[i]);
    buf_reserve(told, 0);
    notes_release(&warnings);
}

static void what_has_no_effect_is_a_warning(void **state)
{
    (void)state;
    struct buf told = {0};
    struct settings settings = READ(
        "[procman]\n[etcd*]\n[proxy]\nready = exit\n[*]\n"
        "[etdc1]\nport = 1\n[web*]\n[Procman]\n"
        "[etcd2]\nalive-interval = 1s\nrestart-delay = 31s\nmin-ready = 2\n"
        "[etcd1]\nmin-ready = 2\ngroup = members\n");

    warnings_of(&settings, &told);
    assert_string_equal(
        told.data,
        "p.ini:6: [etdc1] matches no process; did you mean [etcd1]?\n"
        "p.ini:8: [web*] matches no process\n"
        "p.ini:9: [Procman] matches no process; did you mean [procman]?\n"
        "p.ini:12: etcd2: restart-delay is longer than restart-max-delay, "
        "which wins\n"
        "p.ini:11: etcd2: alive-interval does nothing without alive\n"
        "p.ini:13: etcd2: min-ready is counted in groups, and it is in none\n"
        "p.ini:4: proxy: ready = exit is for tasks; with kind = service it is "
        "ready only when it is gone\n");
    buf_release(&told);
    settings_release(&settings);
}

static void show_says_every_value_and_where_it_is_from(void **state)
{
    (void)state;
    struct buf shown = {0};
    struct settings settings = READ("[etcd*]\nready = notify\nenv.A = 1\n"
                                    "dir = \x1b[31m\n");

    settings_show(&settings, "etcd1", &shown);
    assert_non_null(strstr(
        shown.data, "  ready              notify                  p.ini:2\n"));
    assert_non_null(strstr(
        shown.data, "  env.A              1                       p.ini:3\n"));
    assert_non_null(strstr(
        shown.data, "  dir                (not printable)         p.ini:4\n"));
    assert_non_null(strstr(
        shown.data, "  restart            no                      default\n"));
    assert_non_null(strstr(
        shown.data, "  after              -                       default\n"));
    assert_null(strstr(shown.data, "base-port"));
    assert_null(strchr(shown.data, '\x1b'));

    shown.len = 0;
    settings_show(&settings, NULL, &shown);
    assert_non_null(strstr(
        shown.data, "  set-ports          yes                     default\n"));
    assert_null(strstr(shown.data, "ready"));
    buf_release(&shown);
    settings_release(&settings);
}

static void help_explains_the_keys_in_lines_that_fit(void **state)
{
    (void)state;
    char *help = settings_help();

    assert_non_null(strstr(help, "\n  base-port = number\n"));
    assert_non_null(strstr(help, "\n  restart = no|on-failure|always  (no)\n"));
    assert_non_null(strstr(help, "\n  stop-timeout = time  (10s)\n      how "
                                 "long it may take"));
    assert_non_null(strstr(help, "\n  env.NAME = text\n"));
    for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 79);
    free(help);
}

static void patterns_match_as_in_the_shell(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*", "a", true},
        {"a*", "abc", true},
        {"a*", "b", false},
        {"*c", "abc", true},
        {"*c", "abcd", false},
        {"a*c", "abcbc", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXcYbZ", false},
        {"?", "a", true},
        {"?", "", false},
        {"etcd?", "etcd1", true},
        {"etcd?", "etcd10", false},
        {"*?", "", false},
        {"*?", "a", true},
        {"[a]", "a", false},
        {"a.*", "axb", false},
        {"**a**", "bab", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pattern_matches(cases[i].pattern, cases[i].name),
                         cases[i].matches);
    assert_true(pattern_is("a*") && pattern_is("?") && !pattern_is("a.b"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_all_is_as_the_table_says),
        cmocka_unit_test(every_key_reaches_its_place),
        cmocka_unit_test(the_session_has_keys_of_its_own),
        cmocka_unit_test(bad_values_say_what_is_taken),
        cmocka_unit_test(an_empty_value_unsets),
        cmocka_unit_test(a_value_is_all_that_stands_behind_the_equals_sign),
        cmocka_unit_test(a_long_value_is_whole_and_one_too_long_is_refused),
        cmocka_unit_test(what_inih_would_bend_is_a_mistake),
        cmocka_unit_test(a_key_too_long_for_inih_is_refused_whole),
        cmocka_unit_test(unknown_keys_get_the_right_word),
        cmocka_unit_test(all_mistakes_are_told_and_the_rest_is_read),
        cmocka_unit_test(later_sections_win_key_by_key),
        cmocka_unit_test(a_second_file_wins_and_may_repeat_sections),
        cmocka_unit_test(the_environment_wins_over_files),
        cmocka_unit_test(bad_variables_are_told_by_their_names),
        cmocka_unit_test(what_has_no_effect_is_a_warning),
        cmocka_unit_test(show_says_every_value_and_where_it_is_from),
        cmocka_unit_test(help_explains_the_keys_in_lines_that_fit),
        cmocka_unit_test(patterns_match_as_in_the_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
