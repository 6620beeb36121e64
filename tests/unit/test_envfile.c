#include "procman/buf.h"
#include "procman/envfile.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

/* "[NAME=value]" per variable, "!warning" per warning. */
static char *told(const struct environment *values, const struct notes *notes)
{
    struct buf buf = {0};

    for (size_t i = 0; i < values->count; i++)
        buf_add_format(&buf, "[%s]", values->strings[i]);
    for (size_t i = 0; i < notes->count; i++)
        buf_add_format(&buf, "!%s", notes->texts[i]);
    return buf_take(&buf);
}

/* Exactly as long as it is, so that reading too far is noticed. */
static bool parse(struct environment *values, const char *text, size_t len,
                  struct notes *warnings, struct cause *why)
{
    struct environment inherited = {0};
    environment_set(&inherited, "HOST", "here");
    environment_set(&inherited, "OLD", "inherited");

    char *exact = malloc(len ? len : 1);
    memcpy(exact, text, len);
    bool good =
        envfile_parse(values, ".env", exact, len, &inherited, warnings, why);
    free(exact);
    environment_release(&inherited);
    return good;
}

struct text_case {
    const char *text;
    size_t len;
    const char *told;
};

static void check(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct environment values = {0};
        struct notes warnings = {0};
        struct cause why = {{0}};
        assert_true(
            parse(&values, cases[i].text, cases[i].len, &warnings, &why));
        char *got = told(&values, &warnings);
        assert_string_equal(got, cases[i].told);
        free(got);
        environment_release(&values);
        notes_release(&warnings);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void a_line_is_a_name_and_a_value(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT(""), ""},
        {TEXT("A=1"), "[A=1]"},
        {TEXT("A=1\nB=2\n"), "[A=1][B=2]"},
        {TEXT("A=1\r\nB=2\r\n"), "[A=1][B=2]"},
        {TEXT("\xef\xbb\xbf"
              "A=1\n"),
         "[A=1]"},
        {TEXT("A="), "[A=]"},
        {TEXT("A=\r\nB=\n"), "[A=][B=]"},
        {TEXT("A = 1\n\tB =2 \nC= 3\t\n"), "[A=1][B=2][C=3]"},
        {TEXT("export A=1\nexport\tB=2\n"), "[A=1][B=2]"},
        {TEXT("export=1\nexport =2\nexported=3\n"), "[export=2][exported=3]"},
        {TEXT("X-Y=1\nx.y=2\n_z9=3\n"), "[X-Y=1][x.y=2][_z9=3]"},
        {TEXT("# A=1\n  # B=2\n\n \t\nC=3\n#"), "[C=3]"},
        {TEXT("A=1\nB=2\nA=3\n"), "[A=3][B=2]"},
        {TEXT("A=a=b=c\n"), "[A=a=b=c]"},
        {TEXT("A=\xff\xfe\x80\n"), "[A=\xff\xfe\x80]"},
    };
    CHECK(cases);
}

static void an_unquoted_value_is_the_rest_of_the_line(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("A=a b c\n"), "[A=a b c]"},
        {TEXT("A=x # c\n"), "[A=x]"},
        {TEXT("A=x\t# c\n"), "[A=x]"},
        {TEXT("A=1 # c # d\n"), "[A=1]"},
        {TEXT("A=   # c\n"), "[A=]"},
        {TEXT("A= #fff\n"), "[A=]"},
        {TEXT("A=#fff\nB=x#y\nC=#a #b\n"), "[A=#fff][B=x#y][C=#a]"},
        {TEXT("A=a\\nb\\\n"), "[A=a\\nb\\]"},
        {TEXT("A=[\"u1\",\"u2\"]\nB={\"a\":1}\n"),
         "[A=[\"u1\",\"u2\"]][B={\"a\":1}]"},
        {TEXT("A=it's\nB=a\"b\"\n"), "[A=it's][B=a\"b\"]"},
        {TEXT("A=$(id) `id`\n"), "[A=$(id) `id`]"},
        {TEXT("A=x\ry\r\n"), "[A=x\ry]"},
    };
    CHECK(cases);
}

