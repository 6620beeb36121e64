#include "procman/level.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define BEGINNING 256 /* bytes in which logfmt says its level */

static const struct {
    const char *word;
    enum level level;
} words[] = {
    {"trace", LEVEL_TRACE},   {"trc", LEVEL_TRACE},
    {"debug", LEVEL_DEBUG},   {"dbg", LEVEL_DEBUG},
    {"verbose", LEVEL_DEBUG}, {"info", LEVEL_INFO},
    {"inf", LEVEL_INFO},      {"information", LEVEL_INFO},
    {"notice", LEVEL_INFO},   {"warn", LEVEL_WARN},
    {"warning", LEVEL_WARN},  {"wrn", LEVEL_WARN},
    {"error", LEVEL_ERROR},   {"err", LEVEL_ERROR},
    {"severe", LEVEL_ERROR},  {"fatal", LEVEL_FATAL},
    {"ftl", LEVEL_FATAL},     {"critical", LEVEL_FATAL},
    {"crit", LEVEL_FATAL},    {"panic", LEVEL_FATAL},
    {"dpanic", LEVEL_FATAL},  {"alert", LEVEL_FATAL},
    {"emerg", LEVEL_FATAL},   {"emergency", LEVEL_FATAL},
    {"T", LEVEL_TRACE},       {"D", LEVEL_DEBUG},
    {"I", LEVEL_INFO},        {"N", LEVEL_INFO},
    {"W", LEVEL_WARN},        {"E", LEVEL_ERROR},
    {"C", LEVEL_FATAL},       {"F", LEVEL_FATAL},
};

enum level level_of_word(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len &&
            strncasecmp(words[i].word, word, len) == 0)
            return words[i].level;
    return LEVEL_UNKNOWN;
}

enum level level_of_number(int64_t number)
{
    if (number < 10 || number >= 70)
        return LEVEL_UNKNOWN;
    return (enum level)(number / 10);
}

/* Does the text have this shape?  '0' stands for any digit, '?' for any byte. */
static bool has_shape(const char *text, size_t len, const char *shape)
{
    if (len < strlen(shape))
        return false;
    for (; *shape; shape++, text++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*shape == '0' ? !digit : *shape != '?' && *shape != *text)
            return false;
    }
    return true;
}

static enum level level_of_pair(const char *text, size_t len)
{
    static const char key[] = "level=";
    size_t room = sizeof key - 1;

    if (len > BEGINNING)
        len = BEGINNING;
    for (size_t i = 0; i + room < len; i++) {
        if (memcmp(text + i, key, room) != 0 || (i > 0 && text[i - 1] != ' '))
            continue;
        const char *word = text + i + room;
        size_t most = len - i - room, size = 0;
        while (size < most && word[size] != ' ')
            size++;
        return level_of_word(word, size);
    }
    return LEVEL_UNKNOWN;
}

enum level level_of_text(const char *text, size_t len)
{
    static const char capnslog[] = "0000-00-00 00:00:00.000000 ? | ";
    static const char klog[] = "?0000 00:00:00.000000 ";

    if (has_shape(text, len, capnslog))
        return level_of_word(strchr(capnslog, '?') - capnslog + text, 1);
    if (has_shape(text, len, klog))
        return level_of_word(text, 1);
    return level_of_pair(text, len);
}

const char *level_word(enum level level)
{
    static const char *const names[] = {"",     "TRACE", "DEBUG", "INFO",
                                        "WARN", "ERROR", "FATAL"};

    return names[level];
}
