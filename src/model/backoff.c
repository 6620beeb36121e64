#include "procman/backoff.h"

void backoff_init(struct backoff *backoff, const struct backoff_rules *rules)
{
    *backoff = (struct backoff){.rules = *rules};
    if (backoff->rules.limit > BACKOFF_LIMIT_MOST)
        backoff->rules.limit = BACKOFF_LIMIT_MOST;
}

void backoff_forget(struct backoff *backoff)
{
    backoff->doublings = 0;
    backoff->count = 0;
}

/* When that many restarts are in the window, the oldest one remembered is. */
static bool is_one_too_many(const struct backoff *backoff, uint64_t now_ms)
{
    size_t limit = backoff->rules.limit;

    if (limit == 0 || backoff->count < limit)
        return false;
    /* The ring is full, so the next place holds the oldest. */
    uint64_t oldest = backoff->times_ms[backoff->next % limit];
    return now_ms - oldest < backoff->rules.window_ms;
}

static void remember(struct backoff *backoff, uint64_t now_ms)
{
    size_t limit = backoff->rules.limit;

    if (limit == 0)
        return;
    backoff->times_ms[backoff->next % limit] = now_ms;
    backoff->next = (backoff->next + 1) % limit;
    if (backoff->count < limit)
        backoff->count++;
}

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
    if (value < least)
        value = least;
    return value < most ? value : most;
}

/* Room for the quarter is left below the longest wait, so that even those who
 * wait longest do not come back together. */
static uint64_t wait_for(const struct backoff *backoff, uint32_t chance)
{
    const struct backoff_rules *rules = &backoff->rules;
    uint64_t most = rules->max_delay_ms, base = rules->delay_ms;

    for (unsigned i = 0; i < backoff->doublings && base < most; i++)
        base *= 2;
    base = within(base, 0, most - most / 5);
    uint64_t quarter = base / 4;
    uint64_t more = (uint64_t)((double)quarter * chance / UINT32_MAX);
    return within(base + more, within(rules->delay_ms, 0, most), most);
}

bool backoff_next(struct backoff *backoff, uint64_t now_ms, uint64_t ready_ms,
                  uint32_t chance, uint64_t *wait_ms)
{
    if (is_one_too_many(backoff, now_ms))
        return false;
    if (ready_ms >= BACKOFF_RESET_MS)
        backoff->doublings = 0;
    *wait_ms = wait_for(backoff, chance);
    if (backoff->doublings < 64)
        backoff->doublings++;
    remember(backoff, now_ms);
    return true;
}
