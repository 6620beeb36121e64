#include "procman/mem.h"
#include "procman/words.h"
#include "supervisor_inside.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_SHARE 10 /* at most one part in so many is spent on looking */

/* ---- who else is there ------------------------------------------------- */

bool supervisor_leader_lives(const struct process *process)
{
    const struct process_run *run = process_run(process);

    return run->pid && !run->ended_ms;
}

/* Nobody of a process whose leader is gone can be there without having become
 * our child, or the child of one that has. */
static bool only_leaders_live(const struct supervisor *supervisor)
{
    const struct roster *roster = &supervisor->roster;
    pid_t *known = mem_new(roster->count, sizeof *known);
    size_t count = 0;

    for (size_t i = 0; i < roster->count; i++)
        if (supervisor_leader_lives(roster->members[i]->process))
            known[count++] = process_run(roster->members[i]->process)->pid;
    int others = os_has_other_children(known, count);
    free(known);
    return others == 0;
}

void supervisor_find_kin(struct supervisor *supervisor)
{
    const struct roster *roster = &supervisor->roster;
    struct kin_leader *leaders = mem_new(roster->count, sizeof *leaders);
    uint64_t began = uv_hrtime();

    for (size_t i = 0; i < roster->count; i++) {
        const struct process *process = roster->members[i]->process;
        leaders[i].name = process_spec(process)->name;
        if (process_state(process) != LIFE_IDLE)
            leaders[i].pid = process_run(process)->pid;
        leaders[i].helper = process_stop_command(process);
    }
    free(supervisor->kin);
    supervisor->kin =
        kin_find(leaders, roster->count, supervisor->config.session,
                 &supervisor->kin_count);
    free(leaders);
    supervisor->looked_ns = uv_hrtime();
    supervisor->look_cost_ns = supervisor->looked_ns - began;
}

pid_t *supervisor_kin_of(const struct supervisor *supervisor,
                         const struct member *member, bool strays_only,
                         size_t *count)
{
    pid_t *pids = mem_new(supervisor->kin_count, sizeof *pids);
    pid_t leader = process_run(member->process)->pid;

    *count = 0;
    for (size_t k = 0; k < supervisor->kin_count; k++) {
        const struct kin *kin = &supervisor->kin[k];
        if (kin->owner == member->place && kin->pid != leader &&
            !(strays_only && kin->in_group))
            pids[(*count)++] = kin->pid;
    }
    return pids;
}

/* "71, 72, 73 and 2 more" */
static struct words list_pids(const pid_t *pids, size_t count)
{
    struct words words = {{0}};
    size_t len = 0;

    for (size_t i = 0; i < count && i < 3; i++)
        len += (size_t)snprintf(words.text + len, sizeof words.text - len,
                                "%s%d", i ? ", " : "", (int)pids[i]);
    if (count > 3)
        snprintf(words.text + len, sizeof words.text - len, " and %zu more",
                 count - 3);
    return words;
}

/* Its leader ended by itself, and others of it go on: people must know. */
static void say_lingering(struct supervisor *supervisor, struct member *member)
{
    const struct process *process = member->process;
    uint64_t number = process_run(process)->number;
    size_t count;
    pid_t *pids = supervisor_kin_of(supervisor, member, false, &count);

    if (process_state(process) == LIFE_LINGERING && count > 0 &&
        supervisor->phase == PHASE_RUNNING &&
        member->lingering_said != number) {
        member->lingering_said = number;
        output_say_about(supervisor->config.output, &member_of(process)->source,
                         LINE_SAID, "%s: %zu of its processes live on (pid %s)",
                         process_spec(process)->name, count,
                         list_pids(pids, count).text);
    }
    free(pids);
}

static void hand_out_kin(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->roster.count; i++) {
        struct member *member = supervisor->roster.members[i];
        size_t count = 0;
        pid_t *strays;
        if (!process_waits_for_kin(member->process))
            continue;
        say_lingering(supervisor, member);
        strays = supervisor_kin_of(supervisor, member, true, &count);
        process_set_strays(member->process, strays, count);
        free(strays);
    }
}

void supervisor_forget_kin(struct supervisor *supervisor)
{
    supervisor->kin_count = 0;
}

/* While all are being stopped nobody waits for strays: the sweep finds them. */
static void look(struct supervisor *supervisor)
{
    supervisor->look_wanted = false;
    if (supervisor->phase == PHASE_STOPPING || only_leaders_live(supervisor))
        supervisor_forget_kin(supervisor);
    else
        supervisor_find_kin(supervisor);
    hand_out_kin(supervisor);
    supervisor_check_end(supervisor);
}

static void on_look_time(uv_timer_t *timer)
{
    struct supervisor *supervisor = HANDLES_OWNER(timer);

    look(supervisor);
}

static uint64_t next_look_ns(const struct supervisor *supervisor)
{
    return supervisor->looked_ns + LOOK_SHARE * supervisor->look_cost_ns;
}

bool supervisor_may_look(const struct supervisor *supervisor)
{
    return uv_hrtime() >= next_look_ns(supervisor);
}

/* A look costs what /proc is long: it may be taken at once, but looks must not
 * become most of what we do. */
void supervisor_look_if_wanted(struct supervisor *supervisor)
{
    if (!supervisor->look_wanted ||
        uv_is_active((uv_handle_t *)&supervisor->look_timer))
        return;
    if (supervisor_may_look(supervisor))
        look(supervisor);
    else
        uv_timer_start(&supervisor->look_timer, on_look_time,
                       (next_look_ns(supervisor) - uv_hrtime()) / 1000000 + 1,
                       0);
}
