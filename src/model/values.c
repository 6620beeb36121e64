#include "procman/values.h"
#include "procman/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define NAME_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "_.-"
#define BETWEEN     " \t," /* what separates the words of a list */
#define SIGNAL_MOST 63

struct words value_quoted(const char *text)
{
    struct words words = {"this"};
    size_t len = strlen(text), shown = 50;

    if (!words_printable(text))
        return words;
    if (len <= shown) {
        snprintf(words.text, sizeof words.text, "\"%s\"", text);
        return words;
    }
    while (shown > 46 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--; /* no half characters */
    snprintf(words.text, sizeof words.text, "\"%.*s...\"", (int)shown, text);
    return words;
}

/* ---- numbers ----------------------------------------------------------- */

/* Digits alone; *rest is what stands behind them.  False: there are none, or
 * too many. */
static bool read_digits(uint64_t *to, const char *text, const char **rest)
{
    size_t len = strspn(text, DIGITS);

    if (len == 0 || len > 18)
        return false;
    *to = 0;
    for (size_t i = 0; i < len; i++)
        *to = *to * 10 + (uint64_t)(text[i] - '0');
    *rest = text + len;
    return true;
}

/* The ms of the unit at *at, which goes behind it; 0: there is none. */
static uint64_t read_unit(const char **at)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(*at, units[i].name, len) == 0) {
            *at += len;
            return units[i].ms;
        }
    }
    return 0;
}

bool value_duration(uint64_t *to_ms, const char *text, struct cause *why)
{
    uint64_t sum = 0, number, unit = 1;
    const char *at = text;

    do {
        bool good = read_digits(&number, at, &at);
        if (good && number == 0 && at == text + 1 && *at == '\0')
            break; /* 0 of whatever */
        unit = good ? read_unit(&at) : 0;
        if (unit == 0)
            return cause_say(why,
                             "%s is no time; write it like 500ms, 10s, 2m "
                             "or 1h",
                             value_quoted(text).text);
        if (number > (VALUE_DURATION_MOST - sum) / unit)
            return cause_say(why, "%s is too long; a year is the most",
                             value_quoted(text).text);
        sum += number * unit;
    } while (*at);
    *to_ms = sum;
    return true;
}

/* Behind the number: "", "B", "k", "KB", "KiB", ...; -1: none of them. */
static int read_power(const char *text)
{
    static const char letters[] = "kmgt";
    const char *letter = *text ? strchr(letters, *text | 0x20) : NULL;

    if (letter)
        text++;
    if (letter && *text == 'i')
        text += text[1] == 'B';
    if (*text == 'B')
        text++;
    if (*text)
        return -1;
    return letter ? (int)(letter - letters) + 1 : 0;
}

bool value_size(uint64_t *to_bytes, const char *text, struct cause *why)
{
    uint64_t number;
    const char *rest;
    int power = read_digits(&number, text, &rest) ? read_power(rest) : -1;

    if (power < 0)
        return cause_say(why, "%s is no size; write it like 65536, 64k or 4M",
                         value_quoted(text).text);
    if (number > VALUE_SIZE_MOST >> 10 * power)
        return cause_say(why, "%s is too much", value_quoted(text).text);
    *to_bytes = number << 10 * power;
    return true;
}

bool value_number(int *to, const char *text, int least, int most,
                  struct cause *why)
{
    uint64_t number;
    const char *rest;
    bool minus = *text == '-';
    bool good = read_digits(&number, text + minus, &rest) && *rest == '\0' &&
                number <= INT_MAX;
    int value = good ? (minus ? -(int)number : (int)number) : 0;

    if (!good || value < least || value > most)
        return cause_say(why, "%s is no whole number from %d to %d",
                         value_quoted(text).text, least, most);
    *to = value;
    return true;
}

bool value_mask(int *to, const char *text, struct cause *why)
{
    size_t len = strlen(text);
    int mask = 0;

    if (len == 0 || len > 4 || strspn(text, "01234567") != len)
        mask = -1;
    for (size_t i = 0; mask >= 0 && i < len; i++)
        mask = mask * 8 + (text[i] - '0');
    if (mask < 0 || mask > 0777)
        return cause_say(why, "%s is no mask; write it in octal, like 022",
                         value_quoted(text).text);
    *to = mask;
    return true;
}

/* ---- words ------------------------------------------------------------- */

/* The place of a word in a row of words; -1: it is not there. */
static int place_of(const char *word, const char *words)
{
    size_t len = strlen(word);

    for (int place = 0; *words; place++) {
        size_t here = strcspn(words, " ");
        if (len == here && strncmp(word, words, len) == 0)
            return place;
        words += here;
        words += strspn(words, " ");
    }
    return -1;
}

/* "no on-failure always" -> "no, on-failure or always". */
static void say_choices(char *to, size_t room, const char *words)
{
    size_t used = 0;

    for (; *words; words += strspn(words, " ")) {
        int len = (int)strcspn(words, " ");
        bool last = words[len] == '\0';
        int more =
            snprintf(to + used, room - used, "%s%.*s",
                     used == 0 ? "" : (last ? " or " : ", "), len, words);
        if (more < 0 || (size_t)more >= room - used)
            return;
        used += (size_t)more;
        words += len;
    }
}

