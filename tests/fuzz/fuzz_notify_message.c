/* Whatever the datagram, the status is text that a terminal survives, and an
 * unknown message is empty. */
#include "procman/notify_message.h"

#include "check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct notify_message message;
    bool known = notify_message_read(&message, (const char *)data, size);

    CHECK(memchr(message.status, '\0', sizeof message.status));
    for (const char *at = message.status; *at; at++)
        CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    CHECK(!strstr(message.status, "\xc2\x9b"));
    CHECK(message.main_pid >= 0 && message.error >= 0);
    if (known)
        CHECK(memchr(data, '=', size));
    else
        CHECK(!message.ready && !message.has_status && !message.main_pid &&
              !message.error && !message.stopping && !message.watchdog);
    return 0;
}
