/* spawn.c - the light speed of starting: a bare posix_spawn loop.
 *
 *     spawn PROCFILE
 *
 * Starts each "name: word word ..." in a session of its own, with our own
 * output, and waits for SIGTERM; then ends them all.
 */
#include "words.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    static pid_t pids[65536];
    posix_spawnattr_t how;
    size_t count = 0;
    char line[4096];
    sigset_t ends;
    int signum;

    if (!file)
        return 2;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    while (count < 65536 && fgets(line, sizeof line, file)) {
        char *words[WORDS_MAX + 1];
        if (words_cut(line, words) &&
            posix_spawn(&pids[count], words[0], NULL, &how, words, environ))
            return 1;
        count++;
    }
    sigwait(&ends, &signum);
    for (size_t i = 0; i < count; i++)
        kill(pids[i], SIGTERM);
    while (wait(NULL) > 0)
        ;
    return 0;
}
