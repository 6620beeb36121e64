#include "procman/buf.h"
#include "procman/procfile.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A literal that may hold NUL bytes. */
#define TEXT(literal) literal, sizeof(literal) - 1

struct result {
    bool good;
    struct procfile procfile;
    struct notes warnings;
    struct cause why;
};

static struct result parse(const char *text, size_t len)
{
    struct result result = {0};

    /* Exactly as long as it is, so that reading too far is noticed. */
    char *exact = malloc(len ? len : 1);
    memcpy(exact, text, len);
    result.good = procfile_parse(&result.procfile, "Procfile", exact, len,
                                 &result.warnings, &result.why);
    free(exact);
    return result;
}

static void release(struct result *result)
{
    procfile_release(&result->procfile);
    notes_release(&result->warnings);
}

/* "name=command" per entry and "!warning" per warning, each with a "\n". */
static char *told(const struct result *result)
{
    struct buf buf = {0};

    for (size_t i = 0; i < result->procfile.count; i++)
        buf_add_format(&buf, "%s=%s\n", result->procfile.entries[i].name,
                       result->procfile.entries[i].command);
    for (size_t i = 0; i < result->warnings.count; i++)
        buf_add_format(&buf, "!%s\n", result->warnings.texts[i]);
    return buf_take(&buf);
}

struct good_case {
    const char *text;
    size_t len;
    const char *told;
};

static void check_good(const struct good_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct result result = parse(cases[i].text, cases[i].len);
        char *got = told(&result);
        assert_string_equal(result.why.text, "");
        assert_true(result.good);
        assert_string_equal(got, cases[i].told);
        free(got);
        release(&result);
    }
}

#define CHECK_GOOD(cases) check_good(cases, sizeof(cases) / sizeof *(cases))

static void a_line_is_a_name_and_a_command(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {TEXT("web: ./run"), "web=./run\n"},
        {TEXT("web: ./run\n"), "web=./run\n"},
        {TEXT("web:./run\n"), "web=./run\n"},
        {TEXT("web : ./run\n"), "web=./run\n"},
        {TEXT(" \tweb: ./run\n"), "web=./run\n"},
        {TEXT("web:\t./run  \t\n"), "web=./run\n"},
        {TEXT("web: ./run\r\nworker: ./work\r\n"),
         "web=./run\nworker=./work\n"},
        {TEXT("web: ./run\r"), "web=./run\n"},
        {TEXT("\n\n \t\r\nweb: ./run\n\n"), "web=./run\n"},
        {TEXT("\xef\xbb\xbfweb: ./run\n"), "web=./run\n"},
        {TEXT("simulator-with-failure: a\n_x: b\n9lives: c\na.b: d\n"),
         "simulator-with-failure=a\n_x=b\n9lives=c\na.b=d\n"},
        {TEXT("release: ./migrate\nweb: ./run\n"),
         "release=./migrate\nweb=./run\n"},
        {TEXT("web: a\nWeb: b\n"), "web=a\nWeb=b\n"},
    };
    CHECK_GOOD(cases);
}

static void the_command_is_not_looked_into(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {TEXT("a: cd sub && FOO=\"x y\" ./run ${PORT:-80} *.c ~/z; b | c &\n"),
         "a=cd sub && FOO=\"x y\" ./run ${PORT:-80} *.c ~/z; b | c &\n"},
        {TEXT("a: java -jar Practice#2.jar # in production\n"),
         "a=java -jar Practice#2.jar # in production\n"},
        {TEXT("a: curl http://127.0.0.1:80/ -H 'A: b'\n"),
         "a=curl http://127.0.0.1:80/ -H 'A: b'\n"},
        {TEXT("a: sleep 3 \\\n"), "a=sleep 3 \\\n"},
        {TEXT("a: x\ry\n"), "a=x\ry\n"},
        {TEXT("a: \x01\x7f\x80\xff \xc2\xa0\n"),
         "a=\x01\x7f\x80\xff \xc2\xa0\n"},
        {TEXT("a: x\v\f\n"), "a=x\v\f\n"},
        {TEXT("http://x\n"), "http=//x\n"},
        {TEXT("a: # no comment\n"), "a=# no comment\n"},
    };
    CHECK_GOOD(cases);
}

