#include "procman/history.h"
#include "history_inside.h"
#include "procman/mem.h"
#include "procman/os_block.h"

#include <stdlib.h>
#include <string.h>

static size_t who_is(const struct source *source)
{
    return source->own ? 0 : (size_t)source->index + 1;
}

static struct past *past_of(const struct history *history,
                            const struct source *source)
{
    size_t who = who_is(source);

    return who < history->count ? &history->pasts[who] : NULL;
}

/* ---- what is kept ------------------------------------------------------ */

static size_t bytes_kept(const struct history *history, const struct past *past)
{
    if (!past->source)
        return 0;
    if (past->source->own)
        return HISTORY_OWN;
    if (past->source->history == 0 && history->readers)
        return HISTORY_FOLLOWED;
    return past->source->history;
}

static void open_ring(const struct history *history, struct past *past)
{
    size_t bytes = bytes_kept(history, past);

    past->kept = bytes;
    past->ring = (struct ring){0};
    if (bytes)
        ring_init(&past->ring, bytes, os_block_resize);
}

static bool keeps(const struct past *past)
{
    return past->ring.limit > 0;
}

static void close_ring(struct past *past)
{
    if (keeps(past))
        ring_release(&past->ring);
    past->ring = (struct ring){0};
}

/* What is in it goes along, as far as there is room. */
static void fit_ring(const struct history *history, struct past *past)
{
    struct past old = *past;
    struct ring_cursor cursor = {0};
    struct ring_record record;

    if (past->kept == bytes_kept(history, past))
        return;
    open_ring(history, past);
    while (keeps(past) && ring_read(&old.ring, &cursor, &record))
        while (!ring_add(&past->ring, &record))
            ring_drop(&past->ring);
    close_ring(&old);
}

/* The places of readers are true of the rings as they are: while there are
 * any, only those that hold nothing are changed. */
static void fit_rings(struct history *history)
{
    for (size_t i = 0; i < history->count; i++)
        if (!history->readers || !keeps(&history->pasts[i]))
            fit_ring(history, &history->pasts[i]);
}

void history_begin_following(struct history *history)
{
    fit_rings(history);
}

void history_stop_following(struct history *history)
{
    fit_rings(history);
}

static void on_changed(struct sink *sink, const struct source *source)
{
    (void)source;
    fit_rings((struct history *)sink);
}

/* ---- what comes -------------------------------------------------------- */

/* Nobody must miss what goes. */
static void forget_some(struct history *history, size_t who)
{
    struct ring *ring = &history->pasts[who].ring;
    uint64_t going;

    if (!history->readers) {
        ring_drop_some(ring);
        return;
    }
    going = ring_first_to_go(ring);
    for (struct reader *reader = history->readers, *next; reader && going;
         reader = next) {
        next = reader->next;
        reader_make_way(reader, who, going);
    }
    if (keeps(&history->pasts[who])) /* it may be kept for nobody any more */
        ring_drop(ring);
}

static enum ring_kind kind_of(const struct line *line)
{
    switch (line->kind) {
    case LINE_STARTED: return RING_STARTED;
    case LINE_ENDED: return RING_ENDED;
    case LINE_SAID: return line->source->own ? RING_NOTE : RING_BEHALF;
    case LINE_WRITTEN: break;
    }
    return RING_LINE;
}

static struct ring_record record_of(const struct past *past,
                                    const struct line *line)
{
    return (struct ring_record){
        .seq = line->seq,
        .time_us = line->time_us,
        .run = past->source->run,
        .pid = (int)past->source->pid,
        .kind = kind_of(line),
        .stream = line->stream,
        .continues = line->continues,
        .len = line->len,
        .text = line->text,
    };
}

static void tell_readers(struct history *history, size_t who, uint64_t seq)
{
    for (struct reader *reader = history->readers; reader;
         reader = reader->next)
        reader_hear(reader, who, seq);
}

static void keep(struct history *history, size_t who, const struct line *line)
{
    struct past *past = &history->pasts[who];
    struct ring_record record = record_of(past, line);

    while (keeps(past) && !ring_add(&past->ring, &record))
        forget_some(history, who);
    tell_readers(history, who, line->seq);
}

static void keep_span(struct history *history, size_t who,
                      const struct line *first, const struct span *span)
{
    struct past *past = &history->pasts[who];
    struct ring_record record = record_of(past, first);

    record.text = span->text;
    record.len = span->len;
    while (keeps(past) && !ring_add_lines(&past->ring, &record, span->count))
        forget_some(history, who);
    tell_readers(history, who, first->seq);
}

