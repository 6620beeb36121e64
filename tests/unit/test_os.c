/* Real children, each reaped by its story. */
#include "procman/buf.h"
#include "procman/mem.h"
#include "procman/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

static char *no_env[] = {NULL};

/* ---- a place with files ------------------------------------------------ */

static int make_place(void **state)
{
    char path[] = "/tmp/test_os.XXXXXX";

    assert_non_null(mkdtemp(path));
    assert_int_equal(chdir(path), 0);
    *state = mem_string(path);
    return 0;
}

static int end_place(void **state)
{
    char *command = mem_format("rm -rf %s", (char *)*state);

    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(command), 0);
    free(command);
    free(*state);
    return 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    fchmod(file, mode);
    close(file);
}

/* ---- children ---------------------------------------------------------- */

static pid_t spawn(const char *file, char *const *argv, char *const *env,
                   int output)
{
    struct os_child child = {
        .file = file,
        .argv = argv,
        .env = env,
        .input = STDIN_FILENO,
        .output = output,
        .error = STDERR_FILENO,
    };

    return os_spawn(&child);
}

static pid_t spawn_shell(const char *script, int output)
{
    char *argv[] = {"sh", "-c", (char *)script, NULL};

    return spawn("/bin/sh", argv, no_env, output);
}

/* What a child wrote until the last one had closed its end. */
static char *hear(int pipe)
{
    char *text = mem_new(65536, 1);
    size_t len = 0;
    ssize_t got;

    while ((got = read(pipe, text + len, 65535 - len)) > 0)
        len += (size_t)got;
    return text;
}

static int wait_for(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void make_pipe(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
}

/* Runs a script to its end; what it wrote is to be freed. */
static char *run_shell(const char *script)
{
    int ends[2];

    make_pipe(ends);
    pid_t pid = spawn_shell(script, ends[1]);
    assert_true(pid > 0);
    close(ends[1]);
    char *text = hear(ends[0]);
    close(ends[0]);
    assert_int_equal(wait_for(pid), 0);
    return text;
}

static void assert_said(const char *script, const char *want)
{
    char *said = run_shell(script);

    assert_string_equal(said, want);
    free(said);
}

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- spawn -------------------------------------------------------------- */

static void a_child_that_cannot_be_executed_says_why(void **state)
{
    char *argv[] = {"x", NULL};

    (void)state;
    write_file("plain", "#!/bin/sh\n", 0600);
    write_file("orphan", "#!/no/such/interpreter\n", 0700);
    mkdir("folder", 0700);
    assert_int_equal(spawn("./none", argv, no_env, 1), -ENOENT);
    assert_int_equal(spawn("./orphan", argv, no_env, 1), -ENOENT);
    assert_int_equal(spawn("./plain", argv, no_env, 1), -EACCES);
    assert_int_equal(spawn("./folder", argv, no_env, 1), -EACCES);
    assert_int_equal(spawn("/bin/sh", argv, no_env, -1), -EBADF);
}

static void a_command_too_long_is_refused(void **state)
{
    char *long_one = mem_new(200000, 1);
    char *argv[] = {"sh", long_one, NULL};

    (void)state;
    memset(long_one, 'x', 199999);
    assert_int_equal(spawn("/bin/sh", argv, no_env, 1), -E2BIG);
    free(long_one);
}

static void a_failed_start_leaves_no_zombie(void **state)
{
    char *argv[] = {"x", NULL};

    (void)state;
    assert_int_equal(spawn("./none", argv, no_env, 1), -ENOENT);
    assert_no_child();
}

static void a_script_without_its_first_line_is_given_to_the_shell(void **state)
{
    char *argv[] = {"script", "a b", "c", NULL};
    int ends[2];

    (void)state;
    write_file("script", "echo \"$#:$1:$2\"\n", 0700);
    make_pipe(ends);
    pid_t pid = spawn("./script", argv, no_env, ends[1]);
    assert_true(pid > 0);
    close(ends[1]);
    char *said = hear(ends[0]);
    assert_string_equal(said, "2:a b:c\n");
    free(said);
    close(ends[0]);
    assert_int_equal(wait_for(pid), 0);
}

static void a_child_has_nothing_open_but_three(void **state)
{
    int extra = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(extra > 2);
    /* The shell's own view, and not that of an ls with a directory open. */
    assert_said("for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; "
                "do test -e /proc/$$/fd/$i && printf '%s ' $i; done; :",
                "0 1 2 ");
    close(extra);
}

/* Each open number with what it is and its flags. */
static char *describe_descriptors(void)
{
    struct buf text = {0};

    for (int i = 0; i < 600; i++) {
        struct stat about;
        if (fstat(i, &about) == 0)
            buf_add_format(&text, "%d:%lu/%d ", i, (unsigned long)about.st_ino,
                           fcntl(i, F_GETFD));
    }
    return buf_take(&text);
}

/* It begins with our table; whether it is executed or not, ours stays. */
static void a_child_does_nothing_to_our_descriptors(void **state)
{
    char *argv[] = {"sh", "-c", ":", NULL};
    int ends[2];

    (void)state;
    make_pipe(ends);
    char *before = describe_descriptors();
    assert_int_equal(wait_for(spawn("/bin/sh", argv, no_env, ends[1])), 0);
    assert_int_equal(spawn("/no/such/file", argv, no_env, ends[1]), -ENOENT);
    char *after = describe_descriptors();
    assert_string_equal(before, after);
    free(before);
    free(after);
    close(ends[0]);
    close(ends[1]);
}

static void a_child_may_be_given_any_number_among_many(void **state)
{
    int ends[2];

    (void)state;
    make_pipe(ends);
    int high = fcntl(ends[1], F_DUPFD_CLOEXEC, 400);
    int higher = fcntl(ends[1], F_DUPFD_CLOEXEC, 500);
    pid_t pid = spawn_shell("echo said; ls /proc/self/fd | wc -l", high);
    close(high);
    close(higher);
    close(ends[1]);
    char *said = hear(ends[0]);
    /* 0, 1, 2, and the folder that ls looks at. */
    assert_string_equal(said, "said\n4\n");
    free(said);
    close(ends[0]);
    assert_int_equal(wait_for(pid), 0);
}

static void a_child_begins_with_normal_signals(void **state)
{
    sigset_t blocked, before;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigfillset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, &before);
    char *said = run_shell("exec grep -E 'Sig(Blk|Ign|Pnd)|ShdPnd' "
                           "/proc/self/status");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    assert_string_equal(said, "SigPnd:\t0000000000000000\n"
                              "ShdPnd:\t0000000000000000\n"
                              "SigBlk:\t0000000000000000\n"
                              "SigIgn:\t0000000000000000\n");
    free(said);
}