static void comments_are_nothing(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {TEXT("# web: no\n   # worker: no\n#\nweb: yes\n"), "web=yes\n"},
        {TEXT("# \xe4\xb8\xad\xe6\x96\x87\nweb: yes\n"), "web=yes\n"},
        {TEXT("\xef\xbb\xbf# web: no\nweb: yes"), "web=yes\n"},
    };
    CHECK_GOOD(cases);
}

static void what_is_no_entry_is_ignored_with_a_warning(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {TEXT("a: x\n  some prose\n"),
         "a=x\n!Procfile:2:3: ignored: there is no ':' in this line\n"},
        {TEXT("a: x \\\n  --flag\n"),
         "a=x \\\n!Procfile:2:3: ignored: there is no ':' in this line\n"},
        {TEXT("a: x\n\t: y\n"), "a=x\n!Procfile:2:2: ignored: \"\" cannot be "
                                "the name of a process\n"},
        {TEXT("gem install mailcatcherweb: x\na: x\n"),
         "a=x\n!Procfile:1:1: ignored: \"gem install mailcatcherweb\" cannot "
         "be the name of a process\n"},
        {TEXT("a: x\n  \"worker\": \"y\",\n"),
         "a=x\n!Procfile:2:3: ignored: \"\"worker\"\" cannot be the name of "
         "a process\n"},
        {TEXT("a: x\n-b: y\n"), "a=x\n!Procfile:2:1: ignored: \"-b\" cannot "
                                "be the name of a process\n"},
        {TEXT("a: x\na/b: y\n"), "a=x\n!Procfile:2:1: ignored: \"a/b\" cannot "
                                 "be the name of a process\n"},
        {TEXT("a: x\nweb#1: y\n"),
         "a=x\n!Procfile:2:1: ignored: \"web#1\" cannot be the name of a "
         "process\n"},
        {TEXT("a: x\n\x1b[31m: y\n"), "a=x\n!Procfile:2:1: ignored: this "
                                      "cannot be the name of a process\n"},
        {TEXT("a: x\nenv:\nb: y\n"),
         "a=x\nb=y\n!Procfile:2:5: ignored: \"env\" has no command\n"},
        {TEXT("a: x\n  env : \t \n"),
         "a=x\n!Procfile:2:8: ignored: \"env\" has no command\n"},
        {TEXT("a:\na: x\n"),
         "a=x\n!Procfile:1:3: ignored: \"a\" has no command\n"},
        {TEXT("\xef\xbb\xbfoops\na: x"),
         "a=x\n!Procfile:1:1: ignored: there is no ':' in this line\n"},
        {TEXT("a: x\nforty characters of prose, and then it is \xc3\xa9: y\n"),
         "a=x\n!Procfile:2:1: ignored: \"forty characters of prose, and then "
         "it i...\" cannot be the name of a process\n"},
        {TEXT("a: x\nthirty-nine characters, then the umlaut\xc3\xa9n: y\n"),
         "a=x\n!Procfile:2:1: ignored: \"thirty-nine characters, then the "
         "umlaut...\" cannot be the name of a process\n"},
    };
    CHECK_GOOD(cases);
}

