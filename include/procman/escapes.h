/* escapes.h - what a process writes, made harmless for a terminal that others
 * use too.
 *
 * Colours and other attributes of text (SGR: ESC [ digits m) pass, and so do
 * TAB and every character of UTF-8 that is none of control.  What would act on
 * the terminal (ECMA-48) does not:
 *
 *   a whole sequence     is left out: cursor, erasing, modes, alternate screen,
 *                        questions (CSI); title, clipboard, links (OSC); DCS,
 *                        SOS, PM, APC; ESC with one letter
 *   ESC that begins none is shown as ^[, and what follows it is text
 *   other controls       are shown: ^G for BEL, \x9b and \u009b for C1
 *   CR                   as on a terminal, what follows it takes the place of
 *                        what stood before; nothing follows: nothing happens
 *
 * Each piece of a long line is looked at by itself: a sequence that is cut is
 * none, so it does not act either.
 */
#ifndef PROCMAN_ESCAPES_H
#define PROCMAN_ESCAPES_H

#include "procman/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Is it printable ASCII and nothing else, so that nothing has to be done?  Fast;
 * most lines are. */
bool escapes_none(const char *text, size_t len);

/* Adds what is left of the text.  Says whether there are colours in it, which
 * may want to be reset behind it. */
bool escapes_add(struct buf *to, const char *text, size_t len);

/* The length of the whole sequence that begins with this ESC; 0: none does. */
size_t escapes_sequence(const char *text, size_t len);

#endif
