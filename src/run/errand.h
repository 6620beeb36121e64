/* errand.h - one request of a client, until everybody it names has done it.
 *
 * An errand watches runs, not states: a stop is done when the run that it was
 * asked to stop is gone, even if somebody else has started the next one since.
 */
#ifndef PROCMAN_ERRAND_H
#define PROCMAN_ERRAND_H

#include "procman/control.h"
#include "procman/process.h"

struct errand_item {
    struct process *process;
    uint64_t number; /* of its run when the errand was given */
    bool was_up;     /* its leader ran, and was not being stopped */
    bool was_idle;   /* nobody of it was there */
    bool done;
};

struct errand {
    struct errand *next;
    enum verb verb; /* VERB_START, VERB_STOP or VERB_RESTART */
    struct control_call *call;
    struct reply reply;
    struct errand_item *items;
    size_t count, open;
    size_t told;              /* the first so many know what to do */
    uint64_t begun_ms;        /* on the loop's clock */
    uint64_t prompt_until_ms; /* those told have time till then; after it */
    bool in_a_hurry;          /* all the others are told at once */
};

struct errand *errand_create(enum verb verb, struct control_call *call,
                             size_t count);

/* Notes how a process stands before it is told what to do. */
void errand_add(struct errand *errand, struct process *process);

/* Looks whether this process has done its part. */
void errand_look(struct errand *errand, const struct process *process);

/* To be called for one that is to start, and cannot: a sentence says why. */
void errand_fail(struct errand *errand, const struct process *process,
                 const char *why);

/* If all have: answers, releases the errand, and says so. */
bool errand_finish(struct errand *errand);

#endif
