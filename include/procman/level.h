/* level.h - how serious a line of a log is, as far as it says so.
 */
#ifndef PROCMAN_LEVEL_H
#define PROCMAN_LEVEL_H

#include <stddef.h>
#include <stdint.h>

enum level {
    LEVEL_UNKNOWN,
    LEVEL_TRACE,
    LEVEL_DEBUG,
    LEVEL_INFO,
    LEVEL_WARN,
    LEVEL_ERROR,
    LEVEL_FATAL
};

/* "warn", "WARNING", "err", "critical", "I"; upper and lower case. */
enum level level_of_word(const char *word, size_t len);

/* bunyan's and pino's: 10 is trace, 20 debug, and so on. */
enum level level_of_number(int64_t number);

/* Of a line that is no JSON:
 *     2026-11-22 20:39:12.291123 I | etcdserver: ...    capnslog (etcd)
 *     I1122 20:39:12.291123    3182 server.go:12] ...   klog, glog
 *     time=... level=info msg=...                       logfmt (logrus, slog)
 */
enum level level_of_text(const char *text, size_t len);

/* "WARN"; "" if it is unknown. */
const char *level_word(enum level level);

#endif
