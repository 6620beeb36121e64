/* stamp.h - a line that says when it was written: "@<ns, 20 digits>@\n".
 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdint.h>
#include <time.h>

#define STAMP_LEN 23 /* with the newline */

/* Nanoseconds of the monotonic clock, which all processes share. */
static inline uint64_t stamp_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline void stamp_write(char *to)
{
    uint64_t now = stamp_now();

    for (int i = 20; i > 0; i--, now /= 10)
        to[i] = (char)('0' + now % 10);
    to[0] = to[21] = '@';
    to[22] = '\n';
}

/* What stands behind the first '@'; 0: it is not a stamp. */
static inline uint64_t stamp_read(const char *digits)
{
    uint64_t value = 0;

    for (int i = 0; i < 20; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return 0;
        value = 10 * value + (uint64_t)(digits[i] - '0');
    }
    return digits[20] == '@' ? value : 0;
}

#endif