/* NULL: of this nothing is kept. */
static struct past *hear(struct history *history, const struct line *line,
                         uint64_t last_seq)
{
    size_t who = who_is(line->about ? line->about : line->source);

    history->seq = last_seq;
    if (line->kind == LINE_WRITTEN && !line->source->quiet)
        history->speaker = who;
    if (who >= history->count || !history->pasts[who].source)
        return NULL;
    if (line->kind == LINE_ENDED && line->about)
        history->pasts[who].ended_run = line->about->run;
    return keeps(&history->pasts[who]) ? &history->pasts[who] : NULL;
}

static void on_line(struct sink *sink, const struct line *line)
{
    struct history *history = (struct history *)sink;
    struct past *past = hear(history, line, line->seq);

    if (past)
        keep(history, (size_t)(past - history->pasts), line);
}

static void on_span(struct sink *sink, const struct line *first,
                    const struct span *span)
{
    struct history *history = (struct history *)sink;
    struct past *past = hear(history, first, first->seq + span->count - 1);

    if (!past)
        return;
    if (ring_takes(&past->ring, span->len))
        keep_span(history, (size_t)(past - history->pasts), first, span);
    else
        sink_hand_on(sink, first, span);
}

static void on_flush(struct sink *sink)
{
    struct history *history = (struct history *)sink;

    for (struct reader *reader = history->readers, *next; reader;
         reader = next) {
        next = reader->next;
        if (merge_first(&reader->merge))
            reader_pump(reader);
    }
}

/* ---- who comes and goes ------------------------------------------------ */

static void make_room(struct history *history, size_t count)
{
    if (count <= history->count)
        return;
    history->pasts = mem_resize(history->pasts, count, sizeof *history->pasts);
    memset(history->pasts + history->count, 0,
           (count - history->count) * sizeof *history->pasts);
    history->count = count;
}

static void on_come(struct sink *sink, const struct source *source)
{
    struct history *history = (struct history *)sink;
    size_t who = who_is(source);

    make_room(history, who + 1);
    history->pasts[who] = (struct past){.source = source};
    open_ring(history, &history->pasts[who]);
    for (struct reader *reader = history->readers; reader;
         reader = reader->next)
        reader_welcome(reader, who);
}

static void on_gone(struct sink *sink, const struct source *source)
{
    struct history *history = (struct history *)sink;
    size_t who = who_is(source);

    if (who >= history->count)
        return;
    for (struct reader *reader = history->readers, *next; reader;
         reader = next) {
        next = reader->next;
        reader_part_from(reader, who);
    }
    close_ring(&history->pasts[who]);
    history->pasts[who] = (struct past){0};
    if (history->speaker == who)
        history->speaker = 0;
}

struct history *history_create(history_means_fn *means)
{
    static const struct source own = {.name = "procman", .own = true};
    struct history *history = mem_new(1, sizeof *history);

    history->sink = (struct sink){
        .line = on_line,
        .span = on_span,
        .flush = on_flush,
        .come = on_come,
        .gone = on_gone,
        .changed = on_changed,
    };
    history->means = means;
    on_come(&history->sink, &own);
    return history;
}

struct sink *history_sink(struct history *history)
{
    return &history->sink;
}

void history_release(struct history *history)
{
    for (size_t i = 0; i < history->count; i++)
        close_ring(&history->pasts[i]);
    free(history->pasts);
    free(history);
}

void history_end(struct history *history)
{
    while (history->readers)
        reader_end(history->readers);
}

/* ---- last words -------------------------------------------------------- */

bool history_spoke_last(const struct history *history,
                        const struct source *source)
{
    return history->speaker == who_is(source);
}

void history_last_lines(const struct history *history,
                        const struct source *source, size_t most,
                        history_line_fn *on_each, void *owner)
{
    const struct past *past = past_of(history, source);
    struct ring_back back = {0};
    struct ring_record record;
    size_t lines = 0;

    if (!past || !keeps(past) || most == 0)
        return;
    while (lines < most && ring_read_back(&past->ring, &back, &record) &&
           record.run == source->run)
        lines += record.kind == RING_LINE;
    struct ring_cursor cursor = ring_turn(&past->ring, &back);
    while (ring_read(&past->ring, &cursor, &record))
        if (record.kind == RING_LINE && record.run == source->run)
            on_each(owner, record.text, record.len);
}
