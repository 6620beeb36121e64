/* Whatever the bytes: every mistake has its place, what was read has values
 * within their bounds, and it reads the same when it is written down again,
 * with no inih in between to lose any of it. */
#include "check.h"
#include "procman/notifiers.h"
#include "procman/settings.h"

#include <string.h>

/* The C library takes gigabytes for some expressions, like "((a{999}){999})". */
static bool is_costly(const uint8_t *data, size_t size)
{
    return size > 0 && memchr(data, '{', size);
}

static void check_values(const struct process_settings *it)
{
    CHECK(it->stop_signal > 0 && it->stop_signal < 64);
    CHECK(it->umask >= -1 && it->umask <= 0777);
    CHECK(it->port == -1 || (it->port > 0 && it->port <= 65535));
    CHECK(it->ready.kind < READINESS_KINDS);
    CHECK(it->ready.kind != READINESS_TCP ||
          (it->ready.host && it->ready.port));
    CHECK(it->alive.kind == READINESS_AUTO || readiness_lasts(&it->alive));
    CHECK(it->stop_timeout_ms <= VALUE_DURATION_MOST);
    CHECK(value_codes_have(&it->success_codes, 0, 0));
    for (size_t i = 0; i < it->env.count; i++)
        CHECK(strchr(it->env.strings[i], '='));
}

/* Of the keys whose values are text, what inih might have cut. */
static void check_written_again(const struct process_settings *it)
{
    struct settings settings = {0};
    struct process_settings again;
    struct notes mistakes = {0};
    struct cause why;
    struct buf text = {0};

    buf_add_string(&text, "[web]\n");
    if (it->dir)
        buf_add_format(&text, "dir=%s\n", it->dir);
    for (size_t i = 0; i < it->env.count; i++)
        buf_add_format(&text, "env.%s\n", it->env.strings[i]);
    CHECK(settings_parse(&settings, "S", text.data, text.len, &mistakes, &why));
    settings_for(&settings, "web", &again);
    CHECK(!it->dir == !again.dir);
    if (it->dir)
        CHECK(strcmp(it->dir, again.dir) == 0);
    CHECK(it->env.count == again.env.count);
    for (size_t i = 0; i < again.env.count; i++)
        CHECK(strcmp(it->env.strings[i], again.env.strings[i]) == 0);
    process_settings_release(&again);
    settings_release(&settings);
    buf_release(&text);
}

static void check_questions(const struct settings *settings)
{
    static const char *const names[] = {"web", "etcd1"};
    struct process_settings it;
    struct session_settings session;
    struct notes warnings = {0};
    struct buf shown = {0};

    settings_for(settings, "web", &it);
    check_values(&it);
    check_written_again(&it);
    if (it.dir)
        notifiers_know(it.dir, NULL, 0);
    process_settings_release(&it);
    settings_of_session(settings, &session);
    CHECK(session.base_port == -1 || session.base_port > 0);
    session_settings_release(&session);
    settings_show(settings, "web", &shown);
    settings_show(settings, NULL, &shown);
    settings_check(settings, names, 2, &warnings);
    for (size_t i = 0; i < warnings.count; i++)
        CHECK(words_printable(warnings.texts[i]));
    notes_release(&warnings);
    buf_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings = {0};
    struct notes mistakes = {0};
    struct cause why = {{0}};

    if (is_costly(data, size))
        return 0;
    bool good = settings_parse(&settings, "S", (const char *)data, size,
                               &mistakes, &why);
    CHECK(good == (mistakes.count == 0));
    for (size_t i = 0; i < mistakes.count; i++) {
        CHECK(strncmp(mistakes.texts[i], "S:", 2) == 0);
        CHECK(words_printable(mistakes.texts[i]));
    }
    check_questions(&settings);
    settings_release(&settings);
    notes_release(&mistakes);
    return 0;
}
