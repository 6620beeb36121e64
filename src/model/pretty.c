#include "procman/pretty.h"
#include "procman/jsontext.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIM   "\033[90m"
#define RESET "\033[m"

/* An object of a log, and which of its members are which; NULL: none is. */
struct record {
    json_t *object;
    enum level level;
    const json_t *level_value, *time, *message, *caller;
};

/* ---- reading -------------------------------------------------------------- */

/* The first of these keys that is there. */
static const json_t *first_of(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++) {
        const json_t *value = json_object_get(object, *keys);
        if (value)
            return value;
    }
    return NULL;
}

static const json_t *only_text(const json_t *value)
{
    return json_is_string(value) ? value : NULL;
}

static enum level level_of(const json_t *value)
{
    if (json_is_string(value))
        return level_of_word(json_string_value(value),
                             json_string_length(value));
    return json_is_integer(value) ? level_of_number(json_integer_value(value))
                                  : LEVEL_UNKNOWN;
}

static void find_members(struct record *record)
{
    static const char *const levels[] = {"level",     "severity",  "lvl",
                                         "log.level", "levelname", NULL};
    static const char *const times[] = {"ts", "time", "timestamp", "@timestamp",
                                        NULL};
    static const char *const messages[] = {"msg", "message", NULL};
    static const char *const callers[] = {"caller", NULL};
    const json_t *time = first_of(record->object, times);

    record->level_value = first_of(record->object, levels);
    record->level = level_of(record->level_value);
    if (record->level == LEVEL_UNKNOWN)
        record->level_value = NULL; /* then it is like any other */
    if (json_is_string(time) || json_is_number(time))
        record->time = time;
    record->message = only_text(first_of(record->object, messages));
    record->caller = only_text(first_of(record->object, callers));
}

/* json_decref() its object if it is true. */
static bool read_record(struct record *record, const char *text, size_t len)
{
    while (len > 0 && (*text == ' ' || *text == '\t'))
        text++, len--;
    *record = (struct record){0};
    if (len == 0 || len > PRETTY_LIMIT || *text != '{')
        return false;
    record->object = json_loadb(text, len, 0, NULL);
    if (!json_is_object(record->object)) {
        json_decref(record->object);
        return false;
    }
    find_members(record);
    if (record->message || record->level != LEVEL_UNKNOWN)
        return true;
    json_decref(record->object);
    return false;
}

/* ---- writing -------------------------------------------------------------- */

/* Text of JSON is UTF-8; what would act on a terminal is escaped. */
static void add_text(struct buf *to, const char *text)
{
    size_t room = strlen(text);

    while (room > 0) {
        size_t len = utf8_len(text, room);
        if (len == 0)
            return;
        if (*text == '\n')
            buf_add_string(to, "\\n");
        else if (*text == '\t')
            buf_add_string(to, "\\t");
        else if (utf8_is_control(text, len))
            buf_add_format(to, "\\u%04x", (unsigned char)text[len - 1]);
        else
            buf_add(to, text, len);
        text += len;
        room -= len;
    }
}

static void add_value(struct buf *to, const json_t *value)
{
    const char *text = json_string_value(value);
    char *dump;

    if (text && *text && !text[strcspn(text, " \"=\t\n")]) {
        add_text(to, text);
    } else if (text) {
        jsontext_add_string(to, text);
    } else if ((dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                             JSON_REAL_PRECISION(15)))) {
        add_text(to, dump);
        free(dump);
    }
}

static void add_level(struct buf *to, enum level level, bool color)
{
    static const char *const colors[] = {
        [LEVEL_TRACE] = "90", [LEVEL_DEBUG] = "36", [LEVEL_INFO] = "32",
        [LEVEL_WARN] = "33",  [LEVEL_ERROR] = "31", [LEVEL_FATAL] = "1;31",
    };

    if (level == LEVEL_UNKNOWN)
        return;
    if (color)
        buf_add_format(to, "\033[%sm%-5s" RESET " ", colors[level],
                       level_word(level));
    else
        buf_add_format(to, "%-5s ", level_word(level));
}

/* A number since 1970, in whatever unit makes a date of our days of it. */
static void add_number_time(struct buf *to, double number)
{
    char clock[16];
    struct tm utc;

    while (number >= 1e11)
        number /= 1000;
    if (number < 0)
        number = 0;

    int64_t ms = (int64_t)(number * 1000 + 0.5);
    time_t seconds = (time_t)(ms / 1000);
    if (!gmtime_r(&seconds, &utc))
        return;
    strftime(clock, sizeof clock, "%H:%M:%S", &utc);
    buf_add_format(to, "%s.%03dZ", clock, (int)(ms % 1000));
}

/* Of a date, the day goes without saying. */
static void add_time(struct buf *to, const json_t *time)
{
    const char *text = json_string_value(time);
    int day = 0;

    if (!text) {
        add_number_time(to, json_number_value(time));
        return;
    }
    sscanf(text, "%*4d-%*2d-%*2d%*1[T ]%n", &day);
    add_text(to, day == 11 ? text + day : text);
}

static void add_dim(struct buf *to, bool color, const char *code)
{
    if (color)
        buf_add_string(to, code);
}

static bool is_shown_already(const struct record *record, const json_t *value)
{
    return value == record->level_value || value == record->time ||
           value == record->message || value == record->caller;
}

static void add_others(struct buf *to, const struct record *record)
{
    const char *key;
    json_t *value;

    json_object_foreach(record->object, key, value)
    {
        if (is_shown_already(record, value))
            continue;
        add_text(to, key);
        buf_add_char(to, '=');
        add_value(to, value);
        buf_add_char(to, ' ');
    }
}

static void add_record(struct buf *to, const struct record *record, bool color)
{
    size_t start = to->len;

    add_level(to, record->level, color);
    if (record->time) {
        add_dim(to, color, DIM);
        add_time(to, record->time);
        add_dim(to, color, RESET);
        buf_add_char(to, ' ');
    }
    if (record->message) {
        add_text(to, json_string_value(record->message));
        buf_add_char(to, ' ');
    }
    add_others(to, record);
    if (record->caller) {
        add_dim(to, color, DIM);
        buf_add_char(to, '(');
        add_text(to, json_string_value(record->caller));
        buf_add_char(to, ')');
        add_dim(to, color, RESET);
    }
    while (to->len > start && to->data[to->len - 1] == ' ')
        to->data[--to->len] = '\0';
}

bool pretty_add(struct buf *to, const char *text, size_t len, bool color)
{
    struct record record;

    if (!read_record(&record, text, len))
        return false;
    add_record(to, &record, color);
    json_decref(record.object);
    return true;
}

enum level pretty_level(const char *text, size_t len)
{
    struct record record;

    if (!read_record(&record, text, len))
        return level_of_text(text, len);
    json_decref(record.object);
    return record.level;
}
