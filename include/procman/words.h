/* words.h - small things said to people, said the same way everywhere.
 */
#ifndef PROCMAN_WORDS_H
#define PROCMAN_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any of the texts below. */
struct words {
    char text[64];
};

/* 21 ms -> "21 ms", 3250 -> "3.2 s", 10040 -> "10 s", 64000 -> "1 min 4 s",
 * 3723000 -> "1 h 2 min". */
struct words words_duration(uint64_t ms);

/* 812 -> "812B", 5900000 -> "5.6M", 59000000 -> "56M": powers of 1024. */
struct words words_size(uint64_t bytes);

/* 15 -> "SIGTERM"; a number without a name -> "signal 77", or NULL. */
struct words words_signal(int signum);
const char *words_signal_name(int signum);

/* "1 process", "2 processes": `plural` is one + "es" or whatever is right. */
struct words words_count(size_t count, const char *one, const char *many);

/* Which of `known` was probably meant by `word`: the nearest one by edit
 * distance, transpositions counting once, if it is near enough to be worth
 * suggesting; else NULL. */
const char *words_nearest(const char *word, const char *const *known,
                          size_t count);

/* Can it be printed in a message as it is?  False if it holds control
 * characters: a name or a path from outside must not bring escape codes. */
bool words_printable(const char *text);

#endif