static void our_own_signals_are_as_before(void **state)
{
    sigset_t one, after;

    (void)state;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    sigprocmask(SIG_BLOCK, &one, NULL);
    signal(SIGPIPE, SIG_IGN);
    assert_said(":", "");
    sigprocmask(SIG_UNBLOCK, &one, &after);
    assert_true(sigismember(&after, SIGUSR2));
    assert_false(sigismember(&after, SIGINT));
    assert_true(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
}

static void a_child_has_a_session_and_group_of_its_own(void **state)
{
    int ends[2];
    char ready;

    (void)state;
    make_pipe(ends);
    pid_t pid = spawn_shell("echo; exec sleep 60", ends[1]);
    assert_int_equal(read(ends[0], &ready, 1), 1);
    assert_int_equal(getpgid(pid), pid);
    assert_int_equal(getsid(pid), pid);
    assert_true(os_group_lives(pid));
    assert_true(os_signal_group(pid, SIGTERM));
    assert_int_equal(wait_for(pid), 128 + SIGTERM);
    assert_false(os_group_lives(pid));
    assert_false(os_signal_group(pid, SIGTERM));
    close(ends[0]);
    close(ends[1]);
}

static void a_child_gets_the_limit_of_descriptors_it_is_given(void **state)
{
    char *argv[] = {"sh", "-c", "test $(ulimit -Sn) = 77", NULL};
    struct rlimit limit;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &limit);
    struct os_child child = {
        .file = "/bin/sh",
        .argv = argv,
        .env = no_env,
        .input = 0,
        .output = 1,
        .error = 2,
        .descriptors = {77, limit.rlim_max},
    };
    assert_int_equal(wait_for(os_spawn(&child)), 0);
}

