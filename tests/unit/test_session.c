/* Sessions in a runtime directory of the test's own. */
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/session.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char base[64];
    char *procfile, *place;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    strcpy(world->base, "/tmp/test_session.XXXXXX");
    if (!mkdtemp(world->base))
        return -1;
    world->procfile = mem_format("%s/Procfile", world->base);
    world->place = mem_format("%s/procman", world->base);
    write_file(world->procfile, "a: b\n");
    setenv("XDG_RUNTIME_DIR", world->base, 1);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    char *command =
        mem_format("chmod -R u+rwx %s; rm -rf %s", world->base, world->base);
    int result = system(command);

    free(command);
    free(world->procfile);
    free(world->place);
    free(world);
    return result;
}

static size_t count_sessions(void)
{
    size_t count;
    char **paths = session_list(&count);

    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
    return count;
}

static void a_session_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct session session;
    struct cause why = {{0}};

    assert_true(session_begin(&session, world->procfile, &why));
    assert_string_equal(why.text, "");
    assert_true(session_publish(&session, 71, &why));
    int listener = session_listen(&session, &why);
    assert_true(listener >= 0);
    assert_int_equal(count_sessions(), 1);
    char *path = mem_string(session.path);
    session_end(&session);
    close(listener);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(count_sessions(), 0);
    session_end(&session);
    free(path);
}

static void a_session_says_what_it_is(void **state)
{
    struct world *world = *state;
    struct session session;
    struct session_info info;
    struct cause why = {{0}};
    char cwd[4096];

    assert_true(session_begin(&session, world->procfile, &why));
    assert_false(session_read(&info, session.path, &why));
    assert_true(session_publish(&session, 71, &why));
    assert_true(session_publish(&session, 72, &why));
    assert_true(session_read(&info, session.path, &why));
    assert_int_equal(info.pid, 72);
    assert_string_equal(info.procfile, world->procfile);
    assert_string_equal(info.cwd, getcwd(cwd, sizeof cwd));
    assert_string_equal(info.version, PROCMAN_VERSION);
    session_info_release(&info);
    session_end(&session);
}

static void a_second_start_is_told_who_runs(void **state)
{
    struct world *world = *state;
    struct session first, second;
    struct cause why = {{0}};
    char *begin = mem_format("%s is already running", world->procfile);

    assert_true(session_begin(&first, world->procfile, &why));
    assert_false(session_begin(&second, world->procfile, &why));
    assert_string_equal(why.text, begin);
    assert_true(session_publish(&first, 4711, &why));
    assert_false(session_begin(&second, world->procfile, &why));
    assert_ptr_equal(strstr(why.text, begin), why.text);
    assert_non_null(strstr(why.text, ": procman with pid 4711, since 20"));
    assert_non_null(strstr(why.text, "status` shows it"));
    session_end(&second);
    struct session_info info;
    assert_true(session_read(&info, first.path, &why));
    session_info_release(&info);
    session_end(&first);
    assert_true(session_begin(&second, world->procfile, &why));
    session_end(&second);
    free(begin);
}

static void one_procfile_is_one_session_and_two_are_two(void **state)
{
    struct world *world = *state;
    struct session first, second;
    struct cause why = {{0}};
    char *other = mem_format("%s/Procfile.learner", world->base);
    char *link = mem_format("%s/link", world->base);

    write_file(other, "a: b\n");
    assert_int_equal(symlink(world->procfile, link), 0);
    assert_true(session_begin(&first, world->procfile, &why));
    assert_false(session_begin(&second, link, &why));
    assert_true(session_begin(&second, other, &why));
    assert_int_equal(count_sessions(), 2);
    session_end(&second);
    session_end(&first);
    free(other);
    free(link);
}

