/* Lines in, files out.  The files are real, in a folder of their own. */
#include "procman/buf.h"
#include "procman/lines.h"
#include "procman/logfiles.h"
#include "procman/logname.h"
#include "procman/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define NOON INT64_C(1795348800000000) /* us */

struct world {
    char folder[64];
    struct sink *sink;
    char said[1024]; /* the last trouble */
    unsigned troubles;
    uv_loop_t loop, *compress; /* NULL: nothing is */
    uv_idle_t alive;           /* as a session is */
};

static void on_trouble(void *owner, const char *why)
{
    struct world *world = owner;

    snprintf(world->said, sizeof world->said, "%s", why);
    world->troubles++;
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    setenv("TZ", "UTC0", 1);
    tzset();
    snprintf(world->folder, sizeof world->folder, "/tmp/test-logfiles-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(chdir(world->folder), 0);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    char command[128];

    if (world->sink)
        logfiles_close(world->sink);
    if (world->compress) {
        uv_close((uv_handle_t *)&world->alive, NULL);
        uv_run(&world->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&world->loop), 0);
    }
    if (world->sink)
        logfiles_release(world->sink);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static void open_logs(struct world *world, const char *directory,
                      uint64_t max_size, unsigned keep)
{
    struct logfiles_config config = {.directory = directory,
                                     .max_size = max_size,
                                     .keep = keep,
                                     .compress = world->compress,
                                     .on_trouble = on_trouble,
                                     .owner = world};
    struct cause why;

    world->sink = logfiles_create(&config, &why);
    assert_non_null(world->sink);
}

static void come(struct world *world, const struct source *source)
{
    world->sink->come(world->sink, source);
}

static void write_bytes(struct world *world, const struct source *source,
                        int stream, const char *text, size_t len,
                        bool continues)
{
    struct line line = {.source = source,
                        .stream = stream,
                        .text = text,
                        .len = len,
                        .continues = continues,
                        .time_us = NOON};

    if (world->sink->line)
        world->sink->line(world->sink, &line);
}

static void write_line(struct world *world, const struct source *source,
                       const char *text)
{
    write_bytes(world, source, 1, text, strlen(text), false);
}

static void flush(struct world *world)
{
    world->sink->flush(world->sink);
}

static void assert_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "r");
    char *bytes = calloc(1, 300000);

    if (!content)
        assert_null(file);
    else
        assert_non_null(file);
    if (file) {
        assert_int_equal(fread(bytes, 1, 299999, file), strlen(content));
        assert_string_equal(bytes, content);
        fclose(file);
    }
    free(bytes);
}

static const struct source web = {.name = "web", .index = 0};
static const struct source with_log = {.name = "web", .log_file = "web.log"};
static const struct source db = {.name = "db", .index = 1};
static const struct source own = {.name = "procman", .own = true};

static void a_name_makes_a_path_in_its_folder(void **state)
{
    static const struct {
        const char *pattern, *name, *path;
    } rows[] = {
        {"logs/{name}.log", "web.1", "logs/web.1.log"},
        {"{name}/{name}", "web", "web/web"},
        {"one.log", "web", "one.log"},
        {"{name.log", "web", "{name.log"},
        {"logs/{name}", "../../etc/passwd", "logs/.._.._etc_passwd"},
        {"logs/{name}", "a\nb", "logs/a_b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = logname_of(rows[i].pattern, rows[i].name);
        assert_string_equal(path, rows[i].path);
        free(path);
    }
    char *path = logname_in("logs/", "a/b");
    assert_string_equal(path, "logs/a_b.log");
    free(path);
}

static void each_has_its_log_and_all_have_one(void **state)
{
    struct world *world = *state;

    open_logs(world, "deep/logs", 0, 1);
    come(world, &web);
    come(world, &db);
    write_line(world, &web, "\033[31mone\033[m\377");
    write_bytes(world, &db, 2, "two", 3, false);
    write_bytes(world, &own, 0, "web ended", 9, false);
    write_line(world, &web, "three");
    flush(world);
    assert_file("deep/logs/web.log", "\033[31mone\033[m\377\nthree\n");
    assert_file("deep/logs/db.log", "two\n");
    assert_file("deep/logs/all.log",
                "2026-11-22T12:00:00.000+00:00 web | \033[31mone\033[m\377\n"
                "2026-11-22T12:00:00.000+00:00 db | two\n"
                "2026-11-22T12:00:00.000+00:00 procman | web ended\n"
                "2026-11-22T12:00:00.000+00:00 web | three\n");
    assert_int_equal(world->troubles, 0);
}

static void without_a_directory_only_who_wants_a_log_has_one(void **state)
{
    struct source logged = {.name = "db", .index = 1, .log_file = "{name}-log"};
    struct world *world = *state;

    open_logs(world, NULL, 0, 1);
    assert_null(world->sink->line);
    come(world, &web);
    assert_null(world->sink->line); /* nobody writes: nothing to do */
    come(world, &logged);
    write_line(world, &web, "one");
    write_line(world, &logged, "two");
    write_bytes(world, &own, 0, "said", 4, false);
    flush(world);
    assert_file("db-log", "two\n");
    assert_file("all.log", NULL);
}

static void two_may_share_a_log(void **state)
{
    struct source first = {.name = "a", .index = 0, .log_file = "both"};
    struct source second = {.name = "b", .index = 1, .log_file = "both"};
    struct world *world = *state;

    open_logs(world, NULL, 8, 9);
    come(world, &first);
    come(world, &second);
    write_line(world, &first, "one");
    write_line(world, &second, "two");
    world->sink->gone(world->sink, &first);
    write_line(world, &second, "three");
    flush(world);
    assert_file("both.1", "one\ntwo\n");
    assert_file("both", "three\n");
}

static void who_is_gone_has_all_its_lines_in_its_log(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 0, 1);
    come(world, &web);
    write_line(world, &web, "last words");
    world->sink->gone(world->sink, &web);
    assert_file("logs/web.log", "last words\n");
    come(world, &web);
    write_line(world, &web, "again");
    logfiles_release(world->sink);
    world->sink = NULL;
    assert_file("logs/web.log", "last words\nagain\n");
}

