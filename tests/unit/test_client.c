/* Sessions are played by children that take a session, listen, and answer
 * `list` with the names they are given, everything else with their own name. */
#include "procman/buf.h"
#include "procman/client.h"
#include "procman/mem.h"
#include "procman/session.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char base[64], before[4096];
    pid_t children[4];
    int child_count;
};

static char *answer_to(const struct request *request, const char *procfile,
                       const char *const *names)
{
    struct reply reply = {0};

    if (request->verb == VERB_LIST)
        for (; *names; names++)
            reply_add_status(&reply)->name = mem_string(*names);
    else
        reply_add_outcome(&reply, "a", true, procfile);
    char *text = reply_encode(&reply);
    reply_release(&reply);
    return text;
}

/* One client after another, any number of requests each; stop-all makes it
 * hang up. */
static void serve(int listener, const char *procfile, const char *const *names)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        FILE *in = fdopen(fd, "r");
        char line[4096];
        while (in && fgets(line, sizeof line, in)) {
            struct request request;
            struct cause why;
            if (!request_decode(&request, line, strlen(line), &why) ||
                request.verb == VERB_STOP_ALL)
                break;
            char *text = answer_to(&request, procfile, names);
            if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
                break;
            free(text);
            request_release(&request);
        }
        fclose(in);
    }
}

static void play(struct world *world, const char *procfile,
                 const char *const *names)
{
    int ready[2];
    char byte;

    FILE *file = fopen(procfile, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct session session;
        struct cause why;
        if (!session_begin(&session, procfile, &why) ||
            !session_publish(&session, getpid(), &why))
            _exit(1);
        int listener = session_listen(&session, &why);
        if (listener < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        serve(listener, procfile, names);
    }
    world->children[world->child_count++] = child;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    strcpy(world->base, "/tmp/test_client.XXXXXX");
    if (!getcwd(world->before, sizeof world->before) || !mkdtemp(world->base) ||
        chdir(world->base) != 0)
        return -1;
    setenv("XDG_RUNTIME_DIR", world->base, 1);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    char *command = mem_format("rm -rf %s", world->base);

    for (int i = 0; i < world->child_count; i++) {
        kill(world->children[i], SIGKILL);
        waitpid(world->children[i], NULL, 0);
    }
    int result = chdir(world->before) | system(command);
    free(command);
    free(world);
    return result;
}

/* Who answers: the Procfile's name, or why nobody does. */
static void check(const struct client_choice *choice, const char *expected)
{
    struct request request = {.verb = VERB_START_ALL};
    struct reply reply;
    struct cause why = {{0}};
    int fd = client_connect(choice, &why);

    if (fd >= 0 && client_ask(fd, &request, &reply, &why)) {
        assert_string_equal(reply.outcomes[0].text, expected);
        reply_release(&reply);
    } else if (!strstr(why.text, expected)) {
        assert_string_equal(why.text, expected);
    }
    if (fd >= 0)
        close(fd);
}

static const char *const ab[] = {"a", "b", NULL}, *const bc[] = {"b", "c",
                                                                 NULL};

static void nobody_runs_is_said_with_what_to_do(void **state)
{
    struct client_choice any = {0}, file = {.procfile = "P"},
                         none = {.procfile = "none"},
                         child = {.inherited = "/none"},
                         name = {.session = "abc"};

    (void)state;
    check(&any, "/Procfile; start one with \"procman start\"");
    check(&none, "cannot read none: No such file or directory");
    check(&child, "PROCMAN_SESSION: no session is running at /none: ");
    check(&name, "/procman/abc: ");
    fclose(fopen("P", "w"));
    check(&file, "/P; start one with \"procman -f P start\"");
}

static void the_only_session_here_is_meant(void **state)
{
    struct client_choice any = {0};

    play(*state, "Procfile.learner", ab);
    check(&any, "Procfile.learner");
}

static void a_session_elsewhere_is_not_meant(void **state)
{
    struct client_choice any = {0}, file = {.procfile = "x/Procfile"};

    assert_int_equal(system("mkdir x"), 0);
    play(*state, "x/Procfile", ab);
    check(&any, "no session is running for ");
    check(&file, "x/Procfile");
    assert_int_equal(symlink("x/Procfile", "Procfile"), 0);
    check(&any, "x/Procfile");
}

static void the_names_decide_between_two(void **state)
{
    char *a[] = {(char *)"a"}, *c[] = {(char *)"b", (char *)"c"},
         *b[] = {(char *)"b"}, *d[] = {(char *)"d"};
    struct client_choice by_a = {.names = a, .name_count = 1},
                         by_c = {.names = c, .name_count = 2},
                         by_b = {.names = b, .name_count = 1},
                         by_d = {.names = d, .name_count = 1}, any = {0};

    play(*state, "P1", ab);
    play(*state, "P2", bc);
    check(&by_a, "P1");
    check(&by_c, "P2");
    check(&by_b, "2 sessions run here, say with -f which one is meant: ");
    check(&by_d, "2 sessions run here");
    check(&any, "/P2");
}

static void what_is_said_outright_wins(void **state)
{
    struct cause why;

    play(*state, "P1", ab);
    play(*state, "P2", bc);
    char *second = session_path("P2", NULL, &why);
    struct client_choice child = {.inherited = second},
                         file = {.inherited = second, .procfile = "P1"},
                         path = {.session = second, .procfile = "P1"},
                         name = {.session = strrchr(second, '/') + 1},
                         empty = {.inherited = "", .procfile = "P1"};
    check(&child, "P2");
    check(&file, "P1");
    check(&path, "P2");
    check(&name, "P2");
    check(&empty, "P1");
    free(second);
}

static void a_lost_connection_is_said(void **state)
{
    struct client_choice any = {0};
    struct request request = {.verb = VERB_STOP_ALL};
    struct reply reply;
    struct cause why = {{0}};

    play(*state, "Procfile", ab);
    int fd = client_connect(&any, &why);
    assert_true(fd >= 0);
    assert_false(client_ask(fd, &request, &reply, &why));
    assert_string_equal(why.text, "the session ended before it answered");
    assert_false(client_ask(fd, &request, &reply, &why));
    close(fd);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(nobody_runs_is_said_with_what_to_do),
        STORY(the_only_session_here_is_meant),
        STORY(a_session_elsewhere_is_not_meant),
        STORY(the_names_decide_between_two),
        STORY(what_is_said_outright_wins),
        STORY(a_lost_connection_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
