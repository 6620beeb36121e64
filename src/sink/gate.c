#include "procman/gate.h"
#include "procman/mem.h"
#include "procman/pretty.h"

#include <stdlib.h>
#include <string.h>

/* Is what a process writes at the moment hidden?  By its stream. */
struct hidden {
    bool stream[3];
};

struct gate {
    struct sink sink;
    struct sink *next;
    enum level least;
    struct hidden *hidden; /* by the index of the source */
    size_t count;
};

static bool *hidden_of(struct gate *gate, const struct line *line)
{
    size_t index = line->source->index;

    if (index >= gate->count) {
        gate->hidden =
            mem_resize(gate->hidden, index + 1, sizeof *gate->hidden);
        memset(gate->hidden + gate->count, 0,
               (index + 1 - gate->count) * sizeof *gate->hidden);
        gate->count = index + 1;
    }
    return &gate->hidden[index].stream[line->stream];
}

static bool passes(struct gate *gate, const struct line *line)
{
    bool *hidden;

    if (line->stream == 0)
        return true;
    hidden = hidden_of(gate, line);
    if (!line->continues) {
        enum level level = pretty_level(line->text, line->len);
        *hidden = level != LEVEL_UNKNOWN && level < gate->least;
    }
    return !*hidden;
}

static void on_line(struct sink *sink, const struct line *line)
{
    struct gate *gate = (struct gate *)sink;

    if (passes(gate, line))
        gate->next->line(gate->next, line);
}

static void on_flush(struct sink *sink)
{
    struct gate *gate = (struct gate *)sink;

    gate->next->flush(gate->next);
}

static void on_come(struct sink *sink, const struct source *source)
{
    struct gate *gate = (struct gate *)sink;

    if (gate->next->come)
        gate->next->come(gate->next, source);
}

static void on_changed(struct sink *sink, const struct source *source)
{
    struct gate *gate = (struct gate *)sink;

    if (gate->next->changed)
        gate->next->changed(gate->next, source);
}

static void on_gone(struct sink *sink, const struct source *source)
{
    struct gate *gate = (struct gate *)sink;

    if (gate->next->gone)
        gate->next->gone(gate->next, source);
}

struct sink *gate_create(struct sink *next, enum level least)
{
    struct gate *gate = mem_new(1, sizeof *gate);

    gate->sink = (struct sink){
        .line = on_line,
        .flush = on_flush,
        .come = on_come,
        .gone = on_gone,
        .changed = on_changed,
    };
    gate->next = next;
    gate->least = least;
    return &gate->sink;
}

void gate_release(struct sink *sink)
{
    struct gate *gate = (struct gate *)sink;

    if (!gate)
        return;
    free(gate->hidden);
    free(gate);
}
