/* logname.h - where the log of a process lies.
 */
#ifndef PROCMAN_LOGNAME_H
#define PROCMAN_LOGNAME_H

/* `pattern` with the name for each {name} in it; free() it.  A name never leads
 * out of the folder: what is no letter, digit, '_', '-' or '.' becomes '_'. */
char *logname_of(const char *pattern, const char *name);

/* DIRECTORY/NAME.log; free() it. */
char *logname_in(const char *directory, const char *name);

#endif
