/* Whatever decodes is written as something that decodes to the same. */
#include "procman/protocol.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(char *first, char *second)
{
    if (strcmp(first, second) != 0)
        abort();
    free(first);
    free(second);
}

static void try_request(const char *text, size_t len)
{
    struct request request, again;
    struct cause why;

    if (!request_decode(&request, text, len, &why))
        return;
    char *line = request_encode(&request);
    if (strlen(line) <= PROTOCOL_REQUEST_LIMIT) {
        if (!request_decode(&again, line, strlen(line), &why))
            abort();
        same(request_encode(&again), line);
        request_release(&again);
    } else {
        free(line);
    }
    request_release(&request);
}

static void try_reply(const char *text, size_t len)
{
    struct reply reply, again;
    struct cause why;

    if (!reply_decode(&reply, text, len, &why))
        return;
    char *line = reply_encode(&reply);
    if (!reply_decode(&again, line, strlen(line), &why))
        abort();
    same(reply_encode(&again), line);
    free(status_json(reply.statuses, reply.status_count));
    reply_release(&again);
    reply_release(&reply);
}

/* Any row of bytes as the name of a process: always written, always read. */
static void try_name(const char *text, size_t len)
{
    char *name = malloc(len + 1), *names[] = {name};
    struct request request = {.verb = VERB_STOP,
                              .names = names,
                              .name_count = 1},
                   again;
    struct cause why;

    if (!name)
        abort();
    memcpy(name, text, len);
    name[len] = '\0';
    char *line = request_encode(&request);
    if (*name && strlen(line) <= PROTOCOL_REQUEST_LIMIT) {
        if (!request_decode(&again, line, strlen(line), &why))
            abort();
        request_release(&again);
    }
    free(line);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_request((const char *)data, size);
    try_reply((const char *)data, size);
    if (size > 0)
        try_name((const char *)data, size);
    return 0;
}
