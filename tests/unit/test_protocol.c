#include "procman/buf.h"
#include "procman/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_request(const char *line, const char *expected)
{
    struct request request;
    struct cause why = {{0}};

    if (request_decode(&request, line, strlen(line), &why)) {
        char *again = request_encode(&request);
        assert_string_equal(again, expected);
        free(again);
        request_release(&request);
    } else {
        assert_string_equal(why.text, expected);
    }
}

static void a_request_is_understood_and_written_again(void **state)
{
    (void)state;
    check_request("{\"verb\":\"restart\",\"names\":[\"etcd2\",\"a.b\"]}",
                  "{\"verb\": \"restart\", \"names\": [\"etcd2\", \"a.b\"]}\n");
    check_request("{\"verb\":\"list\"}\r\n", "{\"verb\": \"list\"}\n");
    check_request("{\"verb\":\"list\",\"names\":[]}", "{\"verb\": \"list\"}\n");
    check_request("{\"verb\":\"status\",\"names\":[\"a\"]}",
                  "{\"verb\": \"status\", \"names\": [\"a\"]}\n");
    check_request("{\"later\":[{}],\"verb\":\"stop-all\"}",
                  "{\"verb\": \"stop-all\"}\n");
}

static void a_wrong_request_is_refused_with_a_sentence(void **state)
{
    (void)state;
    check_request("[]", "no JSON object");
    check_request("{}", "\"verb\" is missing");
    check_request("{\"verb\":1}", "\"verb\" is not a string");
    check_request("{\"verb\":\"fly\"}", "unknown verb \"fly\"");
    check_request("{\"verb\":\"stop\"}",
                  "\"stop\" needs the name of a process");
    check_request("{\"verb\":\"list\",\"names\":[\"a\"]}",
                  "\"list\" takes no names");
    check_request("{\"verb\":\"stop\",\"names\":\"a\"}",
                  "\"names\" is not an array");
    check_request("{\"verb\":\"stop\",\"names\":[\"a\",1]}",
                  "\"names\" holds something that is no name");
    check_request("{\"verb\":\"list\",\"options\":{\"force\":\"yes\"}}",
                  "\"list\" has no option \"force\"");
    check_request("{\"verb\":\"list\",\"options\":[]}",
                  "\"options\" is not an object");
    check_request("{\"verb\":\"stop\",\"names\":[\"\"]}",
                  "\"names\" holds something that is no name");
}

static void what_is_no_json_is_refused(void **state)
{
    static const struct {
        const char *line;
        size_t len;
    } cases[] = {
        {"", 0},
        {"\n", 1},
        {"{\"verb\":\"list\"", 14},
        {"{\"verb\":\"list\"} x", 17},
        {"{\"verb\":\"list\"}\0", 16},
        {"{\"verb\":\"li\0st\"}", 16},
        {"{\"verb\":\"list\\u0000\"}", 21},
        {"{\"verb\":\"list\",\"verb\":\"list\"}", 29},
        {"{\"verb\":\"\xff\"}", 12},
        {"{\"verb\":\"\xc0\x80\"}", 13},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request request;
        struct cause why = {{0}};
        assert_false(
            request_decode(&request, cases[i].line, cases[i].len, &why));
        assert_int_equal(strncmp(why.text, "no JSON: ", 9), 0);
        assert_null(request.names);
    }
}

static void deep_json_and_long_requests_are_refused(void **state)
{
    struct request request;
    struct cause why;
    size_t len = PROTOCOL_REQUEST_LIMIT;
    char *line = malloc(len + 1);

    (void)state;
    memset(line, '[', len + 1);
    assert_false(request_decode(&request, line, len, &why));
    assert_non_null(strstr(why.text, "depth"));
    assert_false(request_decode(&request, line, len + 1, &why));
    assert_string_equal(why.text, "a request of more than 65536 bytes");
    free(line);
}

static void a_reply_comes_through_whole(void **state)
{
    struct reply reply = {0}, copy;
    struct cause why = {{0}};

    (void)state;
    reply_fail(&reply, 1, "it is %d", 7);
    reply_add_outcome(&reply, "web", false, "web killed after 10 s");
    reply_add_outcome(&reply, "db", true, "db stopped");
    struct status *status = reply_add_status(&reply);
    *status = (struct status){.name = strdup("web"),
                              .state = strdup("ready"),
                              .command = strdup("run \"it\"\n"),
                              .pid = INT64_MAX,
                              .uptime_ms = 12,
                              .restarts = 3,
                              .has_exited = true,
                              .exit_signal = 9,
                              .exit_asked = true};

    char *line = reply_encode(&reply);
    assert_true(reply_decode(&copy, line, strlen(line), &why));
    assert_int_equal(copy.code, 1);
    assert_string_equal(copy.error, "it is 7");
    assert_int_equal(copy.outcome_count, 2);
    assert_string_equal(copy.outcomes[0].text, "web killed after 10 s");
    assert_false(copy.outcomes[0].ok);
    assert_string_equal(copy.outcomes[1].name, "db");
    assert_true(copy.outcomes[1].ok);
    assert_int_equal(copy.status_count, 1);
    assert_string_equal(copy.statuses[0].command, "run \"it\"\n");
    assert_true(copy.statuses[0].pid == INT64_MAX);
    assert_int_equal(copy.statuses[0].restarts, 3);
    assert_int_equal(copy.statuses[0].exit_signal, 9);
    assert_true(copy.statuses[0].exit_asked);

    char *again = reply_encode(&copy);
    assert_string_equal(again, line);
    free(again);
    free(line);
    reply_release(&copy);
    reply_release(&reply);
}

