/* One client that reads: its place in each ring, and what is on its way. */
#include "history_inside.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/recordtext.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MOST 16384 /* records that are looked at in one turn */
#define LAST_MOST  (64U << 20)

/* ---- the reply --------------------------------------------------------- */

static void forget(struct reader *reader)
{
    struct reader **link = &reader->history->readers;

    while (*link != reader)
        link = &(*link)->next;
    *link = reader->next;
    if (!reader->history->readers)
        history_stop_following(reader->history);
    for (size_t i = 0; i < reader->wish.word_count; i++)
        free(reader->wish.words[i]);
    free((void *)reader->wish.words);
    free((void *)reader->wish.excluded);
    free(reader->places);
    merge_release(&reader->merge);
    buf_release(&reader->out);
    free(reader);
}

static void answer(struct reader *reader, int code, const char *error)
{
    struct reply reply = {0};

    if (error)
        reply_fail(&reply, code, "%s", error);
    control_answer(reader->call, &reply);
    reply_release(&reply);
    forget(reader);
}

static void cut_off(struct reader *reader)
{
    answer(reader, 1,
           "cut off: too much was waiting to be read while more was written");
}

/* ---- parts ------------------------------------------------------------- */

/* The length of the head does not depend on what is in it, so that records can
 * be written behind it at once. */
#define HEAD_FORMAT "{\"records\": %10zu}\n"
enum { HEAD_LEN = sizeof "{\"records\": 1234567890}\n" - 1 };

static size_t record_bytes(const struct reader *reader)
{
    return reader->out.len ? reader->out.len - HEAD_LEN : 0;
}

static void begin_records(struct reader *reader)
{
    if (reader->out.len == 0)
        buf_add_format(&reader->out, HEAD_FORMAT, (size_t)0);
}

static void send_records(struct reader *reader)
{
    char head[HEAD_LEN + 1];

    if (reader->out.len == 0)
        return;
    snprintf(head, sizeof head, HEAD_FORMAT, record_bytes(reader));
    memcpy(reader->out.data, head, HEAD_LEN);
    control_send(reader->call, reader->out.data, reader->out.len);
    reader->out.len = 0;
}

static void send_come(struct reader *reader, size_t who)
{
    const struct source *source = reader->history->pasts[who].source;
    struct buf part = {0};

    buf_add_format(&part, "{\"come\": {\"who\": %zu, \"name\": ", who);
    jsontext_add_string(&part, source->name);
    if (source->color) {
        buf_add_string(&part, ", \"color\": ");
        jsontext_add_string(&part, source->color);
    }
    buf_add_string(&part, "}}\n");
    control_send(reader->call, part.data, part.len);
    buf_release(&part);
}

static void send_gone(struct reader *reader, size_t who)
{
    char part[48];
    int len = snprintf(part, sizeof part, "{\"gone\": %zu}\n", who);

    control_send(reader->call, part, (size_t)len);
}

static void send_live(struct reader *reader)
{
    static const char part[] = "{\"live\": true}\n";

    send_records(reader);
    control_send(reader->call, part, sizeof part - 1);
    reader->live = true;
}

/* ---- one after another ------------------------------------------------- */

/* Whether the next record is one that it wants to have at all. */
static bool has_more(const struct reader *reader)
{
    const struct merge_turn *first = merge_first(&reader->merge);

    return first && (reader->wish.follow || first->number <= reader->until);
}

static void go_on(struct reader *reader, struct place *place, uint64_t next)
{
    if (next) {
        merge_advance(&reader->merge, next);
    } else {
        merge_drop_first(&reader->merge);
        place->waits = false;
    }
}

/* Of what a reader has not begun to read, the oldest may have gone since its
 * turn was noted: then another one may be before it. */
static void take_next(struct reader *reader)
{
    struct merge_turn turn = *merge_first(&reader->merge);
    const struct ring *ring = &reader->history->pasts[turn.row].ring;
    struct place *place = &reader->places[turn.row];
    struct ring_record record;

    if (ring_next(ring, &place->cursor) != turn.number) {
        go_on(reader, place, ring_next(ring, &place->cursor));
        return;
    }
    ring_read(ring, &place->cursor, &record);
    if (record.seq > reader->until && !reader->live)
        send_live(reader);
    if (place_wants(place, &reader->wish, &record)) {
        begin_records(reader);
        recordtext_add(&reader->out, turn.row, &record);
    }
    place->begun = true;
    go_on(reader, place, ring_next(ring, &place->cursor));
}

void reader_pump(struct reader *reader)
{
    size_t steps = 0;

    if (control_waiting(reader->call) > HISTORY_SLICE)
        return; /* it is asked again when that has left */
    while (has_more(reader) && record_bytes(reader) < HISTORY_SLICE &&
           steps++ < STEPS_MOST)
        take_next(reader);
    bool more = has_more(reader);
    /* Who has been sent something is asked again: that may be nothing. */
    if (more)
        begin_records(reader);
    send_records(reader);
    if (more)
        return;
    if (!reader->wish.follow)
        answer(reader, 0, NULL);
    else if (!reader->live)
        send_live(reader);
}

