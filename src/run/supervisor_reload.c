/* What clients ask about who is there: the files are read again, one comes in
 * addition, some go, or there are to be more or fewer of one.
 *
 * The files are read on the loop.  They are small and local, and read in a
 * fraction of what one process costs to start; nobody could be told anything
 * true about the session while half of them have been read. */
#include "procman/mem.h"
#include "procman/os_file.h"
#include "supervisor_changes.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_PATIENCE_MS 30000

void change_refuse(struct control_call *call, int code, const char *text)
{
    struct reply reply = {0};

    reply_fail(&reply, code, "%s", text);
    control_answer(call, &reply);
    reply_release(&reply);
}

/* Refuses what cannot be done now. */
bool change_may_begin(const struct supervisor *supervisor,
                      struct control_call *call)
{
    const char *why = NULL;

    if (supervisor->phase != PHASE_RUNNING)
        why = "procman is shutting down: nothing is changed any more";
    else if (supervisor->reload)
        why = "a change of this session is under way; try again when it is "
              "done";
    else if (!supervisor->config.blueprint)
        why = "this session has no files";
    if (why)
        change_refuse(call, 1, why);
    return !why;
}

static void refuse_files(struct control_call *call,
                         const struct notes *mistakes, const struct cause *why)
{
    char *text =
        mistakes->count > 1
            ? mem_format("%s (and %zu more; \"procman check\" lists them); "
                         "nothing has been touched",
                         why->text, mistakes->count - 1)
            : mem_format("%s; nothing has been touched", why->text);

    change_refuse(call, 2, text);
    free(text);
}

bool change_read_wish(struct reload_wish *wish, const struct request *request,
                      struct cause *why)
{
    *wish = (struct reload_wish){
        .word = verb_word(request->verb),
        .dry = request_option(request, "dry-run") != NULL,
        .rolling = request_option(request, "rolling") != NULL,
        .patience_ms = USUAL_PATIENCE_MS,
    };
    return request_number(request, "patience", &wish->patience_ms, why);
}

/* The last word before something is touched. */
bool change_begin(struct supervisor *supervisor, struct control_call *call,
                  const struct reload_wish *wish, struct changes *changes,
                  const struct notes *warnings)
{
    struct notes mistakes = {0};
    struct cause why;
    bool good = changes_set_order(changes, &mistakes, &why);

    if (good)
        reload_begin(supervisor, call, wish, changes, warnings);
    else
        refuse_files(call, &mistakes, &why);
    changes_release(changes);
    notes_release(&mistakes);
    return good;
}

/* ---- reload --------------------------------------------------------------- */

bool change_read_files(struct supervisor *supervisor, struct control_call *call,
                       struct draft *draft, enum blueprint_clash clash)
{
    struct notes mistakes = {0};
    struct cause why = {{0}};
    bool good =
        draft_read(draft, supervisor->config.blueprint, clash, &mistakes, &why);

    if (!good)
        refuse_files(call, &mistakes, &why);
    notes_release(&mistakes);
    return good;
}

void supervisor_reload(struct supervisor *supervisor, struct control_call *call,
                       const struct request *request)
{
    struct reload_wish wish;
    struct changes changes;
    struct draft draft;
    struct cause why;

    if (!change_may_begin(supervisor, call))
        return;
    if (!change_read_wish(&wish, request, &why)) {
        change_refuse(call, 2, why.text);
        return;
    }
    if (!change_read_files(supervisor, call, &draft, CLASH_FIRST_WINS))
        return;
    changes_reload(&changes, &supervisor->roster, &draft,
                   supervisor->config.blueprint);
    change_begin(supervisor, call, &wish, &changes, &draft.warnings);
    draft_release(&draft);
}

/* ---- add ------------------------------------------------------------------ */

static const struct member *find_member(const struct supervisor *supervisor,
                                        const char *name)
{
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (strcmp(supervisor->roster.members[i]->name, name) == 0)
            return supervisor->roster.members[i];
    return NULL;
}

