/* The command of a probe. */
#include "probe_inside.h"
#include "procman/words.h"

#include <signal.h>
#include <string.h>

bool probe_execute(struct probe *probe)
{
    const struct probe_spec *spec = probe->spec;
    char *const argv[] = {"/bin/sh", "-c", (char *)spec->command, NULL};
    struct os_child child = {
        .file = argv[0],
        .argv = argv,
        .env = spec->env,
        .directory = spec->directory,
        .input = spec->null,
        .output = spec->null,
        .error = spec->null,
        .descriptors = spec->descriptors,
        .account = spec->account,
    };
    pid_t pid = os_spawn(&child);

    if (pid < 0)
        return cause_say(&probe->failure, "cannot execute \"%s\": %s",
                         spec->command, strerror(-pid));
    probe->child = pid;
    probe->late = false;
    return true;
}

void probe_kill(struct probe *probe)
{
    if (probe->child)
        os_signal_group(probe->child, SIGKILL);
}

pid_t probe_pid(const struct probe *probe)
{
    return probe->child;
}

static void say_how_it_ended(struct probe *probe, int code, int signum)
{
    const char *command = probe->spec->command;

    if (probe->late)
        cause_say(&probe->failure, "\"%s\" takes longer than %s", command,
                  words_duration(probe_timeout_ms(probe)).text);
    else if (signum)
        cause_say(&probe->failure, "\"%s\" was ended by %s", command,
                  words_signal(signum).text);
    else
        cause_say(&probe->failure, "\"%s\" ends with code %d", command, code);
}

/* What the command has left running in its group goes with it. */
bool probe_child_ended(struct probe *probe, pid_t pid, int code, int signum)
{
    if (pid <= 0 || pid != probe->child)
        return false;
    probe_kill(probe);
    probe->child = 0;
    if (code == 0 && signum == 0 && !probe->late) {
        probe_succeed(probe);
        return true;
    }
    say_how_it_ended(probe, code, signum);
    probe_fail(probe);
    return true;
}