static void quotes_enclose_a_value(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("A=\"\"\nB=''\n"), "[A=][B=]"},
        {TEXT("A=\" a # b \" # c\n"), "[A= a # b ]"},
        {TEXT("A='a # b'# c\n"), "[A=a # b]"},
        {TEXT("A = \"a\" \r\n"), "[A=a]"},
        {TEXT("A=\"a\\nb\\tc\\rd\\\\e\\\"f\\$g\"\n"), "[A=a\nb\tc\rd\\e\"f$g]"},
        {TEXT("A=\"\\a\\'\\\\\"\n"), "[A=\\a\\'\\]"},
        {TEXT("A='a\\nb\\\\$HOST ${HOST} \"'\n"),
         "[A=a\\nb\\\\$HOST ${HOST} \"]"},
        {TEXT("A=\"it's\"\nB='\"x\"'\n"), "[A=it's][B=\"x\"]"},
        {TEXT("A=\"one\ntwo # two\n\nB=3\"\nC=4\n"),
         "[A=one\ntwo # two\n\nB=3][C=4]"},
        {TEXT("A='one\ntwo'\nC=4\n"), "[A=one\ntwo][C=4]"},
        {TEXT("A=\"one\r\ntwo\"\r\n"), "[A=one\ntwo]"},
        {TEXT("A=\"$(id) `id`\"\n"), "[A=$(id) `id`]"},
    };
    CHECK(cases);
}

static void variables_expand(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("A=x\nB=${A}y\nC=\"${A}y\"\n"), "[A=x][B=xy][C=xy]"},
        {TEXT("A=${HOST}:${HOST}\n"), "[A=here:here]"},
        {TEXT("A=<${NOBODY}>\n"), "[A=<>]"},
        {TEXT("foo=x\nA=${foo}\n"), "[foo=x][A=x]"},
        {TEXT("a.b-c=x\nA=${a.b-c}\n"), "[a.b-c=x][A=x]"},
        {TEXT("OLD=new\nA=${OLD}\n"), "[OLD=new][A=new]"},
        {TEXT("A=1\nA=${A}2\n"), "[A=12]"},
        {TEXT("A=${B}\nB=late\n"), "[A=][B=late]"},
        {TEXT("A=$HOST/$HOST.x\n"), "[A=here/here.x]"},
        {TEXT("A=p@$$W0RD1\n"), "[A=p@$$W0RD1]"},
        {TEXT("A=\"p@$W0RD1 $\"\n"), "[A=p@$W0RD1 $]"},
        {TEXT("A=\\$HOST \\${HOST}\n"), "[A=$HOST ${HOST}]"},
        {TEXT("A=\"\\$HOST\"\n"), "[A=$HOST]"},
        {TEXT("A=${HOST:-x}${}${1}$1${HOST\n"),
         "[A=${HOST:-x}${}${1}$1${HOST]"},
        {TEXT("A=$(echo ${HOST})\n"), "[A=$(echo here)]"},
        {TEXT("V=' # \"'\nA=${V}\n"), "[V= # \"][A= # \"]"},
        {TEXT("V='$HOST'\nA=${V}\n"), "[V=$HOST][A=$HOST]"},
        {TEXT("A=\"${HOST}\n${HOST}\"\n"), "[A=here\nhere]"},
    };
    CHECK(cases);
}

