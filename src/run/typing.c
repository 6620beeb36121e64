#include "typing.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static struct typing *typing_of(uv_poll_t *poll)
{
    return (struct typing *)((char *)poll - offsetof(struct typing, poll));
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Whoever does not read any more will not read what waits, either. */
static void push(struct typing *typing)
{
    ssize_t count = 0;

    while (typing->waiting.len > 0 && count >= 0) {
        count = write(typing->descriptor, typing->waiting.data,
                      typing->waiting.len);
        if (count > 0)
            buf_drop(&typing->waiting, (size_t)count);
        else if (count < 0 && errno == EINTR)
            count = 0;
    }
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        typing_close(typing);
    } else if (typing->waiting.len > 0) {
        uv_poll_start(&typing->poll, UV_WRITABLE, on_poll);
    } else if (typing->ending) {
        typing_close(typing);
    } else {
        uv_poll_stop(&typing->poll);
        buf_release(&typing->waiting);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    push(typing_of(poll));
}

bool typing_open(struct typing *typing, uv_loop_t *loop, int descriptor,
                 struct handles *handles)
{
    *typing = (struct typing){.descriptor = -1};
    if (uv_poll_init(loop, &typing->poll, descriptor)) {
        close(descriptor);
        return false;
    }
    handles_add(handles, (uv_handle_t *)&typing->poll);
    typing->descriptor = descriptor;
    return true;
}

bool typing_add(struct typing *typing, const char *bytes, size_t len,
                struct cause *why)
{
    if (typing->descriptor < 0 || typing->ending)
        return cause_say(why, "its input is closed");
    if (typing->waiting.len + len > TYPING_LIMIT)
        return cause_say(why, "it does not read its input: %zu bytes wait",
                         typing->waiting.len);
    buf_add(&typing->waiting, bytes, len);
    push(typing);
    if (typing->descriptor < 0)
        return cause_say(why, "it has closed its input");
    return true;
}

void typing_end(struct typing *typing)
{
    if (typing->descriptor < 0)
        return;
    typing->ending = true;
    push(typing);
}

void typing_close(struct typing *typing)
{
    if (typing->descriptor < 0)
        return;
    handles_close((uv_handle_t *)&typing->poll);
    close(typing->descriptor);
    typing->descriptor = -1;
    buf_release(&typing->waiting);
}
