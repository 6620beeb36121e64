#include "procman/recordtext.h"

#include <limits.h>
#include <string.h>

#define HEAD_MOST 128 /* bytes before the text */

/* ---- writing ----------------------------------------------------------- */

static char *put_number(char *to, uint64_t number)
{
    char digits[24];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        *to++ = digits[--count];
    *to++ = ' ';
    return to;
}

static char mark_of(const struct ring_record *record)
{
    switch (record->kind) {
    case RING_STARTED: return 's';
    case RING_ENDED: return 'x';
    case RING_NOTE: return 'n';
    case RING_BEHALF: return 'b';
    case RING_LINE: break;
    }
    if (record->stream == 2)
        return record->continues ? 'E' : 'e';
    return record->continues ? 'O' : 'o';
}

void recordtext_add(struct buf *to, size_t who,
                    const struct ring_record *record)
{
    char *begin = buf_reserve(to, HEAD_MOST + record->len + 1), *at = begin;

    at = put_number(at, record->seq);
    at = put_number(at, (uint64_t)record->time_us);
    at = put_number(at, who);
    *at++ = mark_of(record);
    *at++ = ' ';
    at = put_number(at, record->run);
    at = put_number(at, (uint64_t)record->pid);
    at = put_number(at, record->len);
    if (record->len)
        memcpy(at, record->text, record->len);
    at += record->len;
    *at++ = '\n';
    *at = '\0';
    to->len += (size_t)(at - begin);
}

/* ---- reading ----------------------------------------------------------- */

struct text {
    const char *at, *end;
    bool bad;
};

/* A number and the blank behind it. */
static uint64_t take_number(struct text *text, uint64_t most)
{
    const char *begin = text->at;
    uint64_t number = 0;

    while (text->at < text->end && *text->at >= '0' && *text->at <= '9') {
        unsigned digit = (unsigned)(*text->at++ - '0');
        if (number > (most - digit) / 10)
            text->bad = true;
        else
            number = number * 10 + digit;
    }
    if (text->at == begin || text->at == text->end || *text->at != ' ')
        text->bad = true;
    else
        text->at++;
    return number;
}

static void take_mark(struct text *text, struct ring_record *record)
{
    static const struct {
        enum ring_kind kind;
        int stream;
        char mark;
        bool continues;
    } marks[] = {
        {RING_LINE, 1, 'o', false},    {RING_LINE, 2, 'e', false},
        {RING_LINE, 1, 'O', true},     {RING_LINE, 2, 'E', true},
        {RING_STARTED, 0, 's', false}, {RING_ENDED, 0, 'x', false},
        {RING_NOTE, 0, 'n', false},    {RING_BEHALF, 0, 'b', false},
    };
    size_t i = 0, count = sizeof marks / sizeof *marks;

    if (text->end - text->at < 2 || text->at[1] != ' ') {
        text->bad = true;
        return;
    }
    while (i < count && marks[i].mark != *text->at)
        i++;
    text->bad = text->bad || i == count;
    if (i < count) {
        record->kind = marks[i].kind;
        record->stream = marks[i].stream;
        record->continues = marks[i].continues;
    }
    text->at += 2;
}

size_t recordtext_read(const char *text, size_t len, size_t *who,
                       struct ring_record *record)
{
    struct text rest = {text, text + len, false};

    *record = (struct ring_record){0};
    record->seq = take_number(&rest, UINT64_MAX);
    record->time_us = (int64_t)take_number(&rest, INT64_MAX);
    *who = take_number(&rest, SIZE_MAX);
    take_mark(&rest, record);
    record->run = (unsigned)take_number(&rest, UINT_MAX);
    record->pid = (int)take_number(&rest, INT_MAX);
    record->len = take_number(&rest, RING_TEXT);
    record->text = rest.at;
    if (rest.bad || (size_t)(rest.end - rest.at) <= record->len ||
        rest.at[record->len] != '\n')
        return 0;
    return (size_t)(rest.at - text) + record->len + 1;
}