static void an_error_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *why;
    } cases[] = {
        {TEXT("# c\netcd1: a\netcd2: b\n etcd1: c\n"),
         "Procfile:4:2: \"etcd1\" is on line 2 already"},
        {TEXT("a: x\na : x\n"), "Procfile:2:1: \"a\" is on line 1 already"},
        {TEXT("\xff\xfew\0e\0b\0:\0"),
         "Procfile:1:1: this is UTF-16; save it as UTF-8"},
        {TEXT("\xfe\xff\0w"), "Procfile:1:1: this is UTF-16; save it as UTF-8"},
        {TEXT("a: x\nb\0: y\n"), "Procfile:2:2: there is a NUL byte; if this "
                                 "is UTF-16, save it as UTF-8"},
        {TEXT("\xef\xbb\xbf\0"), "Procfile:1:1: there is a NUL byte; if this "
                                 "is UTF-16, save it as UTF-8"},
        {TEXT(""),
         "Procfile: no valid entry; it takes lines like \"name: command\""},
        {TEXT("\xef\xbb\xbf"),
         "Procfile: no valid entry; it takes lines like \"name: command\""},
        {TEXT("# nothing\nprose\n"),
         "Procfile: no valid entry; it takes lines like \"name: command\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result result = parse(cases[i].text, cases[i].len);
        assert_false(result.good);
        assert_string_equal(result.why.text, cases[i].why);
        assert_null(result.procfile.entries);
        assert_null(result.procfile.text);
        assert_int_equal(result.procfile.count, 0);
        release(&result);
    }
}

static void warnings_before_an_error_are_kept(void **state)
{
    (void)state;
    struct result result = parse(TEXT("prose\na: x\na: y\n"));

    assert_false(result.good);
    assert_int_equal(result.warnings.count, 1);
    release(&result);
}

static struct result parse_command_of(size_t command_len)
{
    struct buf buf = {0};

    buf_add_string(&buf, "# c\nlong: ");
    memset(buf_reserve(&buf, command_len), 'x', command_len);
    buf.len += command_len;
    struct result result = parse(buf.data, buf.len);
    buf_release(&buf);
    return result;
}

static void a_command_may_be_as_long_as_the_kernel_takes_it(void **state)
{
    (void)state;
    struct result result = parse_command_of(PROCFILE_COMMAND_LIMIT);

    assert_true(result.good);
    assert_int_equal(strlen(result.procfile.entries[0].command),
                     PROCFILE_COMMAND_LIMIT);
    release(&result);

    result = parse_command_of(PROCFILE_COMMAND_LIMIT + 1);
    assert_false(result.good);
    assert_string_equal(result.why.text,
                        "Procfile:2:7: the command of \"long\" has 131001 "
                        "bytes, and no more than 131000 can be started");
    release(&result);
}

static void entries_keep_their_order_and_lines(void **state)
{
    (void)state;
    struct result result = parse(TEXT("b: 1\n# c\n\na: 2\n"));
    const struct procfile *procfile = &result.procfile;

    assert_int_equal(procfile->count, 2);
    assert_string_equal(procfile->entries[0].name, "b");
    assert_int_equal(procfile->entries[0].line, 1);
    assert_int_equal(procfile->entries[1].line, 4);
    assert_ptr_equal(procfile_find(procfile, "a"), &procfile->entries[1]);
    assert_null(procfile_find(procfile, "c"));
    assert_null(procfile_find(procfile, ""));
    release(&result);
}

static void an_empty_file_needs_no_bytes(void **state)
{
    (void)state;
    struct procfile procfile;
    struct notes warnings = {0};
    struct cause why = {{0}};

    assert_false(
        procfile_parse(&procfile, "Procfile", NULL, 0, &warnings, &why));
    assert_non_null(strstr(why.text, "no valid entry"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_name_and_a_command),
        cmocka_unit_test(the_command_is_not_looked_into),
        cmocka_unit_test(comments_are_nothing),
        cmocka_unit_test(what_is_no_entry_is_ignored_with_a_warning),
        cmocka_unit_test(an_error_is_told_with_its_place),
        cmocka_unit_test(warnings_before_an_error_are_kept),
        cmocka_unit_test(a_command_may_be_as_long_as_the_kernel_takes_it),
        cmocka_unit_test(an_empty_file_needs_no_bytes),
        cmocka_unit_test(entries_keep_their_order_and_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