static void a_child_may_begin_elsewhere(void **state)
{
    char *argv[] = {"sh", "-c", "test -f here", NULL};
    struct os_child child = {
        .file = "/bin/sh",
        .argv = argv,
        .env = no_env,
        .directory = "below",
        .input = 0,
        .output = 1,
        .error = 2,
    };

    (void)state;
    assert_int_equal(os_spawn(&child), -ENOENT);
    mkdir("below", 0700);
    write_file("below/here", "", 0600);
    assert_int_equal(wait_for(os_spawn(&child)), 0);
}

static void a_child_dies_with_us(void **state)
{
    int ends[2];
    pid_t grandchild = 0;

    (void)state;
    make_pipe(ends);
    os_become_subreaper();
    pid_t middle = fork();
    if (middle == 0) {
        grandchild = spawn_shell("exec sleep 60", 1);
        if (write(ends[1], &grandchild, sizeof grandchild) < 0)
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(wait_for(middle), 128 + SIGKILL);
    assert_int_equal(read(ends[0], &grandchild, sizeof grandchild),
                     sizeof grandchild);
    assert_int_equal(wait_for(grandchild), 128 + SIGKILL);
    close(ends[0]);
    close(ends[1]);
}

static void whoever_has_ended_is_reaped_with_what_it_said(void **state)
{
    int code = -1, signum = -1;
    pid_t pid, reaped;

    (void)state;
    assert_int_equal(os_reap(&code, &signum), 0);
    pid = spawn_shell("exit 7", 1);
    while ((reaped = os_reap(&code, &signum)) == 0)
        sched_yield();
    assert_int_equal(reaped, pid);
    assert_int_equal(code, 7);
    assert_int_equal(signum, 0);
    pid = spawn_shell("kill -9 $$", 1);
    while ((reaped = os_reap(&code, &signum)) == 0)
        sched_yield();
    assert_int_equal(reaped, pid);
    assert_int_equal(code, 0);
    assert_int_equal(signum, SIGKILL);
}

static void nobody_but_children_can_be_signalled_by_mistake(void **state)
{
    (void)state;
    /* kill(-1) and kill(0) would be everybody and ourselves. */
    assert_false(os_signal_group(0, SIGKILL));
    assert_false(os_signal_group(1, SIGKILL));
    assert_false(os_signal_group(-1, SIGKILL));
    os_signal(0, SIGKILL);
    os_signal(-1, SIGKILL);
}

/* ---- where programs are --------------------------------------------------- */

static void programs_are_found_as_the_shell_finds_them(void **state)
{
    static const struct {
        const char *name, *path;
        int error;
        const char *file;
    } cases[] = {
        {"tool", "a:b", 0, "b/tool"},
        {"both", "a:b", 0, "a/both"},
        {"both", "b:a", 0, "b/both"},
        {"tool", "", ENOENT, NULL},
        {"here", "", 0, "./here"},
        {"here", "a:", 0, "./here"},
        {"here", ":a", 0, "./here"},
        {"here", "a::b", 0, "./here"},
        {"here", "a:b", ENOENT, NULL},
        {"plain", "a:b", EACCES, NULL},   /* there, but no program */
        {"shadow", "a:b", 0, "b/shadow"}, /* a/shadow is no program */
        {"folder", "a:b", EACCES, NULL},
        {"none", "a:b", ENOENT, NULL},
        {"none", "a/both:none:b", ENOENT, NULL},
        {"", "a:b", ENOENT, NULL},
        {"b/tool", "a", 0, "b/tool"},
        {"./here", "a", 0, "./here"},
        {"a/plain", "b", EACCES, NULL},
        {"a/none", "b", ENOENT, NULL},
        {"a/folder", "b", EACCES, NULL},
        {"sh", NULL, 0, "/usr/bin/sh"},
    };

    (void)state;
    mkdir("a", 0700);
    mkdir("b", 0700);
    mkdir("a/folder", 0700);
    write_file("a/plain", "", 0600);
    write_file("a/shadow", "", 0600);
    write_file("a/both", "", 0700);
    write_file("b/both", "", 0700);
    write_file("b/shadow", "", 0700);
    write_file("b/tool", "", 0700);
    write_file("here", "", 0700);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *file = NULL;
        int error = os_find_program(&file, cases[i].name, cases[i].path, NULL);
        assert_int_equal(error, cases[i].error);
        if (cases[i].file)
            assert_string_equal(file, cases[i].file);
        else
            assert_null(file);
        free(file);
    }
}

