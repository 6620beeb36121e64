/* Bytes of a process in, bytes for a shared terminal out. */
#include "procman/escapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    const char *shown;
};

static void assert_shown(const char *text, size_t len, const char *shown)
{
    struct buf to = {0};

    buf_add_string(&to, "before|");
    escapes_add(&to, text, len);
    assert_int_equal(strncmp(to.data, "before|", 7), 0);
    assert_string_equal(to.data + 7, shown);
    assert_int_equal(to.len, 7 + strlen(shown));
    buf_release(&to);
}

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_shown(rows[i].text, strlen(rows[i].text), rows[i].shown);
}
#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof *(rows))

static void text_passes_as_it_is(void **state)
{
    static const char *const texts[] = {
        "",
        "plain text, ~!",
        "tab\tbed",
        "gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x98\x80", /* UTF-8 */
        "\xc2\xa0no-break", /* the first character behind C1 */
        "latin-1: \xfc\xdf \xa0",
        "\xe4\xbd\x9b has C1's bytes in it: \xe3\x82\x9b \xc5\x9b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_shown(texts[i], strlen(texts[i]), texts[i]);
}

static void colors_pass(void **state)
{
    static const char *const texts[] = {
        "\033[mx",
        "\033[0m",
        "\033[1;31mred\033[0m",
        "\033[38;2;1;2;3mrgb",
        "\033[38:5:12mcolons",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf to = {0};
        assert_true(escapes_add(&to, texts[i], strlen(texts[i])));
        assert_string_equal(to.data, texts[i]);
        buf_release(&to);
    }
}

static void text_without_colors_says_so(void **state)
{
    struct buf to = {0};

    (void)state;
    assert_false(escapes_add(&to, "plain", 5));
    assert_false(escapes_add(&to, "\033[2Kx", 5));
    assert_false(escapes_add(&to, "\033x[1m", 6));
    buf_release(&to);
}

static void what_would_act_is_left_out(void **state)
{
    static const struct row rows[] = {
        {"\033]0;title\atext", "text"},
        {"\033]2;title\033\\text", "text"},
        {"\033]52;c;ZWNobyBoaQ==\atext", "text"}, /* clipboard */
        {"\033]8;;http://x\033\\link\033]8;;\033\\", "link"},
        {"\033P+q544e\033\\text", "text"}, /* DCS */
        {"\033Xsos\033\\\033^pm\033\\\033_apc\033\\text", "text"},
        {"\033]0;gr\xc3\xbc\xc3\x9f\atext", "text"},
        {"\033[?1049htext\033[?1049l", "text"}, /* alternate screen */
        {"\033[2J\033[H\033[3Jtext", "text"},
        {"a\033[10;10Hb\033[5Ac\033[Gd", "abcd"},    /* cursor */
        {"\033[6n\033[c\033[>c\033[5ntext", "text"}, /* questions */
        {"\033[?25l\033[?2004h\033[4h\033[1;5rtext", "text"},
        {"\033[!p\033[ q\033[2 qtext", "text"}, /* intermediates */
        {"\033ctext\0337\0338\033M\033=\033>", "text"},
        {"\033(0lqk\033(B\033#8text", "lqktext"}, /* charsets */
        {"\033\\text", "text"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

/* All of these end with an m, and are no colours. */
static void what_merely_looks_like_a_color_is_left_out(void **state)
{
    static const struct row rows[] = {
        {"\033[>4;1mtext", "text"}, /* how keys are told */
        {"\033[?4mtext", "text"},   /* a question */
        {"\033[1 mtext", "text"},
        {"\033[=1mtext", "text"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void what_is_no_whole_sequence_is_text(void **state)
{
    static const struct row rows[] = {
        {"\033", "^["},
        {"text\033[", "text^[["},
        {"\033[12;3", "^[[12;3"},
        {"\033]0;no end", "^[]0;no end"},
        {"\033]0;cut\033", "^[]0;cut^["},
        {"\033]0;a\033]0;b\a", "^[]0;a"},
        {"\033]0;a\tb\a", "^[]0;a\tb^G"},
        {"\033Pno end", "^[Pno end"},
        {"\033[1\xc3\xa4m", "^[[1\xc3\xa4m"},
        {"\033\033[31mred", "^[\033[31mred"},
        {"\033\033[2K[2J", "^[[2J"}, /* what is left does not join up */
        {"\033\xc3\xa4", "^[\xc3\xa4"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void other_controls_are_shown(void **state)
{
    static const struct row rows[] = {
        {"ding\a", "ding^G"},       {"ab\bc", "ab^Hc"}, {"a\vb\fc", "a^Kb^Lc"},
        {"\016lqk\017", "^Nlqk^O"}, {"\x7f", "^?"},     {"\005", "^E"},
    };

    (void)state;
    ASSERT_ROWS(rows);
    assert_shown("a\0b", 3, "a^@b");
}

static void controls_of_eight_bits_are_shown(void **state)
{
    static const struct row rows[] = {
        {"\x9b"
         "2Jtext",
         "\\x9b2Jtext"},
        {"\x9d"
         "0;title\x9ctext",
         "\\x9d0;title\\x9ctext"},
        {"\xc2\x9b"
         "2Jtext",
         "\\u009b2Jtext"}, /* the same in UTF-8 */
        {"\xc2\x90\xc2\x85", "\\u0090\\u0085"},
        {"\xc3\x9b\x9b", "\xc3\x9b\\x9b"},
        {"\xc3", "\xc3"},
        {"\xc2\033[K\x9b", "\xc2\\x9b"}, /* what is left does not join up */
        {"\xc0\x9b \xe0\x80\x9b", "\xc0\\x9b \xe0\\x80\\x9b"}, /* overlong */
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void behind_a_cr_is_what_counts(void **state)
{
    static const struct row rows[] = {
        {"10%\r20%\r100%", "100%"},
        {"100%\r", "100%"},
        {"\r100%", "100%"},
        {"10%\r\r20%\r\r", "20%"},
        {"10%\r\033[2K20%\r\033[K", "20%"},
        {"\033[31m10%\r\033[32m20%\033[0m\r", "\033[32m20%\033[0m"},
        {"all\r\033[0m", "all\033[0m"},
        {"gone\r\a", "^G"},
        {"gone\r\t", "\t"},
        {"gone\r\xc3\xa4", "\xc3\xa4"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void each_piece_of_a_cut_sequence_is_text(void **state)
{
    static const char whole[] =
        "\033]52;c;ZXZpbA==\a\033[2Jx\033[31my\xc2\x9bz";

    (void)state;
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        struct buf to = {0};
        escapes_add(&to, whole, cut);
        buf_add_char(&to, '\n');
        escapes_add(&to, whole + cut, sizeof whole - 1 - cut);
        for (size_t i = 0; i < to.len; i++) {
            unsigned char byte = (unsigned char)to.data[i];
            assert_true(byte == '\n' || byte >= 0x20 ||
                        strncmp(to.data + i, "\033[31m", 5) == 0);
            assert_true(byte < 0x80 || byte == 0xc2);
        }
        buf_release(&to);
    }
}

static void there_are_none_in_printable_ascii_alone(void **state)
{
    char text[64];

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        memset(text, 'x', sizeof text);
        assert_true(escapes_none(text, len));
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                text[at] = (char)byte;
                assert_int_equal(escapes_none(text, len),
                                 byte >= 0x20 && byte < 0x7f);
            }
            text[at] = 'x';
        }
        text[len] = '\a'; /* behind the end */
        assert_true(escapes_none(text, len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_passes_as_it_is),
        cmocka_unit_test(colors_pass),
        cmocka_unit_test(text_without_colors_says_so),
        cmocka_unit_test(what_would_act_is_left_out),
        cmocka_unit_test(what_merely_looks_like_a_color_is_left_out),
        cmocka_unit_test(what_is_no_whole_sequence_is_text),
        cmocka_unit_test(other_controls_are_shown),
        cmocka_unit_test(controls_of_eight_bits_are_shown),
        cmocka_unit_test(behind_a_cr_is_what_counts),
        cmocka_unit_test(each_piece_of_a_cut_sequence_is_text),
        cmocka_unit_test(there_are_none_in_printable_ascii_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
