#include "console.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct console {
    struct typing typing;
    int master;              /* of the terminal, for its modes; -1: a pipe */
    struct os_window window; /* when no viewer has one */
    struct console_viewer *viewers;
    struct buf tail;
};

/* ---- birth -------------------------------------------------------------- */

/* libuv polls a descriptor once, and the reading side has the other one. */
static bool open_terminal(struct console *console, uv_loop_t *loop,
                          struct handles *handles, struct console_ends *ends,
                          int *master, struct cause *why)
{
    struct os_pty pty;

    if (!os_pty_open(&pty, &console->window, why))
        return false;
    int copy = os_move_up(fcntl(pty.master, F_DUPFD_CLOEXEC, 0));
    if (copy >= 0 && typing_open(&console->typing, loop, copy, handles)) {
        console->master = copy;
        *master = pty.master;
        ends->input = ends->terminal = pty.slave;
        return true;
    }
    cause_say(why, "cannot watch a pseudo-terminal: %s", strerror(errno));
    close(pty.master);
    close(pty.slave);
    return false;
}

static bool open_pipe(struct console *console, uv_loop_t *loop,
                      struct handles *handles, struct console_ends *ends,
                      struct cause *why)
{
    int pipe[2];

    if (!os_input_pipe(pipe, why))
        return false;
    if (typing_open(&console->typing, loop, pipe[1], handles)) {
        ends->input = pipe[0];
        return true;
    }
    close(pipe[0]);
    return cause_say(why, "cannot watch a pipe");
}

struct console *console_open(uv_loop_t *loop, struct handles *handles,
                             const struct os_window *window, bool terminal,
                             struct console_ends *ends, int *master,
                             struct cause *why)
{
    struct console *console = mem_new(1, sizeof *console);

    *ends = (struct console_ends){-1, -1};
    *master = -1;
    console->master = -1;
    console->window = *window;
    if (terminal ? open_terminal(console, loop, handles, ends, master, why)
                 : open_pipe(console, loop, handles, ends, why))
        return console;
    free(console);
    return NULL;
}

/* ---- what it writes ------------------------------------------------------ */

static void keep_tail(struct console *console, const char *bytes, size_t len)
{
    struct buf *tail = &console->tail;

    if (len > CONSOLE_TAIL) {
        bytes += len - CONSOLE_TAIL;
        len = CONSOLE_TAIL;
    }
    if (tail->len + len > CONSOLE_TAIL)
        buf_drop(tail, tail->len + len - CONSOLE_TAIL);
    buf_add(tail, bytes, len);
}

/* A viewer may leave while it is told. */
void console_saw(struct console *console, const char *bytes, size_t len)
{
    struct console_viewer *viewer = console->viewers;

    keep_tail(console, bytes, len);
    while (viewer) {
        struct console_viewer *next = viewer->next;
        viewer->on_bytes(viewer, bytes, len);
        viewer = next;
    }
}

/* ---- viewers ------------------------------------------------------------- */

/* The one whose turn it is to type; NULL: nobody's. */
static struct console_viewer *typist(const struct console *console)
{
    struct console_viewer *viewer = console->viewers;

    while (viewer && viewer->only_looks)
        viewer = viewer->next;
    return viewer;
}

static void fit_window(struct console *console)
{
    const struct console_viewer *viewer = typist(console);

    if (console->master >= 0 && console->typing.descriptor >= 0)
        os_pty_resize(console->master, viewer && viewer->window.columns
                                           ? &viewer->window
                                           : &console->window);
}

void console_join(struct console *console, struct console_viewer *viewer)
{
    struct console_viewer **link = &console->viewers;

    while (*link)
        link = &(*link)->next;
    *link = viewer;
    viewer->next = NULL;
    if (console->tail.len)
        viewer->on_bytes(viewer, console->tail.data, console->tail.len);
    fit_window(console);
}

void console_leave(struct console *console, struct console_viewer *viewer)
{
    struct console_viewer **link = &console->viewers;
    bool typed = typist(console) == viewer;

    while (*link && *link != viewer)
        link = &(*link)->next;
    if (*link)
        *link = viewer->next;
    if (typed && typist(console))
        typist(console)->on_turn(typist(console));
    fit_window(console);
}

bool console_may_type(const struct console *console,
                      const struct console_viewer *viewer)
{
    return typist(console) == viewer;
}

void console_viewer_resized(struct console *console)
{
    fit_window(console);
}

void console_resize(struct console *console, const struct os_window *window)
{
    console->window = *window;
    fit_window(console);
}

/* ---- what is typed ------------------------------------------------------- */

bool console_type(struct console *console, const char *bytes, size_t len,
                  struct cause *why)
{
    return typing_add(&console->typing, bytes, len, why);
}

bool console_end_input(struct console *console, struct cause *why)
{
    if (console->typing.descriptor < 0)
        return cause_say(why, "its input is closed");
    if (console->master < 0) {
        typing_end(&console->typing);
        return true;
    }
    char end = os_pty_end_of_input(console->master);
    return typing_add(&console->typing, &end, 1, why);
}

/* ---- end ------------------------------------------------------------------ */

void console_close(struct console *console)
{
    while (console->viewers) {
        struct console_viewer *viewer = console->viewers;
        console->viewers = viewer->next;
        viewer->on_over(viewer);
    }
    typing_close(&console->typing);
}

void console_release(struct console *console)
{
    buf_release(&console->tail);
    free(console);
}