static void relative_programs_are_seen_from_their_directory(void **state)
{
    char *file = NULL;

    (void)state;
    mkdir("a", 0700);
    mkdir("a/bin", 0700);
    write_file("a/bin/tool", "", 0700);
    assert_int_equal(os_find_program(&file, "bin/tool", NULL, "a"), 0);
    assert_string_equal(file, "bin/tool");
    free(file);
    file = NULL;
    assert_int_equal(os_find_program(&file, "tool", "bin", "a"), 0);
    assert_string_equal(file, "bin/tool");
    free(file);
    assert_int_equal(os_find_program(&file, "bin/tool", NULL, NULL), ENOENT);
}

static void a_failed_start_is_explained(void **state)
{
    static const struct {
        const char *file;
        int error;
        const char *why;
    } cases[] = {
        {"bin/x", ENOENT, "bin/x: not found (No such file or directory)"},
        {"./here", ENOENT,
         "./here: its interpreter is not found (No such file or directory)"},
        /* A name was searched for in PATH: that it lies here says nothing. */
        {"here", ENOENT, "here: not found (No such file or directory)"},
        {"./x", EACCES, "./x: Permission denied"},
        {"x", E2BIG,
         "x: command and environment are too long (Argument list too long)"},
        {"x", EAGAIN,
         "x: too many processes (see ulimit -u) (Resource temporarily "
         "unavailable)"},
    };

    (void)state;
    write_file("here", "#!/no/such/interpreter\n", 0700);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cause why = {{0}};
        os_explain_spawn(&why, cases[i].file, cases[i].error);
        assert_string_equal(why.text, cases[i].why);
    }
}

/* ---- other people's processes --------------------------------------------- */

static bool is_among(const struct os_process *all, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].pid == pid)
            return true;
    return false;
}

static void descendants_are_found_wherever_they_are(void **state)
{
    int ends[2];
    pid_t below[2];
    size_t count;

    (void)state;
    os_become_subreaper();
    make_pipe(ends);
    /* A child that has a child in a session of its own. */
    pid_t pid = spawn_shell("setsid sh -c 'echo $$; exec sleep 60' & "
                            "echo $$; wait",
                            ends[1]);
    FILE *said = fdopen(ends[0], "r");
    for (int i = 0; i < 2; i++)
        assert_int_equal(fscanf(said, "%d", &below[i]), 1);
    struct os_process *found = os_descendants(getpid(), &count);
    assert_true(is_among(found, count, below[0]));
    assert_true(is_among(found, count, below[1]));
    assert_false(is_among(found, count, getpid()));
    assert_false(is_among(found, count, getppid()));
    free(found);
    found = os_descendants(pid, &count);
    assert_false(is_among(found, count, pid));
    assert_int_equal(count, 1);
    free(found);
    assert_true(os_end_descendants(PATIENCE_MS) >= 2);
    assert_no_child();
    fclose(said);
    close(ends[1]);
}

static void other_children_are_noticed(void **state)
{
    pid_t known[2];

    (void)state;
    if (os_has_other_children(NULL, 0) < 0)
        skip(); /* a kernel without /proc/.../children */
    assert_int_equal(os_has_other_children(NULL, 0), 0);
    known[0] = spawn_shell("exec sleep 60", 1);
    known[1] = spawn_shell("exec sleep 60", 1);
    assert_int_equal(os_has_other_children(known, 2), 0);
    assert_int_equal(os_has_other_children(known, 1), 1);
    assert_int_equal(os_has_other_children(NULL, 0), 1);
    for (int i = 0; i < 2; i++) {
        os_signal(known[i], SIGKILL);
        wait_for(known[i]);
    }
}

/* A shell that has said something: its name and its environment are its own,
 * which is a moment later than vfork() returns. */
