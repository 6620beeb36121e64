/* The request of a probe, and its answer as it comes. */
#include "probe_inside.h"
#include "procman/http_reply.h"

#include <errno.h>
#include <string.h>

/* What must not stand in a request line is written as %XX (RFC 3986), so that
 * no path can add a line to the request. */
static void add_path(struct buf *request, const char *path)
{
    for (const char *at = path; *at && *at != '#'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= 0x20 || byte >= 0x7f)
            buf_add_format(request, "%%%02X", byte);
        else
            buf_add_char(request, *at);
    }
}

void probe_http_begin(struct probe *probe)
{
    const char *path = probe->spec->path;
    struct buf *request = &probe->request;

    probe->sent = probe->reply.len = request->len = 0;
    buf_add_string(request, "GET ");
    if (!path || *path != '/')
        buf_add_char(request, '/');
    add_path(request, path ? path : "");
    buf_add_format(request,
                   " HTTP/1.1\r\nHost: %s\r\nUser-Agent: procman/%s\r\n"
                   "Accept: */*\r\nConnection: close\r\n\r\n",
                   probe_target(probe), PROCMAN_VERSION);
}

int probe_http_events(const struct probe *probe)
{
    bool asked = probe->sent == probe->request.len;

    return asked ? UV_READABLE : UV_READABLE | UV_WRITABLE;
}

/* A server that closes before it has read everything has answered all the
 * same: what it said is what counts, so an error here is left to the reading. */
static void ask(struct probe *probe, int connection)
{
    const struct buf *request = &probe->request;

    if (probe->sent == request->len)
        return;
    ssize_t put = os_socket_write(connection, request->data + probe->sent,
                                  request->len - probe->sent);
    if (put >= 0)
        probe->sent += (size_t)put;
    else if (errno != EAGAIN)
        probe->sent = request->len;
}

static bool cannot_be_read_yet(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

enum probe_step probe_http_step(struct probe *probe, int connection)
{
    enum { PART = 16384 };
    struct buf *reply = &probe->reply;
    struct cause why;

    ask(probe, connection);
    ssize_t got = os_socket_read(connection, buf_reserve(reply, PART), PART);
    if (cannot_be_read_yet(got))
        return PROBE_GO_ON;
    reply->len += got > 0 ? (size_t)got : 0;
    switch (http_reply_judge(reply->data, reply->len, got <= 0,
                             probe->spec->match, &why)) {
    case HTTP_UNDECIDED: return PROBE_GO_ON;
    case HTTP_WELL: return PROBE_WELL;
    case HTTP_UNWELL: break;
    }
    cause_say(&probe->failure, "%s %s", probe_target(probe), why.text);
    return PROBE_UNWELL;
}
