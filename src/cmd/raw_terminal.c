#include "raw_terminal.h"

#include <stddef.h>
#include <termios.h>
#include <unistd.h>

/* What a signal handler can reach; it only makes notes. */
static struct {
    bool is_raw;
    struct termios before;
    sigset_t waiting;
    volatile sig_atomic_t resized, ending, stopping;
} terminal;

static const int watched[] = {SIGINT,  SIGTERM,  SIGHUP,
                              SIGQUIT, SIGWINCH, SIGTSTP};
enum { WATCHED = sizeof watched / sizeof *watched };

static void on_signal(int signum)
{
    if (signum == SIGWINCH)
        terminal.resized = 1;
    else if (signum == SIGTSTP)
        terminal.stopping = 1;
    else
        terminal.ending = signum;
}

/* They come in only while we wait, so none is missed between a look and the
 * wait. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t all;

    sigemptyset(&all);
    for (int i = 0; i < WATCHED; i++)
        sigaddset(&all, watched[i]);
    sigprocmask(SIG_BLOCK, &all, &terminal.waiting);
    for (int i = 0; i < WATCHED; i++) {
        sigaction(watched[i], &action, NULL);
        sigdelset(&terminal.waiting, watched[i]);
    }
}

static void go_raw(void)
{
    struct termios raw = terminal.before;

    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR |
                               IGNCR | ICRNL | IXON);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    terminal.is_raw = true;
}

static void restore(void)
{
    if (terminal.is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
    terminal.is_raw = false;
}

bool raw_terminal_begin(void)
{
    watch_signals();
    if (tcgetattr(STDIN_FILENO, &terminal.before))
        return false;
    go_raw();
    return true;
}

void raw_terminal_end(void)
{
    restore();
}

const sigset_t *raw_terminal_signals(void)
{
    return &terminal.waiting;
}

/* Another program's SIGTSTP: the user's own Ctrl-Z goes to the process. */
static void stop_for_a_while(void)
{
    bool was_raw = terminal.is_raw;

    terminal.stopping = 0;
    restore();
    raise(SIGSTOP);
    if (was_raw)
        go_raw();
    terminal.resized = 1;
}

struct raw_terminal_news raw_terminal_news(void)
{
    struct raw_terminal_news news;

    if (terminal.stopping)
        stop_for_a_while();
    news = (struct raw_terminal_news){terminal.resized, terminal.ending};
    terminal.resized = 0;
    return news;
}
