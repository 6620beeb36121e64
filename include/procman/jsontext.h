/* jsontext.h - JSON, written and read the same way everywhere in procman.
 *
 * Writing never fails: a string is a row of bytes from outside (a path, a
 * command line), and what is not UTF-8 in it becomes U+FFFD, one for each bad
 * byte.  Every control character is escaped, C1 and DEL too, so that JSON on a
 * terminal cannot carry escape codes.
 *
 * Reading is strict (RFC 8259, UTF-8 only, no NUL, no member twice, nothing
 * behind the end, at most 2048 levels deep) and says what is wrong.
 */
#ifndef PROCMAN_JSONTEXT_H
#define PROCMAN_JSONTEXT_H

#include "procman/buf.h"
#include "procman/cause.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Adds the text as a JSON string, with its quotes. */
void jsontext_add_string(struct buf *to, const char *text);

/* The same for bytes that may be NUL.  False: not all of it was UTF-8. */
bool jsontext_add_bytes(struct buf *to, const char *text, size_t len);

/* An object, json_decref() it; NULL: the text is not one. */
json_t *jsontext_object(const char *text, size_t len, struct cause *why);

/* A member that must be there.  The string is the object's; NULL: see why. */
const char *jsontext_string(const json_t *object, const char *key,
                            struct cause *why);
bool jsontext_integer(const json_t *object, const char *key, int64_t least,
                      int64_t most, int64_t *to, struct cause *why);
bool jsontext_boolean(const json_t *object, const char *key, bool *to,
                      struct cause *why);

#endif
