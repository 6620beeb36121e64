/* What a reader wishes for, and where in the rings that begins. */
#include "history_inside.h"
#include "procman/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool read_runs(struct history_wish *wish, const struct request *request,
                      struct cause *why)
{
    const char *word = request_option(request, "run");
    uint64_t run = 0;

    if (!word)
        return true;
    if (strcmp(word, "current") == 0) {
        wish->runs = RUNS_CURRENT;
    } else if (strcmp(word, "last") == 0) {
        wish->runs = RUNS_LAST;
    } else {
        if (!request_number(request, "run", &run, why))
            return false;
        wish->runs = RUNS_ONE;
        wish->run = run < UINT_MAX ? (unsigned)run : UINT_MAX;
    }
    return true;
}

bool history_wish_read(struct history_wish *wish, const struct request *request,
                       struct cause *why)
{
    uint64_t since_us = 0;

    *wish = (struct history_wish){
        .words = request->names,
        .word_count = request->name_count,
        .excluded = request_option(request, "exclude"),
        .follow = request_option(request, "follow") != NULL,
        .lines = UINT64_MAX,
    };
    if (!request_number(request, "lines", &wish->lines, why) ||
        !request_number(request, "since", &since_us, why))
        return false;
    wish->since_us = since_us < INT64_MAX ? (int64_t)since_us : INT64_MAX;
    return read_runs(wish, request, why);
}

bool place_wants(const struct place *place, const struct history_wish *wish,
                 const struct ring_record *record)
{
    return record->time_us >= wish->since_us &&
           record->run >= place->least_run && record->run <= place->most_run;
}

static void choose_runs(struct reader *reader, size_t who)
{
    const struct past *past = &reader->history->pasts[who];
    struct place *place = &reader->places[who];
    unsigned run = 0;

    switch (reader->wish.runs) {
    case RUNS_ALL: place->most_run = UINT_MAX; return;
    case RUNS_CURRENT: run = past->source->run; break;
    case RUNS_LAST: run = past->ended_run; break;
    case RUNS_ONE: run = reader->wish.run; break;
    }
    place->least_run = place->most_run = run;
}

/* ---- so many from the new end ------------------------------------------ */

/* How far it has looked back in each ring: what it takes along, and the one
 * before that. */
struct look_back {
    struct ring_back taken, next;
    bool wanted; /* the next one */
};

static bool look_at_next(const struct reader *reader, size_t who,
                         struct look_back *look, uint64_t *seq)
{
    struct ring_record record;

    if (!ring_read_back(&reader->history->pasts[who].ring, &look->next,
                        &record))
        return false;
    look->wanted = place_wants(&reader->places[who], &reader->wish, &record);
    *seq = record.seq;
    return true;
}

/* The merge goes backwards: what is greater comes first. */
static void find_last_lines(struct reader *reader)
{
    struct look_back *looks = mem_new(reader->place_count, sizeof *looks);
    uint64_t left = reader->wish.lines, seq;
    struct merge merge = {0};

    for (size_t who = 0; who < reader->place_count; who++)
        if (reader->places[who].meant &&
            look_at_next(reader, who, &looks[who], &seq))
            merge_add(&merge, who, ~seq);
    while (left > 0 && merge_first(&merge)) {
        size_t who = merge_first(&merge)->row;
        left -= looks[who].wanted;
        looks[who].taken = looks[who].next;
        if (look_at_next(reader, who, &looks[who], &seq))
            merge_advance(&merge, ~seq);
        else
            merge_drop_first(&merge);
    }
    for (size_t who = 0; who < reader->place_count; who++)
        reader->places[who].cursor =
            ring_turn(&reader->history->pasts[who].ring, &looks[who].taken);
    merge_release(&merge);
    free(looks);
}

void reader_find_beginning(struct reader *reader)
{
    for (size_t who = 0; who < reader->place_count; who++)
        if (reader->places[who].meant)
            choose_runs(reader, who);
    if (reader->wish.lines < UINT64_MAX)
        find_last_lines(reader);
}
