/* os_block.h - big blocks of memory that no child ever needs.
 *
 * A fork copies the page tables of all memory, and then each page that either
 * side writes to; what only we read is better left out of it.
 */
#ifndef PROCMAN_OS_BLOCK_H
#define PROCMAN_OS_BLOCK_H

#include <stddef.h>

/* As realloc(), with both sizes; size 0 gives the block back.  It never becomes
 * larger than `most` bytes, which is the same in all calls for a block.  From
 * OS_BLOCK_MAPPED bytes on, a block has addresses of its own, for all that it may
 * become, so that it grows where it is; its memory is taken as it grows, many
 * pages at once, which costs half of what it costs to be caught touching them one
 * by one; it goes back to the system when it is given back, and is not there in a
 * forked child.  NULL: there is none, the old one stays. */
#define OS_BLOCK_MAPPED 65536
void *os_block_resize(void *block, size_t old_size, size_t size, size_t most);

#endif
