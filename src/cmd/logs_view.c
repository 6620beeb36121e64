#include "logs_view.h"
#include "display.h"
#include "logs_tail.h"
#include "procman/ask.h"
#include "procman/conversation.h"
#include "procman/guard.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/recordtext.h"
#include "procman/words.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WHO_MOST 1000000 /* a larger number was not said by a procman */

/* Its address is what the sinks know it by. */
struct teller {
    struct source source;
    char *name, *color;
};

struct view {
    const struct logs_wish *wish;
    uv_loop_t loop;
    struct display display;
    uv_poll_t poll;
    uv_timer_t patience;
    struct conversation talk;
    size_t record_bytes; /* that are still to come of this part */
    struct teller **tellers;
    size_t teller_count;
    struct logs_tail tail; /* what is past, if only its end is wanted */
    bool live;
    bool over;
    int code;
};

static void finish(struct view *view, int code)
{
    if (view->over)
        return;
    view->over = true;
    view->code = code;
    uv_close((uv_handle_t *)&view->poll, NULL);
    uv_close((uv_handle_t *)&view->patience, NULL);
    display_end(&view->display, false);
}

static void fail(struct view *view, const char *problem)
{
    struct cause why;

    cause_say(&why, "%s", problem);
    finish(view, command_fail(EXIT_NOT_DONE, &why));
}

/* ---- records ----------------------------------------------------------- */

static const struct teller *teller_of(const struct view *view, size_t who)
{
    return who < view->teller_count ? view->tellers[who] : NULL;
}

static enum line_kind kind_of(const struct ring_record *record)
{
    switch (record->kind) {
    case RING_STARTED: return LINE_STARTED;
    case RING_ENDED: return LINE_ENDED;
    case RING_LINE: return LINE_WRITTEN;
    case RING_NOTE:
    case RING_BEHALF: break;
    }
    return LINE_SAID;
}

static void show(struct view *view, size_t who,
                 const struct ring_record *record)
{
    struct teller *teller = view->tellers[who];
    bool own = record->kind != RING_LINE && record->kind != RING_BEHALF;
    struct line line = {
        .source = own ? &view->display.output.own : &teller->source,
        .about = record->kind == RING_LINE || who == 0 ? NULL : &teller->source,
        .kind = kind_of(record),
        .stream = record->stream,
        .text = record->text,
        .len = record->len,
        .continues = record->continues,
        .time_us = record->time_us,
        .seq = record->seq,
    };

    teller->source.pid = record->pid;
    teller->source.run = record->run;
    output_hand_on(&view->display.output, &line);
    if (view->wish->until &&
        logmatch_line(view->wish->until, record->text, record->len))
        finish(view, EXIT_DONE);
}

static void take_record(struct view *view, size_t who,
                        const struct ring_record *record)
{
    if (!teller_of(view, who)) {
        fail(view, "the session speaks of somebody it has not introduced");
        return;
    }
    if (view->wish->grep &&
        !logmatch_line(view->wish->grep, record->text, record->len))
        return;
    if (view->live)
        show(view, who, record);
    else
        logs_tail_add(&view->tail, who, record);
}

/* What is past has all come. */
static void begin_live(struct view *view)
{
    struct ring_record record;
    size_t who;

    view->live = true;
    while (!view->over && logs_tail_take(&view->tail, &who, &record))
        show(view, who, &record);
}

/* False: more must come first. */
static bool read_record(struct view *view)
{
    struct ring_record record;
    size_t len, who;
    const char *bytes = conversation_bytes(&view->talk, &len);
    size_t taken = recordtext_read(
        bytes, len < view->record_bytes ? len : view->record_bytes, &who,
        &record);

    if (taken == 0 && len >= view->record_bytes)
        fail(view, "the session sends what is no record");
    if (taken == 0)
        return false;
    conversation_take(&view->talk, taken);
    view->record_bytes -= taken;
    take_record(view, who, &record);
    return true;
}

/* ---- parts ------------------------------------------------------------- */

static void dismiss(struct view *view, size_t who)
{
    struct teller *teller = view->tellers[who];

    if (!teller)
        return;
    if (who > 0)
        output_remove_source(&view->display.output, &teller->source);
    view->tellers[who] = NULL;
    free(teller->name);
    free(teller->color);
    free(teller);
}

static void make_room(struct view *view, size_t count)
{
    if (count <= view->teller_count)
        return;
    view->tellers = mem_resize(view->tellers, count, sizeof *view->tellers);
    memset(view->tellers + view->teller_count, 0,
           (count - view->teller_count) * sizeof *view->tellers);
    view->teller_count = count;
}

