/* account.h - a user of this system, as a process becomes one.
 */
#ifndef PROCMAN_ACCOUNT_H
#define PROCMAN_ACCOUNT_H

#include <stddef.h>
#include <sys/types.h>

struct account {
    char *name, *home, *shell;
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* all of them, `gid` too */
    size_t group_count;
};

struct account *account_copy(const struct account *account);

/* Frees it too.  Harmless on NULL. */
void account_free(struct account *account);

#endif
