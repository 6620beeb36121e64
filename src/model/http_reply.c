#include "procman/http_reply.h"
#include "procman/buf.h"
#include "utf8.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What is left to read. */
struct rest {
    const char *at;
    size_t len;
};

struct head {
    int status;
    struct rest reason;
    bool chunked, has_length;
    size_t length;
};

enum part { PART_HERE, PART_CUT, PART_BROKEN };

/* ---- the head ----------------------------------------------------------- */

static bool take_line(struct rest *rest, struct rest *line)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;

    if (!end)
        return false;
    line->at = rest->at;
    line->len = (size_t)(end - rest->at);
    rest->at = end + 1;
    rest->len -= line->len + 1;
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* HTTP/1.x, a blank, three digits, and a reason or nothing. */
static bool read_status(struct head *head, const struct rest *line)
{
    static const char version[] = "HTTP/1.";
    const size_t code = sizeof version + 1;

    if (line->len < code + 3 || memcmp(line->at, version, code - 2) != 0 ||
        line->at[code - 1] != ' ')
        return false;
    if (line->len > code + 3 && line->at[code + 3] != ' ')
        return false;
    for (size_t i = code; i < code + 3; i++) {
        if (line->at[i] < '0' || line->at[i] > '9')
            return false;
        head->status = 10 * head->status + line->at[i] - '0';
    }
    head->reason = (struct rest){line->at + code + 3, line->len - code - 3};
    return head->status >= 100;
}

static int digit_of(char character)
{
    const char *digits = "0123456789abcdef";
    char lower = character >= 'A' && character <= 'F'
                     ? (char)(character - 'A' + 'a')
                     : character;
    const char *at = lower ? strchr(digits, lower) : NULL;

    return at ? (int)(at - digits) : 16;
}

/* Returns how many digits there are; more than the limit is as good as
 * infinite. */
static size_t read_number(const struct rest *text, int base, size_t *number)
{
    size_t i = 0;

    for (*number = 0; i < text->len && digit_of(text->at[i]) < base; i++)
        if (*number <= HTTP_REPLY_LIMIT)
            *number = *number * (size_t)base + (size_t)digit_of(text->at[i]);
    return i;
}

/* The value of a field, without blanks before it. */
static bool is_field(const struct rest *line, const char *name,
                     struct rest *value)
{
    size_t len = strlen(name);

    if (line->len <= len || line->at[len] != ':' ||
        strncasecmp(line->at, name, len) != 0)
        return false;
    *value = (struct rest){line->at + len + 1, line->len - len - 1};
    while (value->len > 0 && (*value->at == ' ' || *value->at == '\t')) {
        value->at++;
        value->len--;
    }
    return true;
}

static void read_field(struct head *head, const struct rest *line)
{
    static const char chunked[] = "chunked";
    struct rest value;

    if (is_field(line, "Transfer-Encoding", &value))
        head->chunked = value.len >= sizeof chunked - 1 &&
                        strncasecmp(value.at, chunked, sizeof chunked - 1) == 0;
    else if (is_field(line, "Content-Length", &value))
        head->has_length = read_number(&value, 10, &head->length) > 0;
}

/* An interim answer (1xx) is followed by the one that counts. */
static enum part read_head(struct head *head, struct rest *rest)
{
    struct rest line;

    do {
        *head = (struct head){0};
        if (!take_line(rest, &line))
            return PART_CUT;
        if (!read_status(head, &line))
            return PART_BROKEN;
        do {
            if (!take_line(rest, &line))
                return PART_CUT;
            read_field(head, &line);
        } while (line.len > 0);
    } while (head->status < 200);
    return PART_HERE;
}

/* ---- the body ----------------------------------------------------------- */

/* Adds what has come of the chunks. */
static enum part read_chunks(struct buf *body, struct rest rest)
{
    for (;;) {
        struct rest line;
        size_t size;
        if (!take_line(&rest, &line))
            return PART_CUT;
        if (read_number(&line, 16, &size) == 0)
            return PART_BROKEN;
        if (size == 0)
            return PART_HERE;
        buf_add(body, rest.at, size < rest.len ? size : rest.len);
        if (size >= rest.len)
            return PART_CUT;
        rest.at += size;
        rest.len -= size;
        if (!take_line(&rest, &line))
            return PART_CUT;
        if (line.len > 0)
            return PART_BROKEN;
    }
}

static enum part read_body(struct buf *body, const struct head *head,
                           struct rest rest)
{
    if (head->chunked)
        return read_chunks(body, rest);
    if (head->has_length && head->length <= rest.len) {
        buf_add(body, rest.at, head->length);
        return PART_HERE;
    }
    buf_add(body, rest.at, rest.len);
    return PART_CUT;
}

static bool contains(const struct buf *body, const char *match)
{
    size_t len = strlen(match);

    for (size_t at = 0; at + len <= body->len; at++) {
        if (memcmp(body->data + at, match, len) == 0)
            return true;
        const char *next =
            at + 1 < body->len
                ? memchr(body->data + at + 1, *match, body->len - at - 1)
                : NULL;
        if (!next)
            return false;
        at = (size_t)(next - body->data) - 1;
    }
    return false;
}

static enum http_verdict judge_body(const struct head *head,
                                    const struct rest *rest, bool ended,
                                    const char *match, struct cause *why)
{
    struct buf body = {0};
    enum part part = read_body(&body, head, *rest);
    bool found = *match == '\0' || contains(&body, match);

    buf_release(&body);
    if (found)
        return HTTP_WELL;
    if (part == PART_CUT && !ended)
        return HTTP_UNDECIDED;
    cause_say(why, "answers %d, but without \"%s\" in what it says",
              head->status, match);
    return HTTP_UNWELL;
}

/* ---- the verdict -------------------------------------------------------- */

/* The status line's words, if people can read them. */
static void say_status(const struct head *head, struct cause *why)
{
    char reason[64];
    size_t used = 0;
    const struct rest *text = &head->reason;

    for (size_t at = 0, part; at < text->len; at += part ? part : 1) {
        part = utf8_len(text->at + at, text->len - at);
        size_t size = part ? part : 1;
        bool shown = part > 0 && !utf8_is_control(text->at + at, part);
        if (used + size >= sizeof reason)
            break;
        memcpy(reason + used, shown ? text->at + at : "?", shown ? size : 1);
        used += shown ? size : 1;
    }
    reason[used] = '\0';
    cause_say(why, "answers %d%s", head->status, reason);
}

static enum http_verdict judge(struct rest rest, bool ended, const char *match,
                               struct cause *why)
{
    struct head head;

    switch (read_head(&head, &rest)) {
    case PART_CUT:
        if (!ended)
            return HTTP_UNDECIDED;
        cause_say(why, "ends before it has answered");
        return HTTP_UNWELL;
    case PART_BROKEN:
        cause_say(why, "answers, but not in HTTP");
        return HTTP_UNWELL;
    case PART_HERE: break;
    }
    if (head.status >= 300) {
        say_status(&head, why);
        return HTTP_UNWELL;
    }
    return match ? judge_body(&head, &rest, ended, match, why) : HTTP_WELL;
}

enum http_verdict http_reply_judge(const char *bytes, size_t len, bool ended,
                                   const char *match, struct cause *why)
{
    bool full = len >= HTTP_REPLY_LIMIT;
    struct rest rest = {bytes, full ? HTTP_REPLY_LIMIT : len};
    enum http_verdict verdict = judge(rest, ended || full, match, why);

    if (verdict == HTTP_UNWELL && full && !ended)
        cause_say(why, "answers more than %d KiB", HTTP_REPLY_LIMIT / 1024);
    return verdict;
}
