/* moment.h - a moment, as people write it: "since when?"
 *
 *     10m  30s  1h30m                      so long ago (values.h)
 *     14:05  14:05:30                      the last time it was that late
 *     2026-11-22  2026-11-22 14:05         that day, that minute
 *     2026-11-22T14:05:30.25+01:00         RFC 3339; Z is UTC
 *
 * Without a zone it is local time (TZ).
 */
#ifndef PROCMAN_MOMENT_H
#define PROCMAN_MOMENT_H

#include "procman/cause.h"

#include <stdbool.h>
#include <stdint.h>

/* Microseconds since 1970; `now_us` is what time it is. */
bool moment_parse(int64_t *to_us, const char *text, int64_t now_us,
                  struct cause *why);

#endif