static void a_full_log_is_rotated_between_lines(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 20, 2);
    world->sink->gone(world->sink, &web);
    come(world, &web);
    for (int i = 0; i < 7; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %d..", i);
        write_line(world, &web, text);
        if (i % 2)
            flush(world);
    }
    flush(world);
    assert_file("logs/web.log", "line 6..\n");
    assert_file("logs/web.log.1", "line 4..\nline 5..\n");
    assert_file("logs/web.log.2", "line 2..\nline 3..\n");
    assert_file("logs/web.log.3", NULL);
}

static void a_line_larger_than_a_log_has_one_for_itself(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 4, 9);
    come(world, &web);
    write_line(world, &web, "much too long");
    write_line(world, &web, "x");
    flush(world);
    assert_file("logs/web.log", "x\n");
    assert_file("logs/web.log.1", "much too long\n");
    assert_file("logs/web.log.2", NULL);
}

static void what_is_not_kept_is_gone(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 4, 0);
    come(world, &web);
    write_line(world, &web, "one");
    write_line(world, &web, "two");
    flush(world);
    assert_file("logs/web.log", "two\n");
    assert_file("logs/web.log.1", NULL);
}

static void pieces_of_a_long_line_are_one_line(void **state)
{
    char *piece = mem_new(LINES_LIMIT + 1, 1);
    struct world *world = *state;
    struct buf wanted = {0};

    memset(piece, 'x', LINES_LIMIT);
    open_logs(world, "logs", 100000, 2);
    come(world, &web);
    come(world, &db);
    write_bytes(world, &web, 1, piece, LINES_LIMIT, false);
    write_line(world, &db, "between");
    flush(world);
    write_bytes(world, &web, 1, piece, LINES_LIMIT, true);
    flush(world);
    write_bytes(world, &web, 1, "end", 3, true);
    flush(world);
    buf_add(&wanted, piece, LINES_LIMIT);
    buf_add(&wanted, piece, LINES_LIMIT);
    buf_add_string(&wanted, "end\n");
    assert_file("logs/web.log", wanted.data); /* not cut by the rotation */
    write_bytes(world, &web, 1, piece, LINES_LIMIT, false);
    write_bytes(world, &web, 2, "err", 3, false);
    world->sink->gone(world->sink, &web);
    wanted.len = LINES_LIMIT;
    buf_add_string(&wanted, "\nerr\n");
    assert_file("logs/web.log", wanted.data);
    buf_release(&wanted);
    free(piece);
}

static void a_line_in_two_pieces_is_whole_lines_for_all(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    come(world, &web);
    write_line(world, &web, "Password: ");
    write_bytes(world, &web, 1, "given", 5, true);
    flush(world);
    assert_file("logs/web.log", "Password: \ngiven\n");
    assert_file("logs/all.log",
                "2026-11-22T12:00:00.000+00:00 web | Password: \n"
                "2026-11-22T12:00:00.000+00:00 web + given\n");
}

