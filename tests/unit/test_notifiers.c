#include "procman/notifiers.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

struct program_case {
    const char *command;
    const char *program; /* NULL: not certain */
};

static void check(const struct program_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *program = notifiers_program(cases[i].command);
        assert_string_equal(program ? program : "none",
                            cases[i].program ? cases[i].program : "none");
        free(program);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void a_program_is_seen_through_what_stands_before_it(void **state)
{
    (void)state;
    static const struct program_case cases[] = {
        {"etcd", "etcd"},
        {"etcd --name infra1 --data-dir=x", "etcd"},
        {"  bin/etcd\tgrpc-proxy start ", "bin/etcd"},
        {"A=1 B='x y' etcd", "etcd"},
        {"GOFAIL_HTTP=\"127.0.0.1:1\" bin/etcd", "bin/etcd"},
        {"A=$B etcd", "etcd"},
        {"exec etcd", "etcd"},
        {"A=1 exec etcd --x", "etcd"},
        {"'/opt/my etcd/etcd' -x", "/opt/my etcd/etcd"},
        {"\"etcd\" -x", "etcd"},
        {"\\etcd -x", "etcd"},
        {"sh -c 'exec etcd --name x'", "etcd"},
        {"exec /bin/bash -ec \"exec etcd --name $NAME\"", "etcd"},
        {"sh -c 'sh -c \"A=1 etcd\"'", "etcd"},
        {"etcd --name $NAME --dir ~/x --peers *.txt", "etcd"},
        {"etcd >log 2>&1", "etcd"},
        {"2>log etcd", "etcd"},
        {"etcd < /dev/null", "etcd"},
        {"etcd --x # the first one; really", "etcd"},
        {"etcd 2", "etcd"},
    };
    CHECK(cases);
}

static void what_only_a_shell_can_tell_is_not_certain(void **state)
{
    (void)state;
    static const struct program_case cases[] = {
        {"", NULL},
        {"A=1", NULL},
        {"exec", NULL},
        {"exec -a other etcd", NULL},
        {"$ETCD --name x", NULL},
        {"\"$BIN/etcd\"", NULL},
        {"~/bin/etcd", NULL},
        {"`which etcd`", NULL},
        {"etcd --name $(hostname)", NULL},
        {"etcd --name \"`hostname`\"", NULL},
        {"cd x && etcd", NULL},
        {"etcd; web", NULL},
        {"etcd --version\nweb", NULL},
        {"etcd # x\nweb", NULL},
        {"etcd | tee log", NULL},
        {"etcd & web", NULL},
        {"(etcd)", NULL},
        {"etcd <<E", NULL},
        {"etcd 'open", NULL},
        {"etcd \"open", NULL},
        {"etcd \\", NULL},
        {"etcd >", NULL},
        {"sh -c 'etcd; web'", NULL},
        {"sh -c 'sh -c \"sh -c \\\"sh -c \\\\\\\"sh -c etcd\\\\\\\"\\\"\"'",
         NULL},
    };
    CHECK(cases);
}

static void a_script_is_the_shells(void **state)
{
    (void)state;
    static const struct program_case cases[] = {
        {"sh etcd.sh -c etcd", "sh"},
        {"bash -l -c etcd", "bash"},
        {"sh -c", "sh"},
    };
    CHECK(cases);
}

static void etcd_is_known_and_others_can_be_added(void **state)
{
    (void)state;
    static const char *const more[] = {"web", "/opt/db"};

    assert_true(notifiers_know("bin/etcd --name x", NULL, 0));
    assert_true(notifiers_know("etcd grpc-proxy start", NULL, 0));
    assert_false(notifiers_know("etcdctl get x", NULL, 0));
    assert_false(notifiers_know("echo etcd", NULL, 0));
    assert_false(notifiers_know("web", NULL, 0));
    assert_true(notifiers_know("./web -p 1", more, 2));
    assert_true(notifiers_know("exec /opt/db", more, 2));
    assert_false(notifiers_know("db", more, 2));
    assert_true(notifiers_know("etcd", more, 2));
    assert_false(notifiers_know("$X", more, 2));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_seen_through_what_stands_before_it),
        cmocka_unit_test(what_only_a_shell_can_tell_is_not_certain),
        cmocka_unit_test(a_script_is_the_shells),
        cmocka_unit_test(etcd_is_known_and_others_can_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
