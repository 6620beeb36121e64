#include "display.h"
#include "procman/gate.h"
#include "procman/json.h"
#include "procman/logfiles.h"
#include "procman/terminal.h"
#include "procman/words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LAST_WORDS_MS 5000 /* for a reader that has stopped reading */
#define LEAST_COLUMNS 20   /* narrower is of no use to anybody */

static bool wants_color(const struct options *options)
{
    const char *force = getenv("CLICOLOR_FORCE");
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    if (none && *none)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    return isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb") != 0);
}

static void on_congested(void *owner, bool congested)
{
    struct display *display = owner;

    if (!display->over)
        display->watcher->on_congested(display->owner, congested);
}

static void on_last_words(uv_timer_t *timer);

/* A terminal that hangs up says so in two ways, and the signal may come last:
 * it is one event, which counts as the signal. */
static void on_broken(void *owner)
{
    struct display *display = owner;

    if (display->over) {
        /* Nobody is left to wait for; not from within the outbox. */
        display->words_left = 0;
        display->hurry = true;
        uv_timer_start(&display->last_words, on_last_words, 0, 0);
    } else {
        display->watcher->on_broken(display->owner,
                                    display->on_terminal ? SIGHUP : SIGPIPE);
    }
}

static void on_lost(void *owner, const char *why)
{
    (void)owner;
    fprintf(stderr,
            "procman: cannot write to standard output: %s; what is "
            "written meanwhile is lost\n",
            why);
}

static struct sink *sink_of(const struct display *display)
{
    return display->json ? display->json : display->terminal;
}

static void on_unspillable(void *owner, const char *why)
{
    struct display *display = owner;

    output_say_to(&display->output, sink_of(display),
                  "warning: cannot keep on disk what nobody reads: %s", why);
}

static void on_dropped(void *owner, uint64_t lines, uint64_t bytes)
{
    struct display *display = owner;

    output_say_to(&display->output, sink_of(display),
                  "%s (%s) %s dropped here: the reader was too slow",
                  words_count(lines, "line", "lines").text,
                  words_size(bytes).text, lines == 1 ? "was" : "were");
}

static void close_output(struct display *display)
{
    if (uv_is_closing((uv_handle_t *)&display->last_words))
        return;
    uv_close((uv_handle_t *)&display->last_words, NULL);
    logfiles_close(display->logfiles);
    outbox_close(display->outbox);
    output_close(&display->output);
}

static void on_empty(void *owner)
{
    struct display *display = owner;

    if (display->over)
        close_output(display);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct sink *create_terminal(const struct display *display,
                                    const struct options *options)
{
    struct terminal_style style = {
        .color = wants_color(options),
        .harmless = display->on_terminal && !options->raw,
        .mark_stderr = options->mark_stderr,
        .prefix = (enum prefix_style)options->prefix,
        .time = (enum stamp_style)options->time,
        .began_us = now_us(),
        .width = strlen("procman"),
    };

    return terminal_create(display->outbox, &style);
}

static void open_sink(struct display *display, const struct options *options)
{
    struct sink *sink;

    if (options->format == FORMAT_JSON)
        sink = display->json = json_create(display->outbox);
    else
        sink = display->terminal = create_terminal(display, options);
    if (options->level != LEVEL_UNKNOWN)
        sink = display->gate = gate_create(sink, (enum level)options->level);
    output_add_sink(&display->output, sink);
}

static void on_trouble(void *owner, const char *why)
{
    struct display *display = owner;

    output_say(&display->output, "warning: %s", why);
}

/* Before the others: what it says when it is flushed must leave as well. */
static bool open_logfiles(struct display *display, uv_loop_t *loop,
                          const struct options *options, struct cause *why)
{
    const struct session_settings *said = &display->said;
    struct logfiles_config config = {
        .directory = options->log_dir ? options->log_dir : said->log_dir,
        .max_size = said->log_max_size,
        .keep = (unsigned)said->log_keep,
        .compress = said->log_compress ? loop : NULL,
        .on_trouble = on_trouble,
        .owner = display,
    };

    display->logfiles = logfiles_create(&config, why);
    return display->logfiles;
}

bool display_open(struct display *display, uv_loop_t *loop, int directory,
                  const struct options *options,
                  const struct settings *settings,
                  const struct display_watcher *watcher, void *owner,
                  struct cause *why)
{
    static const struct outbox_watcher of_outbox = {
        .on_congested = on_congested,
        .on_broken = on_broken,
        .on_lost = on_lost,
        .on_empty = on_empty,
        .on_unspillable = on_unspillable,
        .on_dropped = on_dropped,
    };

    *display = (struct display){
        .watcher = watcher,
        .owner = owner,
        .on_terminal = isatty(STDOUT_FILENO),
    };
    display->outbox =
        outbox_create(loop, STDOUT_FILENO, &of_outbox, display, why);
    if (!display->outbox)
        return false;
    settings_of_session(settings, &display->said);
    if (!open_logfiles(display, loop, options, why)) {
        session_settings_release(&display->said);
        outbox_close(display->outbox);
        return false;
    }
    outbox_spill_to(display->outbox, directory, options->spill_limit,
                    (enum outbox_overflow)options->overflow);
    output_init(&display->output, loop);
    output_add_sink(&display->output, display->logfiles);
    open_sink(display, options);
    uv_timer_init(loop, &display->last_words);
    display->last_words.data = display;
    return true;
}

/* Also keeps the loop alive as long as something waits. */
static void on_last_words(uv_timer_t *timer)
{
    struct display *display = timer->data;
    uint64_t left = outbox_waiting(display->outbox);

    if (left == display->words_left && display->hurry)
        close_output(display);
    display->words_left = left;
}

void display_end(struct display *display, bool hurry)
{
    display->over = true;
    display->hurry = hurry;
    output_flush(&display->output);
    if (uv_is_closing((uv_handle_t *)&display->last_words))
        return; /* all was written, and the outbox is gone already */
    display->words_left = outbox_waiting(display->outbox);
    if (display->words_left == 0)
        close_output(display);
    else
        uv_timer_start(&display->last_words, on_last_words, LAST_WORDS_MS,
                       LAST_WORDS_MS);
}

struct os_window display_window(const struct display *display)
{
    size_t prefix =
        display->terminal ? terminal_prefix_width(display->terminal) : 0;
    struct os_window window = {80, 24}; /* of one that does not know it */

    if (!display->on_terminal)
        return (struct os_window){0};
    os_window_of(STDOUT_FILENO, &window);
    if (window.columns >= prefix + LEAST_COLUMNS)
        window.columns = (unsigned short)(window.columns - prefix);
    return window;
}

void display_release(struct display *display)
{
    if (display->terminal)
        terminal_release(display->terminal);
    json_release(display->json);
    gate_release(display->gate);
    logfiles_release(display->logfiles);
    session_settings_release(&display->said);
}
