/* http_reply.h - does this answer of an HTTP server mean that all is well?
 *
 * As much of HTTP/1.1 (RFC 9112) as a probe needs: a status line, a body that
 * ends with its length, its last chunk or the connection.  Well is 2xx and, if
 * asked for, a text somewhere in the body.  The server may be hostile: what it
 * says is bounded, and quoted only where it can be printed.
 */
#ifndef PROCMAN_HTTP_REPLY_H
#define PROCMAN_HTTP_REPLY_H

#include "procman/cause.h"

#include <stddef.h>

enum { HTTP_REPLY_LIMIT = 65536 }; /* bytes, head and body */

enum http_verdict {
    HTTP_UNDECIDED, /* ask again when more has come */
    HTTP_WELL,
    HTTP_UNWELL /* see why */
};

/* Judges what has come until now; `ended` says that nothing more will.  With
 * HTTP_REPLY_LIMIT bytes, or when it has ended, there is always a verdict.
 * `match` is looked for in the body, unless NULL. */
enum http_verdict http_reply_judge(const char *bytes, size_t len, bool ended,
                                   const char *match, struct cause *why);

#endif
