/* protocol.h - what is said on the control socket, and how it is written.
 *
 * One JSON object per line each way, UTF-8, ended by LF.  A client sends a
 * request and reads its reply; it may send the next one then.  A reply comes
 * when the wish is fulfilled, which may take as long as a process takes to
 * stop.  Replies come in the order of the requests of a connection.
 *
 *     {"verb": "restart", "names": ["etcd2"]}
 *     {"code": 0, "outcomes": [{"name": "etcd2", "ok": true,
 *                               "text": "etcd2 restarted: pid 71"}]}
 *
 * verb      names                   reply
 * start     processes to start      outcomes; one that runs is fine
 * stop      processes to stop       outcomes; one that is down is fine;
 *                                   ok is false if it needed SIGKILL
 * restart   processes to restart    outcomes; one that is down is started
 * start-all, stop-all, restart-all  the same for all of them, no names
 * list      (none)                  statuses
 * status    processes, or none: all statuses
 * attach    one process             parts, then an outcome when it has ended
 * send      one process             none
 * wait      processes, or none: all outcomes, when it is so; code 1 if it cannot
 *           that are meant to run  become so, 124 when the time is up
 * signal    processes               outcomes
 * pause     processes to hold       outcomes; one that is held is fine
 * resume    processes to let go on  outcomes; one that is not held is fine
 * logs      processes, or none: all what they have written; see below
 * log-reopen (none)                 an outcome: log files are opened anew
 * reload    (none)                  parts: all files are read again
 * add       (none)                  the same for one more Procfile
 * remove    processes to forget     the same
 * scale     "web=3"                 the same
 *
 * Options of stop, restart and their -all: min-ready N (refused if that would
 * leave fewer ready in a group, see min_ready.h) unless there is force.  Of
 * restart and restart-all: rolling, that is one after another, each when the one
 * before it is ready again (roll.h), with max-unavailable N, patience MS, last
 * NAME; then each outcome is a part, sent when it is so, and the reply has none.
 * More options:
 *     exclude          of all down to status, and of wait, signal, pause and
 *                      resume: not these, as a comma list
 *     with-dependents  of stop: "yes" stops those first that start after them
 *     for              of wait: ready, stopped or exited (awaited.h)
 *     timeout          of wait: for so many ms
 *     signal           of signal: its number
 *     group            of signal: "yes" sends it to the process group
 * signal, pause and resume without names mean all; who says so has "exclude".
 *
 * reload, add, remove, scale: parts {"text": "+ web"} say what is going to be
 * done (plan_diff.h), before it is done; then each outcome is a part, and the
 * reply has none.  Options: dry-run, then that is all; of
 * reload: rolling, patience MS; of add: file, and env and config as start would
 * have them, directory: where its processes run.  Paths are seen from the root.
 *
 * A request may have options, an object of strings, which a verb knows or
 * refuses: {"verb": "stop", "names": ["web"], "options": {"key": "value"}}.
 *
 * attach: parts {"bytes": "..."} are what the process writes (bytetext.h), and
 * {"types": true} says that its client is the one that may type.  It sends
 * {"bytes": "..."} to type, {"end": true} to end the input and {"columns": 80,
 * "rows": 24} for the size of its terminal.  Option read-only: it only looks.
 * send: options text (bytetext.h), enter (adds the key), end (the input ends).
 *
 * Before its reply a request may be answered with parts, one line each: objects
 * without "code", which only the verb that sends them explains.  A client that
 * closes its end, or the writing half of it, while parts are on their way has
 * gone, and its request with it.
 *
 * logs: options
 *     exclude  as above
 *     follow   yes: go on with what comes, until the session ends
 *     lines    so many of the last records
 *     since    nothing older than this: microseconds since 1970
 *     run      current, last (that has ended), or its number
 * and parts
 *     {"come": {"who": 2, "name": "web", "color": "36"}}   who is meant by 2
 *     {"gone": 2}             nobody any more
 *     {"records": 4711}       so many bytes follow behind the LF: records, as in
 *                             recordtext.h, whatever bytes are in them
 *     {"live": true}          what follows was written after the request came
 *
 * code is the exit code for the client: 0 done, 1 not all of it, 2 bad request
 * (an unknown process, an unknown verb): then nothing has been touched.  error
 * is there if there is something to say that concerns no single process.
 *
 * A status:
 *     {"name": "etcd2", "state": "ready", "pid": 71, "uptime_ms": 1200,
 *      "restarts": 1, "command": "etcd --name infra2",
 *      "last_exit": {"signal": 15, "asked": true}}
 * pid and uptime_ms are there while it runs, also while it stops;
 * last_exit once it has ended; in it, signal if it was ended by one, else code.
 * entry is there if it is an instance: "web" of "web.2".
 * state is a word of life.h, or, of one that is at rest: failed; done (a task
 * that has ended well); held (it waits for others before it starts); blocked
 * (one of those has failed).  "says" is there if it has said STATUS= (sd_notify),
 * "why" if there is a reason for its state: "waits for db", "db has failed".
 * "last_lines", an array of strings, has the last lines of one that has failed.
 *
 * Whoever reads must accept members that it does not know.  Strings that came
 * from outside and are not UTF-8 are written with U+FFFD for each bad byte.
 */
