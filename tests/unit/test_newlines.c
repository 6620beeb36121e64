/* The way for processors that we do not know by name, against the simple rule.
 * The other way is what all tests of lines go. */
#undef __SSE2__
#include "../../src/model/newlines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t simply(const char *at, size_t len)
{
    uint64_t found = 0;

    for (size_t i = 0; i < len; i++)
        found |= (uint64_t)(at[i] == '\n') << i;
    return found;
}

/* Bytes that differ from it in one bit, or by one, are most of them. */
static void newlines_are_found_among_bytes_that_are_nearly_some(void **state)
{
    static const char bytes[] = {'\n',        '\n' - 1,    '\n' + 1,    '\0',
                                 '\n' ^ 0x7f, '\n' | 0x70, '\n' ^ 0x08, 'x'};
    char text[NEWLINES_STEP];

    (void)state;
    srand(1);
    for (int round = 0; round < 100000; round++) {
        size_t len = (size_t)rand() % (NEWLINES_STEP + 1);
        for (size_t i = 0; i < NEWLINES_STEP; i++)
            text[i] = (char)(bytes[rand() % 8] | (rand() % 8 ? 0 : 0x80));
        assert_true(newlines_of(text, len) == simply(text, len));
    }
}

static void each_byte_alone_is_one_or_none(void **state)
{
    char text[NEWLINES_STEP] = {0};

    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t i = 0; i < NEWLINES_STEP; i++) {
            text[i] = (char)byte;
            assert_true(newlines_of(text, NEWLINES_STEP) ==
                        simply(text, NEWLINES_STEP));
            text[i] = 0;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newlines_are_found_among_bytes_that_are_nearly_some),
        cmocka_unit_test(each_byte_alone_is_one_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
