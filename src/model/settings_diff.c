#include "settings_diff.h"
#include "settings_inside.h"

#include <string.h>

/* What a process is given when it is executed, and cannot be given later.
 * Everything else is procman's own: what it does about the process. */
static bool is_given_to_the_run(const struct setting *setting)
{
    static const char *const keys[] = {"dir",  "umask", "nice", "limit-nofile",
                                       "user", "tty",   "stdin"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(setting->name, keys[i]) == 0)
            return true;
    return false;
}

static bool same_text(const char *old, const char *new)
{
    return old && new ? strcmp(old, new) == 0 : old == new;
}

static bool same_names(const struct value_names *old,
                       const struct value_names *new)
{
    if (old->count != new->count)
        return false;
    for (size_t i = 0; i < old->count; i++)
        if (strcmp(old->names[i], new->names[i]) != 0)
            return false;
    return true;
}

static bool same_codes(const struct value_codes *old,
                       const struct value_codes *new)
{
    return memcmp(old->codes, new->codes, sizeof old->codes) == 0 &&
           old->signals == new->signals;
}

static bool same_readiness(const struct readiness *old,
                           const struct readiness *new)
{
    return old->kind == new->kind && old->port == new->port &&
           old->delay_ms == new->delay_ms &&same_text(old->host, new->host) &&
           same_text(old->path, new->path) &&
           same_text(old->pattern, new->pattern) &&
           same_text(old->command, new->command);
}

static bool is_same(const struct setting *setting,
                    const struct process_settings *old,
                    const struct process_settings *new)
{
    const void *a = (const char *)old + setting->at;
    const void *b = (const char *)new + setting->at;

    switch (setting->type) {
    case SETTING_SIZE:
    case SETTING_DURATION: return *(const uint64_t *)a == *(const uint64_t *)b;
    case SETTING_SWITCH: return *(const bool *)a == *(const bool *)b;
    case SETTING_NUMBER:
    case SETTING_CHOICE:
    case SETTING_SIGNAL:
    case SETTING_MASK: return *(const int *)a == *(const int *)b;
    case SETTING_NAMES:
    case SETTING_PATTERNS: return same_names(a, b);
    case SETTING_CODES: return same_codes(a, b);
    case SETTING_FORMATION:
    case SETTING_REGEX:
    case SETTING_TEXT: return same_text(*(char *const *)a, *(char *const *)b);
    case SETTING_READINESS:
    case SETTING_LIVENESS: return same_readiness(a, b);
    case SETTING_VARIABLE: break;
    }
    return true;
}

/* They show in what they lead to: in variables, and in who is there. */
static bool is_told_elsewhere(const struct setting *setting)
{
    return strcmp(setting->name, "port") == 0 ||
           strcmp(setting->name, "instances") == 0;
}

void settings_diff(const struct process_settings *old,
                   const struct process_settings *new, struct buf *to,
                   bool *needs_run)
{
    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->scope != SCOPE_PROCESS || !setting->help ||
            is_told_elsewhere(setting) || is_same(setting, old, new))
            continue;
        buf_add_format(to, "%s%s", to->len ? ", " : "", setting->name);
        *needs_run = *needs_run || is_given_to_the_run(setting);
    }
}