/* It has a turn in the merge as soon as there is something. */
static void line_up(struct reader *reader, size_t who)
{
    struct place *place = &reader->places[who];
    const struct ring *ring = &reader->history->pasts[who].ring;
    uint64_t next = place->meant ? ring_next(ring, &place->cursor) : 0;

    place->waits = next > 0;
    if (next)
        merge_add(&reader->merge, who, next);
}

void reader_hear(struct reader *reader, size_t who, uint64_t seq)
{
    struct place *place = &reader->places[who];

    if (!reader->wish.follow || !place->meant || place->waits)
        return;
    merge_add(&reader->merge, who, seq);
    place->waits = true;
}

/* What it has not begun to read may go as everything old does; what came while
 * it was here may not. */
static bool would_miss(const struct reader *reader, size_t who, uint64_t seq)
{
    const struct place *place = &reader->places[who];

    if (!place->meant || !place->waits || place->cursor.next > seq ||
        (!reader->wish.follow && seq > reader->until))
        return false;
    return place->begun || seq > reader->until;
}

bool reader_make_way(struct reader *reader, size_t who, uint64_t seq)
{
    size_t most = reader->live ? HISTORY_WAITING : HISTORY_JOINING;

    if (!would_miss(reader, who, seq))
        return true;
    while (has_more(reader) && (merge_first(&reader->merge)->number <= seq ||
                                record_bytes(reader) < HISTORY_SLICE)) {
        take_next(reader);
        if (control_waiting(reader->call) + record_bytes(reader) > most) {
            cut_off(reader);
            return false;
        }
    }
    send_records(reader);
    return true;
}

/* ---- who comes and goes ------------------------------------------------ */

static bool means(const struct reader *reader, size_t who)
{
    const struct history *history = reader->history;
    const struct source *source = history->pasts[who].source;

    if (source->own)
        return reader->wish.word_count == 0 && !reader->wish.excluded &&
               reader->wish.runs == RUNS_ALL;
    return history->means(source, &reader->wish);
}

static void make_places(struct reader *reader)
{
    size_t count = reader->history->count;

    reader->places = mem_resize(reader->places, count, sizeof *reader->places);
    memset(reader->places + reader->place_count, 0,
           (count - reader->place_count) * sizeof *reader->places);
    reader->place_count = count;
}

static void admit(struct reader *reader, size_t who)
{
    struct place *place = &reader->places[who];

    *place = (struct place){.most_run = UINT_MAX};
    place->meant = reader->history->pasts[who].source && means(reader, who);
    if (place->meant)
        send_come(reader, who);
}

void reader_welcome(struct reader *reader, size_t who)
{
    send_records(reader);
    make_places(reader);
    admit(reader, who);
}

void reader_part_from(struct reader *reader, size_t who)
{
    struct place *place = &reader->places[who];
    uint64_t newest = ring_newest(&reader->history->pasts[who].ring);

    if (!place->meant)
        return;
    if (newest && !reader_make_way(reader, who, newest))
        return;
    merge_remove(&reader->merge, who);
    *place = (struct place){0};
    send_gone(reader, who);
}

/* ---- birth and end ----------------------------------------------------- */

static void on_drained(void *owner)
{
    struct reader *reader = owner;

    if (has_more(reader) || !reader->wish.follow || !reader->live)
        reader_pump(reader);
}

static void on_gone(void *owner)
{
    forget(owner);
}

static void copy_wish(struct reader *reader, const struct history_wish *wish)
{
    char **words = mem_new(wish->word_count, sizeof *words);

    for (size_t i = 0; i < wish->word_count; i++)
        words[i] = mem_string(wish->words[i]);
    reader->wish = *wish;
    reader->wish.words = words;
    if (wish->excluded)
        reader->wish.excluded = mem_string(wish->excluded);
}

void history_tell(struct history *history, struct control_call *call,
                  const struct history_wish *wish)
{
    static const struct control_follower follower = {
        .on_drained = on_drained,
        .on_gone = on_gone,
    };
    struct reader *reader = mem_new(1, sizeof *reader);

    reader->history = history;
    reader->call = call;
    reader->until = history->seq;
    copy_wish(reader, wish);
    reader->next = history->readers;
    history->readers = reader;
    history_begin_following(history);
    control_follow(call, &follower, reader);
    make_places(reader);
    for (size_t who = 0; who < reader->place_count; who++)
        admit(reader, who);
    reader_find_beginning(reader);
    for (size_t who = 0; who < reader->place_count; who++)
        line_up(reader, who);
    reader_pump(reader);
}

void reader_end(struct reader *reader)
{
    bool all = true;

    while (all && has_more(reader)) {
        take_next(reader);
        all = control_waiting(reader->call) + record_bytes(reader) < LAST_MOST;
    }
    send_records(reader);
    if (all)
        answer(reader, 0, NULL);
    else
        answer(reader, 1, "the session has ended before all was read");
}
