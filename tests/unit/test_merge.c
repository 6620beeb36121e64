#include "procman/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_empty_one_has_nobody(void **state)
{
    struct merge merge = {0};

    (void)state;
    assert_null(merge_first(&merge));
    merge_drop_first(&merge);
    merge_remove(&merge, 3);
    assert_null(merge_first(&merge));
    merge_release(&merge);
}

/* Row r gives r, r + rows, r + 2 * rows, ... */
static void rows_are_read_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 40; rows++) {
        struct merge merge = {0};
        for (size_t row = rows; row-- > 0;)
            merge_add(&merge, row, row);
        for (uint64_t wanted = 0; wanted < rows * 5; wanted++) {
            const struct merge_turn *first = merge_first(&merge);
            assert_true(first->number == wanted);
            assert_int_equal(first->row, wanted % rows);
            if (wanted >= rows * 4)
                merge_drop_first(&merge);
            else
                merge_advance(&merge, wanted + rows);
        }
        assert_null(merge_first(&merge));
        merge_release(&merge);
    }
}

static void whoever_is_removed_leaves_the_others_in_order(void **state)
{
    (void)state;
    for (size_t gone = 0; gone < 20; gone++) {
        struct merge merge = {0};
        uint64_t last = 0;
        for (size_t row = 0; row < 20; row++)
            merge_add(&merge, row, 1 + row * 7 % 20);
        merge_remove(&merge, gone);
        for (size_t i = 0; i < 19; i++) {
            assert_int_not_equal(merge_first(&merge)->row, gone);
            assert_true(merge_first(&merge)->number > last);
            last = merge_first(&merge)->number;
            merge_drop_first(&merge);
        }
        assert_null(merge_first(&merge));
        merge_release(&merge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_has_nobody),
        cmocka_unit_test(rows_are_read_in_the_order_of_their_numbers),
        cmocka_unit_test(whoever_is_removed_leaves_the_others_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
