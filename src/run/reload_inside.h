/* reload_inside.h - the parts of a reload, and what they share.
 *
 *     reload.c         birth, from step to step, what the client hears, the end
 *     reload_stop.c    who is stopped, and when
 *     reload_switch.c  the session becomes the new one, and comes up
 *     reload_roll.c    one after another
 */
#ifndef PROCMAN_RELOAD_INSIDE_H
#define PROCMAN_RELOAD_INSIDE_H

#include "reload.h"
#include "supervisor_inside.h"

enum reload_step { STEP_STOP, STEP_ROLL, STEP_START };

struct reload {
    struct control_call *call; /* NULL: the client has gone */
    struct reply reply;
    char *word;
    struct changes changes;
    enum reload_step step;
    bool rolling;
    struct rolling *roll; /* NULL: none goes on */
    uint64_t patience_ms;
    uint64_t prompt_until_ms; /* who is told to stop has time till then */
};

static inline bool reload_is_idle(const struct member *member)
{
    return process_state(member->process) == LIFE_IDLE;
}

/* ---- reload.c ---- */

/* Tells the client; the second one frees the text. */
void reload_say(struct reload *reload, const struct member *member, bool ok,
                const char *text);
void reload_say_and_free(struct reload *reload, const struct member *member,
                         bool ok, char *text);

/* Rows have moved: each member knows its own again. */
void reload_index(struct reload *reload);

/* ---- reload_stop.c ---- */

/* Tells those whose turn it is; in a hurry, all that nobody needs. */
void reload_stop_next(struct supervisor *supervisor, bool hurry);
bool reload_all_are_down(const struct reload *reload);

/* ---- reload_switch.c ---- */

void reload_switch(struct supervisor *supervisor);
void reload_start_all(struct supervisor *supervisor);
bool reload_all_are_settled(const struct reload *reload);
void reload_say_what_was_done(struct reload *reload);

/* ---- reload_roll.c ---- */

void reload_roll(struct supervisor *supervisor);
void reload_bring_up_renewed(struct supervisor *supervisor);

#endif
