#include "settings_inside.h"

#include "procman/backoff.h"
#include "procman/formation.h"
#include "procman/ring.h"

#include <limits.h>
#include <string.h>

#define P(type, member)                                                        \
    SCOPE_PROCESS, SETTING_##type, offsetof(struct process_settings, member)
#define S(type, member)                                                        \
    SCOPE_SESSION, SETTING_##type, offsetof(struct session_settings, member)

/* In the order in which people read of them. */
/* clang-format off */
const struct setting settings_table[] = {
    {"env", S(TEXT, env), "",
     "files with variables, separated by commas; .env if not set (-env)",
     NULL, 0, 0},
    {"formation", S(FORMATION, formation), "",
     "how many instances of each: web=2,worker=3, all=1 for the others (-m)",
     NULL, 0, 0},
    {"base-port", S(NUMBER, base_port), "",
     "first PORT to hand out; PORT of .env, else 5000, if not set (-b)",
     NULL, 1, 65535},
    {"set-ports", S(SWITCH, set_ports), "yes",
     "set PORT for each process (-set-ports)", NULL, 0, 0},
    {"exit-on-error", S(SWITCH, exit_on_error), "no",
     "stop all when one fails (-exit-on-error)", NULL, 0, 0},
    {"exit-on-stop", S(SWITCH, exit_on_stop), "yes",
     "end when all have ended (-exit-on-stop)", NULL, 0, 0},
    {"logtime", S(SWITCH, logtime), "yes",
     "show the time in front of each line (-logtime)", NULL, 0, 0},
    {"time", S(CHOICE, time), "",
     "the time in front of each line; as logtime says if not set (--time)",
     "off time ms rfc3339 elapsed", 0, 0},
    {"prefix", S(CHOICE, prefix), "full",
     "what stands in front of each line: name is without the time (--prefix)",
     "full name none", 0, 0},
    {"mark-stderr", S(SWITCH, mark_stderr), "no",
     "! in place of | before what was written to stderr (--mark-stderr)",
     NULL, 0, 0},
    {"format", S(CHOICE, format), "text",
     "json: each line is an object, for programs (--format)", "text json",
     0, 0},
    {"level", S(CHOICE, level), "all",
     "hide lines below it, as far as they say their level (--level)",
     "all trace debug info warn error fatal", 0, 0},
    {"raw", S(SWITCH, raw), "no",
     "escape sequences of processes act on the terminal (--raw)", NULL, 0, 0},
    {"spill-limit", S(SIZE, spill_limit), "1G",
     "how much is kept on disk for a reader of the output that is slow; 0: "
     "nothing (--spill-limit)", NULL, 0, 0},
    {"overflow", S(CHOICE, overflow), "block",
     "what to do beyond that limit: let processes wait, or drop lines and say "
     "how many (--overflow)", "block drop", 0, 0},
    {"color", S(CHOICE, color), "auto",
     "when to use colours (-color)", "auto always never", 0, 0},
    {"colour", S(CHOICE, color), "auto", NULL, "auto always never", 0, 0},
    {"log-dir", S(TEXT, log_dir), "",
     "a directory for a log of each process and one of all (--log-dir)",
     NULL, 0, 0},
    {"log-max-size", S(SIZE, log_max_size), "50M",
     "a log that would become larger is rotated; 0: none is", NULL, 0, 0},
    {"log-keep", S(NUMBER, log_keep), "10",
     "how many old logs are kept of each", NULL, 0, 1000},
    {"log-compress", S(SWITCH, log_compress), "no",
     "old logs are compressed, by and by (gzip)", NULL, 0, 0},
    {"rpc-server", S(SWITCH, rpc_server), "yes",
     "listen for commands (-rpc-server)", NULL, 0, 0},
    {"notifiers", S(NAMES, notifiers), "",
     "more programs that say READY=1 themselves (sd_notify), as etcd does",
     NULL, 0, 0},

    {"ready", P(READINESS, ready), "auto",
     "how to know that it is ready: auto, notify, tcp:HOST:PORT, unix:PATH, "
     "http://HOST:PORT/PATH [TEXT], log:REGEX, exec:COMMAND, delay:TIME, exit",
     NULL, 0, 0},
    {"ready-timeout", P(DURATION, ready_timeout_ms), "0",
     "not ready after this time is a failure; 0: wait for ever", NULL, 0, 0},
    {"alive", P(LIVENESS, alive), "",
     "how to know that it is alive: tcp, unix, http or exec as in ready, or "
     "notify (WATCHDOG=1)", NULL, 0, 0},
    {"alive-interval", P(DURATION, alive_interval_ms), "10s",
     "how often to look whether it is alive", NULL, 0, 0},
    {"after", P(PATTERNS, after), "",
     "start when these are ready, stop before them: names and patterns",
     NULL, 0, 0},
    {"autostart", P(SWITCH, autostart), "yes",
     "start it with the session; if not, it is started by name", NULL, 0, 0},
    {"restart", P(CHOICE, restart), "no",
     "start it again when it has ended by itself",
     "no on-failure always", 0, 0},
    {"restart-delay", P(DURATION, restart_delay_ms), "200ms",
     "the shortest wait before that; it doubles each time", NULL, 0, 0},
    {"restart-max-delay", P(DURATION, restart_max_delay_ms), "30s",
     "the longest wait before that", NULL, 0, 0},
    {"restart-limit", P(NUMBER, restart_limit), "10",
     "more restarts within restart-window are a failure for good; 0: no limit",
     NULL, 0, BACKOFF_LIMIT_MOST},
    {"restart-window", P(DURATION, restart_window_ms), "10m",
     "see restart-limit", NULL, 0, 0},
    {"stop-signal", P(SIGNAL, stop_signal), "TERM",
     "the signal that asks it to end", NULL, 0, 0},
    {"stop-command", P(TEXT, stop_command), "",
     "a shell command that asks it to end; if it is still there afterwards, it "
     "gets stop-signal", NULL, 0, 0},
    {"stop-timeout", P(DURATION, stop_timeout_ms), "10s",
     "how long it may take to end before it is killed", NULL, 0, 0},
    {"kind", P(CHOICE, kind), "service",
     "a service runs on; a task has done its work when it ends well",
     "service task", 0, 0},
    {"on-exit", P(CHOICE, on_exit), "ignore",
     "what its end means for the session",
     "ignore stop-all stop-all-on-failure", 0, 0},
    {"success-codes", P(CODES, success_codes), "0",
     "exit codes and signals that are no failure; 0 never is one", NULL, 0, 0},
    {"group", P(NAMES, group), "",
     "groups it belongs to; commands take @GROUP for all in it", NULL, 0, 0},
    {"min-ready", P(NUMBER, min_ready), "0",
     "stop and restart refuse to leave fewer of its group ready (--force)",
     NULL, 0, INT_MAX},
    {"dir", P(TEXT, dir), "",
     "the directory to run it in; the session's if not set", NULL, 0, 0},
    {"env.NAME", P(VARIABLE, env), "",
     "set the variable NAME for it, over all other sources; nothing in it is "
     "expanded", NULL, 0, 0},
    {"env-file", P(TEXT, env_file), "",
     "files with variables for it, separated by commas, seen from the "
     "Procfile's folder; they win over all but env.NAME", NULL, 0, 0},
    {"user", P(TEXT, user), "",
     "the user to run it as, by name or number; needs root", NULL, 0, 0},
    {"umask", P(MASK, umask), "",
     "its file mode creation mask, in octal; procman's if not set",
     NULL, 0, 0},
    {"nice", P(NUMBER, nice), "0",
     "added to procman's own niceness", NULL, -20, 19},
    {"limit-nofile", P(NUMBER, limit_nofile), "",
     "how many files it may have open; as procman was given if not set",
     NULL, 3, INT_MAX},
    {"colour", P(CHOICE, colour), "auto",
     "of its name; auto: by its place in the Procfile",
     "auto none red green yellow blue magenta cyan white grey", 0, 0},
    {"color", P(CHOICE, colour), "auto", NULL,
     "auto none red green yellow blue magenta cyan white grey", 0, 0},
    {"tty", P(CHOICE, tty), "no",
     "give it a terminal of its own; auto: if procman has one itself",
     "no yes auto", 0, 0},
    {"stdin", P(CHOICE, input), "null",
     "what it reads: nothing, or what `procman send` and `attach` type",
     "null pipe", 0, 0},
    {"quiet", P(SWITCH, quiet), "no",
     "show nothing of what it writes; logs have it", NULL, 0, 0},
    {"pretty", P(CHOICE, pretty), "no",
     "json: its logs of JSON are shown as people read them", "no json", 0, 0},
    {"highlight", P(REGEX, highlight), "",
     "what matches in its lines is shown in reverse, where there are colours",
     NULL, 0, 0},
    {"log-file", P(TEXT, log_file), "",
     "a log of its own; {name} in it is its name", NULL, 0, 0},
    {"history", P(SIZE, history), "1M",
     "how much of what it writes is kept for \"procman logs\"; 0: nothing",
     NULL, RING_LEAST, RING_MOST},
    {"port", P(NUMBER, port), "",
     "its PORT; by its place in the Procfile if not set", NULL, 1, 65535},
    {"instances", P(NUMBER, instances), "",
     "how many of it run, as NAME.1, NAME.2, ...; just NAME if not set",
     NULL, 0, FORMATION_MOST},
};
/* clang-format on */
const size_t settings_table_count =
    sizeof settings_table / sizeof *settings_table;