static void a_log_that_was_deleted_is_made_anew(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    come(world, &web);
    write_line(world, &web, "one");
    flush(world);
    assert_int_equal(system("rm -r logs"), 0);
    write_line(world, &web, "two");
    flush(world);
    assert_file("logs/web.log", "two\n");
    assert_int_equal(world->troubles, 0);
}

static void a_log_that_was_moved_is_opened_anew_when_that_is_said(void **state)
{
    struct cause why = {{0}};
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    come(world, &web);
    write_line(world, &web, "one");
    flush(world);
    assert_int_equal(rename("logs/web.log", "logs/old"), 0);
    write_line(world, &web, "two");
    assert_int_equal(world->sink->reopen(world->sink, &why), 2);
    assert_string_equal(why.text, "");
    write_line(world, &web, "three");
    flush(world);
    assert_file("logs/old", "one\ntwo\n");
    assert_file("logs/web.log", "three\n");
}

static void trouble_is_said_once_until_it_is_over(void **state)
{
    struct cause why = {{0}};
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    assert_int_equal(mkdir("logs/web.log", 0700), 0);
    come(world, &web);
    assert_int_equal(world->troubles, 0); /* not yet: only when it flushes */
    for (int i = 0; i < 3; i++) {
        write_line(world, &web, "lost");
        flush(world);
        assert_int_equal(world->troubles, 1);
    }
    assert_string_equal(world->said,
                        "cannot open logs/web.log: Is a directory; what is "
                        "written meanwhile is not in it");
    assert_int_equal(world->sink->reopen(world->sink, &why), 1);
    assert_string_equal(why.text, "cannot open logs/web.log: Is a directory");
    assert_int_equal(rmdir("logs/web.log"), 0);
    write_line(world, &web, "found");
    flush(world);
    assert_file("logs/web.log", "found\n");
}

static void what_is_no_regular_file_is_no_log(void **state)
{
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    assert_int_equal(mkfifo("logs/web.log", 0600), 0);
    come(world, &web);
    write_line(world, &web, "lost");
    flush(world);
    assert_int_equal(world->troubles, 1);
    assert_non_null(strstr(world->said, "logs/web.log"));
}

static void a_directory_that_cannot_be_is_a_cause(void **state)
{
    struct logfiles_config config = {.directory = "file/logs"};
    struct cause why = {{0}};
    FILE *file = fopen("file", "w");

    (void)state;
    assert_non_null(file);
    fclose(file);
    assert_null(logfiles_create(&config, &why));
    assert_non_null(strstr(why.text, "cannot open file/logs/all.log"));
}

static void a_process_called_all_has_no_log_of_its_own(void **state)
{
    struct source all = {.name = "all", .index = 0};
    struct world *world = *state;

    open_logs(world, "logs", 0, 2);
    come(world, &all);
    write_line(world, &all, "x");
    flush(world);
    assert_file("logs/all.log", "2026-11-22T12:00:00.000+00:00 all | x\n");
    assert_int_equal(world->troubles, 1);
    assert_non_null(strstr(world->said, "give it a log-file"));
}

