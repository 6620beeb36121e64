#include "procman/command.h"
#include "procman/control.h"
#include "procman/guard.h"
#include "procman/inputs.h"
#include "procman/mem.h"
#include "procman/os.h"
#include "procman/os_cgroup.h"
#include "procman/outbox.h"
#include "procman/plan.h"
#include "procman/remains.h"
#include "procman/selection.h"
#include "procman/session.h"
#include "procman/supervisor.h"
#include "procman/terminal.h"
#include "procman/words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST_WORDS_MS 5000 /* for a reader that has stopped reading */

extern char **environ;

struct start {
    struct options options; /* the command line's, then the settings' */
    struct inputs inputs;
    size_t *chosen; /* indexes into the Procfile */
    size_t chosen_count;
    struct session session;
    struct plan plan;
    char *cgroup; /* NULL: none */
    int remains;
    struct guard_report report;
    bool hangup_ignored;
    bool on_terminal; /* what we write goes there */

    uv_loop_t loop;
    struct outbox *outbox;
    struct sink *terminal;
    struct output output;
    struct supervisor *supervisor;
    struct supervisor_result result;
    uv_timer_t last_words;
    size_t words_left; /* when it last looked */
    bool over;
};

/* ---- before anything runs ---------------------------------------------- */

/* The indexes of those that are named; none if nobody is. */
static bool choose(struct start *start, struct cause *why)
{
    const struct procfile *procfile = &start->inputs.procfile;
    struct selection_member *members =
        mem_new(procfile->count, sizeof *members);
    struct process_settings *settings =
        mem_new(procfile->count, sizeof *settings);
    bool *chosen = mem_new(procfile->count, sizeof *chosen);

    for (size_t i = 0; i < procfile->count; i++) {
        settings_for(&start->inputs.settings, procfile->entries[i].name,
                     &settings[i]);
        members[i].name = procfile->entries[i].name;
        members[i].groups = &settings[i].group;
    }
    bool good = selection_choose(members, procfile->count, start->options.words,
                                 start->options.word_count, chosen, why);
    start->chosen = mem_new(procfile->count, sizeof *start->chosen);
    for (size_t i = 0; i < procfile->count; i++) {
        if (chosen[i])
            start->chosen[start->chosen_count++] = i;
        process_settings_release(&settings[i]);
    }
    free(members);
    free(settings);
    free(chosen);
    return good;
}

static unsigned base_port(const struct start *start)
{
    if (!start->options.set_ports)
        return 0;
    if (start->options.base_port)
        return start->options.base_port;
    if (start->inputs.file_port)
        return start->inputs.file_port;
    return PLAN_BASE_PORT;
}

static bool understand(struct start *start, struct cause *why)
{
    struct options *options = &start->options;
    struct inputs_choice choice = {
        .procfile = options_procfile(options),
        .env = options->env,
        .config = options->config,
        .inherited = environ,
    };
    struct notes mistakes = {0};

    if (!options_enter(options, why) ||
        !inputs_read(&start->inputs, &choice, &mistakes, why)) {
        notes_release(&mistakes);
        return false;
    }
    options_fill(options, &start->inputs.settings);
    if (choose(start, why))
        return true;
    inputs_release(&start->inputs);
    free(start->chosen);
    return false;
}

/* ---- output -------------------------------------------------------------- */

static bool wants_color(const struct options *options)
{
    const char *force = getenv("CLICOLOR_FORCE");
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    if (none && *none)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    return isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb") != 0);
}

static size_t name_width(const struct plan *plan)
{
    size_t width = strlen("procman");

    for (size_t i = 0; i < plan->count; i++) {
        size_t len = strlen(plan->processes[i].name);
        width = len > width ? len : width;
    }
    return width;
}

static void on_congested(void *owner, bool congested)
{
    struct start *start = owner;

    if (!start->over)
        supervisor_pause(start->supervisor, congested);
}

static void on_last_words(uv_timer_t *timer);

/* A terminal that hangs up says so in two ways, and the signal may come last:
 * it is one event, which counts as the signal. */
static void on_broken(void *owner)
{
    struct start *start = owner;

    if (start->over) {
        /* Nobody is left to wait for; not from within the outbox. */
        start->words_left = 0;
        uv_timer_start(&start->last_words, on_last_words, 0, 0);
    } else if (!start->on_terminal) {
        supervisor_interrupt(start->supervisor, SIGPIPE);
    } else if (!start->hangup_ignored) {
        supervisor_interrupt(start->supervisor, SIGHUP);
    }
}

static void on_lost(void *owner, const char *why)
{
    (void)owner;
    fprintf(stderr,
            "procman: cannot write to standard output: %s; what is "
            "written meanwhile is lost\n",
            why);
}

static void close_output(struct start *start)
{
    if (uv_is_closing((uv_handle_t *)&start->last_words))
        return;
    uv_close((uv_handle_t *)&start->last_words, NULL);
    outbox_close(start->outbox);
    output_close(&start->output);
}

static void on_empty(void *owner)
{
    struct start *start = owner;

    if (start->over)
        close_output(start);
}

