#include "procman/readiness.h"
#include "procman/expression.h"
#include "procman/mem.h"
#include "procman/values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* ---- HOST:PORT --------------------------------------------------------- */

static bool is_address(int family, const char *host)
{
    unsigned char bytes[16];

    return inet_pton(family, host, bytes) == 1;
}

/* Takes `host` over. */
static bool set_host(struct readiness *readiness, char *host, bool brackets,
                     struct cause *why)
{
    readiness->host = host;
    if (brackets ? is_address(AF_INET6, host) : is_address(AF_INET, host))
        return true;
    if (!brackets && strcmp(host, "localhost") == 0) {
        strcpy(host, "127.0.0.1"); /* as long */
        return true;
    }
    if (!brackets && is_address(AF_INET6, host))
        return cause_say(why, "write the address as [%s]", host);
    return cause_say(why,
                     "%s is no address; names are not looked up, only "
                     "localhost is known",
                     value_quoted(host).text);
}

/* Where the host ends in "HOST:PORT" of `len` bytes: at its last ':', if it is
 * not within brackets.  An IPv6 address without them is cut wrongly, and then
 * found out by set_host(). */
static size_t host_len(const char *text, size_t len)
{
    for (size_t at = len; at > 0 && text[at - 1] != ']'; at--)
        if (text[at - 1] == ':')
            return at - 1;
    return len;
}

static bool read_port(struct readiness *readiness, const char *text, size_t len,
                      struct cause *why)
{
    char *copy = mem_string_of(text, len);
    int port;
    bool good = value_number(&port, copy, 1, 65535, why);

    if (good)
        readiness->port = (unsigned)port;
    else
        cause_prefix(why, "the port");
    free(copy);
    return good;
}

/* `default_port` 0: it must be there. */
static bool read_address(struct readiness *readiness, const char *text,
                         size_t len, unsigned default_port, struct cause *why)
{
    size_t host = host_len(text, len);
    bool brackets = host >= 2 && text[0] == '[' && text[host - 1] == ']';
    bool has_port = host < len;

    if (!has_port && default_port == 0)
        return cause_say(why, "there is no port; write HOST:PORT");
    readiness->port = default_port;
    if (has_port && !read_port(readiness, text + host + 1, len - host - 1, why))
        return false;
    return set_host(readiness,
                    brackets ? mem_string_of(text + 1, host - 2)
                             : mem_string_of(text, host),
                    brackets, why);
}

/* ---- kinds ------------------------------------------------------------- */

static bool read_tcp(struct readiness *readiness, const char *text,
                     struct cause *why)
{
    return read_address(readiness, text, strlen(text), 0, why);
}

static bool read_unix(struct readiness *readiness, const char *text,
                      struct cause *why)
{
    enum { MOST = 107 }; /* bytes in a sockaddr_un of Linux */

    if (*text == '\0')
        return cause_say(why, "there is no path behind \"unix:\"");
    if (strlen(text) > MOST)
        return cause_say(why,
                         "%s is too long for a socket; %d bytes are the "
                         "most",
                         value_quoted(text).text, MOST);
    readiness->path = mem_string(text);
    return true;
}

static bool read_http(struct readiness *readiness, const char *text,
                      struct cause *why)
{
    size_t url_len = strcspn(text, " \t");
    size_t address_len = strcspn(text, "/ \t?#");
    const char *path = text + address_len;
    const char *body = text + url_len + strspn(text + url_len, " \t");
    size_t path_len = url_len - address_len;

    if (path_len > 0 && *path != '/')
        return cause_say(why, "there is no '/' in front of the path");
    readiness->path =
        path_len ? mem_string_of(path, path_len) : mem_string("/");
    readiness->pattern = *body ? mem_string(body) : NULL;
    if (!words_printable(readiness->path))
        return cause_say(why, "there are control characters in the path");
    return read_address(readiness, text, address_len, 80, why);
}

static bool read_log(struct readiness *readiness, const char *text,
                     struct cause *why)
{
    struct cause said;
    regex_t regex;

    if (*text == '\0')
        return cause_say(why, "there is no expression behind \"log:\"");
    if (strlen(text) > READINESS_PATTERN_LIMIT)
        return cause_say(why,
                         "the expression is too long; %d bytes are the "
                         "most",
                         READINESS_PATTERN_LIMIT);
    if (!expression_compile(&regex, text, REG_NOSUB, &said))
        return cause_say(why, "%s is no regular expression: %s",
                         value_quoted(text).text, said.text);
    regfree(&regex);
    readiness->pattern = mem_string(text);
    return true;
}

static bool read_exec(struct readiness *readiness, const char *text,
                      struct cause *why)
{
    if (text[strspn(text, " \t")] == '\0')
        return cause_say(why, "there is no command behind \"exec:\"");
    readiness->command = mem_string(text);
    return true;
}

static bool read_delay(struct readiness *readiness, const char *text,
                       struct cause *why)
{
    return value_duration(&readiness->delay_ms, text, why);
}

/* `read` gets what is behind the prefix; one without is the word alone. */
static const struct kind {
    const char *prefix;
    bool (*read)(struct readiness *readiness, const char *text,
                 struct cause *why);
} kinds[READINESS_KINDS] = {
    [READINESS_AUTO] = {"auto", NULL},
    [READINESS_NOTIFY] = {"notify", NULL},
    [READINESS_TCP] = {"tcp:", read_tcp},
    [READINESS_UNIX] = {"unix:", read_unix},
    [READINESS_HTTP] = {"http://", read_http},
    [READINESS_LOG] = {"log:", read_log},
    [READINESS_EXEC] = {"exec:", read_exec},
    [READINESS_DELAY] = {"delay:", read_delay},
    [READINESS_EXIT] = {"exit", NULL},
};

static bool is_of_kind(const struct kind *kind, const char *text)
{
    return kind->read ? strncmp(text, kind->prefix, strlen(kind->prefix)) == 0
                      : strcmp(text, kind->prefix) == 0;
}

static bool say_unknown(const char *text, struct cause *why)
{
    if (strncmp(text, "https:", 6) == 0)
        return cause_say(why, "https is not spoken here; ask with "
                              "exec:curl -fsS https://...");
    return cause_say(why,
                     "%s is none of auto, notify, tcp:HOST:PORT, unix:PATH, "
                     "http://HOST:PORT/PATH, log:REGEX, exec:COMMAND, "
                     "delay:TIME, exit",
                     value_quoted(text).text);
}

bool readiness_parse(struct readiness *readiness, const char *text,
                     struct cause *why)
{
    for (int i = 0; i < READINESS_KINDS; i++) {
        if (!is_of_kind(&kinds[i], text))
            continue;
        *readiness = (struct readiness){.kind = (enum readiness_kind)i};
        if (!kinds[i].read ||
            kinds[i].read(readiness, text + strlen(kinds[i].prefix), why))
            return true;
        readiness_release(readiness);
        return false;
    }
    return say_unknown(text, why);
}

bool readiness_lasts(const struct readiness *readiness)
{
    switch (readiness->kind) {
    case READINESS_NOTIFY:
    case READINESS_TCP:
    case READINESS_UNIX:
    case READINESS_HTTP:
    case READINESS_EXEC: return true;
    default: return false;
    }
}

void readiness_release(struct readiness *readiness)
{
    free(readiness->host);
    free(readiness->path);
    free(readiness->pattern);
    free(readiness->command);
    *readiness = (struct readiness){0};
}