bool value_choice(int *to, const char *text, const char *words,
                  struct cause *why)
{
    char choices[256] = "";
    int place = *text ? place_of(text, words) : -1;

    if (place >= 0) {
        *to = place;
        return true;
    }
    say_choices(choices, sizeof choices, words);
    return cause_say(why, "%s is not %s", value_quoted(text).text, choices);
}

bool value_switch(bool *to, const char *text, struct cause *why)
{
    int place = *text ? place_of(text, "no yes false true off on 0 1") : -1;

    if (place < 0)
        return cause_say(why, "%s is neither yes nor no",
                         value_quoted(text).text);
    *to = place % 2;
    return true;
}

static bool has_prefix_sig(const char *name)
{
    return strncasecmp(name, "SIG", 3) == 0;
}

static int signal_named(const char *name)
{
    for (int signum = 1; signum <= SIGNAL_MOST; signum++) {
        const char *known = words_signal_name(signum);
        if (known &&
            (strcasecmp(known, name) == 0 || strcasecmp(known + 3, name) == 0))
            return signum;
    }
    return 0;
}

/* Compared without "SIG", which would make all of them look alike. */
static bool fail_no_signal(const char *text, struct cause *why)
{
    struct words names[SIGNAL_MOST];
    const char *known[SIGNAL_MOST];
    size_t count = 0;

    for (int signum = 1; signum <= SIGNAL_MOST; signum++) {
        names[count] = words_signal(signum);
        if (has_prefix_sig(names[count].text)) {
            known[count] = names[count].text + 3;
            count++;
        }
    }
    const char *nearest =
        words_nearest(has_prefix_sig(text) ? text + 3 : text, known, count);
    if (nearest)
        return cause_say(why, "%s is no signal; did you mean %s?",
                         value_quoted(text).text, nearest);
    return cause_say(why, "%s is no signal; write it like TERM or 15",
                     value_quoted(text).text);
}

bool value_signal(int *to, const char *text, struct cause *why)
{
    struct cause unused;
    int signum = signal_named(text);

    if (signum == 0 && !value_number(&signum, text, 1, SIGNAL_MOST, &unused))
        return fail_no_signal(text, why);
    *to = signum;
    return true;
}

/* ---- lists ------------------------------------------------------------- */

/* The next word of a list, a string of its own; NULL: there is none. */
static char *next_word(const char **at)
{
    *at += strspn(*at, BETWEEN);
    size_t len = strcspn(*at, BETWEEN);
    char *word = len ? mem_string_of(*at, len) : NULL;

    *at += len;
    return word;
}

/* "3" or "10-12"; false: it is neither. */
static bool add_codes(struct value_codes *codes, const char *word)
{
    uint64_t first, last;
    const char *rest;

    if (!read_digits(&first, word, &rest))
        return false;
    last = first;
    if (*rest == '-' && !read_digits(&last, rest + 1, &rest))
        return false;
    if (*rest || last < first || last > 255)
        return false;
    for (uint64_t code = first; code <= last; code++)
        codes->codes[code / 32] |= UINT32_C(1) << code % 32;
    return true;
}

static bool add_code(struct value_codes *codes, const char *word,
                     struct cause *why)
{
    int signum = signal_named(word);

    if (signum == 0 && !add_codes(codes, word))
        return cause_say(why,
                         "%s is neither an exit code from 0 to 255 nor the "
                         "name of a signal",
                         value_quoted(word).text);
    codes->signals |= signum ? UINT64_C(1) << signum : 0;
    return true;
}

bool value_codes(struct value_codes *to, const char *text, struct cause *why)
{
    struct value_codes codes = {0};
    bool good = true;

    for (char *word; good && (word = next_word(&text)); free(word))
        good = add_code(&codes, word, why);
    if (good)
        *to = codes;
    return good;
}

bool value_codes_have(const struct value_codes *codes, int code, int signum)
{
    if (signum > 0)
        return signum <= SIGNAL_MOST && codes->signals >> signum & 1;
    return code == 0 ||
           (code > 0 && code < 256 && codes->codes[code / 32] >> code % 32 & 1);
}

static bool is_name(const char *word, bool pattern)
{
    return word[strspn(word, pattern ? NAME_CHARS "*?" : NAME_CHARS)] == '\0';
}

bool value_names(struct value_names *to, const char *text, bool patterns,
                 struct cause *why)
{
    for (char *word; (word = next_word(&text));) {
        to->names = mem_resize(to->names, to->count + 1, sizeof *to->names);
        to->names[to->count++] = word;
        if (!is_name(word, patterns)) {
            cause_say(why, "%s cannot be a name%s", value_quoted(word).text,
                      patterns ? " or a pattern" : "");
            value_names_release(to);
            return false;
        }
    }
    return true;
}

void value_names_release(struct value_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct value_names){0};
}