static void what_a_dead_one_has_left_is_no_hindrance(void **state)
{
    struct world *world = *state;
    struct session session;
    struct cause why = {{0}};
    pid_t child = fork();

    if (child == 0) {
        bool begun = session_begin(&session, world->procfile, &why) &&
                     session_publish(&session, 1, &why) &&
                     session_listen(&session, &why) >= 0;
        _exit(begun ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char *path = session_path(world->procfile, NULL, &why);
    assert_int_equal(session_connect(path, &why), -1);
    assert_non_null(strstr(why.text, "Connection refused"));
    assert_true(session_begin(&session, world->procfile, &why));
    struct session_info info;
    assert_false(session_read(&info, path, &why));
    assert_true(session_listen(&session, &why) >= 0);
    session_end(&session);
    free(path);
}

static void a_copy_of_the_lock_keeps_the_session_taken(void **state)
{
    struct world *world = *state;
    struct session session, second;
    struct cause why;
    int pipe_ends[2], status;

    assert_true(session_begin(&session, world->procfile, &why));
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(pipe_ends[1]);
        _exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    session_leave(&session);
    assert_false(session_begin(&second, world->procfile, &why));
    close(pipe_ends[1]);
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(session_begin(&second, world->procfile, &why));
    session_end(&second);
}

/* Each child is alone in the session whenever it says so: it creates a file
 * that must not exist. */
static void there_is_never_a_second_one(void **state)
{
    enum { CHILDREN = 4, ROUNDS = 300 };
    struct world *world = *state;
    char *proof = mem_format("%s/proof", world->base);
    pid_t children[CHILDREN];

    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        for (int round = 0; round < ROUNDS;) {
            struct session session;
            struct cause why;
            if (!session_begin(&session, world->procfile, &why)) {
                if (!strstr(why.text, "is already running"))
                    _exit(1);
                continue;
            }
            if (mkdir(proof, 0700) != 0 || rmdir(proof) != 0)
                _exit(2);
            session_end(&session);
            round++;
        }
        _exit(0);
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_sessions(), 0);
    free(proof);
}

static void check_refusal(const struct world *world, const char *words)
{
    struct session session;
    struct cause why = {{0}};

    assert_false(session_begin(&session, world->procfile, &why));
    if (!strstr(why.text, words))
        assert_string_equal(why.text, words);
    assert_int_equal(session.directory, -1);
    assert_int_equal(count_sessions(), 0);
    session_end(&session);
}

static void a_place_open_to_others_is_refused(void **state)
{
    struct world *world = *state;

    assert_int_equal(mkdir(world->place, 0700), 0);
    assert_int_equal(chmod(world->place, 0777), 0);
    check_refusal(world, "is open to other users (mode 0777), so procman does "
                         "not use it: remove it, or `chmod 700 ");
}

static void a_place_that_is_a_link_is_refused(void **state)
{
    struct world *world = *state;
    char *elsewhere = mem_format("%s/elsewhere", world->base);

    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(symlink(elsewhere, world->place), 0);
    check_refusal(world, "is not a directory but a symbolic link or a file");
    free(elsewhere);
}

static void a_session_that_is_a_link_is_refused(void **state)
{
    struct world *world = *state;
    struct session session;
    struct cause why = {{0}};
    char *path = session_path(world->procfile, NULL, &why);

    assert_int_equal(mkdir(world->place, 0700), 0);
    assert_int_equal(symlink(world->base, path), 0);
    assert_false(session_begin(&session, world->procfile, &why));
    assert_non_null(strstr(why.text, "is not a directory but"));
    free(path);
}

static void a_strangers_place_is_refused(void **state)
{
    struct world *world = *state;

    assert_int_equal(mkdir(world->place, 0700), 0);
    if (chown(world->place, 12345, 12345) != 0)
        skip(); /* only root can give a directory away */
    check_refusal(world, "belongs to another user (uid 12345)");
}

static void a_base_in_the_hands_of_others_is_refused(void **state)
{
    struct world *world = *state;

    assert_int_equal(chmod(world->base, 0777), 0);
    check_refusal(world, "is in the hands of others");
}

static void a_place_that_cannot_be_made_is_refused(void **state)
{
    struct world *world = *state;
    char *lacking = mem_format("%s/lacking", world->base);

    setenv("XDG_RUNTIME_DIR", lacking, 1);
    check_refusal(world, "lacking: No such file or directory; set XDG_RUNTIME");
    free(lacking);
    /* Root may write anywhere, but not into this. */
    setenv("XDG_RUNTIME_DIR", "/proc/self", 1);
    check_refusal(world, "cannot create /proc/self/procman: ");
}

static void a_missing_procfile_is_said(void **state)
{
    struct session session;
    struct cause why = {{0}};

    (void)state;
    assert_false(session_begin(&session, "/no/Procfile", &why));
    assert_string_equal(why.text,
                        "cannot read /no/Procfile: No such file or directory");
    assert_null(session_path("/no/Procfile", NULL, &why));
}

/* The path of a Unix socket has room for 107 bytes; ours does not count. */
static void a_long_path_is_no_hindrance(void **state)
{
    struct world *world = *state;
    struct session session;
    struct cause why = {{0}};
    struct buf deep = {0};

    buf_add_string(&deep, world->base);
    for (int i = 0; i < 20; i++) {
        buf_add_format(&deep, "/a_directory_%d", i);
        assert_int_equal(mkdir(deep.data, 0700), 0);
    }
    setenv("XDG_RUNTIME_DIR", deep.data, 1);
    assert_true(session_begin(&session, world->procfile, &why));
    int listener = session_listen(&session, &why);
    assert_true(listener >= 0);
    int client = session_connect(session.path, &why);
    assert_true(client >= 0);
    int server = accept(listener, NULL, NULL);
    assert_int_equal(write(client, "x", 1), 1);
    char byte = 0;
    assert_int_equal(read(server, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(server);
    close(client);
    close(listener);
    session_end(&session);
    buf_release(&deep);
}

static void the_socket_is_for_its_owner_only(void **state)
{
    struct world *world = *state;
    struct session session;
    struct cause why = {{0}};
    struct stat stat_of;

    assert_true(session_begin(&session, world->procfile, &why));
    int listener = session_listen(&session, &why);
    char *path = mem_format("%s/control.sock", session.path);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0600);
    assert_int_equal(stat(session.path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0700);
    close(listener);
    free(path);
    session_end(&session);
}

/* A limit of no bytes fails a write as a full disk does. */
static bool begin_without_room(const char *procfile)
{
    struct rlimit limit = {0, 0};
    struct session session;
    struct cause why = {{0}};
    struct session_info info;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    bool good = session_begin(&session, procfile, &why) &&
                !session_publish(&session, 1, &why) &&
                strstr(why.text, "cannot write ") &&
                strstr(why.text, "/session.json: File too large") &&
                !session_read(&info, session.path, &why);
    int listener = session_listen(&session, &why);
    close(listener);
    session_end(&session);
    return good && listener >= 0;
}

static void a_full_disk_is_said_and_leaves_the_session(void **state)
{
    struct world *world = *state;
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(begin_without_room(world->procfile) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_session_json_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "session.json: no JSON: "},
        {"{}", "session.json: \"procfile\" is missing"},
        {"{\"pid\":0,\"procfile\":\"a\",\"cwd\":\"b\",\"version\":\"c\"}",
         "session.json: \"pid\" is not a number from 1 to "},
        {"{\"pid\":1,\"procfile\":\"a\",\"cwd\":\"b\",\"version\":\"c\","
         "\"started_at\":-1}",
         "session.json: \"started_at\" is not a number from 0 to "},
    };
    struct world *world = *state;
    char *path = mem_format("%s/session.json", world->base);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct session_info info;
        struct cause why = {{0}};
        write_file(path, cases[i].text);
        assert_false(session_read(&info, world->base, &why));
        assert_non_null(strstr(why.text, cases[i].why));
        assert_null(info.procfile);
    }
    struct session_info info;
    struct cause why = {{0}};
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(session_read(&info, world->base, &why));
    free(path);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_session_leaves_nothing),
        STORY(a_session_says_what_it_is),
        STORY(a_second_start_is_told_who_runs),
        STORY(one_procfile_is_one_session_and_two_are_two),
        STORY(what_a_dead_one_has_left_is_no_hindrance),
        STORY(a_copy_of_the_lock_keeps_the_session_taken),
        STORY(there_is_never_a_second_one),
        STORY(a_place_open_to_others_is_refused),
        STORY(a_place_that_is_a_link_is_refused),
        STORY(a_session_that_is_a_link_is_refused),
        STORY(a_strangers_place_is_refused),
        STORY(a_base_in_the_hands_of_others_is_refused),
        STORY(a_place_that_cannot_be_made_is_refused),
        STORY(a_missing_procfile_is_said),
        STORY(a_long_path_is_no_hindrance),
        STORY(the_socket_is_for_its_owner_only),
        STORY(a_full_disk_is_said_and_leaves_the_session),
        STORY(a_session_json_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