static pid_t spawn_and_hear(const char *file, char *const *env)
{
    char *argv[] = {"sh", "-c", "echo; kill -STOP $$", NULL};
    int ends[2];
    char byte;

    make_pipe(ends);
    pid_t pid = spawn(file, argv, env, ends[1]);
    assert_true(pid > 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void the_environment_of_a_child_can_be_read(void **state)
{
    char *env[] = {"AB=no", "A=first=1", "EMPTY=", "A=second", NULL};
    pid_t pid = spawn_and_hear("/bin/sh", env);
    char *value = os_environment_of(pid, "A");

    (void)state;
    assert_string_equal(value, "first=1");
    free(value);
    value = os_environment_of(pid, "EMPTY");
    assert_string_equal(value, "");
    free(value);
    assert_null(os_environment_of(pid, "B"));
    assert_null(os_environment_of(pid, "EMPT"));
    os_signal(pid, SIGKILL);
    wait_for(pid);
    assert_null(os_environment_of(pid, "A"));
}

static void a_process_is_known_by_its_name_and_its_birth(void **state)
{
    (void)state;
    assert_int_equal(symlink("/bin/sh", "b) Z 1\033"), 0);
    pid_t pid = spawn_and_hear("./b) Z 1\033", no_env);
    char *program = os_program_of(pid);
    assert_string_equal(program, "b) Z 1?");
    free(program);
    assert_true(os_starttime(pid) >= os_starttime(getpid()));
    assert_true(os_starttime(getpid()) > 0);
    size_t count;
    struct os_process *found = os_descendants(getpid(), &count);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].pid, pid);
    assert_int_equal(found[0].group, pid);
    assert_true(found[0].state != 'Z');
    free(found);
    os_signal(pid, SIGKILL);
    wait_for(pid);
    assert_int_equal(os_starttime(pid), 0);
    program = os_program_of(pid);
    assert_string_equal(program, "?");
    free(program);
}

/* ---- the end of all -------------------------------------------------------- */

/* Each has a copy of the pipe's end: when all have gone, reading it ends. */
static void assert_all_end(const char *script, size_t at_least)
{
    int ends[2];
    char byte;

    os_become_subreaper();
    make_pipe(ends);
    pid_t pid = spawn_shell(script, ends[1]);
    assert_true(pid > 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1); /* all is set up */
    assert_true(os_end_descendants(PATIENCE_MS) >= at_least);
    while (read(ends[0], &byte, 1) > 0)
        ;
    close(ends[0]);
    assert_no_child();
}

static void nobody_escapes_who_fled_and_is_deaf(void **state)
{
    (void)state;
    assert_all_end("trap '' TERM HUP INT; "
                   "setsid sh -c 'trap \"\" TERM HUP; sleep 60 & wait' & "
                   "(setsid sh -c 'sleep 60 & exec sleep 60' &) ; "
                   "env -i setsid sh -c '(sleep 60 &) ; (sleep 60 &) ; echo' & "
                   "wait; sleep 60",
                   5);
}

/* Two that fork again as soon as they can, and one that brings them back. */
static void nobody_escapes_who_forks_all_the_time(void **state)
{
    (void)state;
    assert_all_end("hydra() { while :; do (sleep 0.01; hydra) & wait; done; }; "
                   "hydra & hydra & "
                   "(setsid sh -c 'while :; do (sleep 0.02 &); sleep 0.005; "
                   "done' &) ; "
                   "sleep 0.1; echo; exec sleep 60",
                   3);
}

static void nobody_escapes_who_stands_still(void **state)
{
    (void)state;
    assert_all_end("sleep 60 & kill -STOP $!; "
                   "(setsid sh -c 'echo; kill -STOP $$' &) ; exec sleep 60",
                   3);
}

static void nobody_there_is_nobody_ended(void **state)
{
    (void)state;
    assert_no_child();
    assert_int_equal(os_end_descendants(PATIENCE_MS), 0);
}

/* ---- descriptors ----------------------------------------------------------- */

static void closed_standard_descriptors_are_opened_first(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 64; i++)
            close(i);
        os_prepare();
        int next = open("/dev/null", O_RDONLY);
        bool good = next == 3 && fcntl(0, F_GETFD) == 0 &&
                    fcntl(1, F_GETFD) == 0 && fcntl(2, F_GETFD) == 0;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(wait_for(pid), 0);
}

