#include "presser.h"
#include "logpress.h"
#include "procman/mem.h"

#include <stdlib.h>
#include <string.h>

#define STEP_MS 2

static void end_press(struct presser *presser)
{
    if (presser->press)
        logpress_close(presser->press);
    presser->press = NULL;
}

static void drop(struct presser *presser, size_t i)
{
    if (i == 0)
        end_press(presser);
    presser->count--;
    memmove(presser->wanted + i, presser->wanted + i + 1,
            (presser->count - i) * sizeof(struct logfile *));
}

/* The next look at it is when it has been rotated. */
static void give_up(struct presser *presser, const struct cause *why)
{
    struct logfile *file = presser->wanted[0];

    file->trouble = *why;
    file->means = "; it stays as it is";
    file->unsaid = true;
    drop(presser, 0);
}

static void begin(struct presser *presser)
{
    struct cause why;

    presser->press =
        logpress_begin(presser->wanted[0]->path, presser->keep, &why);
    if (*why.text)
        give_up(presser, &why);
    else if (!presser->press)
        drop(presser, 0);
}

static void step(struct presser *presser)
{
    struct cause why;

    switch (logpress_step(presser->press, &why)) {
    case LOGPRESS_MORE: break;
    case LOGPRESS_DONE: end_press(presser); break;
    case LOGPRESS_FAILED: give_up(presser, &why); break;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct presser *presser = timer->data;

    if (presser->press)
        step(presser);
    else if (presser->count > 0)
        begin(presser);
    else
        uv_timer_stop(timer);
}

void presser_open(struct presser *presser, uv_loop_t *loop, unsigned keep)
{
    *presser = (struct presser){.open = true, .keep = keep};
    uv_timer_init(loop, &presser->timer);
    uv_unref((uv_handle_t *)&presser->timer);
    presser->timer.data = presser;
}

void presser_want(struct presser *presser, struct logfile *file)
{
    if (!presser->open || presser->keep == 0)
        return;
    for (size_t i = 0; i < presser->count; i++)
        if (presser->wanted[i] == file)
            return;
    presser->wanted =
        mem_resize(presser->wanted, presser->count + 1, sizeof file);
    presser->wanted[presser->count++] = file;
    if (!uv_is_active((uv_handle_t *)&presser->timer))
        uv_timer_start(&presser->timer, on_timer, STEP_MS, STEP_MS);
}

void presser_forget(struct presser *presser, struct logfile *file)
{
    for (size_t i = presser->count; i-- > 0;)
        if (presser->wanted[i] == file)
            drop(presser, i);
}

void presser_close(struct presser *presser)
{
    if (!presser->open)
        return;
    presser->open = false;
    end_press(presser);
    free(presser->wanted);
    presser->wanted = NULL;
    presser->count = 0;
    uv_close((uv_handle_t *)&presser->timer, NULL);
}
