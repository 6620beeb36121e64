#include "procman/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void stamp_init(struct stamp *stamp, enum stamp_style style, int64_t began_us)
{
    *stamp = (struct stamp){
        .style = style,
        .began_us = began_us,
        .time_us = -1,
        .tick = -1,
        .second = -1,
    };
}

/* strftime knows "+0100"; RFC 3339 wants "+01:00". */
static void set_zone(struct stamp *stamp, const struct tm *local)
{
    char zone[8];

    if (strftime(zone, sizeof zone, "%z", local) == 5)
        snprintf(stamp->zone, sizeof stamp->zone, "%.3s:%.2s", zone, zone + 3);
}

/* What lasts for a second. */
static void set_clock(struct stamp *stamp, int64_t second)
{
    time_t now = (time_t)second;
    struct tm local;

    if (second == stamp->second)
        return;
    stamp->second = second;
    stamp->clock[0] = '\0';
    if (!localtime_r(&now, &local))
        return;
    strftime(stamp->clock, sizeof stamp->clock,
             stamp->style == STAMP_RFC3339 ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S",
             &local);
    set_zone(stamp, &local);
}

static int write_text(struct stamp *stamp, int64_t ms)
{
    char *to = stamp->text;
    size_t room = sizeof stamp->text;
    int fraction = (int)(ms % 1000);

    switch (stamp->style) {
    case STAMP_TIME: return snprintf(to, room, "%s ", stamp->clock);
    case STAMP_MS:
        return snprintf(to, room, "%s.%03d ", stamp->clock, fraction);
    case STAMP_RFC3339:
        return snprintf(to, room, "%s.%03d%s ", stamp->clock, fraction,
                        stamp->zone);
    case STAMP_ELAPSED:
        return snprintf(to, room, "%5" PRId64 ".%03d ", ms / 1000, fraction);
    case STAMP_OFF: break;
    }
    return 0;
}

/* The beginning counts from a clock that may be set: never before it. */
static int64_t ms_of(const struct stamp *stamp, int64_t time_us)
{
    if (stamp->style != STAMP_ELAPSED)
        return time_us / 1000;
    return time_us < stamp->began_us ? 0 : (time_us - stamp->began_us) / 1000;
}

bool stamp_set(struct stamp *stamp, int64_t time_us)
{
    if (time_us == stamp->time_us || stamp->style == STAMP_OFF)
        return false;

    int64_t ms = ms_of(stamp, time_us);
    int64_t tick = stamp->style == STAMP_TIME ? ms / 1000 : ms;
    stamp->time_us = time_us;
    if (tick == stamp->tick)
        return false;
    stamp->tick = tick;
    set_clock(stamp, ms / 1000);
    stamp->len = (size_t)write_text(stamp, ms);
    return true;
}
