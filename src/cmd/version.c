#include "procman/command.h"

#include <stdio.h>
#include <uv.h>

static int run_version(const struct command *command,
                       const struct options *options)
{
    (void)command;
    (void)options;
    printf("procman %s (libuv %s)\n", PROCMAN_VERSION, uv_version_string());
    return EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .usage = "",
    .brief = "Print the version",
    .help = "And that of libuv, the library it runs on.\n",
    .run = run_version,
};
