#include "procman/jsonline.h"
#include "procman/jsontext.h"

#include <string.h>
#include <time.h>

static void add_number(struct buf *to, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buf_add(to, digits + at, sizeof digits - at);
}

/* The fraction by hand: this is done for every line. */
static void add_time(struct buf *to, int64_t time_us)
{
    char text[] = "1970-01-01T00:00:00.000000Z";
    time_t seconds = (time_t)(time_us / 1000000);
    int64_t fraction = time_us % 1000000;
    struct tm utc;

    if (gmtime_r(&seconds, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    text[19] = '.';
    for (size_t i = 25; i > 19; i--, fraction /= 10)
        text[i] = (char)('0' + fraction % 10);
    buf_add(to, text, sizeof text - 1);
}

static void add_base64(struct buf *to, const char *text, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)text;

    for (; len > 0; at += 3) {
        size_t part = len < 3 ? len : 3;
        unsigned bits = (unsigned)at[0] << 16 |
                        (part > 1 ? (unsigned)at[1] << 8 : 0) |
                        (part > 2 ? at[2] : 0);
        for (size_t i = 0; i < 4; i++)
            buf_add_char(to,
                         i <= part ? letters[bits >> (18 - 6 * i) & 63] : '=');
        len -= part;
    }
}

static const char *stream_word(int stream)
{
    static const char *const words[] = {"procman", "stdout", "stderr"};

    return words[stream];
}

void jsonline_add(struct buf *to, const struct jsonline *line)
{
    buf_add_string(to, "{\"ts\":\"");
    add_time(to, line->time_us);
    buf_add_string(to, "\",\"seq\":");
    add_number(to, line->seq);
    buf_add_string(to, ",\"name\":");
    jsontext_add_string(to, line->name);
    if (line->pid > 0) {
        buf_add_string(to, ",\"pid\":");
        add_number(to, (uint64_t)line->pid);
    }
    buf_add_string(to, ",\"stream\":\"");
    buf_add_string(to, stream_word(line->stream));
    buf_add_string(to, line->continues ? "\",\"continues\":true,\"line\":"
                                       : "\",\"line\":");
    if (!jsontext_add_bytes(to, line->text, line->len)) {
        buf_add_string(to, ",\"bytes\":\"");
        add_base64(to, line->text, line->len);
        buf_add_char(to, '"');
    }
    buf_add_string(to, "}\n");
}
