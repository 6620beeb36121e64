/* roff.h - the little of man(7) that our manual page needs.
 */
#ifndef PROCMAN_ROFF_H
#define PROCMAN_ROFF_H

#include "procman/buf.h"

void roff_section(struct buf *to, const char *title);
void roff_subsection(struct buf *to, const char *title);

/* A term in bold, and behind it what roff_text() adds. */
void roff_term(struct buf *to, const char *term);

/* Plain text: nothing in it is a command of roff.  Blank lines part paragraphs;
 * lines that begin with a blank stay as they are, one by one. */
void roff_text(struct buf *to, const char *text);

#endif
