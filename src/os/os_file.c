#include "procman/os_file.h"

#include <stdlib.h>
#include <sys/file.h>

char *os_real_path(const char *path)
{
    return realpath(path, NULL);
}

bool os_lock(int file)
{
    return flock(file, LOCK_EX | LOCK_NB) == 0;
}