/* ---- old logs, compressed ------------------------------------------------ */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void press_on(struct world *world)
{
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_idle_init(&world->loop, &world->alive);
    uv_idle_start(&world->alive, on_idle);
    world->compress = &world->loop;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Turns the loop until `path` is there. */
static void wait_for(struct world *world, const char *path)
{
    uint64_t until = uv_hrtime() + 60 * UINT64_C(1000000000);

    while (!is_there(path)) {
        assert_true(uv_hrtime() < until);
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
}

static void assert_pressed(const char *path, const char *content)
{
    gzFile file = gzopen(path, "rb");
    size_t len = strlen(content);
    char *bytes = calloc(1, len + 2);

    assert_non_null(file);
    assert_int_equal(gzread(file, bytes, (unsigned)len + 1), len);
    assert_string_equal(bytes, content);
    assert_int_equal(gzdirect(file), 0);
    assert_int_equal(gzclose(file), Z_OK);
    free(bytes);
}

static void an_old_log_becomes_small_and_moves_on(void **state)
{
    struct world *world = *state;

    press_on(world);
    open_logs(world, NULL, 8, 2);
    come(world, &with_log);
    write_line(world, &with_log, "first");
    write_line(world, &with_log, "second");
    flush(world);
    wait_for(world, "web.log.1.gz");
    assert_false(is_there("web.log.1"));
    assert_false(is_there("web.log.gz.part"));
    assert_pressed("web.log.1.gz", "first\n");
    write_line(world, &with_log, "third");
    flush(world);
    assert_pressed("web.log.2.gz", "first\n");
    assert_false(is_there("web.log.1.gz"));
    wait_for(world, "web.log.1.gz");
    assert_pressed("web.log.1.gz", "second\n");
    write_line(world, &with_log, "fourth");
    flush(world);
    assert_pressed("web.log.2.gz", "second\n");
    wait_for(world, "web.log.1.gz");
    assert_false(is_there("web.log.3.gz"));
    assert_file("web.log", "fourth\n");
    assert_int_equal(world->troubles, 0);
}

static void many_bytes_are_the_same_afterwards(void **state)
{
    struct world *world = *state;
    char *text = calloc(1, 1000001), *content = calloc(1, 1000002);

    for (size_t i = 0; i < 1000000; i++)
        text[i] = (char)('a' + (i * i / 7 + i / 1000) % 26);
    press_on(world);
    open_logs(world, NULL, 8, 2);
    come(world, &with_log);
    write_line(world, &with_log, text);
    write_line(world, &with_log, "behind it");
    flush(world);
    wait_for(world, "web.log.1.gz");
    snprintf(content, 1000002, "%s\n", text);
    assert_pressed("web.log.1.gz", content);
    free(text);
    free(content);
}

/* Between two steps: each of them is in one place, and only there. */
static void a_log_may_be_rotated_while_it_is_compressed(void **state)
{
    struct world *world = *state;
    char path[32], text[32];

    press_on(world);
    open_logs(world, NULL, 8, 40);
    come(world, &with_log);
    for (int i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "line %d", i);
        write_line(world, &with_log, text);
        flush(world);
        uv_sleep((unsigned)i % 3);
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
    for (int i = 1; i < 30; i++) {
        snprintf(path, sizeof path, "web.log.%d.gz", i);
        snprintf(text, sizeof text, "line %d\n", 29 - i);
        wait_for(world, path);
        assert_pressed(path, text);
        *strrchr(path, '.') = '\0';
        assert_false(is_there(path));
    }
    assert_int_equal(world->troubles, 0);
}

static void what_was_left_undone_is_done_by_the_next(void **state)
{
    struct world *world = *state;
    FILE *old = fopen("web.log.2", "w");

    fputs("old\n", old);
    fclose(old);
    old = fopen("web.log.gz.part", "w");
    fputs("half of it", old);
    fclose(old);
    press_on(world);
    open_logs(world, NULL, 100, 5);
    come(world, &with_log);
    wait_for(world, "web.log.2.gz");
    assert_pressed("web.log.2.gz", "old\n");
    assert_false(is_there("web.log.2"));
    assert_false(is_there("web.log.gz.part"));
}

static void one_that_cannot_be_compressed_stays_and_is_told(void **state)
{
    struct world *world = *state;

    assert_int_equal(mkdir("web.log.gz.part", 0700), 0);
    press_on(world);
    open_logs(world, NULL, 8, 2);
    come(world, &with_log);
    write_line(world, &with_log, "first");
    write_line(world, &with_log, "second");
    while (world->troubles == 0) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        flush(world);
    }
    assert_string_equal(world->said, "cannot compress web.log.gz.part: Is a "
                                     "directory; it stays as it is");
    assert_file("web.log.1", "first\n");
    assert_false(is_there("web.log.1.gz"));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_makes_a_path_in_its_folder),
        STORY(each_has_its_log_and_all_have_one),
        STORY(without_a_directory_only_who_wants_a_log_has_one),
        STORY(two_may_share_a_log),
        STORY(who_is_gone_has_all_its_lines_in_its_log),
        STORY(a_full_log_is_rotated_between_lines),
        STORY(a_line_larger_than_a_log_has_one_for_itself),
        STORY(what_is_not_kept_is_gone),
        STORY(pieces_of_a_long_line_are_one_line),
        STORY(a_line_in_two_pieces_is_whole_lines_for_all),
        STORY(a_log_that_was_deleted_is_made_anew),
        STORY(a_log_that_was_moved_is_opened_anew_when_that_is_said),
        STORY(trouble_is_said_once_until_it_is_over),
        STORY(what_is_no_regular_file_is_no_log),
        STORY(a_directory_that_cannot_be_is_a_cause),
        STORY(a_process_called_all_has_no_log_of_its_own),
        STORY(an_old_log_becomes_small_and_moves_on),
        STORY(many_bytes_are_the_same_afterwards),
        STORY(a_log_may_be_rotated_while_it_is_compressed),
        STORY(what_was_left_undone_is_done_by_the_next),
        STORY(one_that_cannot_be_compressed_stays_and_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
