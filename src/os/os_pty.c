#include "procman/os_pty.h"
#include "procman/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_D 4

static bool open_slave(struct os_pty *pty)
{
    char name[64];

    if (grantpt(pty->master) || unlockpt(pty->master) ||
        ptsname_r(pty->master, name, sizeof name))
        return false;
    pty->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return pty->slave >= 0;
}

bool os_pty_open(struct os_pty *pty, const struct os_window *window,
                 struct cause *why)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->master >= 0 && open_slave(pty)) {
        fcntl(pty->master, F_SETFL, O_NONBLOCK | O_RDWR);
        pty->master = os_move_up(pty->master);
        os_pty_resize(pty->master, window);
        return true;
    }
    cause_say(why, "cannot open a pseudo-terminal: %s", strerror(errno));
    if (pty->master >= 0)
        close(pty->master);
    return false;
}

void os_pty_resize(int master, const struct os_window *window)
{
    struct winsize size = {.ws_row = window->rows, .ws_col = window->columns};

    ioctl(master, TIOCSWINSZ, &size);
}

bool os_window_of(int descriptor, struct os_window *window)
{
    struct winsize size;

    if (ioctl(descriptor, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
        return false;
    *window = (struct os_window){size.ws_col, size.ws_row};
    return true;
}

char os_pty_end_of_input(int master)
{
    struct termios mode;

    if (tcgetattr(master, &mode) || mode.c_cc[VEOF] == _POSIX_VDISABLE)
        return CTRL_D;
    return (char)mode.c_cc[VEOF];
}
