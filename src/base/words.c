#include "procman/words.h"
#include "procman/mem.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words words_duration(uint64_t ms)
{
    struct words words;
    uint64_t s = ms / 1000, min = s / 60, h = min / 60;

    if (ms < 1000)
        snprintf(words.text, sizeof words.text, "%" PRIu64 " ms", ms);
    else if (s < 10)
        snprintf(words.text, sizeof words.text, "%" PRIu64 ".%" PRIu64 " s", s,
                 ms % 1000 / 100);
    else if (s < 60)
        snprintf(words.text, sizeof words.text, "%" PRIu64 " s", s);
    else if (min < 60 && s % 60 == 0)
        snprintf(words.text, sizeof words.text, "%" PRIu64 " min", min);
    else if (min < 60)
        snprintf(words.text, sizeof words.text, "%" PRIu64 " min %" PRIu64 " s",
                 min, s % 60);
    else
        snprintf(words.text, sizeof words.text, "%" PRIu64 " h %" PRIu64 " min",
                 h, min % 60);
    return words;
}

struct words words_size(uint64_t bytes)
{
    static const char units[] = "BKMGTPE";
    struct words words;
    size_t unit = 0;
    uint64_t rest = 0; /* of the last division */

    for (; bytes >= 1024; unit++) {
        rest = bytes % 1024;
        bytes /= 1024;
    }
    if (unit > 0 && bytes < 10)
        snprintf(words.text, sizeof words.text, "%" PRIu64 ".%" PRIu64 "%c",
                 bytes, rest * 10 / 1024, units[unit]);
    else
        snprintf(words.text, sizeof words.text, "%" PRIu64 "%c", bytes,
                 units[unit]);
    return words;
}

const char *words_signal_name(int signum)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"},
        {SIGILL, "SIGILL"},       {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
        {SIGBUS, "SIGBUS"},       {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
        {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
        {SIGPIPE, "SIGPIPE"},     {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
        {SIGCHLD, "SIGCHLD"},     {SIGCONT, "SIGCONT"}, {SIGSTOP, "SIGSTOP"},
        {SIGTSTP, "SIGTSTP"},     {SIGTTIN, "SIGTTIN"}, {SIGTTOU, "SIGTTOU"},
        {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"}, {SIGURG, "SIGURG"},
        {SIGXCPU, "SIGXCPU"},     {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
        {SIGWINCH, "SIGWINCH"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == signum)
            return names[i].name;
    return NULL;
}

struct words words_signal(int signum)
{
    const char *name = words_signal_name(signum);
    struct words words;

    if (name)
        snprintf(words.text, sizeof words.text, "%s", name);
    else
        snprintf(words.text, sizeof words.text, "signal %d", signum);
    return words;
}

struct words words_count(size_t count, const char *one, const char *many)
{
    struct words words;

    snprintf(words.text, sizeof words.text, "%zu %s", count,
             count == 1 ? one : many);
    return words;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment (Damerau-Levenshtein without repeated edits):
 * three rows of the matrix are enough. */
static size_t distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b), width = b_len + 1;
    size_t *rows = mem_new(3 * width, sizeof *rows);
    size_t *before = rows, *last = rows + width, *row = rows + 2 * width;

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = a[i - 1] == b[j - 1];
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
            bool swapped =
                i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }

    size_t result = last[b_len];
    free(rows);
    return result;
}

const char *words_nearest(const char *word, const char *const *known,
                          size_t count)
{
    size_t len = strlen(word);
    size_t limit = len < 3 ? 1 : len < 6 ? 2 : 3;
    const char *nearest = NULL;

    if (len > 64)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t far = distance(word, known[i]);
        if (far <= limit && far < strlen(known[i])) {
            nearest = known[i];
            limit = far - (far > 0);
        }
    }
    return nearest;
}

bool words_printable(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)text[0];
        unsigned char next = (unsigned char)text[1];

        if (byte < 0x20 || byte == 0x7f)
            return false;
        if (byte == 0xc2 && next >= 0x80 && next < 0xa0)
            return false; /* U+0080 to U+009F, where ESC [ is one character */
    }
    return true;
}