static void inherited_descriptors_do_not_leak(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        int inherited = open("/dev/null", O_RDONLY);
        os_prepare();
        _exit(fcntl(inherited, F_GETFD) == FD_CLOEXEC ? 0 : 1);
    }
    assert_int_equal(wait_for(pid), 0);
}

static void where_numbers_are_few_a_descriptor_stays_where_it_is(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit few = {32, 32};
        int low = open("/dev/null", O_RDONLY | O_CLOEXEC);
        setrlimit(RLIMIT_NOFILE, &few);
        _exit(os_move_up(low) == low && fcntl(low, F_GETFD) >= 0 ? 0 : 1);
    }
    assert_int_equal(wait_for(pid), 0);
}

static void a_file_size_limit_is_an_error_and_no_death(void **state)
{
    struct rlimit none = {0, 0};

    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        os_prepare();
        setrlimit(RLIMIT_FSIZE, &none);
        int file = open("file", O_WRONLY | O_CREAT, 0600);
        _exit(write(file, "x", 1) == -1 && errno == EFBIG ? 0 : 1);
    }
    assert_int_equal(wait_for(pid), 0);
}

static void a_pipe_is_ours_alone_and_reads_without_blocking(void **state)
{
    struct cause why;
    int ends[2];
    char byte;

    (void)state;
    assert_true(os_pipe(ends, &why));
    for (int i = 0; i < 2; i++)
        assert_int_equal(fcntl(ends[i], F_GETFD), FD_CLOEXEC);
    assert_int_equal(read(ends[0], &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
    assert_true(ends[0] >= 64); /* children never have to copy it */
    assert_true(ends[1] < 64);
    assert_int_equal(os_bytes_waiting(ends[0]), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    assert_int_equal(os_bytes_waiting(ends[0]), 3);
    close(ends[0]);
    close(ends[1]);
}

#define PLACED(test)                                                           \
    cmocka_unit_test_setup_teardown(test, make_place, end_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(a_child_that_cannot_be_executed_says_why),
        PLACED(a_failed_start_leaves_no_zombie),
        PLACED(a_command_too_long_is_refused),
        PLACED(a_script_without_its_first_line_is_given_to_the_shell),
        cmocka_unit_test(a_child_has_nothing_open_but_three),
        cmocka_unit_test(a_child_does_nothing_to_our_descriptors),
        cmocka_unit_test(a_child_may_be_given_any_number_among_many),
        cmocka_unit_test(a_child_begins_with_normal_signals),
        cmocka_unit_test(our_own_signals_are_as_before),
        cmocka_unit_test(a_child_has_a_session_and_group_of_its_own),
        cmocka_unit_test(a_child_gets_the_limit_of_descriptors_it_is_given),
        PLACED(a_child_may_begin_elsewhere),
        cmocka_unit_test(a_child_dies_with_us),
        cmocka_unit_test(whoever_has_ended_is_reaped_with_what_it_said),
        cmocka_unit_test(nobody_but_children_can_be_signalled_by_mistake),
        PLACED(programs_are_found_as_the_shell_finds_them),
        PLACED(relative_programs_are_seen_from_their_directory),
        PLACED(a_failed_start_is_explained),
        cmocka_unit_test(descendants_are_found_wherever_they_are),
        cmocka_unit_test(other_children_are_noticed),
        cmocka_unit_test(the_environment_of_a_child_can_be_read),
        PLACED(a_process_is_known_by_its_name_and_its_birth),
        cmocka_unit_test(nobody_escapes_who_fled_and_is_deaf),
        cmocka_unit_test(nobody_escapes_who_forks_all_the_time),
        cmocka_unit_test(nobody_escapes_who_stands_still),
        cmocka_unit_test(nobody_there_is_nobody_ended),
        cmocka_unit_test(closed_standard_descriptors_are_opened_first),
        cmocka_unit_test(inherited_descriptors_do_not_leak),
        cmocka_unit_test(where_numbers_are_few_a_descriptor_stays_where_it_is),
        PLACED(a_file_size_limit_is_an_error_and_no_death),
        cmocka_unit_test(a_pipe_is_ours_alone_and_reads_without_blocking),
    };

    os_prepare(); /* as in main */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
