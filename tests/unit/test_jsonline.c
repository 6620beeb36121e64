/* Lines in, objects out; and every line can be read back, byte by byte. */
#include "procman/jsonline.h"
#include "procman/jsontext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOON = 1795348800 }; /* 2026-11-22T12:00:00Z */

static const struct jsonline hello = {
    .time_us = INT64_C(1000000) * NOON + 42,
    .seq = 7,
    .name = "web",
    .pid = 3182,
    .stream = 1,
    .text = "hello",
    .len = 5,
};

static void assert_object(const struct jsonline *line, const char *object)
{
    struct buf to = {0};

    jsonline_add(&to, line);
    assert_string_equal(to.data, object);
    buf_release(&to);
}

static void an_object_has_everything_in_one_line(void **state)
{
    (void)state;
    assert_object(&hello, "{\"ts\":\"2026-11-22T12:00:00.000042Z\",\"seq\":7,"
                          "\"name\":\"web\",\"pid\":3182,"
                          "\"stream\":\"stdout\",\"line\":\"hello\"}\n");
}

static void what_procman_says_has_a_stream_of_its_own(void **state)
{
    struct jsonline line = hello;

    (void)state;
    line.pid = 0;
    line.stream = 0;
    line.seq = UINT64_MAX;
    line.time_us = 999999;
    assert_object(&line, "{\"ts\":\"1970-01-01T00:00:00.999999Z\","
                         "\"seq\":18446744073709551615,\"name\":\"web\","
                         "\"stream\":\"procman\",\"line\":\"hello\"}\n");
}

static void a_piece_of_a_line_says_so(void **state)
{
    struct jsonline line = hello;

    (void)state;
    line.continues = true;
    line.stream = 2;
    assert_object(&line, "{\"ts\":\"2026-11-22T12:00:00.000042Z\",\"seq\":7,"
                         "\"name\":\"web\",\"pid\":3182,\"stream\":\"stderr\","
                         "\"continues\":true,\"line\":\"hello\"}\n");
}

static void nothing_in_it_acts_on_a_terminal(void **state)
{
    struct jsonline line = hello;
    struct buf to = {0};

    (void)state;
    line.text = "\033[2J\0\x7f\xc2\x9b\t\r";
    line.len = 10;
    jsonline_add(&to, &line);
    assert_non_null(strstr(to.data, "\"line\":\"\\u001b[2J\\u0000\\u007f"
                                    "\\u009b\\u0009\\u000d\"}\n"));
    buf_release(&to);
}

/* ---- and back ------------------------------------------------------------ */

static int value_of(char letter)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(letters, letter);

    assert_non_null(at);
    return (int)(at - letters);
}

static void decode(struct buf *to, const char *base64)
{
    assert_int_equal(strlen(base64) % 4, 0);
    for (; *base64; base64 += 4) {
        unsigned bits = (unsigned)value_of(base64[0]) << 18 |
                        (unsigned)value_of(base64[1]) << 12;
        buf_add_char(to, (char)(bits >> 16));
        if (base64[2] == '=')
            break;
        bits |= (unsigned)value_of(base64[2]) << 6;
        buf_add_char(to, (char)(bits >> 8));
        if (base64[3] == '=')
            break;
        buf_add_char(to, (char)(bits | (unsigned)value_of(base64[3])));
    }
}

/* What a reader does: "bytes" if it is there, else "line". */
static void read_back(struct buf *to, const char *object, size_t len)
{
    json_t *root = json_loadb(object, len, JSON_ALLOW_NUL, NULL);
    const json_t *line, *bytes;

    assert_non_null(root);
    line = json_object_get(root, "line");
    bytes = json_object_get(root, "bytes");
    if (bytes)
        decode(to, json_string_value(bytes));
    else
        buf_add(to, json_string_value(line), json_string_length(line));
    json_decref(root);
}

static void assert_comes_back(const char *text, size_t len)
{
    struct jsonline line = hello;
    struct buf object = {0}, back = {0};

    line.text = text;
    line.len = len;
    jsonline_add(&object, &line);
    assert_int_equal(object.data[object.len - 1], '\n');
    assert_null(memchr(object.data, '\n', object.len - 1));
    read_back(&back, object.data, object.len);
    assert_int_equal(back.len, len);
    if (len)
        assert_memory_equal(back.data, text, len);
    buf_release(&object);
    buf_release(&back);
}

static void every_byte_comes_back(void **state)
{
    char text[256];

    (void)state;
    for (int byte = 0; byte < 256; byte++)
        text[byte] = (char)byte;
    for (size_t len = 0; len <= sizeof text; len++)
        assert_comes_back(text, len);
    for (size_t at = 0; at < sizeof text; at++)
        assert_comes_back(text + at, sizeof text - at);
    for (int byte = 0; byte < 256; byte++)
        assert_comes_back(text + byte, 1);
}

static void what_is_utf8_is_there_only_once(void **state)
{
    static const char text[] =
        "gr\xc3\xbc\xc3\x9f \"dich\" \\ \xf0\x9f\x98\x80";
    struct jsonline line = hello;
    struct buf to = {0};

    (void)state;
    assert_comes_back(text, sizeof text - 1);
    line.text = text;
    line.len = sizeof text - 1;
    jsonline_add(&to, &line);
    assert_null(strstr(to.data, "\"bytes\""));
    buf_release(&to);
}

static void what_is_not_is_readable_and_there_as_it_was(void **state)
{
    struct jsonline line = hello;
    struct buf to = {0};

    (void)state;
    line.text = "caf\xe9!";
    line.len = 5;
    jsonline_add(&to, &line);
    assert_non_null(strstr(to.data, "\"line\":\"caf\xef\xbf\xbd!\","
                                    "\"bytes\":\"Y2Fm6SE=\"}\n"));
    buf_release(&to);
}

static void any_bytes_come_back(void **state)
{
    uint32_t random = 42;
    char text[97];

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t len = random % sizeof text;
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = (char)(random >> 24);
        }
        random = random * 1664525 + 1013904223;
        assert_comes_back(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_has_everything_in_one_line),
        cmocka_unit_test(what_procman_says_has_a_stream_of_its_own),
        cmocka_unit_test(a_piece_of_a_line_says_so),
        cmocka_unit_test(nothing_in_it_acts_on_a_terminal),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(what_is_utf8_is_there_only_once),
        cmocka_unit_test(what_is_not_is_readable_and_there_as_it_was),
        cmocka_unit_test(any_bytes_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