_Static_assert(sizeof settings_table / sizeof *settings_table <= SETTINGS_MOST,
               "SETTINGS_MOST is too small");

#define VARIABLE_PREFIX "env."
#define NAME_BEGINS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

const char *setting_variable(const char *key)
{
    size_t len = strlen(VARIABLE_PREFIX);

    if (strncmp(key, VARIABLE_PREFIX, len) != 0)
        return NULL;
    const char *name = key + len;
    if (*name == '\0' || !strchr(NAME_BEGINS, *name))
        return NULL;
    return name[strspn(name, NAME_BEGINS "0123456789.-")] ? NULL : name;
}

static bool is_called(const struct setting *setting, const char *key)
{
    if (setting->type == SETTING_VARIABLE)
        return setting_variable(key);
    return strcmp(setting->name, key) == 0;
}

const struct setting *setting_find(enum setting_scope scope, const char *key)
{
    const struct setting *found = NULL;

    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->help)
            found = setting;
        if (setting->scope == scope && is_called(setting, key))
            return found;
    }
    return NULL;
}

const char *setting_type_word(const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_DURATION: return "time";
    case SETTING_SIZE: return "size";
    case SETTING_SWITCH: return "yes|no";
    case SETTING_NUMBER: return "number";
    case SETTING_CHOICE: return "word";
    case SETTING_SIGNAL: return "signal";
    case SETTING_MASK: return "octal";
    case SETTING_NAMES: return "names";
    case SETTING_PATTERNS: return "names";
    case SETTING_CODES: return "codes";
    case SETTING_TEXT: return "text";
    case SETTING_REGEX: return "regex";
    case SETTING_FORMATION: return "counts";
    case SETTING_READINESS: return "how";
    case SETTING_LIVENESS: return "how";
    case SETTING_VARIABLE: return "text";
    }
    return "";
}
