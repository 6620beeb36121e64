/* os_pty.h - pseudo-terminals for children, and the size of a terminal.
 *
 * A child gets the slave as descriptors 0, 1 and 2 and as its controlling
 * terminal (os_child.terminal); procman keeps the master.  What the child writes
 * is read from the master until EIO, which on Linux is how it ends once nobody
 * has the slave open any more.
 */
#ifndef PROCMAN_OS_PTY_H
#define PROCMAN_OS_PTY_H

#include "procman/cause.h"

struct os_window {
    unsigned short columns, rows;
};

struct os_pty {
    int master; /* non-blocking */
    int slave;  /* to be closed once the child has it */
};

/* Both ends are close-on-exec.  False: see why; nothing is open then. */
bool os_pty_open(struct os_pty *pty, const struct os_window *window,
                 struct cause *why);

/* The processes on it hear of it (SIGWINCH). */
void os_pty_resize(int master, const struct os_window *window);

/* False: the descriptor is no terminal, or does not know its size. */
bool os_window_of(int descriptor, struct os_window *window);

/* What the terminal takes for "the input ends here" (Ctrl-D, usually). */
char os_pty_end_of_input(int master);

#endif
