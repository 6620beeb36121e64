/* gate.h - lets only those lines of processes through to another sink that are
 * serious enough.
 *
 * A line whose level is not known passes, and what procman says.  A piece of a
 * line goes where its beginning went.
 */
#ifndef PROCMAN_GATE_H
#define PROCMAN_GATE_H

#include "procman/level.h"
#include "procman/sink.h"

/* `next` is borrowed. */
struct sink *gate_create(struct sink *next, enum level least);
void gate_release(struct sink *gate);

#endif
