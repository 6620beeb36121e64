#include "procman/logname.h"
#include "procman/buf.h"

#include <string.h>

#define PLACE "{name}"
#define SAFE  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

static void add_name(struct buf *to, const char *name)
{
    for (; *name; name++)
        buf_add_char(to, strchr(SAFE, *name) ? *name : '_');
}

char *logname_of(const char *pattern, const char *name)
{
    struct buf path = {0};
    const char *place;

    while ((place = strstr(pattern, PLACE))) {
        buf_add(&path, pattern, (size_t)(place - pattern));
        add_name(&path, name);
        pattern = place + strlen(PLACE);
    }
    buf_add_string(&path, pattern);
    return buf_take(&path);
}

char *logname_in(const char *directory, const char *name)
{
    struct buf path = {0};

    buf_add_string(&path, directory);
    if (path.len && path.data[path.len - 1] != '/')
        buf_add_char(&path, '/');
    add_name(&path, name);
    buf_add_string(&path, ".log");
    return buf_take(&path);
}
