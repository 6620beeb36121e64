#include "procman/conversation.h"
#include "procman/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

bool conversation_say(struct conversation *talk, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t count = send(talk->connection, text, len, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        text += count;
        len -= (size_t)count;
    }
    return true;
}

bool conversation_receive(struct conversation *talk, struct cause *why)
{
    ssize_t count;

    buf_drop(&talk->bytes, talk->taken);
    talk->taken = 0;
    if (talk->bytes.len > PROTOCOL_REPLY_LIMIT)
        return cause_say(why, "the session answered more than %d bytes",
                         PROTOCOL_REPLY_LIMIT);
    char *end = buf_reserve(&talk->bytes, 65536);
    do {
        count = recv(talk->connection, end, 65536, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return cause_say(why, "the session does not answer");
    if (count <= 0)
        return cause_say(why, "the session ended before it answered");
    talk->bytes.len += (size_t)count;
    return true;
}

const char *conversation_line(struct conversation *talk, size_t *len)
{
    if (!talk->bytes.data)
        return NULL;

    const char *line = talk->bytes.data + talk->taken;
    size_t left = talk->bytes.len - talk->taken;
    const char *end = left > talk->seen
                          ? memchr(line + talk->seen, '\n', left - talk->seen)
                          : NULL;

    if (!end) {
        talk->seen = left;
        return NULL;
    }
    *len = (size_t)(end - line) + 1;
    talk->taken += *len;
    talk->seen = 0;
    return line;
}

const char *conversation_await_line(struct conversation *talk, size_t *len,
                                    struct cause *why)
{
    const char *line;

    while ((line = conversation_line(talk, len)) == NULL)
        if (!conversation_receive(talk, why))
            return NULL;
    return line;
}

const char *conversation_bytes(const struct conversation *talk, size_t *len)
{
    *len = talk->bytes.len - talk->taken;
    return *len ? talk->bytes.data + talk->taken : "";
}

void conversation_take(struct conversation *talk, size_t len)
{
    talk->taken += len;
    talk->seen = 0;
}

void conversation_release(struct conversation *talk)
{
    buf_release(&talk->bytes);
}
