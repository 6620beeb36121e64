/* Rings against a list that forgets nothing. */
#include "procman/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t held; /* bytes that rings have */

static void *resize(void *block, size_t old_size, size_t size, size_t most)
{
    assert_true(old_size <= most && size <= most);
    held += size - old_size;
    if (size)
        return realloc(block, size);
    free(block);
    return NULL;
}

static void *refuse(void *block, size_t old_size, size_t size, size_t most)
{
    return size > 1024 ? NULL : resize(block, old_size, size, most);
}

static void add(struct ring *ring, uint64_t seq, const char *text, size_t len)
{
    struct ring_record record = {
        .seq = seq, .kind = RING_LINE, .stream = 1, .text = text, .len = len};

    while (!ring_add(ring, &record))
        ring_drop(ring);
}

static void add_text(struct ring *ring, uint64_t seq, const char *text)
{
    add(ring, seq, text, strlen(text));
}

static void read_last(const struct ring *ring, struct ring_record *record)
{
    struct ring_back back = {0};

    assert_true(ring_read_back(ring, &back, record));
    assert_true(record->seq == ring_newest(ring));
}

static void an_empty_ring_costs_nothing_and_says_nothing(void **state)
{
    struct ring ring;
    struct ring_cursor cursor = {0};
    struct ring_back back = {0};
    struct ring_record record;

    (void)state;
    held = 0;
    ring_init(&ring, RING_LEAST, resize);
    assert_false(ring_read(&ring, &cursor, &record));
    assert_false(ring_read_back(&ring, &back, &record));
    assert_true(ring_first_to_go(&ring) == 0);
    assert_true(ring_newest(&ring) == 0);
    ring_drop(&ring);
    cursor = ring_turn(&ring, &back);
    assert_false(ring_read(&ring, &cursor, &record));
    assert_int_equal(held, 0);
    ring_release(&ring);
}

static void everything_about_a_record_is_kept(void **state)
{
    struct ring ring;
    struct ring_cursor cursor = {0};
    struct ring_record to, record = {.seq = UINT64_C(1) << 40,
                                     .time_us = INT64_C(1795348800000001),
                                     .run = 70000,
                                     .pid = 4194303,
                                     .kind = RING_LINE,
                                     .stream = 2,
                                     .continues = true,
                                     .text = "a\0b",
                                     .len = 3};

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    assert_true(ring_add(&ring, &record));
    assert_true(ring_read(&ring, &cursor, &to));
    assert_true(to.seq == record.seq);
    assert_true(to.time_us == record.time_us);
    assert_int_equal(to.run, 70000);
    assert_int_equal(to.pid, 4194303);
    assert_int_equal(to.kind, RING_LINE);
    assert_int_equal(to.stream, 2);
    assert_true(to.continues);
    assert_int_equal(to.len, 3);
    assert_memory_equal(to.text, "a\0b", 3);
    assert_false(ring_read(&ring, &cursor, &to));
    ring_release(&ring);
}

static void memory_is_taken_as_records_come(void **state)
{
    struct ring ring;

    (void)state;
    held = 0;
    ring_init(&ring, 1 << 20, resize);
    add_text(&ring, 1, "web started with pid 71");
    assert_true(held <= 512);
    for (uint64_t seq = 2; seq < 100000; seq++)
        add_text(&ring, seq, "a line of some length, as they are");
    assert_int_equal(held, 1 << 20);
    ring_release(&ring);
    assert_int_equal(held, 0);
}

/* The texts are made from the numbers, so that what is read shows whether it
 * is whole. */
static size_t make_text(char *text, uint64_t seq, size_t longest)
{
    size_t len = (seq * 7919 + seq / 3) % (longest + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)(seq + i);
    return len;
}

static void check_text(const struct ring_record *record, size_t longest)
{
    char text[70000];
    size_t len = make_text(text, record->seq, longest);

    assert_int_equal(record->len, len);
    assert_memory_equal(record->text, text, len);
}