static bool open_output(struct start *start, struct cause *why)
{
    static const struct outbox_watcher watcher = {
        .on_congested = on_congested,
        .on_broken = on_broken,
        .on_lost = on_lost,
        .on_empty = on_empty,
    };
    struct terminal_style style = {
        .color = wants_color(&start->options),
        .time = start->options.logtime,
        .width = name_width(&start->plan),
    };

    start->on_terminal = isatty(STDOUT_FILENO);
    start->outbox =
        outbox_create(&start->loop, STDOUT_FILENO, &watcher, start, why);
    if (!start->outbox)
        return false;
    start->terminal =
        terminal_create(start->outbox, &style, start->plan.count + 1);
    output_init(&start->output, &start->loop, (unsigned)start->plan.count);
    output_add_sink(&start->output, start->terminal);
    uv_timer_init(&start->loop, &start->last_words);
    start->last_words.data = start;
    return true;
}

/* A reader that takes something is waited for, one that stands still is not. */
static void on_last_words(uv_timer_t *timer)
{
    struct start *start = timer->data;
    size_t left = outbox_waiting(start->outbox);

    if (left == start->words_left)
        close_output(start);
    start->words_left = left;
}

static void on_over(void *owner, const struct supervisor_result *result)
{
    struct start *start = owner;

    start->result = *result;
    start->over = true;
    output_flush(&start->output);
    if (uv_is_closing((uv_handle_t *)&start->last_words))
        return; /* all was written, and the outbox is gone already */
    start->words_left = outbox_waiting(start->outbox);
    if (start->words_left == 0)
        close_output(start);
    else
        uv_timer_start(&start->last_words, on_last_words, LAST_WORDS_MS,
                       LAST_WORDS_MS);
}

/* ---- the supervisor ------------------------------------------------------ */

static void be_supervisor(struct start *start)
{
    struct supervisor_config config = {
        .loop = &start->loop,
        .plan = &start->plan,
        .order = &start->inputs.order,
        .session = start->session.path,
        .session_directory = start->session.directory,
        .output = &start->output,
        .remains = start->remains,
        .descriptors = os_raise_descriptors(),
        .exit_on_error = start->options.exit_on_error,
        .exit_on_stop = start->options.exit_on_stop,
        .hangup_ignored = start->hangup_ignored,
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
        output_say(&start->output, "warning: %s", why.text);
    if (!start->options.rpc_server)
        return;
    int listener = session_listen(&start->session, &why);
    if (listener >= 0)
        control = control_create(&start->loop, listener, supervisor_request,
                                 start->supervisor, &why);
    if (control)
        supervisor_listen(start->supervisor, control);
    else
        output_say(&start->output, "warning: no control socket: %s", why.text);
}

static void open_record(struct start *start)
{
    start->remains = remains_open(start->session.directory);
    if (start->remains < 0)
        output_say(&start->output, "warning: cannot write %s/%s: %s",
                   start->session.path, REMAINS_FILE, strerror(errno));
}

static int supervise(struct start *start)
{
    struct cause why = {{0}};

    uv_loop_init(&start->loop);
    if (!open_output(start, &why))
        return command_fail(EXIT_NOT_DONE, &why);
    open_record(start);
    be_supervisor(start);
    open_control(start);
    guard_admit_signals();
    uv_run(&start->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&start->loop);
    if (start->remains >= 0)
        close(start->remains);
    supervisor_release(start->supervisor);
    terminal_release(start->terminal);
    if (left)
        fputs("procman: a handle was left open: please report this\n", stderr);
    return left ? EXIT_NOT_DONE : start->result.code;
}

/* ---- both ----------------------------------------------------------------- */

static void release(struct start *start)
{
    plan_release(&start->plan);
    inputs_release(&start->inputs);
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
    for (size_t i = 0; i < start->inputs.warnings.count; i++)
        fprintf(stderr, "procman: warning: %s\n",
                start->inputs.warnings.texts[i]);
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

static void make_plan(struct start *start)
{
    struct plan_materials materials = {
        .procfile = &start->inputs.procfile,
        .settings = &start->inputs.settings,
        .environment = &start->inputs.environment,
        .base_port = base_port(start),
        .session = start->session.path,
    };

    /* Those are for us, if we have been started by systemd. */
    environment_unset(&start->inputs.environment, "NOTIFY_SOCKET");
    environment_unset(&start->inputs.environment, "WATCHDOG_USEC");
    environment_unset(&start->inputs.environment, "WATCHDOG_PID");
    plan_make(&start->plan, &materials);
}

static int start_session(const struct command *command,
                         const struct options *options)
{
    struct start start = {.options = *options};
    struct cause why = {{0}};
    struct sigaction hangup = {.sa_handler = SIG_DFL};

    (void)command;
    if (!understand(&start, &why))
        return command_fail(EXIT_USAGE, &why);
    guard_block_signals();
    if (!session_begin(&start.session, options_procfile(options), &why)) {
        release(&start);
        return command_fail(EXIT_NOT_DONE, &why);
    }
    say_what_was_found(&start);
    make_plan(&start);
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
        "procman shuts down in order and then ends by that signal.\n",
    .run = start_session,
};
