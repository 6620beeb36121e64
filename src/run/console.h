/* console.h - one run of a process that can be typed into, and who watches it.
 *
 * A process has one if its settings say so: `stdin = pipe` gives it a pipe as
 * its input, `tty = yes` a terminal as all three.  Viewers see every byte that
 * it writes, as it writes it, beside the lines that all sinks get.  The first
 * viewer that wants to may type; when it leaves, the next one may.
 */
#ifndef PROCMAN_CONSOLE_H
#define PROCMAN_CONSOLE_H

#include "procman/os_pty.h"
#include "typing.h"

#define CONSOLE_TAIL 8192 /* bytes that a viewer sees of what came before it */

struct console_viewer {
    void (*on_bytes)(struct console_viewer *viewer, const char *bytes,
                     size_t len);
    /* It may type from now on. */
    void (*on_turn)(struct console_viewer *viewer);
    /* The run has ended, and with it the console. */
    void (*on_over)(struct console_viewer *viewer);
    bool only_looks;
    struct os_window window; /* of its terminal; columns 0: it has none */
    struct console_viewer *next;
};

struct console;

/* The ends that the child gets; to be closed once it has them. */
struct console_ends {
    int input;
    int terminal; /* the same as input; -1: it has none, and pipes for output */
};

/* With a terminal, what the child writes is read from *master, which is its
 * caller's to close; else that is -1.  NULL: see why. */
struct console *console_open(uv_loop_t *loop, struct handles *handles,
                             const struct os_window *window, bool terminal,
                             struct console_ends *ends, int *master,
                             struct cause *why);

/* The child has written this. */
void console_saw(struct console *console, const char *bytes, size_t len);

/* The last bytes are told at once. */
void console_join(struct console *console, struct console_viewer *viewer);
void console_leave(struct console *console, struct console_viewer *viewer);
bool console_may_type(const struct console *console,
                      const struct console_viewer *viewer);

/* See typing.h. */
bool console_type(struct console *console, const char *bytes, size_t len,
                  struct cause *why);

/* A pipe ends; a terminal is told that it does, as Ctrl-D tells it. */
bool console_end_input(struct console *console, struct cause *why);

/* The window that the shared terminal leaves for it.  As long as somebody
 * types into it from a terminal, that one's window counts. */
void console_resize(struct console *console, const struct os_window *window);

/* A viewer's window is another one. */
void console_viewer_resized(struct console *console);

/* Tells the viewers that it is over.  Its handles close with those of the
 * run; then it can be released. */
void console_close(struct console *console);
void console_release(struct console *console);

#endif
