#include "procman/client.h"
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os_file.h"
#include "procman/pattern.h"
#include "procman/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* How long a session may take to say what it runs, when that decides whether
 * it is meant: one that is stopped must not keep the others from us. */
enum { PROBE_S = 2 };

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
        add(candidates, path, info.procfile);
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
        add(candidates, own, real);
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

static bool is_among(const char *word, const struct reply *reply)
{
    for (size_t i = 0; i < reply->status_count; i++)
        if (pattern_means(word, reply->statuses[i].name,
                          reply->statuses[i].entry))
            return true;
    return false;
}

static bool has_names(int connection, const struct client_choice *choice)
{
    struct timeval patience = {.tv_sec = PROBE_S}, forever = {0};
    struct request request = {.verb = VERB_LIST};
    struct reply reply;
    struct cause none;

    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool all = client_ask(connection, &request, &reply, &none);
    for (size_t i = 0; all && i < choice->name_count; i++)
        all = is_among(choice->names[i], &reply);
    reply_release(&reply);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
    return all;
}

/* The only one that has all the names; NULL: none, or several. */
static struct candidate *decide_by_names(struct candidates *candidates,
                                         const struct client_choice *choice)
{
    struct candidate *found = NULL;
    size_t fitting = 0;

    for (size_t i = 0; choice->name_count && i < candidates->count; i++)
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

static int connect_here(const struct client_choice *choice, struct cause *why)
{
    struct candidates candidates = {0};
    struct candidate *chosen = NULL;
    int connection = -1;
    char *folder = os_real_path(".");

    find_here(&candidates, folder ? folder : "");
    if (candidates.count == 1)
        chosen = &candidates.all[0];
    else if (candidates.count > 1)
        chosen = decide_by_names(&candidates, choice);
    if (!chosen && choice->looks_only && choice->name_count == 0 &&
        candidates.all && candidates.all[0].is_default)
        chosen = &candidates.all[0];

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

static int connect_procfile(const char *procfile, struct cause *why)
{
    char *real, *path = session_path(procfile, &real, why);
    struct cause none;

    if (!path)
        return -1;
    int connection = session_connect(path, &none);
    if (connection < 0)
        cause_say(why,
                  "no session is running for %s; start one with "
                  "\"procman -f %s start\"",
                  real, procfile);
    free(path);
    free(real);
    return connection;
}

static int connect_session(const char *session, struct cause *why)
{
    char *place = session_place();
    char *path = strchr(session, '/') ? mem_string(session)
                                      : mem_format("%s/%s", place, session);
    int connection = session_connect(path, why);

    if (connection < 0)
        cause_prefix(why, "no session is running at %s", path);
    free(path);
    free(place);
    return connection;
}

int client_connect(const struct client_choice *choice, struct cause *why)
{
    if (choice->session)
        return connect_session(choice->session, why);
    if (choice->procfile)
        return connect_procfile(choice->procfile, why);
    if (choice->inherited && *choice->inherited) {
        int connection = connect_session(choice->inherited, why);
        if (connection < 0)
            cause_prefix(why, "PROCMAN_SESSION");
        return connection;
    }
    return connect_here(choice, why);
}
