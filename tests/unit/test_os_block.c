#include "procman/os_block.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST (1U << 20) /* bytes */

static void a_block_keeps_what_is_in_it_whatever_its_size_becomes(void **state)
{
    char *block = NULL;
    size_t old_size = 0;

    (void)state;
    for (size_t size = 512; size <= MOST; size *= 2) {
        block = os_block_resize(block, old_size, size, MOST);
        assert_non_null(block);
        for (size_t i = 0; i < old_size; i += 37)
            assert_int_equal((unsigned char)block[i], i % 251);
        for (size_t i = 0; i < size; i++)
            block[i] = (char)(i % 251);
        old_size = size;
    }
    block = os_block_resize(block, old_size, 100, MOST);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal((unsigned char)block[i], i % 251);
    assert_null(os_block_resize(block, 100, 0, MOST));
}

static void what_is_not_to_be_had_leaves_the_old_one(void **state)
{
    char *block = os_block_resize(NULL, 0, 16, SIZE_MAX / 2);

    (void)state;
    strcpy(block, "still here");
    assert_null(os_block_resize(block, 16, SIZE_MAX / 2, SIZE_MAX / 2));
    assert_string_equal(block, "still here");
    os_block_resize(block, 16, 0, SIZE_MAX / 2);
}

/* Otherwise a megabyte in steps of 64 KiB would be copied eight times. */
static void a_mapped_block_grows_where_it_is(void **state)
{
    size_t size = OS_BLOCK_MAPPED;
    char *block = os_block_resize(NULL, 0, size, MOST);

    (void)state;
    while (size < MOST) {
        memset(block + size - OS_BLOCK_MAPPED, (int)(size >> 16),
               OS_BLOCK_MAPPED);
        assert_ptr_equal(
            os_block_resize(block, size, size + OS_BLOCK_MAPPED, MOST), block);
        size += OS_BLOCK_MAPPED;
    }
    for (size_t i = 0; i + OS_BLOCK_MAPPED < MOST; i += OS_BLOCK_MAPPED)
        assert_int_equal((unsigned char)block[i], (i >> 16) + 1);
    os_block_resize(block, size, 0, MOST);
}

static bool is_mapped(const void *address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    uintptr_t first, end, wanted = (uintptr_t)address;
    char line[512];
    bool found = false;

    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &first, &end) == 2)
            found = found || (first <= wanted && wanted < end);
    if (maps)
        fclose(maps);
    return found;
}

static void a_forked_child_has_no_copy_of_it(void **state)
{
    char *block = os_block_resize(NULL, 0, OS_BLOCK_MAPPED, MOST);
    int status;

    (void)state;
    assert_true(is_mapped(block));
    pid_t pid = fork();
    if (pid == 0)
        _exit(is_mapped(block) ? 1 : 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    os_block_resize(block, OS_BLOCK_MAPPED, 0, MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_keeps_what_is_in_it_whatever_its_size_becomes),
        cmocka_unit_test(a_mapped_block_grows_where_it_is),
        cmocka_unit_test(what_is_not_to_be_had_leaves_the_old_one),
        cmocka_unit_test(a_forked_child_has_no_copy_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
