/* session_info.h - what a session says about itself: its session.json.
 *
 *     {"pid": 71, "procfile": "/x/Procfile", "cwd": "/x",
 *      "started_at": 1795372408, "version": "0.1.0"}
 *
 * "part_of" is there if the Procfile belongs to the session of another one:
 * that one's directory.
 *
 * Paths that are not UTF-8 are written as jsontext.h says, so they are for
 * people to read and for comparing with text that has gone the same way.
 */
#ifndef PROCMAN_SESSION_INFO_H
#define PROCMAN_SESSION_INFO_H

#include "procman/cause.h"

#include <stddef.h>
#include <stdint.h>

#define SESSION_INFO_LIMIT 65536 /* bytes */

/* Strings belong to it. */
struct session_info {
    int64_t pid;    /* of the procman that the user started; above 0 */
    char *procfile; /* real path */
    char *cwd;
    int64_t started_at; /* seconds since 1970 */
    char *version;
    char *part_of; /* NULL: it is a session of its own */
};

/* One object and a LF; free() it. */
char *session_info_encode(const struct session_info *info);

/* On failure nothing needs releasing. */
bool session_info_decode(struct session_info *info, const char *text,
                         size_t len, struct cause *why);

void session_info_release(struct session_info *info);

#endif