/* All that is there: the last ones without a gap, in order, both ways. */
static size_t check_all(const struct ring *ring, uint64_t newest,
                        size_t longest)
{
    struct ring_cursor cursor = {0};
    struct ring_back back = {0};
    struct ring_record record;
    uint64_t first = newest + 1 - ring->count;
    size_t bytes = 0;

    for (uint64_t seq = first; seq <= newest; seq++) {
        assert_true(ring_read(ring, &cursor, &record));
        assert_true(record.seq == seq);
        check_text(&record, longest);
        bytes += record.len;
    }
    assert_false(ring_read(ring, &cursor, &record));
    for (uint64_t seq = newest; seq >= first; seq--) {
        assert_true(ring_read_back(ring, &back, &record));
        assert_true(record.seq == seq);
        check_text(&record, longest);
    }
    assert_false(ring_read_back(ring, &back, &record));
    return bytes;
}

static void fill_and_check(size_t limit, size_t longest, uint64_t count)
{
    static char text[70000];
    struct ring ring;

    ring_init(&ring, limit, resize);
    for (uint64_t seq = 1; seq <= count; seq++) {
        add(&ring, seq, text, make_text(text, seq, longest));
        check_all(&ring, seq, longest);
    }
    ring_release(&ring);
}

static void the_last_records_stay_however_often_it_wraps(void **state)
{
    (void)state;
    for (size_t limit = RING_LEAST; limit < RING_LEAST + 64; limit += 8)
        fill_and_check(limit, 200, 400);
    fill_and_check(RING_LEAST, 0, 1000);
    fill_and_check(RING_LEAST, 2000, 400);
    fill_and_check(RING_LEAST, RING_LEAST - 32, 300);
    fill_and_check(300000, 65536, 100);
}

static void a_full_ring_holds_nearly_its_limit(void **state)
{
    struct ring ring;
    static char text[1 << 16];
    uint64_t seq = 0;

    (void)state;
    ring_init(&ring, 1 << 20, resize);
    while (seq < 30000) {
        seq++;
        add(&ring, seq, text, make_text(text, seq, 200));
    }
    assert_true(check_all(&ring, seq, 200) > (1 << 20) * 2 / 3);
    ring_release(&ring);
}

static void a_record_larger_than_the_ring_is_cut_and_alone(void **state)
{
    static char text[1 << 17];
    struct ring ring;
    struct ring_record record;

    (void)state;
    memset(text, 'x', sizeof text);
    ring_init(&ring, RING_LEAST, resize);
    add_text(&ring, 1, "before");
    add(&ring, 2, text, 65536);
    assert_int_equal(ring.count, 1);
    read_last(&ring, &record);
    assert_true(record.len > RING_LEAST - 100 && record.len < RING_LEAST);
    add_text(&ring, 3, "after");
    assert_int_equal(ring.count, 1);
    read_last(&ring, &record);
    assert_int_equal(record.len, 5);
    ring_release(&ring);
    ring_init(&ring, 1 << 20, resize);
    add(&ring, 4, text, sizeof text);
    read_last(&ring, &record);
    assert_int_equal(record.len, RING_TEXT);
    ring_release(&ring);
}

static void without_more_memory_it_stays_as_large_as_it_is(void **state)
{
    struct ring ring;
    static char text[8000];

    (void)state;
    held = 0;
    ring_init(&ring, 1 << 20, refuse);
    for (uint64_t seq = 1; seq < 200; seq++)
        add(&ring, seq, text, make_text(text, seq, 40));
    assert_int_equal(held, 1024);
    check_all(&ring, 199, 40);
    add(&ring, 200, text, sizeof text); /* there is no place for it at all */
    assert_int_equal(ring.count, 0);
    add_text(&ring, 201, "goes on");
    assert_int_equal(ring.count, 1);
    ring_release(&ring);
}

static void some_are_few_percent_of_the_oldest(void **state)
{
    static char text[4096];
    struct ring ring;
    uint64_t seq = 0;

    (void)state;
    ring_init(&ring, 1 << 20, resize);
    ring_drop_some(&ring);
    while (seq < 30000) {
        seq++;
        add(&ring, seq, text, make_text(text, seq, 200));
    }
    size_t before = ring.count;
    ring_drop_some(&ring);
    assert_true(ring.count < before && ring.count > before * 9 / 10);
    check_all(&ring, seq, 200);
    while (ring.count)
        ring_drop_some(&ring);
    assert_true(ring_newest(&ring) == 0);
    ring_release(&ring);
}

