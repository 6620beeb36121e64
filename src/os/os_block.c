#include "procman/os_block.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool is_mapped(size_t size)
{
    return size >= OS_BLOCK_MAPPED;
}

static void *map(size_t most)
{
    void *block = mmap(NULL, most, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (block == MAP_FAILED)
        return NULL;
#ifdef __linux__
    madvise(block, most, MADV_DONTFORK);
#endif
    return block;
}

/* An older kernel cannot; then it is as if we had not said it. */
static void take_pages(char *block, size_t from, size_t to)
{
#ifdef MADV_POPULATE_WRITE
    from = from / OS_BLOCK_MAPPED * OS_BLOCK_MAPPED; /* where a page begins */
    madvise(block + from, to - from, MADV_POPULATE_WRITE);
#else
    (void)block, (void)from, (void)to;
#endif
}

static void give_back(void *block, size_t size, size_t most)
{
    if (is_mapped(size))
        munmap(block, most);
    else
        free(block);
}

void *os_block_resize(void *block, size_t old_size, size_t size, size_t most)
{
    void *other = block;

    if (!is_mapped(size) && !is_mapped(old_size) && size)
        return realloc(block, size);
    if (!(is_mapped(size) && is_mapped(old_size)))
        other = is_mapped(size) ? map(most) : size ? malloc(size) : NULL;
    if (size && !other)
        return NULL;
    if (is_mapped(size) && size > old_size)
        take_pages(other, is_mapped(old_size) ? old_size : 0, size);
    if (other != block && block) {
        if (other)
            memcpy(other, block, old_size < size ? old_size : size);
        give_back(block, old_size, most);
    }
    return other;
}
