#include "procman/notify_message.h"
#include "utf8.h"

#include <limits.h>
#include <string.h>

struct line {
    const char *name, *value;
    size_t name_len, value_len;
};

static bool is_text(const char *bytes, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

static bool is_line(const struct line *line, const char *name,
                    const char *value)
{
    return is_text(line->name, line->name_len, name) &&
           (!value || is_text(line->value, line->value_len, value));
}

/* A plain decimal number from 1 to `most`; 0 if it is none. */
static int number(const char *digits, size_t len, int most)
{
    int value = 0;

    for (size_t i = 0; i < len; i++) {
        int digit = digits[i] - '0';
        if (digit < 0 || digit > 9 || value > (most - digit) / 10)
            return 0;
        value = 10 * value + digit;
    }
    return value;
}

static void take_status(struct notify_message *message, const char *text,
                        size_t len)
{
    size_t at = 0, used = 0;

    while (at < len) {
        size_t part = utf8_len(text + at, len - at);
        bool shown = part > 0 && !utf8_is_control(text + at, part);
        size_t size = shown ? part : 1;
        if (used + size >= sizeof message->status)
            break;
        memcpy(message->status + used, shown ? text + at : "?", size);
        used += size;
        at += part ? part : 1;
    }
    message->status[used] = '\0';
    message->has_status = true;
}

/* False: a line we do not know. */
static bool take_number(struct notify_message *message, const struct line *line)
{
    int value = 0;

    if (is_line(line, "MAINPID", NULL)) {
        value = number(line->value, line->value_len, INT_MAX);
        message->main_pid = value ? value : message->main_pid;
    } else if (is_line(line, "ERRNO", NULL)) {
        value = number(line->value, line->value_len, 4095);
        message->error = value ? value : message->error;
    }
    return value != 0;
}

static bool take_line(struct notify_message *message, const struct line *line)
{
    const struct {
        const char *name, *value;
        bool *said;
    } flags[] = {
        {"READY", "1", &message->ready},
        {"STOPPING", "1", &message->stopping},
        {"RELOADING", "1", &message->reloading},
        {"WATCHDOG", "1", &message->watchdog},
        {"WATCHDOG", "trigger", &message->watchdog_failed},
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (is_line(line, flags[i].name, flags[i].value))
            return *flags[i].said = true;
    if (is_line(line, "STATUS", NULL)) {
        take_status(message, line->value, line->value_len);
        return true;
    }
    return take_number(message, line);
}

/* False: there is no '=' in it. */
static bool split(struct line *line, const char *bytes, size_t len)
{
    const char *sign = len ? memchr(bytes, '=', len) : NULL;

    if (!sign)
        return false;
    line->name = bytes;
    line->name_len = (size_t)(sign - bytes);
    line->value = sign + 1;
    line->value_len = len - line->name_len - 1;
    return true;
}

bool notify_message_read(struct notify_message *message, const char *bytes,
                         size_t len)
{
    bool known = false;

    *message = (struct notify_message){0};
    while (len > 0 && bytes[len - 1] == '\0')
        len--;
    if (len == 0 || memchr(bytes, '\0', len))
        return false;

    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        struct line line;
        if (split(&line, bytes, part) && take_line(message, &line))
            known = true;
        part += end != NULL;
        bytes += part;
        len -= part;
    }
    return known;
}
