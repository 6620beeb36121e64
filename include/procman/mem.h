/* mem.h - memory that is there, or no program.
 *
 * The one place that allocates on behalf of everybody.  None of these returns
 * NULL: when memory is exhausted procman aborts, which its guard survives and
 * cleans up after.  What they return is released with free().
 */
#ifndef PROCMAN_MEM_H
#define PROCMAN_MEM_H

#include "procman/cause.h"

#include <stddef.h>

#if defined(__GNUC__)
#define MEM_THERE __attribute__((returns_nonnull))
#else
#define MEM_THERE
#endif

/* Zeroed.  mem_new(3, sizeof(struct thing)) for an array of three. */
void *mem_new(size_t count, size_t size) MEM_THERE;

/* As realloc(), for `count` things of `size` bytes; what is added is not
 * zeroed. */
void *mem_resize(void *old, size_t count, size_t size) MEM_THERE;

/* A string of its own from `len` bytes, or from a whole string. */
char *mem_string_of(const char *bytes, size_t len) MEM_THERE;
char *mem_string(const char *text) MEM_THERE;

/* As sprintf(), into a string of its own. */
char *mem_format(const char *format, ...) CAUSE_PRINTF(1, 2);

#endif
