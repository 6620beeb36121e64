#include "procman/command.h"
#include "procman/os.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int run(const struct command *command, const struct options *options)
{
    if (options->version)
        return command_version.run(&command_version, options);
    if (options->help) {
        command_print_help(stdout, command);
        return EXIT_DONE;
    }
    if (!command) {
        command_print_help(stderr, NULL);
        return EXIT_USAGE;
    }
    if (options->rpc_port)
        fputs("procman: -p is accepted and not needed: control goes through a "
              "private socket, there is no TCP port\n",
              stderr);
    return command->run(command, options);
}

/* What could not be written was not done: a full disk must not go unseen. */
static int finish(int code)
{
    struct cause why;

    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    cause_say(&why, "cannot write: %s", strerror(errno));
    return command_fail(code ? code : EXIT_NOT_DONE, &why);
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct options options;
    struct cause why = {{0}};

    os_prepare();
    if (!options_read(&options, &command, argc, argv, &why))
        return command_fail(EXIT_USAGE, &why);
    int code = run(command, &options);
    options_release(&options);
    return finish(code);
}
