#include "procman/session_info.h"
#include "procman/jsontext.h"
#include "procman/mem.h"

#include <inttypes.h>
#include <stdlib.h>

char *session_info_encode(const struct session_info *info)
{
    struct buf out = {0};

    buf_add_format(&out, "{\"pid\": %" PRId64 ", \"procfile\": ", info->pid);
    jsontext_add_string(&out, info->procfile);
    buf_add_string(&out, ", \"cwd\": ");
    jsontext_add_string(&out, info->cwd);
    buf_add_format(
        &out, ", \"started_at\": %" PRId64 ", \"version\": ", info->started_at);
    jsontext_add_string(&out, info->version);
    if (info->part_of) {
        buf_add_string(&out, ", \"part_of\": ");
        jsontext_add_string(&out, info->part_of);
    }
    buf_add_string(&out, "}\n");
    return buf_take(&out);
}

static bool take(struct session_info *info, const json_t *object,
                 struct cause *why)
{
    const char *procfile = jsontext_string(object, "procfile", why);
    const char *cwd = procfile ? jsontext_string(object, "cwd", why) : NULL;
    const char *version = cwd ? jsontext_string(object, "version", why) : NULL;

    bool part = version && json_object_get(object, "part_of");
    const char *part_of = part ? jsontext_string(object, "part_of", why) : NULL;

    if (!version || (part && !part_of) ||
        !jsontext_integer(object, "pid", 1, INT32_MAX, &info->pid, why) ||
        !jsontext_integer(object, "started_at", 0, INT64_C(253402300799),
                          &info->started_at, why))
        return false;
    info->procfile = mem_string(procfile);
    info->cwd = mem_string(cwd);
    info->version = mem_string(version);
    info->part_of = part_of ? mem_string(part_of) : NULL;
    return true;
}

bool session_info_decode(struct session_info *info, const char *text,
                         size_t len, struct cause *why)
{
    *info = (struct session_info){0};
    if (len > SESSION_INFO_LIMIT)
        return cause_say(why, "more than %d bytes", SESSION_INFO_LIMIT);

    json_t *object = jsontext_object(text, len, why);
    if (!object)
        return false;
    bool done = take(info, object, why);
    json_decref(object);
    return done;
}

void session_info_release(struct session_info *info)
{
    free(info->procfile);
    free(info->cwd);
    free(info->version);
    free(info->part_of);
    *info = (struct session_info){0};
}
