#include "procman/os_block.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *take(size_t size)
{
    if (size < OS_BLOCK_MAPPED)
        return malloc(size);

    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
#ifdef __linux__
    madvise(block, size, MADV_DONTFORK);
#endif
    return block;
}

static void give_back(void *block, size_t size)
{
    if (size < OS_BLOCK_MAPPED)
        free(block);
    else
        munmap(block, size);
}

void *os_block_resize(void *block, size_t old_size, size_t size)
{
    void *other = size ? take(size) : NULL;

    if (size && !other)
        return NULL;
    if (other && block)
        memcpy(other, block, old_size < size ? old_size : size);
    if (block)
        give_back(block, old_size);
    return other;
}
