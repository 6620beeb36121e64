/* settings_reader.h - hands an ini file to inih, line by line.
 *
 * inih gets a section, a key with nothing behind its '=', or a blank line.  The
 * value stays here, because inih would cut it at " ;" and after 199 bytes; and
 * so does everything that it would bend or let pass in silence, which is a
 * mistake instead.
 */
#ifndef PROCMAN_MODEL_SETTINGS_READER_H
#define PROCMAN_MODEL_SETTINGS_READER_H

#include "procman/settings.h"

struct settings_reader {
    struct settings *settings; /* sections are added as they begin */
    const char *path;
    struct notes *mistakes;
    char *rest; /* of the text, which it cuts up; NULL at the end */
    unsigned line;
    size_t first;      /* section of this file */
    bool outside;      /* no section has begun */
    bool skipping;     /* the section is none: its keys are not looked at */
    const char *value; /* of the key that was handed out last */
};

/* An ini_reader. */
char *settings_hand_out(char *to, int room, void *stream);

/* "path:line: ..." */
void settings_complain(const struct settings_reader *reader, const char *format,
                       ...) CAUSE_PRINTF(2, 3);

#endif
