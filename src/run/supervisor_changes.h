/* supervisor_changes.h - what the requests that change a session share.
 *
 *     supervisor_reload.c  reload, add, remove
 *     supervisor_scale.c   scale
 */
#ifndef PROCMAN_SUPERVISOR_CHANGES_H
#define PROCMAN_SUPERVISOR_CHANGES_H

#include "supervisor_inside.h"

void change_refuse(struct control_call *call, int code, const char *text);

/* False: it cannot be done now, and the call is answered. */
bool change_may_begin(const struct supervisor *supervisor,
                      struct control_call *call);

bool change_read_wish(struct reload_wish *wish, const struct request *request,
                      struct cause *why);

/* Reads all files.  False: one has a mistake, and the call is answered. */
bool change_read_files(struct supervisor *supervisor, struct control_call *call,
                       struct draft *draft, enum blueprint_clash clash);

/* Begins, unless the order that would be cannot be; either way the call is
 * taken care of and the changes are released. */
bool change_begin(struct supervisor *supervisor, struct control_call *call,
                  const struct reload_wish *wish, struct changes *changes,
                  const struct notes *warnings);

#endif