#ifndef PROCMAN_PROTOCOL_H
#define PROCMAN_PROTOCOL_H

#include "procman/cause.h"

#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_REQUEST_LIMIT 65536    /* bytes of one request, with its LF */
#define PROTOCOL_REPLY_LIMIT   67108864 /* bytes of one reply: 64 MiB */

enum verb {
    VERB_START,
    VERB_STOP,
    VERB_RESTART,
    VERB_START_ALL,
    VERB_STOP_ALL,
    VERB_RESTART_ALL,
    VERB_LIST,
    VERB_STATUS,
    VERB_LOGS,
    VERB_ATTACH,
    VERB_SEND,
    VERB_WAIT,
    VERB_SIGNAL,
    VERB_PAUSE,
    VERB_RESUME,
    VERB_LOG_REOPEN,
    VERB_RELOAD,
    VERB_ADD,
    VERB_REMOVE,
    VERB_SCALE,
    VERBS
};

/* "restart-all"; verb_find() gives VERBS for a word that is none. */
const char *verb_word(enum verb verb);
enum verb verb_find(const char *word);

struct request_option {
    char *key;
    char *value;
};

struct request {
    enum verb verb;
    char **names;
    size_t name_count;
    struct request_option *options;
    size_t option_count;
};

struct outcome {
    char *name;
    char *text; /* a whole sentence about it */
    bool ok;
};

struct status {
    char *name;
    char *state;
    char *command;
    char *last_lines; /* each ended by LF; NULL: none */
    char *says;       /* of itself, by sd_notify's STATUS=; NULL: nothing */
    char *entry;      /* that it is an instance of; NULL: none */
    char *why;        /* it is in this state; NULL: that needs no word */
    int64_t pid;      /* 0: it does not run */
    uint64_t uptime_ms;
    uint64_t restarts; /* runs after the first */
    bool has_exited;   /* the rest is about its last exit */
    int exit_code;
    int exit_signal; /* 0: it ended by itself, with exit_code */
    bool exit_asked; /* for: somebody wanted it down */
};

struct reply {
    int code;
    char *error; /* NULL: none */
    struct outcome *outcomes;
    size_t outcome_count;
    struct status *statuses;
    size_t status_count;
};

/* Both sides of both.  Encoded: a line with its LF, free() it; it never fails.
 * Decoding takes a line with or without its LF and is strict: see jsontext.h,
 * and a name is never empty, a verb has names exactly if the table above says
 * so.  It fails with a sentence about what is wrong; nothing needs releasing
 * then. */
char *request_encode(const struct request *request);
bool request_decode(struct request *request, const char *line, size_t len,
                    struct cause *why);
void request_release(struct request *request);

/* The strings are copied.  Who has borrowed the names of a request releases its
 * options alone. */
void request_add_option(struct request *request, const char *key,
                        const char *value);
void request_release_options(struct request *request);

/* NULL: it is not there. */
const char *request_option(const struct request *request, const char *key);

/* Leaves the number as it is if the option is not there; false and why if it is
 * no number. */
bool request_number(const struct request *request, const char *key,
                    uint64_t *number, struct cause *why);

/* One outcome as a part. */
char *outcome_encode(const struct outcome *outcome);

char *reply_encode(const struct reply *reply);
bool reply_decode(struct reply *reply, const char *line, size_t len,
                  struct cause *why);
void reply_release(struct reply *reply);

/* Building a reply, which begins as {0}; the strings are copied.  A long
 * sentence is cut as a cause is.  reply_add_outcome() leaves code alone. */
void reply_fail(struct reply *reply, int code, const char *format, ...)
    CAUSE_PRINTF(3, 4);
void reply_add_outcome(struct reply *reply, const char *name, bool ok,
                       const char *text);
/* A zeroed one to fill in, valid until the next is added.  Its strings belong
 * to the reply, which frees them; one left NULL is written as "". */
struct status *reply_add_status(struct reply *reply);

/* The statuses as people's programs want them (`status --json`): a JSON array,
 * one object a line, ended by LF; free() it. */
char *status_json(const struct status *statuses, size_t count);

#endif
