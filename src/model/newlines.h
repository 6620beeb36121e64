/* newlines.h - where the line ends are, sixty-four bytes at a time. */
#ifndef PROCMAN_NEWLINES_H
#define PROCMAN_NEWLINES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NEWLINES_STEP 64 /* bytes */

#ifdef __SSE2__

static inline uint64_t newlines_of_16(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i found = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));

    return (uint64_t)(unsigned)_mm_movemask_epi8(found);
}

static inline uint64_t newlines_of_step(const char *at)
{
    return newlines_of_16(at) | newlines_of_16(at + 16) << 16 |
           newlines_of_16(at + 32) << 32 | newlines_of_16(at + 48) << 48;
}

#else

#define NEWLINES_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes in one word: those that are LF become 0x80, all others 0; then the
 * high bits are gathered in one byte. */
static inline uint64_t newlines_of_8(const char *at)
{
    uint64_t bytes = 0, low = NEWLINES_EACH(0x7f);

    for (int i = 0; i < 8; i++)
        bytes |= (uint64_t)(unsigned char)at[i] << 8 * i;
    bytes ^= NEWLINES_EACH('\n');
    bytes = ~(((bytes & low) + low) | bytes | low);
    return (bytes >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t newlines_of_step(const char *at)
{
    uint64_t found = 0;

    for (int i = 0; i < 8; i++)
        found |= newlines_of_8(at + 8 * i) << 8 * i;
    return found;
}

#endif

/* Bit n is set if byte n is an LF; of less than sixty-four bytes, those that
 * there are. */
static inline uint64_t newlines_of(const char *at, size_t len)
{
    char step[NEWLINES_STEP] = {0};

    if (len >= NEWLINES_STEP)
        return newlines_of_step(at);
    memcpy(step, at, len);
    return newlines_of_step(step);
}

#endif
