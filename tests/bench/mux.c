/* mux.c - `mux PROCFILE`, the light speed of the task: epoll, one read of each
 * pipe that is ready, prefix and whole lines copied into one buffer, one write
 * per wake-up.  Children are started by vfork, without a shell; SIGTERM goes to
 * all of them, and it ends when they have.  Nothing else. */
#include "words.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536
#define READY 256

struct stream {
    int pipe;
    char name[32];
    char *held; /* the beginning of a line */
    size_t held_len, held_room;
};

static struct {
    int epoll;
    pid_t pids[65536];
    size_t pid_count, living;
    char *out;
    size_t out_len, out_room;
    char clock[16];
    time_t second;
} mux;

static void *grown(char *old, size_t *room, size_t len)
{
    if (len <= *room)
        return old;
    *room = 2 * len;
    return realloc(old, *room);
}

static void put_line(const struct stream *stream, const char *text, size_t len)
{
    size_t held = stream->held_len;

    mux.out = grown(mux.out, &mux.out_room, mux.out_len + held + len + 64);
    char *to = stpcpy(stpcpy(mux.out + mux.out_len, mux.clock), stream->name);
    to = mempcpy(mempcpy(to, stream->held, held), text, len);
    *to++ = '\n';
    mux.out_len = (size_t)(to - mux.out);
}

static void write_out(void)
{
    for (size_t sent = 0; sent < mux.out_len;) {
        ssize_t count =
            write(STDOUT_FILENO, mux.out + sent, mux.out_len - sent);
        if (count <= 0)
            exit(1);
        sent += (size_t)count;
    }
    mux.out_len = 0;
}

static void hold(struct stream *stream, const char *text, size_t len)
{
    size_t all = stream->held_len + len;

    stream->held = grown(stream->held, &stream->held_room, all);
    memcpy(stream->held + stream->held_len, text, len);
    stream->held_len = all;
}

static void end_stream(struct stream *stream)
{
    if (stream->held_len)
        put_line(stream, "", 0);
    epoll_ctl(mux.epoll, EPOLL_CTL_DEL, stream->pipe, NULL);
    close(stream->pipe);
    free(stream->held);
    free(stream);
}

static void read_stream(struct stream *stream)
{
    static char block[BLOCK];
    ssize_t count = read(stream->pipe, block, BLOCK);
    const char *at = block, *end = block + count, *newline;

    if (count <= 0)
        end_stream(stream);
    if (count <= 0)
        return;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        put_line(stream, at, (size_t)(newline - at));
        stream->held_len = 0;
        at = newline + 1;
    }
    if (at < end)
        hold(stream, at, (size_t)(end - at));
}

static void add_stream(const char *name, int pipe)
{
    struct stream *stream = calloc(1, sizeof *stream);
    struct epoll_event event = {.events = EPOLLIN};

    stream->pipe = pipe;
    snprintf(stream->name, sizeof stream->name, "%7s | ", name);
    event.data.ptr = stream;
    epoll_ctl(mux.epoll, EPOLL_CTL_ADD, pipe, &event);
}

static void start(char *line)
{
    char *words[WORDS_MAX + 1], *name = words_cut(line, words);
    int out[2], error[2];
    sigset_t none;

    if (!name || pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
        exit(2);
    sigemptyset(&none);
    pid_t pid = vfork();
    if (pid == 0) {
        setsid();
        dup2(out[1], STDOUT_FILENO);
        dup2(error[1], STDERR_FILENO);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv(words[0], words);
        _exit(127);
    }
    close(out[1]);
    close(error[1]);
    add_stream(name, out[0]);
    add_stream(name, error[0]);
    mux.pids[mux.pid_count++] = pid;
    mux.living++;
}

static void on_signal(int signals)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        mux.living--;
    for (size_t i = 0; info.ssi_signo == SIGTERM && i < mux.pid_count; i++)
        kill(-mux.pids[i], SIGTERM);
}

static void turn(int signals)
{
    struct epoll_event events[READY];
    int count = epoll_wait(mux.epoll, events, READY, mux.living ? -1 : 0);
    time_t now = time(NULL);

    if (now != mux.second)
        strftime(mux.clock, sizeof mux.clock, "%H:%M:%S ", localtime(&now));
    mux.second = now;
    for (int i = 0; i < count; i++)
        if (events[i].data.ptr)
            read_stream(events[i].data.ptr);
        else
            on_signal(signals);
    write_out();
    if (count <= 0 && !mux.living)
        exit(0);
}

int main(int argc, char **argv)
{
    FILE *file = fopen(argc == 2 ? argv[1] : "Procfile", "re");
    sigset_t watched;
    char line[4096];

    if (!file)
        return 2;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    mux.epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(mux.epoll, EPOLL_CTL_ADD, signals,
              &(struct epoll_event){.events = EPOLLIN});
    while (fgets(line, sizeof line, file))
        start(line);
    for (;;)
        turn(signals);
}
