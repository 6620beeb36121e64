/* raw_terminal.h - the user's terminal, handed through to somebody else.
 *
 * Every key comes as it is, Ctrl-C too, and what is written is shown as it is.
 * However the program ends, the terminal is as it was: on every signal that ends
 * or stops it, it is restored first.
 */
#ifndef PROCMAN_CMD_RAW_TERMINAL_H
#define PROCMAN_CMD_RAW_TERMINAL_H

#include <signal.h>
#include <stdbool.h>

/* False: standard input is no terminal, and nothing has been changed.  There is
 * one such terminal in a program. */
bool raw_terminal_begin(void);
void raw_terminal_end(void);

/* The signals to let in while waiting, and only then: pselect(2). */
const sigset_t *raw_terminal_signals(void);

/* To be asked after each wait. */
struct raw_terminal_news {
    bool resized;
    int signum; /* it was told to end by this; 0: it was not */
};
struct raw_terminal_news raw_terminal_news(void);

#endif
