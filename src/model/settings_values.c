#include "procman/formation.h"
#include "procman/highlight.h"
#include "procman/mem.h"
#include "settings_inside.h"

#include <stdlib.h>
#include <string.h>

static void unset(const struct setting *setting, void *at)
{
    switch (setting->type) {
    case SETTING_NUMBER:
    case SETTING_MASK: *(int *)at = -1; break;
    case SETTING_TEXT:
    case SETTING_REGEX:
    case SETTING_FORMATION: *(char **)at = NULL; break;
    default: break; /* all zero is unset */
    }
}

static bool read_liveness(struct readiness *to, const char *text,
                          struct cause *why)
{
    if (!readiness_parse(to, text, why))
        return false;
    if (readiness_lasts(to))
        return true;
    readiness_release(to);
    return cause_say(why,
                     "%s cannot be asked again and again; it takes tcp, unix, "
                     "http, exec and notify",
                     value_quoted(text).text);
}

static bool read_text(char **to, const char *text)
{
    *to = mem_string(text);
    return true;
}

static bool read_size(const struct setting *setting, uint64_t *to,
                      const char *text, struct cause *why)
{
    uint64_t size;

    if (!value_size(&size, text, why))
        return false;
    if (size && setting->most &&
        (size < (uint64_t)setting->least || size > (uint64_t)setting->most))
        return cause_say(why, "%s is not 0 and not from %dK to %dM",
                         value_quoted(text).text, setting->least >> 10,
                         setting->most >> 20);
    *to = size;
    return true;
}

static bool read_formation(char **to, const char *text, struct cause *why)
{
    struct formation formation;

    if (!formation_parse(&formation, text, why))
        return false;
    formation_release(&formation);
    return read_text(to, text);
}

static bool read_regex(char **to, const char *text, struct cause *why)
{
    struct highlight *highlight = highlight_create(text, why);

    highlight_close(highlight);
    return highlight && read_text(to, text);
}

static bool read_value(const struct setting *setting, const char *text,
                       void *at, struct cause *why)
{
    switch (setting->type) {
    case SETTING_DURATION: return value_duration(at, text, why);
    case SETTING_SIZE: return read_size(setting, at, text, why);
    case SETTING_SWITCH: return value_switch(at, text, why);
    case SETTING_NUMBER:
        return value_number(at, text, setting->least, setting->most, why);
    case SETTING_CHOICE: return value_choice(at, text, setting->words, why);
    case SETTING_SIGNAL: return value_signal(at, text, why);
    case SETTING_MASK: return value_mask(at, text, why);
    case SETTING_NAMES: return value_names(at, text, false, why);
    case SETTING_PATTERNS: return value_names(at, text, true, why);
    case SETTING_CODES: return value_codes(at, text, why);
    case SETTING_TEXT: return read_text(at, text);
    case SETTING_REGEX: return read_regex(at, text, why);
    case SETTING_FORMATION: return read_formation(at, text, why);
    case SETTING_READINESS: return readiness_parse(at, text, why);
    case SETTING_LIVENESS: return read_liveness(at, text, why);
    case SETTING_VARIABLE: break;
    }
    return true;
}

bool setting_apply(const struct setting *setting, const char *text,
                   void *target, struct cause *why)
{
    void *at = (char *)target + setting->at;

    if (*text)
        return read_value(setting, text, at, why);
    if (*setting->fallback)
        return cause_say(why, "there is no value; without this line it is %s",
                         setting->fallback);
    unset(setting, at);
    return true;
}

bool setting_accepts(const struct setting *setting, const char *text,
                     struct cause *why)
{
    bool good;

    if (setting->type == SETTING_VARIABLE)
        return true;
    if (setting->scope == SCOPE_SESSION) {
        struct session_settings scratch = {0};
        good = setting_apply(setting, text, &scratch, why);
        session_settings_release(&scratch);
    } else {
        struct process_settings scratch = {0};
        good = setting_apply(setting, text, &scratch, why);
        process_settings_release(&scratch);
    }
    return good;
}

void process_settings_release(struct process_settings *settings)
{
    readiness_release(&settings->ready);
    readiness_release(&settings->alive);
    value_names_release(&settings->after);
    value_names_release(&settings->group);
    environment_release(&settings->env);
    free(settings->dir);
    free(settings->log_file);
    free(settings->highlight);
    free(settings->env_file);
    free(settings->user);
    free(settings->stop_command);
    *settings = (struct process_settings){0};
}

void session_settings_release(struct session_settings *settings)
{
    value_names_release(&settings->notifiers);
    free(settings->env);
    free(settings->log_dir);
    free(settings->formation);
    *settings = (struct session_settings){0};
}
