/* The proof that a simple command needs no shell: each one is run both ways,
 * executed directly and by /bin/sh -c, with a probe that tells its arguments
 * and its environment byte for byte.  The probe is this program itself, called
 * "probe" by a link in a directory of its own at the head of PATH. */
#include "procman/buf.h"
#include "procman/environment.h"
#include "procman/mem.h"
#include "procman/shellwords.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "SHELLWORDS_TEST_PROBE"

extern char **environ;

/* ---- the probe --------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a shell that is not dash sets for its own sake. */
static bool is_shells_own(const char *variable)
{
    return strncmp(variable, "_=", 2) == 0 ||
           strncmp(variable, "SHLVL=", 6) == 0 ||
           strncmp(variable, "OLDPWD=", 7) == 0;
}

static int tell(char **argv)
{
    size_t count = 0;

    for (; *argv; argv++)
        fwrite(*argv, 1, strlen(*argv) + 1, stdout);
    putchar('\n');
    while (environ[count])
        count++;
    qsort(environ, count, sizeof *environ, by_bytes);
    for (char **variable = environ; *variable; variable++)
        if (!is_shells_own(*variable))
            fwrite(*variable, 1, strlen(*variable) + 1, stdout);
    return 0;
}

/* ---- running it both ways ---------------------------------------------- */

static struct environment base; /* what the children get */
static char folder[] = "/tmp/procman-shellwords-XXXXXX";

static void exec_directly(const struct shellwords *words)
{
    for (char **it = words->assignments; *it; it++) {
        char *equals = strchr(*it, '=');
        *equals = '\0';
        environment_set(&base, *it, equals + 1);
    }
    environ = base.strings;
    execvp(words->argv[0], words->argv);
}

static void exec_shell(const char *command)
{
    char *text = mem_string(command);
    char name[] = "sh", option[] = "-c";
    char *argv[] = {name, option, text, NULL};

    environ = base.strings;
    execv("/bin/sh", argv);
}

/* Runs `words`, or `command` if they are NULL; returns what the probe told. */
static struct buf told_by(const struct shellwords *words, const char *command)
{
    struct buf told = {0};
    int ends[2], status;
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60); /* nothing waits for ever */
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        if (words)
            exec_directly(words);
        else
            exec_shell(command);
        _exit(127);
    }
    close(ends[1]);
    while ((got = read(ends[0], buf_reserve(&told, 4096), 4096)) > 0)
        told.len += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s, %s: status %d", command, words ? "directly" : "by sh",
                 status);
    return told;
}

static void check_both_ways(const struct shellwords *words, const char *command)
{
    struct buf direct = told_by(words, command);
    struct buf shell = told_by(NULL, command);

    assert_true(direct.len > 0);
    if (direct.len != shell.len ||
        memcmp(direct.data, shell.data, shell.len) != 0)
        fail_msg("not the same as by /bin/sh: %s", command);
    buf_release(&direct);
    buf_release(&shell);
}

static void a_simple_command_is_the_same_without_a_shell(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "probe",
        "  probe \t a\tb  ",
        "probe --name infra1 --log-outputs=stderr --x=http://127.0.0.1:2379",
        "probe 'a b' \"c d\" e\\ f",
        "probe '' \"\" ''\"\" x''y",
        "probe 'it'\\''s' \"it's\" 'say \"x\"' \"say \\\"x\\\"\"",
        "probe '$HOME `id` \\n * ? [ ] { } | & ; < > ( ) # ~ !'",
        "probe \"* ? [ ] { } | & ; < > ( ) # ~ ! '\"",
        "probe \"\\$HOME \\`id\\` \\\\ \\a \\n \\' \\! \\ \"",
        "probe \\$HOME \\`id\\` \\* \\? \\[ \\{ \\}",
        "probe \\| \\& \\; \\< \\> \\( \\)",
        "probe \\# \\~ \\' \\\" \\\\ \\a \\n \\  \\\t",
        "probe '~' \"~\" \\~ a~ a~b ''~ -~x",
        "probe '#x' x# x#y a=#b",
        "probe ] a]b ! % ^ , . / : = == a= =a @ + - -- -c",
        "probe 'two\nlines' \"two\nlines\"",
        "probe if then cd exec exit time",
        "probe a=b A=b A=B=C 'A=b' --a=b",
        "probe 1 2 01 -1 0x1 1e3",
        "probe \v \f \r x\v\f\ry",
        "probe \xc3\xa9 '\xe4\xb8\xad\xe6\x96\x87' \xff\xfe \xc2\xa0",
        "A=1 probe",
        "A=1 B=2 _c3=x probe A=3",
        "A= probe",
        "A='' B=\"\" C=x''y probe",
        "A='a b' B=\"c d\" C=e\\ f D=\\$HOME E='$HOME' F=a=b probe x",
        "A=1 A=2 probe",
        "A=a:b:c B=#x C=a#b D=x~ probe",
        "INHERITED=changed probe",
        "EMPTY=full HOME=/nowhere probe",
        "A='~' B=\\~ C=a~ D='x:~' probe",
        "'probe' x",
        "\"pro\"be x",
        "pr\\obe x",
        "./probe x",
        "\"./pro be\" x",
        "script x 'y z'",
        "A=1 script",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct shellwords words;
        if (!shellwords_parse(&words, commands[i]))
            fail_msg("should be simple: %s", commands[i]);
        check_both_ways(&words, commands[i]);
        shellwords_release(&words);
    }
}

