/* Real files without names, in a folder of their own. */
#include "procman/mem.h"
#include "procman/spill.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MEBI (UINT64_C(1) << 20)

struct world {
    char path[32];
    int directory;
    struct spill spill;
    struct buf out;
    struct cause why;
    char bytes[1 << 16];
};

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    strcpy(world->path, "/tmp/test_spill.XXXXXX");
    assert_non_null(mkdtemp(world->path));
    world->directory = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof world->bytes; i++)
        world->bytes[i] = (char)(i % 251);
    spill_init(&world->spill, world->directory, 10 * MEBI);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    spill_release(&world->spill);
    assert_int_equal(rmdir(world->path), 0); /* so it is empty */
    close(world->directory);
    buf_release(&world->out);
    free(world);
    return 0;
}

static bool put(struct world *world)
{
    return spill_put(&world->spill, world->bytes, sizeof world->bytes,
                     &world->why);
}

static size_t put_until_full(struct world *world)
{
    size_t count = 0;

    while (put(world))
        count++;
    return count;
}

static void take(struct world *world, size_t most)
{
    world->out.len = 0;
    assert_true(spill_take(&world->spill, &world->out, most, &world->why));
}

/* What the disk has given for it. */
static uint64_t room_on_disk(const struct world *world)
{
    struct stat about;

    assert_int_equal(fstat(world->spill.file, &about), 0);
    return (uint64_t)about.st_blocks * 512;
}

static void what_comes_first_leaves_first(void **state)
{
    struct world *world = *state;

    assert_true(spill_put(&world->spill, "one two ", 8, &world->why));
    assert_true(spill_put(&world->spill, "three", 5, &world->why));
    assert_int_equal(spill_held(&world->spill), 13);
    take(world, 5);
    assert_string_equal(world->out.data, "one t");
    assert_true(spill_put(&world->spill, "!", 1, &world->why));
    take(world, 100);
    assert_string_equal(world->out.data, "wo three!");
    take(world, 100);
    assert_int_equal(world->out.len, 0);
    assert_int_equal(spill_held(&world->spill), 0);
}

static void it_has_no_name(void **state)
{
    struct world *world = *state;
    DIR *folder = opendir(world->path);

    assert_true(put(world));
    for (struct dirent *entry; (entry = readdir(folder));)
        assert_int_equal(entry->d_name[0], '.');
    closedir(folder);
}

static void nothing_is_made_before_it_is_needed(void **state)
{
    struct world *world = *state;

    take(world, 100);
    assert_int_equal(world->spill.file, -1);
}

static void the_limit_is_the_limit_and_no_fault_of_the_disk(void **state)
{
    struct world *world = *state;

    assert_int_equal(put_until_full(world), 160);
    assert_int_equal(spill_held(&world->spill), 10 * MEBI);
    assert_string_equal(world->why.text, "");
    assert_false(spill_has_room(&world->spill));
}

static void there_is_room_again_before_it_is_empty(void **state)
{
    struct world *world = *state;
    size_t taken = 0;

    put_until_full(world);
    while (!spill_has_room(&world->spill)) {
        take(world, sizeof world->bytes);
        assert_memory_equal(world->out.data, world->bytes, world->out.len);
        taken += world->out.len;
    }
    assert_true(taken >= MEBI && taken <= 4 * MEBI);
    assert_true(put(world));
}

static void the_disk_gets_back_what_has_left(void **state)
{
    struct world *world = *state;

    put_until_full(world);
    assert_true(room_on_disk(world) >= 10 * MEBI);
    for (int i = 0; i < 80; i++)
        take(world, sizeof world->bytes);
    assert_true(room_on_disk(world) <= 6 * MEBI);
    while (spill_held(&world->spill))
        take(world, sizeof world->bytes);
    assert_int_equal(room_on_disk(world), 0);
}

static void a_disk_that_is_full_is_a_lower_limit_until_it_is_empty(void **state)
{
    struct world *world = *state;
    struct rlimit before, little;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little = before;
    little.rlim_cur = MEBI + 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(put_until_full(world), 16);
    assert_string_equal(world->why.text, "File too large");
    assert_int_equal(spill_held(&world->spill), MEBI);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(spill_has_room(&world->spill));
    assert_false(put(world));
    for (int i = 0; i < 16; i++) {
        take(world, sizeof world->bytes);
        assert_memory_equal(world->out.data, world->bytes, world->out.len);
    }
    assert_int_equal(put_until_full(world), 160);
}

static void a_folder_that_is_gone_is_a_disk_without_room(void **state)
{
    struct world *world = *state;

    spill_init(&world->spill, -1, 10 * MEBI);
    assert_false(put(world));
    assert_string_equal(world->why.text, "Bad file descriptor");
    assert_false(spill_has_room(&world->spill));
}

static void what_cannot_be_read_is_lost_and_said(void **state)
{
    struct world *world = *state;

    assert_true(put(world));
    assert_int_equal(ftruncate(world->spill.file, 100), 0);
    assert_false(spill_take(&world->spill, &world->out, 1000, &world->why));
    assert_string_equal(world->why.text, "Input/output error");
    assert_int_equal(world->out.len, 0);
    assert_int_equal(spill_held(&world->spill), 0);
    assert_true(put(world));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(what_comes_first_leaves_first),
        STORY(it_has_no_name),
        STORY(nothing_is_made_before_it_is_needed),
        STORY(the_limit_is_the_limit_and_no_fault_of_the_disk),
        STORY(there_is_room_again_before_it_is_empty),
        STORY(the_disk_gets_back_what_has_left),
        STORY(a_disk_that_is_full_is_a_lower_limit_until_it_is_empty),
        STORY(a_folder_that_is_gone_is_a_disk_without_room),
        STORY(what_cannot_be_read_is_lost_and_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
