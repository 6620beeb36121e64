#include "procman/roll.h"

void roll_begin(struct roll *roll, size_t index, enum roll_standing standing)
{
    roll->members[index] = (struct roll_member){
        .standing = standing,
        .was_down = standing == ROLL_DOWN,
    };
}

bool roll_is_untouched(const struct roll *roll, size_t index)
{
    return !roll->members[index].told && !roll->members[index].renewed;
}

bool roll_is_done(const struct roll *roll, size_t index)
{
    const struct roll_member *member = &roll->members[index];

    return member->renewed && member->standing == ROLL_READY;
}

static bool is_pending(const struct roll *roll, size_t index)
{
    return !roll_is_untouched(roll, index) && !roll_is_done(roll, index);
}

/* Its time runs from the moment at which it had to be waited for. */
static void await(struct roll *roll, size_t index, uint64_t now_ms)
{
    struct roll_member *member = &roll->members[index];
    bool pending = is_pending(roll, index);

    if (pending && !member->waited_for)
        member->since_ms = now_ms;
    member->waited_for = pending;
}

void roll_note(struct roll *roll, size_t index, enum roll_standing standing,
               bool renewed, uint64_t now_ms)
{
    struct roll_member *member = &roll->members[index];

    member->standing = standing;
    member->renewed = renewed;
    await(roll, index, now_ms);
}

void roll_tell(struct roll *roll, size_t index, uint64_t now_ms)
{
    roll->members[index].told = true;
    roll->members[index].standing = ROLL_COMING;
    await(roll, index, now_ms);
}

static bool is_at_rest(const struct roll_member *member)
{
    return member->standing == ROLL_DOWN || member->standing == ROLL_FAILED;
}

/* One that crashed before its turn has its turn now; one that somebody has
 * stopped meanwhile is to stay down. */
static bool is_fallen(const struct roll *roll, size_t index)
{
    const struct roll_member *member = &roll->members[index];

    if (!is_at_rest(member))
        return false;
    if (roll_is_untouched(roll, index))
        return member->standing == ROLL_DOWN && !member->was_down;
    return true;
}

static bool is_late(const struct roll *roll, size_t index, uint64_t now_ms)
{
    const struct roll_member *member = &roll->members[index];

    return roll->patience_ms && member->waited_for &&
           now_ms - member->since_ms >= roll->patience_ms;
}

static size_t count_down(const struct roll *roll)
{
    size_t down = 0;

    for (size_t i = 0; i < roll->count; i++)
        down += roll->members[i].standing != ROLL_READY;
    return down;
}

static size_t count_pending(const struct roll *roll)
{
    size_t pending = 0;

    for (size_t i = 0; i < roll->count; i++)
        pending += is_pending(roll, i);
    return pending;
}

/* The first untouched one that is at rest, or that is not. */
static size_t find_untouched(const struct roll *roll, bool at_rest, bool ready)
{
    for (size_t i = 0; i < roll->count; i++) {
        const struct roll_member *member = &roll->members[i];
        if (roll_is_untouched(roll, i) && is_at_rest(member) == at_rest &&
            (member->standing == ROLL_READY) == ready &&
            !(ready && i == roll->last))
            return i;
    }
    return roll->count;
}

static bool may_be_last(const struct roll *roll)
{
    return roll->last < roll->count && roll_is_untouched(roll, roll->last);
}

static enum roll_verdict choose(const struct roll *roll, size_t *index)
{
    size_t pending = count_pending(roll);
    size_t coming = find_untouched(roll, false, false);

    if ((*index = find_untouched(roll, true, false)) < roll->count)
        return ROLL_TELL;
    if (coming < roll->count) {
        *index = coming;
        return pending < roll->most_down ? ROLL_TELL : ROLL_WAIT;
    }
    if ((*index = find_untouched(roll, false, true)) < roll->count)
        return count_down(roll) < roll->most_down ? ROLL_TELL : ROLL_WAIT;
    if (may_be_last(roll)) {
        *index = roll->last;
        return pending == 0 ? ROLL_TELL : ROLL_WAIT;
    }
    return pending == 0 ? ROLL_OVER : ROLL_WAIT;
}

enum roll_verdict roll_next(const struct roll *roll, uint64_t now_ms,
                            size_t *index)
{
    for (*index = 0; *index < roll->count; (*index)++)
        if (is_fallen(roll, *index))
            return ROLL_FALLEN;
    for (*index = 0; *index < roll->count; (*index)++)
        if (is_late(roll, *index, now_ms))
            return ROLL_LATE;
    return choose(roll, index);
}

uint64_t roll_wait_ms(const struct roll *roll, uint64_t now_ms)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < roll->count && roll->patience_ms; i++) {
        const struct roll_member *member = &roll->members[i];
        uint64_t waited = now_ms - member->since_ms;
        uint64_t rest =
            waited < roll->patience_ms ? roll->patience_ms - waited : 0;
        if (member->waited_for && rest < least)
            least = rest;
    }
    return least;
}
