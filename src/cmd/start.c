#include "display.h"
#include "procman/blueprint.h"
#include "procman/command.h"
#include "procman/control.h"
#include "procman/guard.h"
#include "procman/mem.h"
#include "procman/os.h"
#include "procman/os_cgroup.h"
#include "procman/remains.h"
#include "procman/selection.h"
#include "procman/session.h"
#include "procman/supervisor.h"
#include "procman/words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

struct start {
    struct options options; /* the command line's, then the settings' */
    struct blueprint blueprint;
    struct draft draft; /* of it, as procman began */
    size_t *chosen;     /* indexes into the processes */
    size_t chosen_count;
    struct session session;
    char *cgroup; /* NULL: none */
    int remains;
    struct guard_report report;
    bool hangup_ignored;

    uv_loop_t loop;
    struct display display;
    struct supervisor *supervisor;
    struct supervisor_result result;
};

/* ---- before anything runs ---------------------------------------------- */

/* Of all files. */
static size_t count_processes(const struct draft *draft)
{
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++)
        count += draft->plans[i].count;
    return count;
}

/* Those that are named, or else start by themselves, but for those left out. */
static bool choose_members(const struct options *options,
                           const struct selection_member *members, size_t count,
                           bool *chosen, struct cause *why)
{
    return selection_choose(members, count, options->words, options->word_count,
                            chosen, why) &&
           (!options->excluded ||
            selection_leave_out(members, count, options->excluded, chosen,
                                why));
}

/* The indexes of those that are to start. */
static bool choose(struct start *start, struct cause *why)
{
    const struct draft *draft = &start->draft;
    size_t count = count_processes(draft), at = 0;
    struct selection_member *members = mem_new(count, sizeof *members);
    bool *chosen = mem_new(count, sizeof *chosen);

    for (size_t i = 0; i < draft->count; i++)
        for (size_t k = 0; k < draft->plans[i].count; k++) {
            const struct plan_process *process = &draft->plans[i].processes[k];
            chosen[at] =
                start->options.word_count == 0 && process->settings.autostart;
            members[at].name = process->name;
            members[at].groups = &process->settings.group;
            members[at++].entry = process->entry;
        }
    bool good = choose_members(&start->options, members, count, chosen, why);
    start->chosen = mem_new(count, sizeof *start->chosen);
    for (size_t i = 0; i < count; i++)
        if (chosen[i])
            start->chosen[start->chosen_count++] = i;
    free(members);
    free(chosen);
    return good;
}

/* Several are one session, which the first of them names. */
static bool read_files(struct start *start, struct cause *why)
{
    struct options *options = &start->options;
    struct blueprint *blueprint = &start->blueprint;
    struct notes mistakes = {0};

    options_blueprint(options, blueprint);
    blueprint->inherited = environ;
    blueprint->session = session_path(options_procfile(options), NULL, why);
    bool good =
        blueprint->session && draft_read(&start->draft, blueprint,
                                         CLASH_IS_A_MISTAKE, &mistakes, why);
    notes_release(&mistakes);
    return good;
}

static bool understand(struct start *start, struct cause *why)
{
    if (!options_enter(&start->options, why) || !read_files(start, why))
        return false;
    options_fill(&start->options, &start->draft.inputs[0].settings);
    return options_agree(&start->options, why) && choose(start, why);
}

/* ---- what the display has to say ------------------------------------------ */

static void on_congested(void *owner, bool congested)
{
    struct start *start = owner;

    supervisor_pause(start->supervisor, congested);
}

static void on_broken(void *owner, int signum)
{
    struct start *start = owner;

    if (signum != SIGHUP || !start->hangup_ignored)
        supervisor_interrupt(start->supervisor, signum);
}

static const struct display_watcher display_watcher = {
    .on_congested = on_congested,
    .on_broken = on_broken,
};

static struct os_window window_of(void *owner)
{
    return display_window(&((struct start *)owner)->display);
}

static void on_over(void *owner, const struct supervisor_result *result)
{
    struct start *start = owner;

    start->result = *result;
    display_end(&start->display, result->signum != 0);
}

/* ---- the supervisor ------------------------------------------------------ */

static void be_supervisor(struct start *start)
{
    struct supervisor_config config = {
        .loop = &start->loop,
        .blueprint = &start->blueprint,
        .plans = start->draft.plans,
        .plan_count = start->draft.count,
        .order = &start->draft.order,
        .session = start->session.path,
        .session_directory = start->session.directory,
        .output = &start->display.output,
        .remains = start->remains,
        .descriptors = os_raise_descriptors(),
        .exit_on_error = start->options.exit_on_error,
        .exit_on_stop = start->options.exit_on_stop,
        .hangup_ignored = start->hangup_ignored,
        .wait = start->options.wait,
        .wait_timeout_ms = start->options.timeout_ms,
        .announce = getenv("NOTIFY_SOCKET"),
        .window = window_of,
    };

    start->supervisor = supervisor_create(&config, on_over, start);
    supervisor_start(start->supervisor, start->chosen, start->chosen_count);
}

/* A session that cannot be asked anything is better than none: it says so. */
static void open_control(struct start *start)
{
    struct cause why = {{0}};
    struct control *control = NULL;

    if (!session_publish(&start->session, start->report.guard, &why))
        output_say(&start->display.output, "warning: %s", why.text);
    if (!start->options.rpc_server)
        return;
    int listener = session_listen(&start->session, &why);
    if (listener >= 0)
        control = control_create(&start->loop, listener, supervisor_request,
                                 start->supervisor, &why);
    if (control)
        supervisor_listen(start->supervisor, control);
    else
        output_say(&start->display.output, "warning: no control socket: %s",
                   why.text);
}