static void a_cursor_goes_on_with_what_is_still_there(void **state)
{
    static char text[4096];
    struct ring ring;
    struct ring_cursor slow = {0}, fast = {0};
    struct ring_record record;
    uint64_t read = 0;

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    for (uint64_t seq = 1; seq <= 2000; seq++) {
        add(&ring, seq, text, make_text(text, seq, 150));
        assert_true(ring_read(&ring, &fast, &record));
        assert_true(record.seq == seq);
        assert_false(ring_read(&ring, &fast, &record));
        if (seq % 97)
            continue;
        assert_true(ring_read(&ring, &slow, &record));
        assert_true(record.seq > read);
        assert_true(record.seq == read + 1 ||
                    record.seq == seq + 1 - ring.count);
        check_text(&record, 150);
        read = record.seq;
    }
    ring_release(&ring);
}

static void who_has_looked_back_can_read_on_from_there(void **state)
{
    static char text[4096];
    struct ring ring;
    struct ring_record record;

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    for (uint64_t seq = 1; seq <= 300; seq++) {
        add(&ring, seq, text, make_text(text, seq, 90));
        for (uint64_t steps = 0; steps <= ring.count; steps++) {
            struct ring_back back = {0};
            for (uint64_t i = 0; i < steps; i++)
                assert_true(ring_read_back(&ring, &back, &record));
            struct ring_cursor cursor = ring_turn(&ring, &back);
            for (uint64_t i = 0; i < steps; i++) {
                assert_true(ring_read(&ring, &cursor, &record));
                assert_true(record.seq == seq + 1 - steps + i);
            }
            assert_false(ring_read(&ring, &cursor, &record));
        }
    }
    ring_release(&ring);
}

static void a_cursor_at_the_end_sees_what_comes(void **state)
{
    static char text[4096];
    struct ring ring;
    struct ring_back none = {0};
    struct ring_record record;

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    for (uint64_t seq = 1; seq <= 500; seq++) {
        struct ring_cursor cursor = ring_turn(&ring, &none);
        add(&ring, seq, text, make_text(text, seq, 300));
        assert_true(ring_read(&ring, &cursor, &record));
        assert_true(record.seq == seq);
    }
    ring_release(&ring);
}

/* ---- lines that came together -------------------------------------------- */

/* The text of line `seq` in an entry, without its end; every third ends with
 * CR LF, some are empty, and a CR within is not an end. */
static size_t make_line(char *text, uint64_t seq)
{
    size_t len = seq * 31 % 40;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (seq + i) % 26);
    if (len > 3)
        text[1] = '\r';
    return len;
}

static size_t end_of(uint64_t seq)
{
    return seq % 3 ? 1 : 2;
}

static size_t make_lines(char *text, uint64_t seq, size_t count)
{
    size_t len = 0;

    for (uint64_t i = seq; i < seq + count; i++) {
        len += make_line(text + len, i);
        if (end_of(i) == 2)
            text[len++] = '\r';
        text[len++] = '\n';
    }
    return len;
}

static void add_lines(struct ring *ring, uint64_t seq, size_t count)
{
    static char text[RING_LEAST];
    struct ring_record first = {.seq = seq,
                                .kind = RING_LINE,
                                .stream = 2,
                                .continues = seq % 2,
                                .text = text,
                                .len = make_lines(text, seq, count)};

    assert_true(ring_takes(ring, first.len));
    while (!ring_add_lines(ring, &first, count))
        ring_drop(ring);
}

static void check_line(const struct ring_record *record, uint64_t seq,
                       uint64_t first)
{
    char text[64];
    size_t len = make_line(text, seq);

    assert_true(record->seq == seq);
    assert_int_equal(record->stream, 2);
    assert_int_equal(record->continues, seq == first && first % 2);
    assert_int_equal(record->len, len);
    assert_memory_equal(record->text, text, len);
}

/* Entries of so many lines, and between them numbers that others have. */
#define GAP 5

static uint64_t first_of(uint64_t entry, size_t count)
{
    return 1 + entry * (count + GAP);
}