static void a_wrong_reply_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"{}", "\"code\" is missing"},
        {"{\"code\":256}", "\"code\" is not a number from 0 to 255"},
        {"{\"code\":0.5}", "\"code\" is not a number from 0 to 255"},
        {"{\"code\":0,\"error\":1}", "\"error\" is not a string"},
        {"{\"code\":0,\"outcomes\":{}}", "\"outcomes\" is not an array"},
        {"{\"code\":0,\"outcomes\":[1]}", "\"outcomes\": \"name\" is missing"},
        {"{\"code\":0,\"outcomes\":[{\"name\":\"a\",\"text\":\"b\",\"ok\":1}]}",
         "\"outcomes\": \"ok\" is neither true nor false"},
        {"{\"code\":0,\"statuses\":[{\"name\":\"a\",\"state\":\"b\"}]}",
         "\"statuses\": \"command\" is missing"},
        {"{\"code\":0,\"statuses\":[{\"name\":\"a\",\"state\":\"b\","
         "\"command\":\"c\",\"last_exit\":{}}]}",
         "\"statuses\": \"last_exit\": \"code\" is missing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply;
        struct cause why = {{0}};
        assert_false(
            reply_decode(&reply, cases[i].line, strlen(cases[i].line), &why));
        assert_string_equal(why.text, cases[i].why);
        assert_null(reply.outcomes);
        assert_null(reply.statuses);
    }
}

static void strings_from_outside_are_always_written_as_json(void **state)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\", "\"a\\\"b\\\\\""},
        {"\x1b[2J\n\x7f", "\"\\u001b[2J\\u000a\\u007f\""},
        {"\xc2\x9b", "\"\\u009b\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff.", "\"\xef\xbf\xbd.\""},
        {"\xc3", "\"\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf4\x90\x80\x80",
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *names[] = {(char *)cases[i].text};
        struct request request = {
            .verb = VERB_STATUS, .names = names, .name_count = 1};
        struct buf expected = {0};
        buf_add_format(&expected, "{\"verb\": \"status\", \"names\": [%s]}\n",
                       cases[i].written);
        char *line = request_encode(&request);
        assert_string_equal(line, expected.data);
        free(line);
        buf_release(&expected);
    }
}

static void every_byte_from_outside_can_be_read_again(void **state)
{
    char text[256], *names[] = {text};
    struct request request = {.verb = VERB_STOP,
                              .names = names,
                              .name_count = 1},
                   copy;
    struct cause why = {{0}};

    (void)state;
    for (int i = 0; i < 255; i++)
        text[i] = (char)(i + 1);
    text[255] = '\0';
    char *line = request_encode(&request);
    assert_true(request_decode(&copy, line, strlen(line), &why));
    assert_int_equal(strncmp(copy.names[0], text, 127), 0);
    free(line);
    request_release(&copy);
}

static void statuses_for_programs_are_one_array(void **state)
{
    struct status two[] = {
        {.name = "a",
         .state = "idle",
         .command = "x",
         .has_exited = true,
         .exit_code = 3},
        {.name = "b", .state = "ready", .command = "y", .pid = 7},
    };
    char *text = status_json(two, 2), *none = status_json(NULL, 0);

    (void)state;
    assert_string_equal(
        text,
        "[{\"name\": \"a\", \"state\": \"idle\", \"restarts\": 0, "
        "\"command\": \"x\", \"last_exit\": {\"code\": 3, \"asked\": false}},\n"
        " {\"name\": \"b\", \"state\": \"ready\", \"pid\": 7, "
        "\"uptime_ms\": 0, \"restarts\": 0, \"command\": \"y\"}]\n");
    assert_string_equal(none, "[]\n");
    free(text);
    free(none);
}

static void every_verb_is_found_by_its_word(void **state)
{
    (void)state;
    for (int verb = 0; verb < VERBS; verb++)
        assert_int_equal(verb_find(verb_word((enum verb)verb)), verb);
    assert_int_equal(verb_find("Start"), VERBS);
    assert_int_equal(verb_find(""), VERBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_understood_and_written_again),
        cmocka_unit_test(a_wrong_request_is_refused_with_a_sentence),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(deep_json_and_long_requests_are_refused),
        cmocka_unit_test(a_reply_comes_through_whole),
        cmocka_unit_test(a_wrong_reply_is_refused_with_a_sentence),
        cmocka_unit_test(strings_from_outside_are_always_written_as_json),
        cmocka_unit_test(every_byte_from_outside_can_be_read_again),
        cmocka_unit_test(statuses_for_programs_are_one_array),
        cmocka_unit_test(every_verb_is_found_by_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
