/* os_block.h - big blocks of memory that no child ever needs.
 *
 * A fork copies the page tables of all memory, and then each page that either
 * side writes to; what only we read is better left out of it.
 */
#ifndef PROCMAN_OS_BLOCK_H
#define PROCMAN_OS_BLOCK_H

#include <stddef.h>

/* As realloc(), with both sizes; size 0 gives the block back.  From
 * OS_BLOCK_MAPPED bytes on, a block has pages of its own: it costs memory only
 * where it is used, goes back to the system when it is given back, and is not
 * there in a forked child.  NULL: there is none, the old one stays. */
#define OS_BLOCK_MAPPED 65536
void *os_block_resize(void *block, size_t old_size, size_t size);

#endif