/* Everything that is there, with cursors that begin at each line: forwards to
 * the end, and backwards to where they begin. */
static void check_entries(const struct ring *ring, uint64_t newest,
                          size_t count)
{
    uint64_t oldest = newest + 1 - ring->count, skipped = 0;
    struct ring_back back = {0};
    struct ring_record record;

    assert_true(ring_first_to_go(ring) == first_of(oldest, count) + count - 1);
    assert_true(ring_newest(ring) == first_of(newest, count) + count - 1);
    for (uint64_t entry = newest + 1; entry-- > oldest;)
        for (uint64_t i = count; i-- > 0; skipped++) {
            uint64_t seq = first_of(entry, count) + i;
            assert_true(ring_read_back(ring, &back, &record));
            check_line(&record, seq, first_of(entry, count));
            struct ring_cursor cursor = ring_turn(ring, &back);
            assert_true(ring_next(ring, &cursor) == seq);
            for (uint64_t left = skipped + 1; left > 0; left--)
                assert_true(ring_read(ring, &cursor, &record));
            assert_true(record.seq == ring_newest(ring));
            assert_false(ring_read(ring, &cursor, &record));
        }
    assert_false(ring_read_back(ring, &back, &record));
}

static void lines_of_an_entry_are_read_one_by_one(void **state)
{
    static const size_t counts[] = {1, 2, 7};
    struct ring ring;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        ring_init(&ring, RING_LEAST, resize);
        for (uint64_t entry = 0; entry < 60; entry++) {
            add_lines(&ring, first_of(entry, counts[i]), counts[i]);
            check_entries(&ring, entry, counts[i]);
        }
        ring_release(&ring);
    }
}

/* One that reads slowly: what it has begun goes, and it goes on behind that. */
static void a_cursor_within_an_entry_that_goes_reads_on_behind_it(void **state)
{
    struct ring ring;
    struct ring_cursor cursor = {0};
    struct ring_record record;
    uint64_t read = 0;

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    for (uint64_t entry = 0; entry < 500; entry++) {
        add_lines(&ring, first_of(entry, 7), 7);
        if (entry % 3)
            continue;
        uint64_t oldest = entry + 1 - ring.count;
        assert_true(ring_read(&ring, &cursor, &record));
        assert_true(record.seq > read);
        assert_true(record.seq == read + 1 || record.seq == read + 1 + GAP ||
                    record.seq == first_of(oldest, 7));
        read = record.seq;
    }
    ring_release(&ring);
}

static void an_entry_is_a_small_part_of_a_ring(void **state)
{
    struct ring ring;

    (void)state;
    ring_init(&ring, RING_LEAST, resize);
    assert_true(ring_takes(&ring, RING_LEAST / 16));
    assert_false(ring_takes(&ring, RING_LEAST / 4));
    ring_init(&ring, 1 << 20, resize);
    assert_true(ring_takes(&ring, 65536));
    ring_init(&ring, RING_MOST, resize);
    assert_false(ring_takes(&ring, RING_TEXT + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_ring_costs_nothing_and_says_nothing),
        cmocka_unit_test(everything_about_a_record_is_kept),
        cmocka_unit_test(memory_is_taken_as_records_come),
        cmocka_unit_test(the_last_records_stay_however_often_it_wraps),
        cmocka_unit_test(a_full_ring_holds_nearly_its_limit),
        cmocka_unit_test(a_record_larger_than_the_ring_is_cut_and_alone),
        cmocka_unit_test(without_more_memory_it_stays_as_large_as_it_is),
        cmocka_unit_test(some_are_few_percent_of_the_oldest),
        cmocka_unit_test(a_cursor_goes_on_with_what_is_still_there),
        cmocka_unit_test(who_has_looked_back_can_read_on_from_there),
        cmocka_unit_test(a_cursor_at_the_end_sees_what_comes),
        cmocka_unit_test(lines_of_an_entry_are_read_one_by_one),
        cmocka_unit_test(a_cursor_within_an_entry_that_goes_reads_on_behind_it),
        cmocka_unit_test(an_entry_is_a_small_part_of_a_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