static void a_bad_line_is_left_out_alone(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {TEXT("A=1\nKEY\nB=2\n"),
         "[A=1][B=2]!.env:2:1: ignored: there is no '=' in this line"},
        {TEXT("A=1\n  KEY"),
         "[A=1]!.env:2:3: ignored: there is no '=' in this line"},
        {TEXT("export\n"), "!.env:1:1: ignored: there is no '=' in this line"},
        {TEXT("; c\nA=1\n"),
         "[A=1]!.env:1:1: ignored: there is no '=' in this line"},
        {TEXT("A: 1\n"), "!.env:1:1: ignored: there is no '=' in this line"},
        {TEXT("A: x=1\nA B=1\n=1\n9=1\n-A=1\n\xc3\xa9=1\nA=1"),
         "[A=1]"
         "!.env:1:1: ignored: what is before '=' cannot be a name"
         "!.env:2:1: ignored: what is before '=' cannot be a name"
         "!.env:3:1: ignored: what is before '=' cannot be a name"
         "!.env:4:1: ignored: what is before '=' cannot be a name"
         "!.env:5:1: ignored: what is before '=' cannot be a name"
         "!.env:6:1: ignored: what is before '=' cannot be a name"},
        {TEXT("A=\"x\"y\nB=2\n"), "[B=2]!.env:1:3: ignored: there is "
                                  "something behind the end quote"},
        {TEXT("A='it\\'s'\nB=2\n"), "[B=2]!.env:1:3: ignored: there is "
                                    "something behind the end quote"},
        {TEXT("A = \"x\nB=2\n"),
         "[B=2]!.env:1:5: ignored: this quote does not end"},
        {TEXT("A=\"x\\\"\nB=2\n"),
         "[B=2]!.env:1:3: ignored: this quote does not end"},
        {TEXT("A='x\nB='y'\nC=3\n"), "[B=y][C=3]!.env:1:3: ignored: there is "
                                     "something behind the end quote"},
        {TEXT("A='1\n2'\nKEY\n"),
         "[A=1\n2]!.env:3:1: ignored: there is no '=' in this line"},
    };
    CHECK(cases);
}

static void what_is_no_text_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *why;
    } cases[] = {
        {TEXT("\xff\xfe"
              "A\0=\0"),
         ".env:1:1: this is UTF-16; save it as UTF-8"},
        {TEXT("A=1\nB=\0\n"), ".env:2:3: there is a NUL byte; if this is "
                              "UTF-16, save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct environment values = {0};
        struct notes warnings = {0};
        struct cause why = {{0}};
        assert_false(
            parse(&values, cases[i].text, cases[i].len, &warnings, &why));
        assert_string_equal(why.text, cases[i].why);
        assert_int_equal(values.count, 0);
        environment_release(&values);
        notes_release(&warnings);
    }
}

static void a_later_file_stands_over_an_earlier_one(void **state)
{
    (void)state;
    struct environment values = {0};
    struct notes warnings = {0};
    struct cause why = {{0}};

    assert_true(parse(&values, TEXT("A=1\nB=2\n"), &warnings, &why));
    assert_true(parse(&values, TEXT("C=${A}\nA=3\n"), &warnings, &why));
    char *got = told(&values, &warnings);
    assert_string_equal(got, "[A=3][B=2][C=1]");
    free(got);
    environment_release(&values);
}

static void values_that_double_themselves_end_as_a_warning(void **state)
{
    (void)state;
    struct environment values = {0};
    struct notes warnings = {0};
    struct cause why = {{0}};
    struct buf text = {0};

    buf_add_string(&text, "A=x\n");
    for (int i = 0; i < 64; i++)
        buf_add_string(&text, "A=$A\"${A}\"\nA=\"$A${A}\"\n");
    buf_add_string(&text, "B=2\n");
    assert_true(parse(&values, text.data, text.len, &warnings, &why));
    assert_true(strlen(environment_get(&values, "A")) <= ENVFILE_LIMIT);
    assert_string_equal(environment_get(&values, "B"), "2");
    assert_true(warnings.count > 64);
    assert_non_null(strstr(warnings.texts[0], ":3: ignored: no process takes "
                                              "so long a value"));
    buf_release(&text);
    notes_release(&warnings);
    environment_release(&values);
}

static void an_empty_file_needs_no_bytes(void **state)
{
    (void)state;
    struct environment values = {0};
    struct notes warnings = {0};
    struct cause why = {{0}};

    assert_true(
        envfile_parse(&values, ".env", NULL, 0, &values, &warnings, &why));
    assert_int_equal(values.count + warnings.count, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_name_and_a_value),
        cmocka_unit_test(an_unquoted_value_is_the_rest_of_the_line),
        cmocka_unit_test(quotes_enclose_a_value),
        cmocka_unit_test(variables_expand),
        cmocka_unit_test(a_bad_line_is_left_out_alone),
        cmocka_unit_test(what_is_no_text_is_an_error),
        cmocka_unit_test(an_empty_file_needs_no_bytes),
        cmocka_unit_test(a_later_file_stands_over_an_earlier_one),
        cmocka_unit_test(values_that_double_themselves_end_as_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