static void open_record(struct start *start)
{
    start->remains = remains_open(start->session.directory);
    if (start->remains < 0)
        output_say(&start->display.output, "warning: cannot write %s/%s: %s",
                   start->session.path, REMAINS_FILE, strerror(errno));
}

static int supervise(struct start *start)
{
    struct cause why = {{0}};

    uv_loop_init(&start->loop);
    if (!display_open(&start->display, &start->loop, start->session.directory,
                      &start->options, &start->draft.inputs[0].settings,
                      &display_watcher, start, &why))
        return command_fail(EXIT_NOT_DONE, &why);
    start->display.output.own.pid = start->report.guard;
    open_record(start);
    be_supervisor(start);
    open_control(start);
    guard_admit_signals();
    uv_run(&start->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&start->loop);
    if (start->remains >= 0)
        close(start->remains);
    supervisor_release(start->supervisor);
    display_release(&start->display);
    if (left)
        fputs("procman: a handle was left open: please report this\n", stderr);
    return left ? EXIT_NOT_DONE : start->result.code;
}

/* ---- both ----------------------------------------------------------------- */

static void release(struct start *start)
{
    draft_release(&start->draft);
    blueprint_release(&start->blueprint);
    free(start->chosen);
    free(start->cgroup);
}

static void say_what_was_ended(const struct guard_report *report)
{
    struct words died = words_signal(report->signum);

    if (report->ended)
        fprintf(stderr,
                "procman: the supervisor ended (%s); %s it had left %s ended\n",
                report->signum ? died.text : "exit",
                words_count(report->ended, "process", "processes").text,
                report->ended == 1 ? "was" : "were");
}

/* The supervisor's last steps; without a guard the session is its to end. */
_Noreturn static void end_as_supervisor(struct start *start, int code)
{
    int signum = start->result.signum;

    if (guard_is_there(&start->report)) {
        session_leave(&start->session);
    } else {
        session_end(&start->session);
        if (start->cgroup)
            os_cgroup_leave(start->cgroup);
    }
    release(start);
    guard_repeat(signum ? 0 : code, signum);
}

_Noreturn static void end_as_guard(struct start *start)
{
    struct guard_report report = start->report;

    if (report.error)
        fprintf(stderr, "procman: cannot start a process: %s\n",
                strerror(report.error));
    say_what_was_ended(&report);
    session_end(&start->session);
    release(start);
    /* SIGKILL and its like were not ours: a code says it without dying. */
    if (report.signum == SIGKILL)
        guard_repeat(128 + SIGKILL, 0);
    guard_repeat(report.code, report.signum);
}

static void say_what_was_found(const struct start *start)
{
    for (size_t i = 0; i < start->draft.warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n",
                start->draft.warnings.texts[i]);
    if (start->session.ended)
        fprintf(stderr, "procman: ended %s that a killed session had left\n",
                words_count(start->session.ended, "process", "processes").text);
}

/* One that could not be found again is better not made. */
static char *make_cgroup(const struct session *session)
{
    char *name = mem_format("procman-%s-%d", strrchr(session->path, '/') + 1,
                            (int)getpid());
    char *cgroup = os_cgroup_create(name);

    free(name);
    if (cgroup && !remains_note_cgroup(session->directory, cgroup)) {
        os_cgroup_remove(cgroup);
        free(cgroup);
        cgroup = NULL;
    }
    return cgroup;
}

/* What is named beside the first Procfile cannot be started on its own as
 * well. */
static bool join_sessions(struct start *start, struct cause *why)
{
    for (size_t i = 1; i < start->blueprint.count; i++) {
        struct blueprint_file *file = &start->blueprint.files[i];
        if (!session_join(&file->session, file->procfile, start->session.path,
                          why))
            return false;
        start->session.ended += file->session.ended;
    }
    return true;
}

static int start_session(const struct command *command,
                         const struct options *options)
{
    struct start start = {.options = *options};
    struct cause why = {{0}};
    struct sigaction hangup = {.sa_handler = SIG_DFL};

    (void)command;
    if (!understand(&start, &why)) {
        release(&start);
        return command_fail(EXIT_USAGE, &why);
    }
    guard_block_signals();
    if (!session_begin(&start.session, options_procfile(options), &why)) {
        release(&start);
        return command_fail(EXIT_NOT_DONE, &why);
    }
    if (!join_sessions(&start, &why)) {
        session_end(&start.session);
        release(&start);
        return command_fail(EXIT_NOT_DONE, &why);
    }
    say_what_was_found(&start);
    sigaction(SIGHUP, NULL, &hangup);
    start.hangup_ignored = hangup.sa_handler == SIG_IGN;
    start.cgroup = make_cgroup(&start.session);
    if (guard_split(&start.report, start.cgroup))
        end_as_supervisor(&start, supervise(&start));
    else
        end_as_guard(&start);
}

const struct command command_start = {
    .name = "start",
    .usage = "[NAME...]",
    .brief = "Start the processes and stay with them",
    .help =
        "Starts all processes, or those that are named, and shows what they\n"
        "write, each line behind its name. Ctrl-C stops them in order; a\n"
        "second Ctrl-C kills them. One process ending does not stop the\n"
        "others; when all have ended, procman ends.\n"
        "\n"
        "The exit code is 0 if all ended well or were asked to end; else that\n"
        "of the first process that failed on its own, 128+n if signal n ended\n"
        "it, 127 or 126 if it could not be executed. Interrupted by a signal,\n"
        "procman shuts down in order and then ends by that signal.\n"
        "\n"
        "With --wait it says when all are ready; if one cannot become ready,\n"
        "or not within --timeout, all are stopped, and the code is 1 or 124.\n"
        "Who has started procman is told READY=1 then (sd_notify).\n",
    .run = start_session,
};