/* What runs counts too, not only what the other files say by now. */
static bool is_new_to_all(const struct supervisor *supervisor,
                          struct control_call *call, const struct plan *plan,
                          const char *procfile)
{
    for (size_t i = 0; i < plan->count; i++) {
        const char *name = plan->processes[i].name;
        const struct member *member = find_member(supervisor, name);
        if (!member)
            continue;
        char *text = mem_format("%s: there is a %s in this session already, "
                                "from %s; nothing has been touched",
                                procfile, name, member->plan->procfile);
        change_refuse(call, 2, text);
        free(text);
        return false;
    }
    return true;
}

static bool add_files(struct supervisor *supervisor, struct control_call *call,
                      const struct request *request)
{
    struct blueprint *blueprint = supervisor->config.blueprint;
    struct reload_wish wish;
    struct changes changes;
    struct draft draft;
    struct cause why;

    if (!change_read_wish(&wish, request, &why)) {
        change_refuse(call, 2, why.text);
        return false;
    }
    if (!change_read_files(supervisor, call, &draft, CLASH_IS_A_MISTAKE))
        return false;
    size_t last = blueprint->count - 1;
    bool good = is_new_to_all(supervisor, call, &draft.plans[last],
                              blueprint->files[last].procfile);
    if (good) {
        changes_add(&changes, &supervisor->roster, &draft, blueprint);
        good =
            change_begin(supervisor, call, &wish, &changes, &draft.warnings) &&
            !wish.dry;
    }
    draft_release(&draft);
    return good;
}

/* Processes of a file from elsewhere run there, as if they had been started
 * there. */
static char *directory_for(const char *directory)
{
    char *wanted = directory ? os_real_path(directory) : NULL;
    char *ours = os_real_path(".");
    bool elsewhere = wanted && (!ours || strcmp(wanted, ours) != 0);

    free(ours);
    if (elsewhere)
        return wanted;
    free(wanted);
    return NULL;
}

static bool know_file(struct control_call *call,
                      const struct blueprint *blueprint, const char *procfile)
{
    if (procfile && blueprint_find(blueprint, procfile) == blueprint->count)
        return true;
    char *text = procfile ? mem_format("%s belongs to this session already; "
                                       "\"procman reload\" reads it again",
                                       procfile)
                          : mem_string("\"add\" needs the option \"file\"");
    change_refuse(call, 2, text);
    free(text);
    return false;
}

void supervisor_add(struct supervisor *supervisor, struct control_call *call,
                    const struct request *request)
{
    struct blueprint *blueprint = supervisor->config.blueprint;
    const char *procfile = request_option(request, "file");
    struct cause why;

    if (!change_may_begin(supervisor, call) ||
        !know_file(call, blueprint, procfile))
        return;
    char *directory = directory_for(request_option(request, "directory"));
    struct blueprint_file *file =
        blueprint_add(blueprint, procfile, request_option(request, "env"),
                      request_option(request, "config"), directory);
    free(directory);
    bool good =
        request_option(request, "dry-run") ||
        session_join(&file->session, procfile, blueprint->session, &why);
    if (!good)
        change_refuse(call, 1, why.text);
    if (!good || !add_files(supervisor, call, request))
        blueprint_forget(blueprint, blueprint->count - 1);
}

/* ---- remove --------------------------------------------------------------- */

void supervisor_remove(struct supervisor *supervisor, struct control_call *call,
                       const bool *chosen)
{
    struct reload_wish wish = {.word = "remove"};
    struct changes changes;

    if (!change_may_begin(supervisor, call))
        return;
    changes_remove(&changes, &supervisor->roster, chosen);
    change_begin(supervisor, call, &wish, &changes, NULL);
}

static bool is_used(const struct supervisor *supervisor, const char *procfile)
{
    for (size_t i = 0; i < supervisor->roster.count; i++)
        if (strcmp(supervisor->roster.members[i]->plan->procfile, procfile) ==
            0)
            return true;
    return false;
}

void supervisor_forget_empty_files(struct supervisor *supervisor)
{
    struct blueprint *blueprint = supervisor->config.blueprint;

    for (size_t i = blueprint->count; i > 1; i--) {
        const char *procfile = blueprint->files[i - 1].procfile;
        if (is_used(supervisor, procfile))
            continue;
        output_say(supervisor->config.output,
                   "%s belongs to this session no more", procfile);
        blueprint_forget(blueprint, i - 1);
    }
}
