#include "process_inside.h"
#include "procman/mem.h"
#include "procman/plan.h"
#include "procman/words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How soon SIGKILL is sent once more to those who came meanwhile. */
#define KILL_TRIES    20 /* of those that we are not allowed to kill */
#define KILL_AGAIN_MS 100

/* What it has left running in its group was killed, and may take its time. */
static bool stop_command_is_gone(struct process *process)
{
    if (process->stop_command && process->stop_command_ended &&
        !os_group_lives(process->stop_command))
        process->stop_command = 0;
    return process->stop_command == 0;
}

/* Strays may outlive the group for long: what was empty once stays so. */
bool process_is_empty(struct process *process)
{
    pid_t group = process->now.pid;

    if (process_leader_is_gone(process) &&
        (!os_group_lives(group) ||
         (process->now.killed && os_group_is_foreign(group))))
        process->group_gone = true;
    return process->group_gone && process->stray_count == 0 &&
           stop_command_is_gone(process);
}

bool process_runs_stop_command(const struct process *process)
{
    return process->stop_command && !process->stop_command_ended;
}

void process_signal_all(struct process *process, int signum)
{
    if (!process->group_gone)
        os_signal_group(process->now.pid, signum);
    if (process->stop_command)
        os_signal_group(process->stop_command, signum);
    for (size_t i = 0; i < process->stray_count; i++)
        os_signal(process->strays[i], signum);
}

/* ---- the stop-command ----------------------------------------------------- */

/* That of the process; MAINPID is what systemd.service(5) calls its leader. */
static char **make_environment(const struct process *process,
                               struct environment *own)
{
    char pid[32];

    snprintf(pid, sizeof pid, "%d", (int)process->now.pid);
    environment_copy(own, process->spec->own);
    environment_set(own, "MAINPID", pid);
    return plan_environment(process->spec->environment, own);
}

static bool run_stop_command(struct process *process, struct cause *why)
{
    char *argv[] = {"/bin/sh", "-c", (char *)process->spec->stop_command, NULL};
    int output = process_open_stream(process, STREAM_STOP, why);
    struct environment own;

    if (output < 0)
        return false;
    char **env = make_environment(process, &own);
    struct os_child child = process_child(process, argv, env, output);
    pid_t pid = os_spawn(&child);
    free(env);
    environment_release(&own);
    close(output);
    if (pid < 0)
        return cause_say(why, "%s", strerror(-pid));
    process->now.commanded = true;
    process->stop_command = pid;
    process->stop_command_ended = false;
    process->stop_command_ms = process_now_ms(process);
    return true;
}

static void complain(struct process *process, const char *why)
{
    process_watcher(process)->on_stop_command(process->site->owner, process,
                                              why);
}

static void say_how_it_ended(struct process *process, int code, int signum)
{
    uint64_t ms = process_now_ms(process) - process->stop_command_ms;
    struct words after = words_duration(ms);
    struct words died = words_signal(signum);
    char *why =
        signum ? mem_format("was ended by %s after %s", died.text, after.text)
               : mem_format("exited with code %d after %s", code, after.text);

    if ((code || signum) && !process->now.killed)
        complain(process, why);
    free(why);
}

/* ---- the stop signal ------------------------------------------------------ */

static enum life_event send_signal(struct process *process)
{
    if (process_is_empty(process))
        return LIFE_EMPTIED;
    if (!process->group_gone || process->stray_count)
        process->now.signalled = true;
    process_signal_all(process, process->spec->stop_signal);
    /* One that is stopped must wake up to hear it. */
    process_signal_all(process, SIGCONT);
    return process_is_empty(process) ? LIFE_EMPTIED : LIFE_NO_EVENT;
}

/* Who has no leader any more cannot be asked but by a signal. */
static bool may_be_asked(const struct process *process)
{
    return process->spec->stop_command && !process_leader_is_gone(process);
}

enum life_event process_send_stop(struct process *process)
{
    struct cause why;

    process->now.signalled_ms = process_now_ms(process);
    process->frozen = false; /* whoever is told to end is woken up */
    process_arm(process, process->spec->stop_timeout_ms);
    if (may_be_asked(process)) {
        process_signal_all(process, SIGCONT);
        if (run_stop_command(process, &why))
            return LIFE_NO_EVENT;
        cause_prefix(&why, "could not be started");
        complain(process, why.text);
    }
    return send_signal(process);
}

/* What it has left running in its group goes with it.  That nobody is left of
 * all is not ours to say: whoever reaps looks for strays next. */
bool process_stop_command_ended(struct process *process, pid_t pid, int code,
                                int signum)
{
    if (pid <= 0 || !process_runs_stop_command(process) ||
        pid != process->stop_command)
        return false;
    os_signal_group(pid, SIGKILL);
    process->stop_command_ended = true;
    say_how_it_ended(process, code, signum);
    if (!process->now.killed)
        send_signal(process);
    return true;
}

/* ---- SIGKILL -------------------------------------------------------------- */

/* It runs as another user (sudo, setuid): there is nothing more we can do. */
static enum life_event give_up(struct process *process)
{
    process->now.ended_ms = process_now_ms(process);
    process->now.signum = SIGKILL;
    process_note_trouble(
        process, "it runs as another user and cannot be ended; it lives on");
    return LIFE_CRASHED;
}

enum life_event process_send_kill(struct process *process)
{
    bool first = !process->now.killed;

    process->now.killed = true;
    if (first)
        process_watcher(process)->on_kill(process->site->owner, process);
    process_signal_all(process, SIGKILL);
    process_arm(process, KILL_AGAIN_MS);
    if (!process_leader_is_gone(process) &&
        os_group_is_foreign(process->now.pid) && ++process->kills > KILL_TRIES)
        return give_up(process);
    return process_is_empty(process) ? LIFE_EMPTIED : LIFE_NO_EVENT;
}
