#include "procman/os_account.h"
#include "procman/mem.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The entry points into our C library's memory, until the next look-up. */
static const struct passwd *look_up(const char *name)
{
    char *end;
    const struct passwd *entry = getpwnam(name);

    if (entry)
        return entry;
    unsigned long uid = strtoul(name, &end, 10);
    bool number = *name >= '0' && *name <= '9' && *end == '\0';
    return number && uid < UINT_MAX ? getpwuid((uid_t)uid) : NULL;
}

static void add_groups(struct account *account)
{
    int count = 16;

    do {
        account->group_count = (size_t)count;
        account->groups = mem_resize(account->groups, account->group_count,
                                     sizeof *account->groups);
    } while (
        getgrouplist(account->name, account->gid, account->groups, &count) < 0);
    account->group_count = (size_t)count;
}

struct account *os_account_find(const char *name, struct cause *why)
{
    errno = 0;
    const struct passwd *entry = look_up(name);

    if (!entry) {
        cause_say(why, "no user is called \"%.60s\"%s%s", name,
                  errno ? ": " : "", errno ? strerror(errno) : "");
        return NULL;
    }
    if (geteuid() != 0 && entry->pw_uid != geteuid()) {
        cause_say(why, "only root can run a process as another user (%.60s)",
                  name);
        return NULL;
    }

    struct account *account = mem_new(1, sizeof *account);
    account->name = mem_string(entry->pw_name);
    account->home = mem_string(entry->pw_dir);
    account->shell = mem_string(entry->pw_shell);
    account->uid = entry->pw_uid;
    account->gid = entry->pw_gid;
    add_groups(account);
    return account;
}
