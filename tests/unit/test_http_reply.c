#include "procman/http_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\n"

static void expect(const char *text, size_t len, bool ended, const char *match,
                   enum http_verdict verdict, const char *why_not)
{
    struct cause why = {{0}};
    char *bytes = malloc(len + 1); /* exactly as long, for the sanitizer */

    if (len)
        memcpy(bytes, text, len);
    enum http_verdict got =
        http_reply_judge(len ? bytes : NULL, len, ended, match, &why);
    free(bytes);
    if (got != verdict)
        fail_msg("%s: %d, not %d: %s", text, got, verdict, why.text);
    if (why_not)
        assert_string_equal(why.text, why_not);
}

static void success_is_2xx(void **state)
{
    static const struct {
        const char *text;
        enum http_verdict verdict;
        const char *why;
    } cases[] = {
        {OK "\r\n", HTTP_WELL, NULL},
        {"HTTP/1.0 200 OK\n\n", HTTP_WELL, NULL},
        {"HTTP/1.1 204\r\n\r\n", HTTP_WELL, NULL},
        {"HTTP/1.1 299 x\r\nA: b\r\n\r\nbody", HTTP_WELL, NULL},
        {"HTTP/1.1 100 Continue\r\n\r\n" OK "\r\n", HTTP_WELL, NULL},
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", HTTP_UNWELL,
         "answers 503 Service Unavailable"},
        {"HTTP/1.1 302 \x1b[31mFound\r\n\r\n", HTTP_UNWELL,
         "answers 302 ?[31mFound"},
        {"HTTP/1.1 404\r\n\r\n", HTTP_UNWELL, "answers 404"},
        {"HTTP/1.1 999 ?\r\n\r\n", HTTP_UNWELL, "answers 999 ?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i].text, strlen(cases[i].text), false, NULL,
               cases[i].verdict, cases[i].why);
}

static void what_is_not_http_is_said_to_be_none(void **state)
{
    static const char *const texts[] = {
        "hello\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1\r\n",
        "HTTP/1.1 20\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 -20 OK\r\n",
        "HTTP/1.1  200 OK\r\n",
        "HTTP/2 200\r\n",
        "\r\n",
        "\n",
        "\x15\x03\x01\x02\x02\n",
        "HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(texts[i], strlen(texts[i]), false, NULL, HTTP_UNWELL,
               "answers, but not in HTTP");
}

static void an_unfinished_answer_is_undecided_until_it_ends(void **state)
{
    static const char whole[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";

    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        expect(whole, len, false, NULL, HTTP_UNDECIDED, "");
        expect(whole, len, true, NULL, HTTP_UNWELL,
               "ends before it has answered");
    }
    expect(whole, sizeof whole - 1, false, NULL, HTTP_WELL, "");
}

static void the_body_is_searched_as_far_as_it_goes(void **state)
{
    static const struct {
        const char *text;
        bool ended;
        enum http_verdict verdict;
    } cases[] = {
        {OK "\r\n{\"health\":\"true\"}", false, HTTP_WELL},
        {OK "\r\n{\"health\":\"tr", false, HTTP_UNDECIDED},
        {OK "\r\n{\"health\":\"tr", true, HTTP_UNWELL},
        {OK "\r\n", true, HTTP_UNWELL},
        {OK "X: \"true\"\r\n\r\n", true, HTTP_UNWELL},
        {OK "Content-Length: 5\r\n\r\nfalse", false, HTTP_UNWELL},
        {OK "content-length:3\r\n\r\nfalse\"true\"", false, HTTP_UNWELL},
        {OK "Content-Length: 6\r\n\r\n\"true\"", false, HTTP_WELL},
        {OK "Content-Length: 60\r\n\r\nfalse", false, HTTP_UNDECIDED},
        {OK "Content-Length: x\r\n\r\nfalse", false, HTTP_UNDECIDED},
        {OK "Content-Length: 99999999999999999999999\r\n\r\nf", false,
         HTTP_UNDECIDED},
        {OK "Transfer-Encoding: chunked\r\n\r\n3\r\n\"tr\r\n3\r\nue\"\r\n"
            "0\r\n\r\n",
         false, HTTP_WELL},
        {OK "transfer-encoding:Chunked\r\n\r\n3\r\n\"tr\r\nA;x=y\r\nue\"",
         false, HTTP_WELL},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nfalse\r\n0\r\n", false,
         HTTP_UNWELL},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nfalse", false,
         HTTP_UNDECIDED},
        {OK "Transfer-Encoding: chunked\r\n\r\n2\r\nfalse\r\n", false,
         HTTP_UNWELL},
        {OK "Transfer-Encoding: chunked\r\n\r\n-5\r\nfalse\r\n", false,
         HTTP_UNWELL},
        {OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nfalse",
         false, HTTP_UNDECIDED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i].text, strlen(cases[i].text), cases[i].ended, "\"true\"",
               cases[i].verdict,
               cases[i].verdict == HTTP_UNWELL
                   ? "answers 200, but without \"\"true\"\" in what it says"
                   : NULL);
    expect(OK "\r\n", strlen(OK "\r\n"), false, "", HTTP_WELL, "");
    expect(OK "\r\naab", strlen(OK "\r\naab"), false, "ab", HTTP_WELL, "");
}

static void too_much_is_not_read_on(void **state)
{
    char *text = malloc(HTTP_REPLY_LIMIT + 10);

    (void)state;
    memset(text, 'x', HTTP_REPLY_LIMIT + 10);
    expect(text, HTTP_REPLY_LIMIT - 1, false, NULL, HTTP_UNDECIDED, "");
    expect(text, HTTP_REPLY_LIMIT, false, NULL, HTTP_UNWELL,
           "answers more than 64 KiB");
    memcpy(text, OK "\r\n", strlen(OK "\r\n"));
    expect(text, HTTP_REPLY_LIMIT + 10, false, "y", HTTP_UNWELL,
           "answers more than 64 KiB");
    expect(text, HTTP_REPLY_LIMIT + 10, false, "x", HTTP_WELL, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_2xx),
        cmocka_unit_test(what_is_not_http_is_said_to_be_none),
        cmocka_unit_test(an_unfinished_answer_is_undecided_until_it_ends),
        cmocka_unit_test(the_body_is_searched_as_far_as_it_goes),
        cmocka_unit_test(too_much_is_not_read_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
