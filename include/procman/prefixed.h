/* prefixed.h - lines behind a prefix: what every byte that is shown passes.
 *
 *     18:33:28   etcd1 | one
 *     18:33:28   etcd1 | two
 */
#ifndef PROCMAN_PREFIXED_H
#define PROCMAN_PREFIXED_H

#include "procman/buf.h"
#include "procman/lines.h"

/* Adds each line of the span behind the prefix, which may be empty, and with an
 * LF behind it. */
void prefixed_add(struct buf *to, const struct buf *prefix,
                  const struct span *span);

#endif