static void every_byte_passes_in_every_kind_of_quotes(void **state)
{
    (void)state;
    struct buf command = {0};
    struct shellwords words;

    buf_add_string(&command, "BYTES='");
    for (int byte = 1; byte < 256; byte++)
        if (byte != '\'')
            buf_add_char(&command, (char)byte);
    buf_add_string(&command, "' probe \"");
    for (int byte = 1; byte < 256; byte++)
        if (!strchr("\"\\$`", byte))
            buf_add_char(&command, (char)byte);
    buf_add_string(&command, "\" ");
    for (int byte = 1; byte < 256; byte++)
        if (byte != '\n')
            buf_add_format(&command, "\\%c", byte);
    for (int byte = 128; byte < 256; byte++)
        buf_add_format(&command, " %c", byte);

    assert_true(shellwords_parse(&words, command.data));
    assert_int_equal(words.argc, 1 + 1 + 1 + 128);
    check_both_ways(&words, command.data);
    shellwords_release(&words);
    buf_release(&command);
}

/* The same numbers each time: xorshift32. */
/* Each round starts two programs, which are this one: with a sanitizer that takes
 * ten times as long, and says nothing more. */
#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 1500
#else
#define ROUNDS 6000
#endif

static unsigned next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void add_noise(char *text, size_t len, uint32_t *random)
{
    static const char alphabet[] = "  \t''\"\"\\\\~=:#ab.-A1_!]^%,\x81\xc3";

    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[next_random(random) % (sizeof alphabet - 1)];
}

static void what_is_found_simple_among_noise_is_simple(void **state)
{
    (void)state;
    uint32_t random = 20240229;
    int simple = 0;

    for (int i = 0; i < ROUNDS; i++) {
        char head[8] = "", tail[16] = "", command[64];
        add_noise(head, next_random(&random) % sizeof head, &random);
        add_noise(tail, next_random(&random) % sizeof tail, &random);
        snprintf(command, sizeof command, "A=%s probe %s", head, tail);

        struct shellwords words;
        if (!shellwords_parse(&words, command))
            continue;
        /* Only the probe may run, not what noise would call. */
        if (strcmp(words.argv[0], "probe") == 0 && simple++ < 400)
            check_both_ways(&words, command);
        shellwords_release(&words);
    }
    assert_true(simple > 100);
}

static void the_words_are_told_apart(void **state)
{
    (void)state;
    struct shellwords words;

    assert_true(shellwords_parse(&words, "A=1 B='x y' run C=2 \"d e\" ''"));
    assert_int_equal(words.assignment_count, 2);
    assert_string_equal(words.assignments[0], "A=1");
    assert_string_equal(words.assignments[1], "B=x y");
    assert_null(words.assignments[2]);
    assert_int_equal(words.argc, 4);
    assert_string_equal(words.argv[0], "run");
    assert_string_equal(words.argv[1], "C=2");
    assert_string_equal(words.argv[2], "d e");
    assert_string_equal(words.argv[3], "");
    assert_null(words.argv[4]);
    shellwords_release(&words);
    shellwords_release(&words);
    assert_null(words.argv);

    assert_true(shellwords_parse(&words, "run"));
    assert_int_equal(words.assignment_count, 0);
    assert_null(words.assignments[0]);
    shellwords_release(&words);
}

