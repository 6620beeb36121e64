/* latency.c - reads what a supervisor writes and looks for stamped lines.
 *
 *     latency [-n STAMPS] [-s STAMPS]
 *
 * Reads until the end, or until it has seen so many, and prints how long they
 * took from the child's write to our read, in microseconds:
 * "p50 p90 p99 max stamps bytes".  Bytes without a stamp are only counted.  With
 * -s the first so many are not: they tell how programs start, and memory is
 * first touched.
 */
#include "stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536
#define TAIL  STAMP_LEN /* what a stamp may lack at the end of a block */

struct latency {
    double *us;
    size_t count, room, wanted, skipped;
    unsigned long long bytes;
};

static void note(struct latency *latency, uint64_t now, uint64_t stamp)
{
    if (latency->skipped > 0) {
        latency->skipped--;
        return;
    }
    if (latency->count == latency->room) {
        latency->room = latency->room ? 2 * latency->room : 4096;
        latency->us = realloc(latency->us, latency->room * sizeof *latency->us);
        if (!latency->us)
            abort();
    }
    latency->us[latency->count++] = (double)(now - stamp) / 1000;
}

/* Returns how many bytes at the end may be the beginning of a stamp. */
static size_t scan(struct latency *latency, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;
    uint64_t now = stamp_now();

    while ((at = memchr(at, '@', (size_t)(end - at)))) {
        if (end - at < TAIL - 1)
            return (size_t)(end - at);
        uint64_t stamp = stamp_read(at + 1);
        if (stamp)
            note(latency, now, stamp);
        at += stamp ? TAIL - 1 : 1;
    }
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double part(const struct latency *latency, double share)
{
    if (latency->count == 0)
        return 0;
    return latency->us[(size_t)(share * (double)(latency->count - 1))];
}

int main(int argc, char **argv)
{
    static char bytes[TAIL + BLOCK];
    struct latency latency = {.wanted = SIZE_MAX};
    size_t held = 0;
    ssize_t count;
    int option;

    while ((option = getopt(argc, argv, "n:s:")) != -1)
        switch (option) {
        case 'n': latency.wanted = strtoul(optarg, NULL, 10); break;
        case 's': latency.skipped = strtoul(optarg, NULL, 10); break;
        default: return 2;
        }
    while (latency.count < latency.wanted &&
           (count = read(STDIN_FILENO, bytes + held, BLOCK)) > 0) {
        size_t len = held + (size_t)count;
        latency.bytes += (unsigned long long)count;
        held = scan(&latency, bytes, len);
        memmove(bytes, bytes + len - held, held);
    }
    if (latency.count)
        qsort(latency.us, latency.count, sizeof *latency.us, by_size);
    printf("%.1f %.1f %.1f %.1f %zu %llu\n", part(&latency, 0.5),
           part(&latency, 0.9), part(&latency, 0.99), part(&latency, 1),
           latency.count, latency.bytes);
    return 0;
}
