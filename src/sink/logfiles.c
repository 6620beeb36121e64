#include "procman/logfiles.h"
#include "logfile.h"
#include "presser.h"
#include "procman/buf.h"
#include "procman/lines.h"
#include "procman/logname.h"
#include "procman/mem.h"
#include "procman/stamp.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 65536 /* bytes; more of them do not wait for the turn's end */

/* A file, and what has gathered for it. */
struct log {
    struct logfile file;
    struct buf batch;
    unsigned users; /* processes */
    /* A piece of a line without its end was the last. */
    const struct source *unfinished;
    int unfinished_stream;
};

struct logfiles {
    struct sink sink;
    struct logfiles_config config;
    struct log **logs;
    size_t count;
    struct log **of_source; /* by its index; NULL: it has none */
    size_t source_count;
    struct log *current; /* the one that has a batch */
    struct log *all;     /* NULL: there is none */
    struct stamp stamp;
    struct presser presser;
};

/* ---- one log -------------------------------------------------------------- */

static void write_batch(struct log *log)
{
    logfile_write(&log->file, log->batch.data, log->batch.len);
    log->batch.len = 0;
}

static void rotate(struct logfiles *logfiles, struct log *log)
{
    write_batch(log);
    logfile_rotate(&log->file, logfiles->config.keep);
    presser_want(&logfiles->presser, &log->file);
}

/* Room for what comes, in the batch or, if the file is full, in a new file. */
static void make_room(struct logfiles *logfiles, struct log *log, size_t more)
{
    const struct logfiles_config *config = &logfiles->config;

    if (logfile_is_full(&log->file, log->batch.len, more, config->max_size)) {
        rotate(logfiles, log);
    } else if (log->batch.len > 0 && log->batch.len + more > BATCH) {
        write_batch(log);
    }
}

static void end_line(struct log *log)
{
    if (log->unfinished)
        buf_add_char(&log->batch, '\n');
    log->unfinished = NULL;
}

static bool goes_on(const struct log *log, const struct line *line)
{
    return line->continues && log->unfinished == line->source &&
           log->unfinished_stream == line->stream;
}

/* A piece as long as pieces can be is not the end of its line, or so rarely that
 * its end may wait for the next line: in the log of a process long lines are
 * whole. */
static void add_text(struct logfiles *logfiles, struct log *log,
                     const struct line *line)
{
    if (!goes_on(log, line)) {
        end_line(log);
        make_room(logfiles, log, line->len + 1);
    }
    buf_add(&log->batch, line->text, line->len);
    log->unfinished = line->source;
    log->unfinished_stream = line->stream;
    if (line->len != LINES_LIMIT)
        end_line(log);
}

/* ---- the logs ------------------------------------------------------------- */

static struct log *find_log(const struct logfiles *logfiles, const char *path)
{
    for (size_t i = 0; i < logfiles->count; i++)
        if (strcmp(logfiles->logs[i]->file.path, path) == 0)
            return logfiles->logs[i];
    return NULL;
}

static struct log *open_log(struct logfiles *logfiles, const char *path)
{
    struct log *log = mem_new(1, sizeof *log);

    logfiles->logs =
        mem_resize(logfiles->logs, logfiles->count + 1, sizeof *logfiles->logs);
    logfiles->logs[logfiles->count++] = log;
    logfile_init(&log->file, path);
    presser_want(&logfiles->presser, &log->file);
    return log;
}

static void close_log(struct logfiles *logfiles, struct log *log)
{
    size_t i = 0;

    end_line(log);
    write_batch(log);
    if (logfiles->current == log)
        logfiles->current = NULL;
    presser_forget(&logfiles->presser, &log->file);
    while (logfiles->logs[i] != log)
        i++;
    logfiles->logs[i] = logfiles->logs[--logfiles->count];
    logfile_release(&log->file);
    buf_release(&log->batch);
    free(log);
}

/* NULL: the process has none. */
static char *path_of(const struct logfiles *logfiles,
                     const struct source *source)
{
    if (source->log_file)
        return logname_of(source->log_file, source->name);
    if (logfiles->config.directory)
        return logname_in(logfiles->config.directory, source->name);
    return NULL;
}

static void make_place(struct logfiles *logfiles, unsigned index)
{
    size_t count = logfiles->source_count;

    if (index < count)
        return;
    logfiles->of_source =
        mem_resize(logfiles->of_source, index + 1, sizeof(struct log *));
    while (count <= index)
        logfiles->of_source[count++] = NULL;
    logfiles->source_count = count;
}

static void on_line(struct sink *sink, const struct line *line);

static void on_gone(struct sink *sink, const struct source *source)
{
    struct logfiles *logfiles = (struct logfiles *)sink;
    struct log *log;

    if (source->index >= logfiles->source_count)
        return;
    log = logfiles->of_source[source->index];
    logfiles->of_source[source->index] = NULL;
    if (log && --log->users == 0)
        close_log(logfiles, log);
}

static void take_log(struct logfiles *logfiles, const struct source *source,
                     struct log *log)
{
    if (log == logfiles->all) {
        cause_say(&log->file.trouble,
                  "%s is the log of all, so \"%s\" has none of its own; give "
                  "it a log-file",
                  log->file.path, source->name);
        log->file.means = "";
        log->file.unsaid = true;
        return;
    }
    log->users++;
    logfiles->of_source[source->index] = log;
    logfiles->sink.line = on_line;
}

