/* procman(1), made of the tables that the program itself goes by. */
#include "procman/buf.h"
#include "procman/command.h"
#include "procman/roff.h"

static void add_head(struct buf *to)
{
    buf_add_string(to, ".\\\" made by \"procman help man\"\n"
                       ".TH PROCMAN 1 \"\" \"procman " PROCMAN_VERSION
                       "\" \"User Commands\"\n");
    roff_section(to, "NAME");
    roff_text(to, "procman - run the processes of a Procfile");
    roff_section(to, "SYNOPSIS");
    buf_add_string(to, ".B procman\n"
                       "[\\fIOPTION\\fR...] \\fICOMMAND\\fR "
                       "[\\fINAME\\fR...]\n");
    roff_section(to, "DESCRIPTION");
    roff_text(
        to,
        "procman runs the processes of a Procfile together in one terminal,\n"
        "like goreman and foreman: it starts them, shows what they print line\n"
        "by line behind their names, and ends them in order. While they run,\n"
        "single processes are stopped, started and restarted from another\n"
        "terminal. Nothing that it has started outlives it.\n"
        "\n"
        "A Procfile has one process a line: a name, a colon, a command.\n"
        "\n"
        "    web: bundle exec puma -p $PORT\n"
        "    worker: ./worker --queue=mail\n"
        "\n"
        "Where commands take names, they take patterns ('etcd*'), groups\n"
        "(@GROUP) and the name of an entry for all of its instances.");
}

static void add_options(struct buf *to, const struct command *command)
{
    struct option_words words;

    for (size_t at = 0; options_next(command, &at, &words);) {
        roff_term(to, words.left);
        roff_text(to, words.brief);
    }
}

static void add_command(struct buf *to, const struct command *command)
{
    struct buf title = {0}, text = {0};

    buf_add_format(&title, "procman %s%s%s", command->name,
                   *command->usage ? " " : "", command->usage);
    roff_subsection(to, title.data);
    buf_release(&title);
    buf_add_format(&text, "%s.\n\n%s", command->brief, command->help);
    roff_text(to, text.data);
    buf_release(&text);
    add_options(to, command);
}

static void add_variable(struct buf *to, const char *name, const char *what)
{
    roff_term(to, name);
    roff_text(to, what);
}

static void add_environment(struct buf *to)
{
    roff_section(to, "ENVIRONMENT");
    add_variable(to, "PROCMAN_KEY",
                 "A key of [procman] in capitals, with _ for -:\n"
                 "PROCMAN_BASE_PORT=6000. It wins over the files; options of\n"
                 "the command line win over it.");
    add_variable(to, "PROCMAN_SESSION",
                 "The session that is meant; every process has it.");
    add_variable(to, "PORT",
                 "What every process gets: the base port, and 100\n"
                 "more for each entry before it, and 1 for each\n"
                 "instance before it.");
    add_variable(to, "PS", "What every process gets: its name.");
    add_variable(to, "NOTIFY_SOCKET",
                 "What every process gets: where it may say READY=1\n"
                 "(sd_notify(3)).");
    add_variable(to, "NO_COLOR, CLICOLOR_FORCE",
                 "No colours, or colours always, unless --color says it.");
    add_variable(to, "XDG_RUNTIME_DIR",
                 "Where sessions lie; else /tmp/procman-UID.");
}

static void add_codes(struct buf *to)
{
    roff_section(to, "EXIT STATUS");
    add_variable(to, "0", "Done.");
    add_variable(to, "1", "Not done, or not wholly.");
    add_variable(to, "2",
                 "Wrong usage, an unknown process, files with\n"
                 "mistakes: nothing has been touched.");
    add_variable(to, "other",
                 "start: that of the first process that failed.\n"
                 "exec: that of the command.");
}

static void add_files(struct buf *to)
{
    roff_section(to, "FILES");
    add_variable(to, "Procfile", "The processes.");
    add_variable(to, ".env", "Variables for all of them.");
    add_variable(to, "procman.ini",
                 "Settings, beside the Procfile; for Procfile.NAME\n"
                 "procman.NAME.ini as well, which wins. A line is [section],\n"
                 "key = value, or a comment that begins with ; or #. All that\n"
                 "stands behind the = is the value. Times are 500ms, 10s, 2m,\n"
                 "1h; sizes are 64k, 4M, 1G. Later sections win.");
}

void command_print_manual(FILE *to)
{
    struct buf page = {0};

    add_head(&page);
    roff_section(&page, "COMMANDS");
    for (size_t i = 0; commands[i]; i++)
        add_command(&page, commands[i]);
    roff_section(&page, "OPTIONS");
    roff_text(&page, "With one dash or two, before or behind the command.");
    add_options(&page, NULL);
    roff_section(&page, "SETTINGS");
    settings_manual(&page);
    add_environment(&page);
    add_codes(&page);
    add_files(&page);
    roff_section(&page, "SEE ALSO");
    roff_text(&page, "foreman(1), sd_notify(3)");
    fwrite(page.data, 1, page.len, to);
    buf_release(&page);
}
