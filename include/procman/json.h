/* json.h - the stream that programs read: each line as an object (jsonline.h).
 */
#ifndef PROCMAN_JSON_H
#define PROCMAN_JSON_H

#include "procman/outbox.h"
#include "procman/sink.h"

/* Writes through `outbox`, which is borrowed. */
struct sink *json_create(struct outbox *outbox);
void json_release(struct sink *json);

#endif
