/* The conversation with a session: a request, parts, a reply. */
#include "procman/client.h"
#include "procman/conversation.h"
#include "procman/jsontext.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

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

void client_be_patient(int connection, uint64_t limit_ms)
{
    struct timeval limit = {.tv_sec = (time_t)(limit_ms / 1000),
                            .tv_usec = (suseconds_t)(limit_ms % 1000 * 1000)};

    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

/* A session that refuses a request closes while we may still be writing: its
 * answer says more than our broken pipe. */
bool client_ask_parts(int connection, const struct request *request,
                      client_part_fn *on_part, void *owner, struct reply *reply,
                      struct cause *why)
{
    struct conversation talk = {.connection = connection};
    char *text = request_encode(request);
    bool enough = false;
    const char *line = NULL;
    size_t len = 0;

    *reply = (struct reply){0};
    conversation_say(&talk, text, strlen(text));
    free(text);
    while (!enough &&
           (line = conversation_await_line(&talk, &len, why)) != NULL) {
        json_t *part = on_part ? read_part(line, len) : NULL;
        if (!part)
            break;
        enough = !on_part(owner, part);
        json_decref(part);
    }
    bool done = enough || line != NULL;
    if (line && !enough && !reply_decode(reply, line, len, why))
        done = cause_prefix(why, "the session's answer is none");
    conversation_release(&talk);
    return done;
}

bool client_ask(int connection, const struct request *request,
                struct reply *reply, struct cause *why)
{
    return client_ask_parts(connection, request, NULL, NULL, reply, why);
}
