/* Requests: which there are, what they may say, and how they are read. */
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "procman/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Which names a verb takes. */
enum names { NAMES_NONE, NAMES_ONE, NAMES_SOME, NAMES_ANY };

#define OPTIONS_EACH 8 /* of a verb, at most */

#define GUARDED "min-ready", "force"
#define ROLLED  "rolling", "max-unavailable", "patience", "last"

static const struct {
    const char *word;
    enum names names;
    const char *options[OPTIONS_EACH + 1];
} verbs[VERBS] = {
    [VERB_START] = {"start", NAMES_SOME, {"exclude"}},
    [VERB_STOP] = {"stop", NAMES_SOME, {"exclude", "with-dependents", GUARDED}},
    [VERB_RESTART] = {"restart", NAMES_SOME, {"exclude", GUARDED, ROLLED}},
    [VERB_START_ALL] = {"start-all", NAMES_NONE, {"exclude"}},
    [VERB_STOP_ALL] = {"stop-all",
                       NAMES_NONE,
                       {"exclude", "with-dependents", GUARDED}},
    [VERB_RESTART_ALL] = {"restart-all",
                          NAMES_NONE,
                          {"exclude", GUARDED, ROLLED}},
    [VERB_LIST] = {"list", NAMES_NONE, {0}},
    [VERB_LOGS] = {"logs",
                   NAMES_ANY,
                   {"exclude", "follow", "lines", "since", "run"}},
    [VERB_ATTACH] = {"attach", NAMES_ONE, {"read-only"}},
    [VERB_SEND] = {"send", NAMES_ONE, {"text", "enter", "end"}},
    [VERB_STATUS] = {"status", NAMES_ANY, {"exclude"}},
    [VERB_WAIT] = {"wait", NAMES_ANY, {"exclude", "for", "timeout"}},
    [VERB_SIGNAL] = {"signal", NAMES_ANY, {"exclude", "signal", "group"}},
    [VERB_PAUSE] = {"pause", NAMES_ANY, {"exclude"}},
    [VERB_RESUME] = {"resume", NAMES_ANY, {"exclude"}},
    [VERB_LOG_REOPEN] = {"log-reopen", NAMES_NONE, {0}},
    [VERB_RELOAD] = {"reload", NAMES_NONE, {"dry-run", "rolling", "patience"}},
    [VERB_ADD] = {"add",
                  NAMES_NONE,
                  {"dry-run", "file", "env", "config", "directory"}},
    [VERB_REMOVE] = {"remove", NAMES_SOME, {0}},
    [VERB_SCALE] = {"scale", NAMES_ONE, {"dry-run"}},
};

const char *verb_word(enum verb verb)
{
    return verbs[verb].word;
}

enum verb verb_find(const char *word)
{
    int verb = 0;

    while (verb < VERBS && strcmp(verbs[verb].word, word) != 0)
        verb++;
    return (enum verb)verb;
}

/* ---- decoding --------------------------------------------------------- */

static bool take_name(struct request *request, const json_t *name,
                      struct cause *why)
{
    if (!json_is_string(name) || json_string_length(name) == 0)
        return cause_say(why, "\"names\" holds something that is no name");
    request->names[request->name_count++] = mem_string(json_string_value(name));
    return true;
}

static bool take_names(struct request *request, const json_t *names,
                       struct cause *why)
{
    if (names && !json_is_array(names))
        return cause_say(why, "\"names\" is not an array");

    size_t count = json_array_size(names);
    if (count > 0)
        request->names = mem_new(count, sizeof *request->names);
    for (size_t i = 0; i < count; i++)
        if (!take_name(request, json_array_get(names, i), why))
            return false;
    return true;
}

static bool may_have(enum verb verb, const char *key)
{
    const char *const *known = verbs[verb].options;

    while (*known && strcmp(*known, key) != 0)
        known++;
    return *known != NULL;
}

/* What would change the meaning must not be passed over: who does not know an
 * option refuses the request. */
static bool take_options(struct request *request, json_t *options,
                         struct cause *why)
{
    const char *key;
    json_t *value;

    if (options && !json_is_object(options))
        return cause_say(why, "\"options\" is not an object");
    json_object_foreach(options, key, value)
    {
        if (!may_have(request->verb, key))
            return cause_say(why, "\"%s\" has no option \"%.60s\"",
                             verb_word(request->verb), key);
        if (!json_is_string(value))
            return cause_say(why, "the option \"%.60s\" is not a string", key);
        request_add_option(request, key, json_string_value(value));
    }
    return true;
}

static bool take_request(struct request *request, const json_t *object,
                         struct cause *why)
{
    const char *word = jsontext_string(object, "verb", why);

    if (!word)
        return false;
    request->verb = verb_find(word);
    if (request->verb == VERBS)
        return cause_say(why, "unknown verb \"%.60s\"", word);
    if (!take_names(request, json_object_get(object, "names"), why))
        return false;
    if (verbs[request->verb].names == NAMES_SOME && !request->name_count)
        return cause_say(why, "\"%s\" needs the name of a process", word);
    if (verbs[request->verb].names == NAMES_ONE && request->name_count != 1)
        return cause_say(why, "\"%s\" needs the name of one process", word);
    if (verbs[request->verb].names == NAMES_NONE && request->name_count)
        return cause_say(why, "\"%s\" takes no names", word);
    return take_options(request, json_object_get(object, "options"), why);
}

bool request_decode(struct request *request, const char *line, size_t len,
                    struct cause *why)
{
    *request = (struct request){0};
    if (len > PROTOCOL_REQUEST_LIMIT)
        return cause_say(why, "a request of more than %d bytes",
                         PROTOCOL_REQUEST_LIMIT);

    json_t *object = jsontext_object(line, len, why);
    if (!object)
        return false;
    bool done = take_request(request, object, why);
    json_decref(object);
    if (!done)
        request_release(request);
    return done;
}

void request_release(struct request *request)
{
    for (size_t i = 0; i < request->name_count; i++)
        free(request->names[i]);
    free(request->names);
    request_release_options(request);
    *request = (struct request){0};
}

/* ---- options ---------------------------------------------------------- */

void request_add_option(struct request *request, const char *key,
                        const char *value)
{
    size_t count = request->option_count++;

    request->options =
        mem_resize(request->options, count + 1, sizeof *request->options);
    request->options[count] =
        (struct request_option){mem_string(key), mem_string(value)};
}

const char *request_option(const struct request *request, const char *key)
{
    for (size_t i = 0; i < request->option_count; i++)
        if (strcmp(request->options[i].key, key) == 0)
            return request->options[i].value;
    return NULL;
}

bool request_number(const struct request *request, const char *key,
                    uint64_t *number, struct cause *why)
{
    const char *text = request_option(request, key);
    char *end;

    if (!text)
        return true;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return cause_say(why, "the option \"%s\" is not a number: \"%.60s\"",
                         key, text);
    *number = value;
    return true;
}

void request_release_options(struct request *request)
{
    for (size_t i = 0; i < request->option_count; i++) {
        free(request->options[i].key);
        free(request->options[i].value);
    }
    free(request->options);
    request->options = NULL;
    request->option_count = 0;
}
