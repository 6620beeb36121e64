/* pretty.h - the JSON of logs, as people want to read it.
 *
 *     {"level":"info","ts":"2026-11-22T20:39:12.291Z","caller":"embed/etcd.go:117",
 *      "msg":"configuring peer listeners","listen-peer-urls":["http://..."]}
 * becomes
 *     INFO  20:39:12.291Z configuring peer listeners listen-peer-urls=["http://..."] (embed/etcd.go:117)
 *
 * It knows the members that zap (etcd), logrus, zerolog, slog, bunyan, pino and
 * logstash write: level (a word, or bunyan's number), time (text, or a number
 * of seconds to nanoseconds, shown in UTC), message, caller.  All others follow
 * as key=value, in their order; nothing is left out.  Control characters in
 * them are escaped.
 */
#ifndef PROCMAN_PRETTY_H
#define PROCMAN_PRETTY_H

#include "procman/buf.h"
#include "procman/level.h"

#include <stdbool.h>

#define PRETTY_LIMIT 65536 /* bytes; longer lines are taken for no objects */

/* Adds it.  False: the line is no object of a log (it has neither level nor
 * message), and nothing has been added. */
bool pretty_add(struct buf *to, const char *text, size_t len, bool color);

/* The level of a line, be it such an object or text (level.h). */
enum level pretty_level(const char *text, size_t len);

#endif
