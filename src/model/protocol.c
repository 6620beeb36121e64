#include "procman/protocol.h"
#include "procman/buf.h"
#include "procman/jsontext.h"
#include "procman/mem.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- replies ---------------------------------------------------------- */

/* A copy of a member that must be there. */
static bool take_string(char **to, const json_t *object, const char *key,
                        struct cause *why)
{
    const char *text = jsontext_string(object, key, why);

    if (text)
        *to = mem_string(text);
    return text != NULL;
}

/* A count that is 0 if it is not there. */
static bool take_count(uint64_t *to, const json_t *object, const char *key,
                       struct cause *why)
{
    int64_t number = 0;

    if (json_object_get(object, key) &&
        !jsontext_integer(object, key, 0, INT64_MAX, &number, why))
        return false;
    *to = (uint64_t)number;
    return true;
}

static bool take_outcome(struct reply *reply, const json_t *object,
                         struct cause *why)
{
    const char *name = jsontext_string(object, "name", why);
    const char *text = name ? jsontext_string(object, "text", why) : NULL;
    bool ok;

    if (!text || !jsontext_boolean(object, "ok", &ok, why))
        return false;
    reply_add_outcome(reply, name, ok, text);
    return true;
}

static bool take_last_exit(struct status *status, const json_t *object,
                           struct cause *why)
{
    int64_t number;

    if (!object)
        return true;
    const char *key = json_object_get(object, "signal") ? "signal" : "code";
    if (!jsontext_integer(object, key, 0, INT_MAX, &number, why) ||
        !jsontext_boolean(object, "asked", &status->exit_asked, why))
        return cause_prefix(why, "\"last_exit\"");
    *(*key == 's' ? &status->exit_signal : &status->exit_code) = (int)number;
    status->has_exited = true;
    return true;
}

static void take_last_lines(struct status *status, const json_t *array)
{
    struct buf lines = {0};

    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *line = json_string_value(json_array_get(array, i));
        buf_add_string(&lines, line ? line : "");
        buf_add_char(&lines, '\n');
    }
    if (lines.len)
        status->last_lines = buf_take(&lines);
}

static bool take_status(struct reply *reply, const json_t *object,
                        struct cause *why)
{
    struct status *status = reply_add_status(reply);
    uint64_t pid = 0;
    bool done = take_string(&status->name, object, "name", why) &&
                take_string(&status->state, object, "state", why) &&
                take_string(&status->command, object, "command", why) &&
                take_count(&pid, object, "pid", why) &&
                take_count(&status->uptime_ms, object, "uptime_ms", why) &&
                take_count(&status->restarts, object, "restarts", why);

    status->pid = (int64_t)pid;
    if (done && json_object_get(object, "says"))
        done = take_string(&status->says, object, "says", why);
    if (done && json_object_get(object, "entry"))
        done = take_string(&status->entry, object, "entry", why);
    if (done && json_object_get(object, "why"))
        done = take_string(&status->why, object, "why", why);
    take_last_lines(status, json_object_get(object, "last_lines"));
    return done &&
           take_last_exit(status, json_object_get(object, "last_exit"), why);
}

typedef bool take_fn(struct reply *reply, const json_t *object,
                     struct cause *why);

static bool take_each(struct reply *reply, const json_t *object,
                      const char *key, take_fn *take, struct cause *why)
{
    const json_t *array = json_object_get(object, key);

    if (array && !json_is_array(array))
        return cause_say(why, "\"%s\" is not an array", key);
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!take(reply, json_array_get(array, i), why))
            return cause_prefix(why, "\"%s\"", key);
    return true;
}

static bool take_reply(struct reply *reply, const json_t *object,
                       struct cause *why)
{
    int64_t code;

    if (!jsontext_integer(object, "code", 0, 255, &code, why))
        return false;
    reply->code = (int)code;
    if (json_object_get(object, "error") &&
        !take_string(&reply->error, object, "error", why))
        return false;
    return take_each(reply, object, "outcomes", take_outcome, why) &&
           take_each(reply, object, "statuses", take_status, why);
}

bool reply_decode(struct reply *reply, const char *line, size_t len,
                  struct cause *why)
{
    *reply = (struct reply){0};
    if (len > PROTOCOL_REPLY_LIMIT)
        return cause_say(why, "a reply of more than %d bytes",
                         PROTOCOL_REPLY_LIMIT);

    json_t *object = jsontext_object(line, len, why);
    if (!object)
        return false;
    bool done = take_reply(reply, object, why);
    json_decref(object);
    if (!done)
        reply_release(reply);
    return done;
}

void reply_release(struct reply *reply)
{
    for (size_t i = 0; i < reply->outcome_count; i++) {
        free(reply->outcomes[i].name);
        free(reply->outcomes[i].text);
    }
    for (size_t i = 0; i < reply->status_count; i++) {
        free(reply->statuses[i].name);
        free(reply->statuses[i].state);
        free(reply->statuses[i].says);
        free(reply->statuses[i].last_lines);
        free(reply->statuses[i].entry);
        free(reply->statuses[i].why);
        free(reply->statuses[i].command);
    }
    free(reply->outcomes);
    free(reply->statuses);
    free(reply->error);
    *reply = (struct reply){0};
}

/* ---- building one ----------------------------------------------------- */

void reply_fail(struct reply *reply, int code, const char *format, ...)
{
    char text[sizeof((struct cause *)0)->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    free(reply->error);
    reply->error = mem_string(text);
    reply->code = code;
}

/* Room for one more: twice as much whenever the count is a power of two, so
 * that a long reply is not copied for each line of it. */
static void *grow(void *things, size_t count, size_t size)
{
    if (count & (count - 1))
        return things;
    return mem_resize(things, count ? count * 2 : 1, size);
}

void reply_add_outcome(struct reply *reply, const char *name, bool ok,
                       const char *text)
{
    size_t count = reply->outcome_count++;

    reply->outcomes = grow(reply->outcomes, count, sizeof *reply->outcomes);
    reply->outcomes[count] = (struct outcome){
        .name = mem_string(name), .text = mem_string(text), .ok = ok};
}

struct status *reply_add_status(struct reply *reply)
{
    size_t count = reply->status_count++;

    reply->statuses = grow(reply->statuses, count, sizeof *reply->statuses);
    reply->statuses[count] = (struct status){0};
    return &reply->statuses[count];
}
