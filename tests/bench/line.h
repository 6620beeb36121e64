/* line.h - the lines that load writes and check knows.
 *
 *     0003 0000002a 8f1c qrstuvwxyzABC...
 *
 * The writer, the sequence number, a checksum of both, and as much of a fixed
 * pattern as the length asks for, beginning at a place that depends on the
 * number: a byte that is lost, doubled, or from another line shows.  There is
 * never an '@' in it: that marks a stamped line, see stamp.h.
 */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <stddef.h>
#include <stdint.h>

#define LINE_HEAD  19 /* bytes before the pattern */
#define LINE_SHIFT 62 /* the pattern's period */

/* Enough of the pattern for a line of `len` bytes; free() it. */
char *line_pattern(size_t len);

static inline uint32_t line_sum(uint32_t writer, uint32_t number)
{
    uint32_t mixed = (number + 0x9e3779b9U * (writer + 1)) * 0x85ebca6bU;

    return (mixed ^ (mixed >> 13)) >> 16;
}

#endif
