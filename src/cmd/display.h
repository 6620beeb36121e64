/* display.h - what `procman start` shows, from the lines to standard output.
 *
 * Owns the outbox, its sink and the output that the supervisor writes to.  When
 * all is over the last words still have to leave: a reader that takes something
 * is waited for, one that stands still is not.
 */
#ifndef PROCMAN_CMD_DISPLAY_H
#define PROCMAN_CMD_DISPLAY_H

#include "procman/command.h"
#include "procman/os_pty.h"
#include "procman/outbox.h"
#include "procman/output.h"

struct display_watcher {
    void (*on_congested)(void *owner, bool congested);
    /* Nobody reads any more: SIGPIPE, or SIGHUP if it was a terminal. */
    void (*on_broken)(void *owner, int signum);
};

struct display {
    struct output output;
    struct outbox *outbox;
    struct sink *terminal; /* or NULL: */
    struct sink *json;
    struct sink *gate; /* before it; NULL: all lines are shown */
    struct sink *logfiles;
    struct session_settings said; /* of [procman] */
    const struct display_watcher *watcher;
    void *owner;
    uv_timer_t last_words;
    uint64_t words_left; /* when it last looked */
    bool on_terminal;    /* what we write goes there */
    bool over, hurry;
};

/* What a slow reader does not take is kept below `directory`, which is the
 * session's and borrowed.  On failure nothing is open. */
bool display_open(struct display *display, uv_loop_t *loop, int directory,
                  const struct options *options,
                  const struct settings *settings,
                  const struct display_watcher *watcher, void *owner,
                  struct cause *why);

/* The room that standard output has for a line behind its prefix; columns 0: it
 * is no terminal. */
struct os_window display_window(const struct display *display);

/* Nobody writes any more: says the last words and closes itself, so that the
 * loop can end.  The watcher is not called from now on.  A reader that stands
 * still is waited for, as any program waits for it, unless we are in a hurry:
 * then only one that takes something is. */
void display_end(struct display *display, bool hurry);

/* After the loop. */
void display_release(struct display *display);

#endif
