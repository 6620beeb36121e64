#include "procman/recordtext.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_record_travels_as_its_header_says(void **state)
{
    struct buf buf = {0};
    struct ring_record record = {.seq = 91,
                                 .time_us = INT64_C(1795348800000001),
                                 .run = 3,
                                 .pid = 7181,
                                 .kind = RING_LINE,
                                 .stream = 1,
                                 .text = "hello",
                                 .len = 5};

    (void)state;
    recordtext_add(&buf, 2, &record);
    assert_string_equal(buf.data, "91 1795348800000001 2 o 3 7181 5 hello\n");
    record = (struct ring_record){.kind = RING_ENDED};
    buf_release(&buf);
    recordtext_add(&buf, 0, &record);
    assert_string_equal(buf.data, "0 0 0 x 0 0 0 \n");
    buf_release(&buf);
}

static void check_same(const struct ring_record *a, const struct ring_record *b)
{
    assert_true(a->seq == b->seq);
    assert_true(a->time_us == b->time_us);
    assert_int_equal(a->run, b->run);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->stream, b->stream);
    assert_int_equal(a->continues, b->continues);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->text, b->text, a->len);
}

static void every_record_arrives_as_it_was(void **state)
{
    static const struct ring_record records[] = {
        {1, 2, 3, 4, RING_LINE, 1, false, 3, "a\nb"},
        {UINT64_MAX, INT64_MAX, UINT_MAX, INT_MAX, RING_LINE, 2, true, 2,
         "\0\xff"},
        {1, 2, 3, 4, RING_LINE, 1, true, 0, ""},
        {1, 2, 3, 4, RING_LINE, 2, false, 1, "\n"},
        {1, 2, 3, 4, RING_STARTED, 0, false, 1, " "},
        {1, 2, 3, 4, RING_ENDED, 0, false, 1, "1"},
        {1, 2, 3, 4, RING_NOTE, 0, false, 1, "n"},
        {1, 2, 3, 4, RING_BEHALF, 0, false, 1, "b"},
    };
    size_t count = sizeof records / sizeof *records, at = 0, who;
    struct buf buf = {0};
    struct ring_record record;

    (void)state;
    for (size_t i = 0; i < count; i++)
        recordtext_add(&buf, i * 1000, &records[i]);
    for (size_t i = 0; i < count; i++) {
        size_t len =
            recordtext_read(buf.data + at, buf.len - at, &who, &record);
        assert_true(len > 0);
        assert_int_equal(who, i * 1000);
        check_same(&record, &records[i]);
        at += len;
    }
    assert_int_equal(at, buf.len);
    buf_release(&buf);
}

static void what_is_cut_or_none_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{\"code\": 0}\n",
        "x 1 1 o 1 1 0 \n",
        "1 1 1 z 1 1 0 \n",
        "1 1 1 oo 1 1 0 \n",
        "1 1 1 o 1 1 2 abc\n",
        "1 1 1 o 1 1 131001 abc\n",
        "18446744073709551616 1 1 o 1 1 0 \n",
        "1 1 1 o 1 1 -1 \n",
        "1  1 1 o 1 1 0 \n",
        "1 1 1 o 1 2147483648 0 \n",
    };
    const char *good = "91 1795348800000001 2 o 3 7181 5 hello\n";
    struct ring_record record;
    size_t who;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(recordtext_read(bad[i], strlen(bad[i]), &who, &record),
                         0);
    assert_true(recordtext_read(good, strlen(good), &who, &record) > 0);
    for (size_t len = 0; len < strlen(good); len++) {
        char *cut = malloc(len + 1); /* sanitizers see what is read behind it */
        memcpy(cut, good, len);
        assert_int_equal(recordtext_read(cut, len, &who, &record), 0);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_travels_as_its_header_says),
        cmocka_unit_test(every_record_arrives_as_it_was),
        cmocka_unit_test(what_is_cut_or_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
