/* Which options there are, and the words about them. */
#include "options_inside.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct options, member)

const struct option options_table[] = {
    {"f", PROCFILE, AT(procfile), "FILE", "the Procfile (Procfile)", NULL},
    {"procfile", PROCFILE, AT(procfile), NULL, NULL, NULL},
    {"basedir", TEXT, AT(basedir), "DIR", "work in this directory", NULL},
    {"env", TEXT, AT(env), "FILE,...", "files with variables (.env)", NULL},
    {"m", TEXT, AT(formation), "NAME=N,...", "how many instances of each",
     "start check exec"},
    {"formation", TEXT, AT(formation), NULL, NULL, "start check exec"},
    {"n", TEXT, AT(name), "NAME", "as this process would run", "exec"},
    {"b", PORT, AT(base_port), "PORT", "first PORT to hand out (5000)", NULL},
    {"set-ports", SWITCH, AT(set_ports), NULL,
     "set PORT for each process (true)", NULL},
    {"exit-on-error", SWITCH, AT(exit_on_error), NULL,
     "stop all when one fails", NULL},
    {"exit-on-stop", SWITCH, AT(exit_on_stop), NULL,
     "end when all have ended (true)", NULL},
    {"logtime", SWITCH, AT(logtime), NULL, "show the time (true)", NULL},
    {"time", CHOICE, AT(time), "off time ms rfc3339 elapsed", "how to show it",
     "start logs"},
    {"prefix", CHOICE, AT(prefix), "full name none",
     "what stands in front of each line", "start logs"},
    {"mark-stderr", SWITCH, AT(mark_stderr), NULL,
     "! in place of | before stderr", "start logs"},
    {"format", CHOICE, AT(format), "text json", "lines, or objects",
     "start logs"},
    {"level", CHOICE, AT(level), "all trace debug info warn error fatal",
     "hide lines below it", "start"},
    {"raw", SWITCH, AT(raw), NULL, "let escape sequences act on the terminal",
     "start logs"},
    {"log-dir", TEXT, AT(log_dir), "DIR", "a log of each process, one of all",
     "start"},
    {"spill-limit", SIZE, AT(spill_limit), "SIZE",
     "kept on disk for a slow reader (1G)", "start"},
    {"overflow", CHOICE, AT(overflow), "block drop", "beyond that limit",
     "start"},
    {"follow", SWITCH, AT(follow), NULL, "go on with what comes (-f)", "logs"},
    {"f", SWITCH, AT(follow), NULL, NULL, "logs"},
    {"lines", TEXT, AT(lines), "N", "only the last ones (-n)", "logs"},
    {"n", TEXT, AT(lines), NULL, NULL, "logs"},
    {"since", TEXT, AT(since), "WHEN", "nothing older: 10m, 14:05, a date",
     "logs"},
    {"run", TEXT, AT(run), "WHICH", "of one run: current, last or its number",
     "logs"},
    {"grep", TEXT, AT(grep), "REGEX", "only lines that match", "logs"},
    {"until", TEXT, AT(until), "REGEX", "end with the first line that matches",
     "logs"},
    {"color", COLOR, AT(color), "WHEN", "auto, always or never", NULL},
    {"rpc-server", SWITCH, AT(rpc_server), NULL, "listen for commands (true)",
     NULL},
    {"p", TEXT, AT(rpc_port), "PORT", "goreman's; there is no port any more",
     NULL},
    {"config", TEXT, AT(config), "FILE", "settings (procman.ini beside it)",
     NULL},
    {"session", TEXT, AT(session), "NAME", "talk to this session", NULL},
    {"x", LIST, AT(excluded), "NAME,...", "not these: names, patterns, @groups",
     "start run stop restart status list wait signal pause resume "
     "logs"},
    {"wait", WAIT, AT(wait), "[TIME]", "until they are ready, for so long",
     "start run restart reload"},
    {"timeout", DURATION, AT(timeout_ms), "TIME", "wait no longer: 30s, 2m",
     "wait start run restart reload logs"},
    {"ready", SWITCH, AT(ready), NULL, "until they are ready (the default)",
     "wait"},
    {"stopped", SWITCH, AT(stopped), NULL, "until nothing of them is left",
     "wait"},
    {"exited", SWITCH, AT(exited), NULL, "until their present run is over",
     "wait"},
    {"with-dependents", SWITCH, AT(with_dependents), NULL,
     "first whoever starts after them", "stop run"},
    {"group", SWITCH, AT(whole_group), NULL, "to all of its process group",
     "signal"},
    {"rolling", SWITCH, AT(rolling), NULL,
     "one after another, when the last one is ready again",
     "restart run reload"},
    {"max-unavailable", NUMBER, AT(max_unavailable), "N",
     "--rolling: so many may be down at once (1)", "restart run"},
    {"last", TEXT, AT(last), "NAME", "--rolling: this one last, the leader",
     "restart run"},
    {"min-ready", NUMBER, AT(min_ready), "N",
     "refuse to leave fewer ready in a group", "stop restart run"},
    {"force", SWITCH, AT(force), NULL, "do it all the same",
     "stop restart run"},
    {"strict", SWITCH, AT(strict), NULL, "a warning is a failure", "check"},
    {"show", SWITCH, AT(show), NULL, "what each will run with, and why",
     "check"},
    {"json", SWITCH, AT(json), NULL, "everything there is, for programs",
     "status run"},
    {"detach-key", TEXT, AT(detach_key), "KEY",
     "leaves the process: ctrl-] if not given, or none", "attach"},
    {"read-only", SWITCH, AT(read_only), NULL, "only watch", "attach"},
    {"no-enter", SWITCH, AT(no_enter), NULL, "without Enter behind it", "send"},
    {"end", SWITCH, AT(end), NULL, "its input ends here", "send"},
    {"dry-run", SWITCH, AT(dry_run), NULL, "only say what would be done",
     "reload add scale"},
    {"help", SWITCH, AT(help), NULL, "explain the command", NULL},
    {"h", SWITCH, AT(help), NULL, NULL, NULL},
    {"version", SWITCH, AT(version), NULL, "print the version", NULL},
};
const size_t options_count = sizeof options_table / sizeof *options_table;