static void everything_else_is_the_shells(void **state)
{
    (void)state;
    static const char *const commands[] = {
        /* several commands */
        "cd x && y", "a || b", "a | b", "a; b", "a;", "a &", "a\nb", "a\n",
        "(a)", "{ a; }", "! a", "a |& b", "a & b",
        /* redirections */
        "a > x", "a >> x", "a < x", "a 2>&1", "a 2>/dev/null", "a <<E",
        "a <<<x", ">x a", "a &> x",
        /* expansions */
        "a $VAR", "$VAR", "a ${X:-y}", "a $1", "a $$", "a $", "a \"$VAR\"",
        "a \"x $\"", "a $(b)", "a `b`", "a \"`b`\"", "a \"$(b)\"", "a $((1+1))",
        "A=$B a", "A=\"$B\" a", "a $'x'", "a '$x'$y",
        /* globs and braces */
        "a *", "a *.c", "a ?", "a [ab]", "a x[", "a {b,c}", "a {1..3}", "a }",
        "A=* a", "./* a",
        /* home */
        "~/bin/a", "a ~", "a ~/x", "a ~joe", "A=~ a", "A=~/x a", "A=x:~/y a",
        "a b=~/x", "a --b=~/x", "a x:~", "A=:~ a", "~",
        /* comments */
        "a # b", "# a", "a #", "#", "a\t#b", "A=1 #b",
        /* quotes that do not end, and lines that continue */
        "a 'b", "a \"b", "a \\", "a b\\", "'", "\"", "\\", "a \"b\\",
        "a \"b\\\"", "a\\\nb", "a \"b\\\nc\"", "a it's",
        /* builtins and keywords, however they are written */
        "exec a", "cd x", "export A=1", "A=1 exec a", "\\exec a", "'exec' a",
        "e\"xe\"c a", "exit 3", "eval a", ". x", "source x", ": x", "true",
        "false", "echo x", "printf x", "test -f x", "[ -f x ]", "[[ a ]]",
        "kill 1", "wait", "trap x TERM", "ulimit -n 5", "umask 0", "set -e",
        "command a", "builtin a", "type a", "read x", "alias x=y", "local x",
        "time a", "if a", "while a", "for i in a", "case x in", "until a",
        "function f", "do", "then", "fi", "esac", "select x", "coproc a",
        /* no command */
        "", " ", "\t", "A=1", "A=1 B=2", " A= ", "'' x", "\"\"", "A=1 ''",
        /* what only looks like a word or an assignment */
        "A+=1 a", "1A=1 a", "A'B'=1 a", "'A=1' a", "A\\=1 a", "A.B=1 a",
        "A-B=1 a", "=1 a", "=", "%1", "-x", "+x", "-", "A=1 -x", "A[0]=1 a",
        "A=(1 2) a",
        /* variables that are the shell's own */
        "PATH=/x a", "IFS=: a", "PWD=/ a", "_=x a", "A=1 UID=0 a", "OPTIND=x a",
        "SHLVL=1 a"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct shellwords words;
        if (shellwords_parse(&words, commands[i]))
            fail_msg("should be the shell's: %s", commands[i]);
        assert_null(words.argv);
        assert_null(words.assignments);
        assert_int_equal(words.argc, 0);
        assert_int_equal(words.assignment_count, 0);
        shellwords_release(&words);
    }
}

/* ---- the folder with the probe ----------------------------------------- */

static void write_script(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file); /* no "#!": the shell, or execvp, finds one */
    fputs("exec ./probe script \"$@\"\n", file);
    assert_int_equal(fclose(file), 0);
}

static char *absolute(const char *path)
{
    char here[4096];

    if (*path == '/')
        return mem_string(path);
    return getcwd(here, sizeof here) ? mem_format("%s/%s", here, path) : NULL;
}

static int set_up(const char *self)
{
    char *path = absolute(self);

    if (!path || !mkdtemp(folder) || chdir(folder) != 0 ||
        symlink(path, "probe") != 0 || symlink(path, "pro be") != 0)
        return 1;
    free(path);
    write_script("script");
    if (chmod("script", 0700) != 0)
        return 1;

    char *search = mem_format("%s:/usr/bin:/bin", folder);
    environment_set(&base, "PATH", search);
    environment_set(&base, "PWD", folder);
    environment_set(&base, "HOME", "/home/nobody");
    environment_set(&base, "INHERITED", "as it was; $HOME \"x\"\n");
    environment_set(&base, "EMPTY", "");
    environment_set(&base, MARK, "1");
    free(search);
    return 0;
}

static void tear_down(void)
{
    unlink("probe");
    unlink("pro be");
    unlink("script");
    if (chdir("/") == 0)
        rmdir(folder);
    environment_release(&base);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_command_is_the_same_without_a_shell),
        cmocka_unit_test(every_byte_passes_in_every_kind_of_quotes),
        cmocka_unit_test(what_is_found_simple_among_noise_is_simple),
        cmocka_unit_test(the_words_are_told_apart),
        cmocka_unit_test(everything_else_is_the_shells),
    };
    if (getenv(MARK))
        return tell(argv);
    if (argc < 1 || set_up(argv[0]) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tear_down();
    return failed;
}
