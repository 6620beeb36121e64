/* What people write as a value; a text that begins with '!' is the refusal. */
#include "procman/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void sizes_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text, *means;
    } cases[] = {
        {"0", "0"},
        {"65536", "65536"},
        {"512B", "512"},
        {"64k", "65536"},
        {"64K", "65536"},
        {"4M", "4194304"},
        {"4MB", "4194304"},
        {"4MiB", "4194304"},
        {"1G", "1073741824"},
        {"1g", "1073741824"},
        {"2T", "2199023255552"},
        {"1024T", "1125899906842624"},
        {"1025T", "!\"1025T\" is too much"},
        {"999999999999999999T", "!\"999999999999999999T\" is too much"},
        {"", "!\"\" is no size; write it like 65536, 64k or 4M"},
        {"M", "!\"M\" is no size; write it like 65536, 64k or 4M"},
        {"-1", "!\"-1\" is no size; write it like 65536, 64k or 4M"},
        {"1.5G", "!\"1.5G\" is no size; write it like 65536, 64k or 4M"},
        {"4Mi", "!\"4Mi\" is no size; write it like 65536, 64k or 4M"},
        {"4iB", "!\"4iB\" is no size; write it like 65536, 64k or 4M"},
        {"4 M", "!\"4 M\" is no size; write it like 65536, 64k or 4M"},
        {"4MM", "!\"4MM\" is no size; write it like 65536, 64k or 4M"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cause why = {{0}};
        uint64_t bytes = 77;
        char said[sizeof why.text + 1];
        if (value_size(&bytes, cases[i].text, &why))
            snprintf(said, sizeof said, "%llu", (unsigned long long)bytes);
        else
            snprintf(said, sizeof said, "!%s", why.text);
        assert_string_equal(said, cases[i].means);
        if (*said == '!')
            assert_int_equal(bytes, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
