#include "procman/json.h"
#include "procman/jsonline.h"
#include "procman/mem.h"

#include <stdlib.h>

struct json {
    struct sink sink;
    struct outbox *outbox;
};

/* What procman says of a quiet process is for all to see. */
static bool is_hidden(const struct line *line)
{
    return line->source->quiet && line->stream > 0;
}

static void on_line(struct sink *sink, const struct line *line)
{
    struct json *json = (struct json *)sink;
    struct jsonline object = {
        .time_us = line->time_us,
        .seq = line->seq,
        .name = line->source->name,
        .pid = line->source->pid,
        .stream = line->stream,
        .text = line->text,
        .len = line->len,
        .continues = line->continues,
    };

    if (!is_hidden(line))
        jsonline_add(outbox_pending(json->outbox), &object);
}

static void on_flush(struct sink *sink)
{
    outbox_flush(((struct json *)sink)->outbox);
}

struct sink *json_create(struct outbox *outbox)
{
    struct json *json = mem_new(1, sizeof *json);

    json->sink = (struct sink){.line = on_line, .flush = on_flush};
    json->outbox = outbox;
    return &json->sink;
}

void json_release(struct sink *json)
{
    free(json);
}
