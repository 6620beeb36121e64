#include "procman/buf.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/protocol.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_member(struct buf *out, const char *key, const char *value)
{
    buf_add_format(out, "\"%s\": ", key);
    jsontext_add_string(out, value ? value : "");
}

char *request_encode(const struct request *request)
{
    struct buf out = {0};

    buf_add_format(&out, "{\"verb\": \"%s\"", verb_word(request->verb));
    for (size_t i = 0; i < request->name_count; i++) {
        buf_add_string(&out, i ? ", " : ", \"names\": [");
        jsontext_add_string(&out, request->names[i]);
    }
    buf_add_string(&out, request->name_count ? "]" : "");
    for (size_t i = 0; i < request->option_count; i++) {
        buf_add_string(&out, i ? ", " : ", \"options\": {");
        add_member(&out, request->options[i].key, request->options[i].value);
    }
    buf_add_string(&out, request->option_count ? "}}\n" : "}\n");
    return buf_take(&out);
}

static void add_outcome(struct buf *out, const struct outcome *outcome)
{
    buf_add_char(out, '{');
    add_member(out, "name", outcome->name);
    buf_add_format(out, ", \"ok\": %s, ", outcome->ok ? "true" : "false");
    add_member(out, "text", outcome->text);
    buf_add_char(out, '}');
}

char *outcome_encode(const struct outcome *outcome)
{
    struct buf out = {0};

    add_outcome(&out, outcome);
    buf_add_char(&out, '\n');
    return buf_take(&out);
}

static void add_last_exit(struct buf *out, const struct status *status)
{
    if (status->exit_signal)
        buf_add_format(out, ", \"last_exit\": {\"signal\": %d",
                       status->exit_signal);
    else
        buf_add_format(out, ", \"last_exit\": {\"code\": %d",
                       status->exit_code);
    buf_add_format(out, ", \"asked\": %s}",
                   status->exit_asked ? "true" : "false");
}

static void add_last_lines(struct buf *out, const char *lines)
{
    buf_add_string(out, ", \"last_lines\": [");
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        char *line = mem_string_of(lines, len);
        jsontext_add_string(out, line);
        free(line);
        lines += len + (lines[len] == '\n');
        buf_add_string(out, *lines ? ", " : "");
    }
    buf_add_char(out, ']');
}

static void add_status(struct buf *out, const struct status *status)
{
    buf_add_char(out, '{');
    add_member(out, "name", status->name);
    buf_add_string(out, ", ");
    if (status->entry) {
        add_member(out, "entry", status->entry);
        buf_add_string(out, ", ");
    }
    add_member(out, "state", status->state);
    if (status->pid)
        buf_add_format(out, ", \"pid\": %" PRId64 ", \"uptime_ms\": %" PRIu64,
                       status->pid, status->uptime_ms);
    buf_add_format(out, ", \"restarts\": %" PRIu64 ", ", status->restarts);
    add_member(out, "command", status->command);
    if (status->says) {
        buf_add_string(out, ", ");
        add_member(out, "says", status->says);
    }
    if (status->why) {
        buf_add_string(out, ", ");
        add_member(out, "why", status->why);
    }
    if (status->has_exited)
        add_last_exit(out, status);
    if (status->last_lines)
        add_last_lines(out, status->last_lines);
    buf_add_char(out, '}');
}

char *reply_encode(const struct reply *reply)
{
    struct buf out = {0};

    buf_add_format(&out, "{\"code\": %d", reply->code);
    if (reply->error) {
        buf_add_string(&out, ", ");
        add_member(&out, "error", reply->error);
    }
    for (size_t i = 0; i < reply->outcome_count; i++) {
        buf_add_string(&out, i ? ", " : ", \"outcomes\": [");
        add_outcome(&out, &reply->outcomes[i]);
    }
    buf_add_string(&out, reply->outcome_count ? "]" : "");
    for (size_t i = 0; i < reply->status_count; i++) {
        buf_add_string(&out, i ? ", " : ", \"statuses\": [");
        add_status(&out, &reply->statuses[i]);
    }
    buf_add_string(&out, reply->status_count ? "]}\n" : "}\n");
    return buf_take(&out);
}

char *status_json(const struct status *statuses, size_t count)
{
    struct buf out = {0};

    for (size_t i = 0; i < count; i++) {
        buf_add_string(&out, i ? ",\n " : "[");
        add_status(&out, &statuses[i]);
    }
    buf_add_string(&out, count ? "]\n" : "[]\n");
    return buf_take(&out);
}