static bool take_come(struct view *view, const json_t *come, struct cause *why)
{
    int64_t who;
    const char *name = jsontext_string(come, "name", why);
    const char *color = json_string_value(json_object_get(come, "color"));

    if (!name || !jsontext_integer(come, "who", 0, WHO_MOST, &who, why))
        return false;
    make_room(view, (size_t)who + 1);
    dismiss(view, (size_t)who);
    struct teller *teller = mem_new(1, sizeof *teller);
    teller->name = mem_string(name);
    teller->color = color ? mem_string(color) : NULL;
    teller->source = (struct source){
        .name = teller->name,
        .index = who ? (unsigned)who - 1 : 0,
        .color = teller->color,
    };
    view->tellers[who] = teller;
    if (who > 0)
        output_add_source(&view->display.output, &teller->source);
    return true;
}

static bool take_part(struct view *view, const json_t *part, struct cause *why)
{
    int64_t number;

    if (json_object_get(part, "records")) {
        if (!jsontext_integer(part, "records", 0, INT64_MAX, &number, why))
            return false;
        view->record_bytes = (size_t)number;
    } else if (json_object_get(part, "come")) {
        return take_come(view, json_object_get(part, "come"), why);
    } else if (json_object_get(part, "gone")) {
        if (!jsontext_integer(part, "gone", 0, WHO_MOST, &number, why))
            return false;
        if (teller_of(view, (size_t)number))
            dismiss(view, (size_t)number);
    } else if (json_object_get(part, "live")) {
        begin_live(view);
    }
    return true;
}

/* The session has nothing more to say. */
static void take_reply(struct view *view, const char *line, size_t len)
{
    struct reply reply;
    struct cause why;

    if (!reply_decode(&reply, line, len, &why)) {
        fail(view, why.text);
        return;
    }
    begin_live(view);
    if (!view->over && reply.code == 0 && view->wish->until)
        fail(view, "the session has ended, and no line matched");
    else if (!view->over)
        finish(view, ask_print(&reply));
    reply_release(&reply);
}

static bool read_part(struct view *view)
{
    struct cause why = {{0}};
    size_t len;
    const char *line = conversation_line(&view->talk, &len);
    json_t *part = line ? jsontext_object(line, len, &why) : NULL;

    if (!line)
        return false;
    if (part && json_object_get(part, "code"))
        take_reply(view, line, len);
    else if (!part || !take_part(view, part, &why))
        fail(view, why.text);
    json_decref(part);
    return true;
}

/* ---- the loop ---------------------------------------------------------- */

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct view *view = poll->data;
    struct cause why;

    (void)status, (void)events;
    if (!conversation_receive(&view->talk, &why)) {
        fail(view, why.text);
        return;
    }
    while (!view->over &&
           (view->record_bytes ? read_record(view) : read_part(view)))
        ;
}

static void on_timeout(uv_timer_t *patience)
{
    struct view *view = patience->data;
    struct words time = words_duration(view->wish->timeout_ms);
    struct cause why;

    cause_say(&why, "no line matched within %s", time.text);
    finish(view, command_fail(EXIT_TIMED_OUT, &why));
}

static void on_congested(void *owner, bool congested)
{
    struct view *view = owner;

    if (congested)
        uv_poll_stop(&view->poll);
    else
        uv_poll_start(&view->poll, UV_READABLE, on_readable);
}

static void on_broken(void *owner, int signum)
{
    (void)owner;
    guard_repeat(0, signum);
}

static void release(struct view *view)
{
    for (size_t i = 0; i < view->teller_count; i++)
        if (view->tellers[i]) {
            free(view->tellers[i]->name);
            free(view->tellers[i]->color);
            free(view->tellers[i]);
        }
    free(view->tellers);
    logs_tail_release(&view->tail);
    conversation_release(&view->talk);
    display_release(&view->display);
}

int logs_view(const struct options *options, const struct logs_wish *wish,
              int connection)
{
    static const struct display_watcher watcher = {
        .on_congested = on_congested,
        .on_broken = on_broken,
    };
    struct settings no_settings = {0}; /* log files are the session's */
    struct view view = {
        .wish = wish,
        .talk = {.connection = connection},
        .tail = {.most = wish->last},
        .live = wish->last == UINT64_MAX,
    };
    struct cause why;

    uv_loop_init(&view.loop);
    if (!display_open(&view.display, &view.loop, -1, options, &no_settings,
                      &watcher, &view, &why))
        return command_fail(EXIT_NOT_DONE, &why);
    uv_poll_init(&view.loop, &view.poll, connection);
    view.poll.data = &view;
    uv_timer_init(&view.loop, &view.patience);
    view.patience.data = &view;
    uv_poll_start(&view.poll, UV_READABLE, on_readable);
    if (wish->timeout_ms)
        uv_timer_start(&view.patience, on_timeout, wish->timeout_ms, 0);
    uv_run(&view.loop, UV_RUN_DEFAULT);
    uv_loop_close(&view.loop);
    release(&view);
    return view.code;
}