_Static_assert(sizeof options_table / sizeof *options_table <= OPTIONS_MOST,
               "`given` has too few bits");

bool option_is_for(const struct option *option, const struct command *command)
{
    const char *at = option->commands;
    size_t len = strlen(command->name);

    while (at && *at) {
        size_t word = strcspn(at, " ");
        if (word == len && strncmp(at, command->name, len) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return at == NULL;
}

static void describe(struct option_words *to, const struct option *option)
{
    char *left = to->left;
    size_t room = sizeof to->left;
    size_t at =
        (size_t)snprintf(left, room, "%s%s",
                         strlen(option->name) > 1 ? "--" : "-", option->name);

    if (option->value)
        snprintf(left + at, room - at, " %s", option->value);
    for (char *blank = left + at + 1; option->kind == CHOICE && *blank; blank++)
        if (*blank == ' ')
            *blank = '|';
    to->brief = option->brief;
}

bool options_next(const struct command *command, size_t *at,
                  struct option_words *to)
{
    while (*at < options_count) {
        const struct option *option = &options_table[(*at)++];
        bool its_own =
            option->commands && command && option_is_for(option, command);
        if (option->brief && (command ? its_own : option->commands == NULL)) {
            describe(to, option);
            return true;
        }
    }
    return false;
}

bool options_print(FILE *to, const struct command *command)
{
    struct option_words words;
    size_t at = 0;
    bool any = false;

    for (; options_next(command, &at, &words); any = true) {
        if (!any && command)
            fputs("\nOptions:\n", to);
        fprintf(to, "  %-18s  %s\n", words.left, words.brief);
    }
    return any;
}
