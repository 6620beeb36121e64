/* Plain text in; what man(7) shows as that text out. */
#include "procman/roff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_text(const char *text, const char *want)
{
    struct buf to = {0};

    roff_text(&to, text);
    assert_string_equal(to.data, want);
    buf_release(&to);
}

static void nothing_in_a_text_is_a_command(void **state)
{
    (void)state;
    assert_text(".env is a file\n", "\\&.env is a file\n");
    assert_text("'etcd*'", "\\&'etcd*'\n");
    assert_text("a\\nb", "a\\enb\n");
}

static void dashes_can_be_searched_for(void **state)
{
    (void)state;
    assert_text("--json", "\\-\\-json\n");
    assert_text("~ ^", "\\(ti \\(ha\n");
}

static void blank_lines_part_paragraphs(void **state)
{
    (void)state;
    assert_text("a\nb\n\n\nc\n", "a\nb\n.sp\nc\n");
}

static void lines_that_begin_with_a_blank_stay_as_they_are(void **state)
{
    (void)state;
    assert_text("a\n  b\n  c\nd\n", "a\n.nf\n  b\n  c\n.fi\nd\n");
    assert_text("a\n\n  b\n\nc", "a\n.sp\n.nf\n  b\n.fi\n.sp\nc\n");
    assert_text("  b", ".nf\n  b\n.fi\n");
}

static void terms_stand_out(void **state)
{
    struct buf to = {0};

    (void)state;
    roff_section(&to, "FILES");
    roff_term(&to, ".env");
    assert_string_equal(to.data, ".SH FILES\n.TP\n\\fB\\&.env\\fR\n");
    buf_release(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_a_text_is_a_command),
        cmocka_unit_test(dashes_can_be_searched_for),
        cmocka_unit_test(blank_lines_part_paragraphs),
        cmocka_unit_test(lines_that_begin_with_a_blank_stay_as_they_are),
        cmocka_unit_test(terms_stand_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
