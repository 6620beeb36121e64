#include "procman/awaited.h"

#include <stddef.h>
#include <string.h>

/* It has ended, and nobody starts it again. */
static enum verdict judge_end(const struct awaited_view *view)
{
    bool well = view->has_run && !view->failed && !view->asked;

    return well && (view->is_task || view->only_runs) ? VERDICT_DONE
                                                      : VERDICT_FAILED;
}

static enum verdict judge_ready(const struct awaited_view *view)
{
    if (view->blocked)
        return VERDICT_FAILED;
    if (view->to_start)
        return VERDICT_PENDING;
    switch (view->state) {
    case LIFE_STARTING:
    case LIFE_WAITING: return VERDICT_PENDING;
    case LIFE_READY: return view->paused ? VERDICT_PENDING : VERDICT_DONE;
    default: return view->wanted ? VERDICT_PENDING : judge_end(view);
    }
}

static enum verdict judge_stopped(const struct awaited_view *view)
{
    bool will_start = view->to_start && !view->blocked;

    return view->state == LIFE_IDLE && !will_start ? VERDICT_DONE
                                                   : VERDICT_PENDING;
}

static enum verdict judge_exited(const struct awaited_view *view)
{
    if (view->run_is_over)
        return VERDICT_DONE;
    if (view->blocked || (view->state == LIFE_IDLE && !view->to_start))
        return VERDICT_FAILED;
    return VERDICT_PENDING;
}

enum verdict awaited_verdict(enum awaited what, const struct awaited_view *view)
{
    switch (what) {
    case AWAITED_STOPPED: return judge_stopped(view);
    case AWAITED_EXITED: return judge_exited(view);
    default: return judge_ready(view);
    }
}

const char *awaited_word(enum awaited what)
{
    static const char *const words[] = {[AWAITED_READY] = "ready",
                                        [AWAITED_STOPPED] = "stopped",
                                        [AWAITED_EXITED] = "exited"};

    return words[what];
}

bool awaited_find(const char *word, enum awaited *what)
{
    int each = AWAITED_READY;

    while (word && each <= AWAITED_EXITED &&
           strcmp(word, awaited_word((enum awaited)each)) != 0)
        each++;
    *what = (enum awaited)each;
    return each <= AWAITED_EXITED;
}
