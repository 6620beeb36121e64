#include "kin.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
    const struct kin_leader *leaders;
    size_t leader_count;
    const char *session;
    const struct os_process *all;
    size_t count;
};

static bool is_group_of(const struct kin_leader *leader, pid_t group)
{
    return group && (leader->pid == group || leader->helper == group);
}

static size_t leader_of_group(const struct search *search, pid_t group)
{
    for (size_t i = 0; i < search->leader_count; i++)
        if (is_group_of(&search->leaders[i], group))
            return i;
    return KIN_NOBODY;
}

static size_t leader_by_environment(const struct search *search, pid_t pid)
{
    char *session = os_environment_of(pid, "PROCMAN_SESSION");
    char *name = os_environment_of(pid, "PS");
    size_t owner = KIN_NOBODY;

    if (session && name && strcmp(session, search->session) == 0)
        for (size_t i = 0; i < search->leader_count; i++)
            if (strcmp(search->leaders[i].name, name) == 0)
                owner = i;
    free(session);
    free(name);
    return owner;
}

static const struct os_process *find(const struct search *search, pid_t pid)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->all[i].pid == pid)
            return &search->all[i];
    return NULL;
}

/* Up the parents, until one is known by group, session or environment. */
static size_t owner_of(const struct search *search,
                       const struct os_process *process)
{
    for (size_t steps = 0; process && steps < search->count; steps++) {
        size_t owner = leader_of_group(search, process->group);
        if (owner == KIN_NOBODY)
            owner = leader_of_group(search, process->session);
        if (owner != KIN_NOBODY)
            return owner;
        if (process->parent == getpid())
            return leader_by_environment(search, process->pid);
        process = find(search, process->parent);
    }
    return KIN_NOBODY;
}

struct kin *kin_find(const struct kin_leader *leaders, size_t leader_count,
                     const char *session, size_t *count)
{
    struct search search = {leaders, leader_count, session, NULL, 0};
    struct os_process *all = os_descendants(getpid(), &search.count);
    struct kin *found = mem_new(search.count, sizeof *found);

    search.all = all;
    *count = 0;
    for (size_t i = 0; i < search.count; i++) {
        if (all[i].state == 'Z')
            continue;
        struct kin *kin = &found[(*count)++];
        kin->pid = all[i].pid;
        kin->owner = owner_of(&search, &all[i]);
        kin->in_group = kin->owner != KIN_NOBODY &&
                        is_group_of(&leaders[kin->owner], all[i].group);
    }
    free(all);
    return found;
}
