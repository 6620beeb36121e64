/* values.h - what people write as a value, understood: times, masks, signals.
 *
 * For the settings file and for options of the command line, so that both take
 * the same words.  Blanks around a value are the caller's to cut off.  Each
 * returns false with a sentence that quotes the value and says what is taken:
 *     "10" is no time; write it like 500ms, 10s, 2m or 1h
 * and then leaves `to` alone.
 */
#ifndef PROCMAN_VALUES_H
#define PROCMAN_VALUES_H

#include "procman/cause.h"
#include "procman/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 500ms, 10s, 2m, 1h, 1m30s, and 0; up to VALUE_DURATION_MOST. */
#define VALUE_DURATION_MOST 31536000000 /* ms: a year */
bool value_duration(uint64_t *to_ms, const char *text, struct cause *why);

/* 65536, 64k, 4M, 1G, with or without a B or iB behind the letter, which is
 * large or small and always means 1024; up to VALUE_SIZE_MOST. */
#define VALUE_SIZE_MOST (UINT64_C(1) << 50)
bool value_size(uint64_t *to_bytes, const char *text, struct cause *why);

/* yes no true false on off 1 0. */
bool value_switch(bool *to, const char *text, struct cause *why);

bool value_number(int *to, const char *text, int least, int most,
                  struct cause *why);

/* One of the words in `words`, which are separated by a blank; gives its place
 * there, from 0. */
bool value_choice(int *to, const char *text, const char *words,
                  struct cause *why);

/* TERM, SIGTERM, term, 15. */
bool value_signal(int *to, const char *text, struct cause *why);

/* 022, 77: octal, up to 0777. */
bool value_mask(int *to, const char *text, struct cause *why);

/* Ways for a process to end: exit codes and signals. */
struct value_codes {
    uint32_t codes[8];
    uint64_t signals; /* bit 15: SIGTERM */
};

/* "0, 3 10-12 TERM SIGKILL": codes, ranges of codes, signals by name, separated
 * by blanks or commas.  "" is none. */
bool value_codes(struct value_codes *to, const char *text, struct cause *why);

/* Exit code 0 is always among them.  `signum` 0: it ended by itself. */
bool value_codes_have(const struct value_codes *codes, int code, int signum);

struct value_names {
    char **names;
    size_t count;
};

/* Names of processes or groups, separated by blanks or commas; with `patterns`
 * they may hold '*' and '?' (pattern.h).  "" is none.  `to` must be empty; it
 * is released with value_names_release(). */
bool value_names(struct value_names *to, const char *text, bool patterns,
                 struct cause *why);
void value_names_release(struct value_names *names);

/* A value in a message: "in quotes", cut if it is long, "this" if it holds what
 * must not reach a terminal. */
struct words value_quoted(const char *text);

#endif
