#include "procman/bytetext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_byte_comes_back(void **state)
{
    struct buf text = {0}, again = {0};
    char all[256];

    (void)state;
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    bytetext_encode(&text, all, sizeof all);
    assert_null(memchr(text.data, '\0', text.len));
    assert_true(bytetext_decode(&again, text.data));
    assert_int_equal(again.len, sizeof all);
    assert_memory_equal(again.data, all, sizeof all);
    buf_release(&text);
    buf_release(&again);
}

static void ascii_stays_as_it_is(void **state)
{
    struct buf text = {0};

    (void)state;
    bytetext_encode(&text, "ls -l\n", 6);
    assert_string_equal(text.data, "ls -l\n");
    buf_release(&text);
}

static void text_with_other_characters_is_refused(void **state)
{
    static const char *const wrong[] = {"\xe2\x82\xac", "\xc4\x81", "\xff",
                                        "\xc3",         "\xc3(",    "\xc0\x80"};
    struct buf bytes = {0};

    (void)state;
    buf_add_string(&bytes, "before");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(bytetext_decode(&bytes, wrong[i]));
        assert_int_equal(bytes.len, 6);
    }
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(ascii_stays_as_it_is),
        cmocka_unit_test(text_with_other_characters_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
