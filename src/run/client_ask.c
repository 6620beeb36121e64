/* The conversation with a session: a request, parts, a reply. */
#include "procman/buf.h"
#include "procman/client.h"
#include "procman/jsontext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What has come and was not read yet begins at `taken`. */
struct inbox {
    int connection;
    struct buf bytes;
    size_t taken;
};

static bool send_all(int connection, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t count = send(connection, text, len, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        text += count;
        len -= (size_t)count;
    }
    return true;
}

static bool receive_more(struct inbox *inbox, struct cause *why)
{
    ssize_t count;

    buf_drop(&inbox->bytes, inbox->taken);
    inbox->taken = 0;
    if (inbox->bytes.len > PROTOCOL_REPLY_LIMIT)
        return cause_say(why, "the session answered more than %d bytes",
                         PROTOCOL_REPLY_LIMIT);
    char *end = buf_reserve(&inbox->bytes, 65536);
    do {
        count = recv(inbox->connection, end, 65536, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return cause_say(why, "the session does not answer");
    if (count <= 0)
        return cause_say(why, "the session ended before it answered");
    inbox->bytes.len += (size_t)count;
    return true;
}

/* The next line, with its LF; valid until the one after it is asked for. */
static const char *next_line(struct inbox *inbox, size_t *len,
                             struct cause *why)
{
    size_t seen = inbox->taken;
    const char *end = NULL;

    while (!end) {
        if (inbox->bytes.len > seen)
            end =
                memchr(inbox->bytes.data + seen, '\n', inbox->bytes.len - seen);
        if (end)
            break;
        seen = inbox->bytes.len - inbox->taken;
        if (!receive_more(inbox, why))
            return NULL;
    }
    const char *line = inbox->bytes.data + inbox->taken;
    *len = (size_t)(end - line) + 1;
    inbox->taken += *len;
    return line;
}

/* A part goes to its reader, without being read a second time; NULL: it was
 * the reply, or nothing that can be read as a part. */
static json_t *read_part(const char *line, size_t len)
{
    struct cause none;
    json_t *object = jsontext_object(line, len, &none);

    if (object && json_object_get(object, "code")) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* A session that refuses a request closes while we may still be writing: its
 * answer says more than our broken pipe. */
bool client_ask_parts(int connection, const struct request *request,
                      client_part_fn *on_part, void *owner, struct reply *reply,
                      struct cause *why)
{
    struct inbox inbox = {.connection = connection};
    char *text = request_encode(request);
    bool enough = false;
    const char *line = NULL;
    size_t len = 0;

    *reply = (struct reply){0};
    send_all(connection, text, strlen(text));
    free(text);
    while (!enough && (line = next_line(&inbox, &len, why)) != NULL) {
        json_t *part = on_part ? read_part(line, len) : NULL;
        if (!part)
            break;
        enough = !on_part(owner, part);
        json_decref(part);
    }
    bool done = enough || line != NULL;
    if (line && !enough && !reply_decode(reply, line, len, why))
        done = cause_prefix(why, "the session's answer is none");
    buf_release(&inbox.bytes);
    return done;
}

bool client_ask(int connection, const struct request *request,
                struct reply *reply, struct cause *why)
{
    return client_ask_parts(connection, request, NULL, NULL, reply, why);
}
