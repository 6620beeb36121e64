/* words.h - the commands of the bench's own Procfiles, which are plain words.
 */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <string.h>

#define WORDS_MAX 32

/* Cuts "name: word word ..." in place; returns the name, or NULL. */
static inline char *words_cut(char *line, char *words[WORDS_MAX + 1])
{
    char *command = strchr(line, ':');
    size_t count = 0;

    if (!command)
        return NULL;
    *command++ = '\0';
    for (char *word = strtok(command, " \n"); word && count < WORDS_MAX;
         word = strtok(NULL, " \n"))
        words[count++] = word;
    words[count] = NULL;
    return count ? line : NULL;
}

#endif