static void on_come(struct sink *sink, const struct source *source)
{
    struct logfiles *logfiles = (struct logfiles *)sink;
    char *path = path_of(logfiles, source);

    on_gone(sink, source);
    make_place(logfiles, source->index);
    if (path) {
        struct log *log = find_log(logfiles, path);
        if (!log)
            log = open_log(logfiles, path);
        take_log(logfiles, source, log);
    }
    free(path);
}

/* ---- lines ---------------------------------------------------------------- */

/* What is read at once is of one process: a batch ends where another one's
 * begins, and one buffer after the other is as good as all of them. */
static void choose(struct logfiles *logfiles, struct log *log)
{
    if (logfiles->current == log)
        return;
    if (logfiles->current) {
        write_batch(logfiles->current);
        log->batch = logfiles->current->batch;
        logfiles->current->batch = (struct buf){0};
    }
    logfiles->current = log;
}

static void add_to_all(struct logfiles *logfiles, const struct line *line)
{
    struct log *all = logfiles->all;
    const struct stamp *stamp = &logfiles->stamp;
    const char *name = line->source->name;

    stamp_set(&logfiles->stamp, line->time_us);
    make_room(logfiles, all, stamp->len + strlen(name) + 3 + line->len + 1);
    buf_add(&all->batch, stamp->text, stamp->len);
    buf_add_string(&all->batch, name);
    buf_add_string(&all->batch, line->continues ? " + " : " | ");
    buf_add(&all->batch, line->text, line->len);
    buf_add_char(&all->batch, '\n');
}

static void on_line(struct sink *sink, const struct line *line)
{
    struct logfiles *logfiles = (struct logfiles *)sink;
    unsigned index = line->source->index;
    bool written = line->stream > 0 && index < logfiles->source_count;
    struct log *log = written ? logfiles->of_source[index] : NULL;

    if (log) {
        choose(logfiles, log);
        add_text(logfiles, log, line);
    }
    if (logfiles->all)
        add_to_all(logfiles, line);
}

/* ---- writing -------------------------------------------------------------- */

static void write_batches(struct logfiles *logfiles)
{
    if (logfiles->current)
        write_batch(logfiles->current);
    if (logfiles->all)
        write_batch(logfiles->all);
}

/* To say something is to write to the log of all. */
static void on_flush(struct sink *sink)
{
    struct logfiles *logfiles = (struct logfiles *)sink;
    bool said = false;
    struct cause what;

    write_batches(logfiles);
    for (size_t i = 0; i < logfiles->count; i++) {
        struct logfile *file = &logfiles->logs[i]->file;
        if (!file->unsaid)
            continue;
        file->unsaid = false;
        said = true;
        cause_say(&what, "%s%s", file->trouble.text, file->means);
        logfiles->config.on_trouble(logfiles->config.owner, what.text);
    }
    if (said)
        write_batches(logfiles);
}

static size_t on_reopen(struct sink *sink, struct cause *why)
{
    struct logfiles *logfiles = (struct logfiles *)sink;
    size_t done = 0;

    write_batches(logfiles);
    for (size_t i = 0; i < logfiles->count; i++) {
        struct logfile *file = &logfiles->logs[i]->file;
        if (logfile_reopen(file))
            done++;
        else
            *why = file->trouble;
    }
    return done;
}

/* ---- birth and death ------------------------------------------------------ */

static bool open_all(struct logfiles *logfiles, struct cause *why)
{
    char *path = logname_in(logfiles->config.directory, "all");

    logfiles->all = open_log(logfiles, path);
    logfiles->all->users = 1; /* ourselves */
    free(path);
    if (logfiles->all->file.in_trouble)
        *why = logfiles->all->file.trouble;
    return !logfiles->all->file.in_trouble;
}

/* Something may have been left undone. */
static void open_presser(struct logfiles *logfiles)
{
    const struct logfiles_config *config = &logfiles->config;

    if (config->compress)
        presser_open(&logfiles->presser, config->compress, config->keep);
    if (logfiles->all)
        presser_want(&logfiles->presser, &logfiles->all->file);
}

struct sink *logfiles_create(const struct logfiles_config *config,
                             struct cause *why)
{
    struct logfiles *logfiles = mem_new(1, sizeof *logfiles);

    logfiles->config = *config;
    logfiles->sink = (struct sink){
        .flush = on_flush,
        .come = on_come,
        .gone = on_gone,
        .changed = on_come,
        .reopen = on_reopen,
    };
    stamp_init(&logfiles->stamp, STAMP_RFC3339, 0);
    if (config->directory) {
        logfiles->sink.line = on_line;
        if (!open_all(logfiles, why)) {
            logfiles_release(&logfiles->sink);
            return NULL;
        }
    }
    open_presser(logfiles);
    return &logfiles->sink;
}

void logfiles_close(struct sink *sink)
{
    presser_close(&((struct logfiles *)sink)->presser);
}

void logfiles_release(struct sink *sink)
{
    struct logfiles *logfiles = (struct logfiles *)sink;

    while (logfiles->count > 0)
        close_log(logfiles, logfiles->logs[0]);
    free(logfiles->logs);
    free(logfiles->of_source);
    free(logfiles);
}
