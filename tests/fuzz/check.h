/* check.h - what a fuzzer holds to be true.  Not assert(): the fuzzers are
 * built with optimization, and must look all the same. */
#ifndef PROCMAN_FUZZ_CHECK_H
#define PROCMAN_FUZZ_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what)                                                            \
    ((what)                                                                    \
         ? (void)0                                                             \
         : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what), \
            abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
