#include "procman/client.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os_file.h"
#include "procman/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* How long a session may take to say what it runs, when that decides whether
 * it is meant: one that is stopped must not keep the others from us. */
enum { PROBE_MS = 2000 };

/* Between two looks for a session that is expected. */
enum { AGAIN_NS = 20000000 };

/* ---- which session ---------------------------------------------------- */

struct candidate {
    bool is_default; /* what "Procfile" stands for here */
    char *path;
    char *procfile;
    int connection;
};

/* Those that run here. */
struct candidates {
    struct candidate *all;
    size_t count;
};

static void release(struct candidates *candidates)
{
    for (size_t i = 0; candidates->all && i < candidates->count; i++) {
        if (candidates->all[i].connection >= 0)
            close(candidates->all[i].connection);
        free(candidates->all[i].path);
        free(candidates->all[i].procfile);
    }
    free(candidates->all);
}

static void add(struct candidates *candidates, const char *path,
                const char *procfile)
{
    struct cause none;

    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->all[i].path, path) == 0)
            return;
    int connection = session_connect(path, &none);
    if (connection < 0)
        return;
    candidates->all = mem_resize(candidates->all, candidates->count + 1,
                                 sizeof *candidates->all);
    candidates->all[candidates->count++] = (struct candidate){
        false, mem_string(path), mem_string(procfile), connection};
}

static bool lies_in(const char *procfile, const char *folder)
{
    const char *name = strrchr(procfile, '/');
    size_t len = strlen(folder);

    if (len == 1)
        return name == procfile; /* in the root */
    return name && (size_t)(name - procfile) == len &&
           strncmp(procfile, folder, len) == 0;
}

static void add_if_here(struct candidates *candidates, const char *path,
                        const char *folder)
{
    struct session_info info;
    struct cause none;

    if (!session_read(&info, path, &none))
        return;
    if (lies_in(info.procfile, folder))
        add(candidates, info.part_of ? info.part_of : path, info.procfile);
    session_info_release(&info);
}

/* What "Procfile" stands for comes first, also where it is a link to another
 * folder or session.json could not be written. */
static void find_here(struct candidates *candidates, const char *folder)
{
    struct cause none;
    char *real, *own = session_path("Procfile", &real, &none);
    size_t count;

    if (own) {
        char *whole = session_whole(own);
        add(candidates, whole, real);
        free(whole);
        if (candidates->count)
            candidates->all[0].is_default = true;
        free(own);
        free(real);
    }
    char **paths = session_list(&count);
    for (size_t i = 0; i < count; i++) {
        add_if_here(candidates, paths[i], folder);
        free(paths[i]);
    }
    free(paths);
}

/* The session knows best whom a word means, a group most of all. */
static bool has_names(int connection, const struct client_choice *choice)
{
    struct request request = {.verb = VERB_STATUS,
                              .names = (char **)choice->names,
                              .name_count = choice->name_count};
    struct reply reply;
    struct cause none;

    if (choice->excluded)
        request_add_option(&request, "exclude", choice->excluded);
    client_be_patient(connection, PROBE_MS);
    bool all =
        client_ask(connection, &request, &reply, &none) && reply.code == 0;
    reply_release(&reply);
    client_be_patient(connection, 0);
    request_release_options(&request);
    return all;
}

/* The only one that has all the names; NULL: none, or several. */
static struct candidate *decide_by_names(struct candidates *candidates,
                                         const struct client_choice *choice)
{
    struct candidate *found = NULL;
    size_t fitting = 0;

    if (choice->name_count == 0 && !choice->excluded)
        return NULL;
    for (size_t i = 0; i < candidates->count; i++)
        if (has_names(candidates->all[i].connection, choice)) {
            found = &candidates->all[i];
            fitting++;
        }
    return fitting == 1 ? found : NULL;
}

static void say_several(const struct candidates *candidates, struct cause *why)
{
    struct buf text = {0};

    assert(candidates->all);
    for (size_t i = 0; i < candidates->count; i++)
        buf_add_format(&text, "%s%s", i ? ", " : "",
                       candidates->all[i].procfile);
    cause_say(why, "%zu sessions run here, say with -f which one is meant: %s",
              candidates->count, text.data);
    buf_release(&text);
}

static int take(struct candidate *candidate)
{
    int connection = candidate->connection;

    candidate->connection = -1;
    return connection;
}

/* NULL: there are several, and nothing tells which is meant. */
static struct candidate *decide(struct candidates *candidates,
                                const struct client_choice *choice)
{
    struct candidate *chosen = NULL;
    bool named = choice->name_count > 0 || choice->excluded;

    if (candidates->count == 1)
        return &candidates->all[0];
    chosen = decide_by_names(candidates, choice);
    if (!chosen && choice->looks_only && !named &&
        candidates->all[0].is_default)
        chosen = &candidates->all[0];
    return chosen;
}

/* One that could still be started here is absent. */
static int connect_here(const struct client_choice *choice, bool *absent,
                        struct cause *why)
{
    struct candidates candidates = {0};
    struct candidate *chosen = NULL;
    int connection = -1;
    char *folder = os_real_path(".");

    find_here(&candidates, folder ? folder : "");
    if (candidates.count)
        chosen = decide(&candidates, choice);
    *absent = candidates.count == 0 && access("Procfile", F_OK) == 0;

    if (chosen)
        connection = take(chosen);
    else if (candidates.count)
        say_several(&candidates, why);
    else
        cause_say(why,
                  "no session is running for %s%sProcfile; start one with "
                  "\"procman start\"",
                  folder ? folder : "", folder && folder[1] ? "/" : "");
    release(&candidates);
    free(folder);
    return connection;
}

static int connect_procfile(const char *procfile, bool *absent,
                            struct cause *why)
{
    char *real, *path = session_path(procfile, &real, why);
    struct cause none;

    if (!path)
        return -1;
    int connection = session_connect(path, &none);
    *absent = connection < 0;
    if (connection < 0)
        cause_say(why,
                  "no session is running for %s; start one with "
                  "\"procman -f %s start\"",
                  real, procfile);
    free(path);
    free(real);
    return connection;
}

static int connect_session(const char *session, bool *absent, struct cause *why)
{
    char *place = session_place();
    char *path = strchr(session, '/') ? mem_string(session)
                                      : mem_format("%s/%s", place, session);
    int connection = session_connect(path, why);

    *absent = connection < 0;
    if (connection < 0)
        cause_prefix(why, "no session is running at %s", path);
    free(path);
    free(place);
    return connection;
}

static int connect_once(const struct client_choice *choice, bool *absent,
                        struct cause *why)
{
    *absent = false;
    if (choice->session)
        return connect_session(choice->session, absent, why);
    if (choice->procfile)
        return connect_procfile(choice->procfile, absent, why);
    if (choice->inherited && *choice->inherited) {
        int connection = connect_session(choice->inherited, absent, why);
        if (connection < 0)
            cause_prefix(why, "PROCMAN_SESSION");
        return connection;
    }
    return connect_here(choice, absent, why);
}

int client_connect(const struct client_choice *choice, struct cause *why)
{
    struct timespec pause = {.tv_nsec = AGAIN_NS};
    uint64_t until_ns = uv_hrtime() + choice->patience_ms * 1000000;
    bool absent;
    int connection;

    while ((connection = connect_once(choice, &absent, why)) < 0 && absent &&
           uv_hrtime() < until_ns)
        nanosleep(&pause, NULL);
    return connection;
}
