/* os_account.h - looking up users.
 *
 * That may ask a server on the network, so it is done while files are read and
 * never between fork and exec.
 */
#ifndef PROCMAN_OS_ACCOUNT_H
#define PROCMAN_OS_ACCOUNT_H

#include "procman/account.h"
#include "procman/cause.h"

/* By name or number; account_free() it.  NULL: there is none, or we may not
 * become it (only root may become somebody else). */
struct account *os_account_find(const char *name, struct cause *why);

#endif
