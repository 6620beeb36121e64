/* load.c - what the bench's children do.
 *
 *     load flood -i WRITER -l BYTES -n LINES [-b BLOCK] [-e EVENTS]
 *         writes lines of so many bytes (with the newline, at least 20), in
 *         blocks of BLOCK bytes that do not end at lines (65536), or with -b 0
 *         each line with a write of its own; then waits to be ended
 *     load burst -i WRITER -l BYTES -n LINES
 *         all of it in one write and _exit
 *     load beat -n LINES [-u MICROSECONDS] [-e EVENTS]
 *         a stamped line, a pause, and so on; then waits to be ended
 *     load idle [-e EVENTS]
 *         nothing, until it is ended
 *     load mortal -i WRITER [-u MICROSECONDS]
 *         one line, the pause, and the end with code 1
 *
 * EVENTS is a file to which "begin" and "done" are appended, each with the
 * monotonic clock in ns.  A writer without an end (-n 0) is a flood for ever.
 */
#include "line.h"
#include "stamp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct load {
    uint32_t writer, lines;
    size_t len, block;
    long pause_us;
    const char *events;
    char *pattern;
};

static void tell(const struct load *load, const char *event, uint64_t at)
{
    char text[64];
    int file;

    if (!load->events)
        return;
    int len =
        snprintf(text, sizeof text, "%s %llu\n", event, (unsigned long long)at);
    file = open(load->events, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || write(file, text, (size_t)len) != len)
        _exit(3);
    close(file);
}

_Noreturn static void wait_for_the_end(void)
{
    for (;;)
        pause();
}

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, len);
        if (count <= 0)
            _exit(2);
        bytes += count;
        len -= (size_t)count;
    }
}

static void put_hex(char *to, uint32_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        to[i] = "0123456789abcdef"[value & 15];
}

static void make_line(const struct load *load, char *to, uint32_t number)
{
    put_hex(to, load->writer, 4);
    to[4] = ' ';
    put_hex(to + 5, number, 8);
    to[13] = ' ';
    put_hex(to + 14, line_sum(load->writer, number), 4);
    to[18] = ' ';
    memcpy(to + LINE_HEAD, load->pattern + number % LINE_SHIFT,
           load->len - LINE_HEAD - 1);
    to[load->len - 1] = '\n';
}

/* A bundle of lines leaves in whole blocks; the rest waits for the next. */
static void flood(const struct load *load)
{
    size_t bundle = load->block / load->len + 2, held = 0;
    char *bytes = malloc(load->block + bundle * load->len);

    if (!bytes)
        abort();
    for (uint32_t number = 0; !load->lines || number < load->lines; number++) {
        make_line(load, bytes + held, number);
        held += load->len;
        if (held < load->block)
            continue;
        size_t part = load->block ? load->block : held;
        write_all(bytes, part);
        held -= part;
        memmove(bytes, bytes + part, held);
    }
    write_all(bytes, held);
    free(bytes);
}

static void burst(const struct load *load)
{
    char *bytes = malloc(load->lines * load->len + 1);

    if (!bytes)
        abort();
    for (uint32_t number = 0; number < load->lines; number++)
        make_line(load, bytes + number * load->len, number);
    write_all(bytes, load->lines * load->len);
}

static void rest(long us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&time, NULL);
}

static void beat(const struct load *load)
{
    char text[STAMP_LEN + 1];

    for (uint32_t number = 0; !load->lines || number < load->lines; number++) {
        rest(load->pause_us);
        stamp_write(text);
        write_all(text, STAMP_LEN);
    }
}

static void read_options(struct load *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "i:l:n:b:u:e:")) != -1)
        switch (option) {
        case 'i': load->writer = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'l': load->len = strtoul(optarg, NULL, 10); break;
        case 'n': load->lines = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'b': load->block = strtoul(optarg, NULL, 10); break;
        case 'u': load->pause_us = strtol(optarg, NULL, 10); break;
        case 'e': load->events = optarg; break;
        default: exit(2);
        }
    if (load->len <= LINE_HEAD)
        exit(2);
    load->pattern = line_pattern(load->len);
}

int main(int argc, char **argv)
{
    uint64_t began = stamp_now();
    struct load load = {.len = 100, .block = 65536, .pause_us = 1000};
    const char *what = argc > 1 ? argv[1] : "";

    if (argc > 1)
        read_options(&load, argc - 1, argv + 1);
    tell(&load, "begin", began);
    if (strcmp(what, "flood") == 0) {
        flood(&load);
    } else if (strcmp(what, "burst") == 0) {
        burst(&load);
        _exit(0);
    } else if (strcmp(what, "beat") == 0) {
        beat(&load);
    } else if (strcmp(what, "mortal") == 0) {
        load.lines = 1;
        burst(&load);
        rest(load.pause_us);
        return 1;
    } else if (strcmp(what, "idle") != 0) {
        fputs("usage: load flood|burst|beat|idle|mortal [OPTIONS]\n", stderr);
        return 2;
    }
    tell(&load, "done", stamp_now());
    wait_for_the_end();
}
