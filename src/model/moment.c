#include "procman/moment.h"
#include "procman/values.h"

#include <string.h>
#include <time.h>

#define SECOND_US 1000000

/* What has been read so far; `at` is NULL once it is no moment. */
struct reading {
    const char *at;
    struct tm tm; /* the month from 0, the year from 1900, as everywhere */
    int64_t fraction_us;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int take_number(struct reading *reading, int digits, int least, int most)
{
    int number = 0;

    for (int i = 0; reading->at && i < digits; i++) {
        if (!is_digit(*reading->at)) {
            reading->at = NULL;
            return 0;
        }
        number = number * 10 + (*reading->at++ - '0');
    }
    if (number < least || number > most)
        reading->at = NULL;
    return number;
}

static bool take(struct reading *reading, const char *any)
{
    if (!reading->at || !*reading->at || !strchr(any, *reading->at))
        return false;
    reading->at++;
    return true;
}

static void need(struct reading *reading, const char *any)
{
    if (!take(reading, any))
        reading->at = NULL;
}

/* HH:MM, HH:MM:SS, HH:MM:SS.ffffff */
static void take_clock(struct reading *reading)
{
    reading->tm.tm_hour = take_number(reading, 2, 0, 23);
    need(reading, ":");
    reading->tm.tm_min = take_number(reading, 2, 0, 59);
    if (!take(reading, ":"))
        return;
    reading->tm.tm_sec = take_number(reading, 2, 0, 60);
    if (!take(reading, "."))
        return;
    if (!is_digit(*reading->at))
        reading->at = NULL;
    for (int64_t unit = SECOND_US / 10; reading->at && is_digit(*reading->at);
         unit /= 10)
        reading->fraction_us += unit * (*reading->at++ - '0');
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static void take_date(struct reading *reading)
{
    int year = take_number(reading, 4, 1970, 9999);
    need(reading, "-");
    int month = take_number(reading, 2, 1, 12);
    need(reading, "-");
    if (!reading->at)
        return;
    reading->tm.tm_year = year - 1900;
    reading->tm.tm_mon = month - 1;
    reading->tm.tm_mday =
        take_number(reading, 2, 1, days_of_month(year, month));
}

/* "Z", "+01:00"; false: there is none. */
static bool take_zone(struct reading *reading, int64_t *offset_s)
{
    if (take(reading, "Zz"))
        return true;
    bool west = take(reading, "-");
    if (!west && !take(reading, "+"))
        return false;
    int hours = take_number(reading, 2, 0, 23);
    need(reading, ":");
    int minutes = take_number(reading, 2, 0, 59);
    *offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

static int64_t seconds_local(struct tm tm)
{
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm);
}

/* Days since 1970-01-01 in the Gregorian calendar: years are counted from
 * March, so that the leap day is a year's last. */
static int64_t seconds_utc(const struct tm *tm)
{
    int64_t month = tm->tm_mon + 1, year = tm->tm_year + 1900 - (month < 3);
    int64_t day_of_year =
        (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + tm->tm_mday - 1;
    int64_t days =
        year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;

    return ((days * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
}

static bool read_time_of_day(int64_t *to_us, const char *text, int64_t now_us)
{
    struct reading reading = {.at = text};
    time_t now = (time_t)(now_us / SECOND_US);

    localtime_r(&now, &reading.tm);
    reading.tm.tm_sec = 0;
    take_clock(&reading);
    if (!reading.at || *reading.at)
        return false;
    *to_us = seconds_local(reading.tm) * SECOND_US + reading.fraction_us;
    if (*to_us > now_us) {
        reading.tm.tm_mday--;
        *to_us = seconds_local(reading.tm) * SECOND_US + reading.fraction_us;
    }
    return true;
}

static bool read_date(int64_t *to_us, const char *text)
{
    struct reading reading = {.at = text};
    int64_t offset_s = 0;
    bool zone = false;

    take_date(&reading);
    if (take(&reading, "Tt ")) {
        take_clock(&reading);
        zone = take_zone(&reading, &offset_s);
    }
    if (!reading.at || *reading.at)
        return false;
    *to_us = (zone ? seconds_utc(&reading.tm) - offset_s
                   : seconds_local(reading.tm)) *
                 SECOND_US +
             reading.fraction_us;
    return true;
}

bool moment_parse(int64_t *to_us, const char *text, int64_t now_us,
                  struct cause *why)
{
    uint64_t ago_ms;
    struct cause none;

    if (value_duration(&ago_ms, text, &none)) {
        *to_us = now_us - (int64_t)ago_ms * 1000;
        return true;
    }
    if (read_time_of_day(to_us, text, now_us) || read_date(to_us, text))
        return true;
    return cause_say(why,
                     "%s is no moment; write it like 10m (ago), 14:05 or "
                     "2026-11-22T14:05:30Z",
                     value_quoted(text).text);
}
