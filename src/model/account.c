#include "procman/account.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

struct account *account_copy(const struct account *account)
{
    struct account *copy = mem_new(1, sizeof *copy);
    size_t size = account->group_count * sizeof *account->groups;

    *copy = *account;
    copy->name = mem_string(account->name);
    copy->home = mem_string(account->home);
    copy->shell = mem_string(account->shell);
    copy->groups = mem_new(account->group_count, sizeof *copy->groups);
    if (size)
        memcpy(copy->groups, account->groups, size);
    return copy;
}

void account_free(struct account *account)
{
    if (!account)
        return;
    free(account->name);
    free(account->home);
    free(account->shell);
    free(account->groups);
    free(account);
}
