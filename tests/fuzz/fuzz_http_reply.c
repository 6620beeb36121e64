/* A verdict holds whatever comes after it, an answer that has ended has one,
 * and what is said of it can be printed. */
#include "procman/http_reply.h"

#include "check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    enum http_verdict before = HTTP_UNDECIDED;

    for (size_t len = size > 64 ? size - 64 : 0; len <= size; len++) {
        struct cause why = {{0}};
        enum http_verdict verdict =
            http_reply_judge(bytes, len, false, "true", &why);
        CHECK(before == HTTP_UNDECIDED || verdict == before);
        CHECK((verdict == HTTP_UNWELL) == (*why.text != '\0'));
        for (const char *at = why.text; *at; at++)
            CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
        CHECK(http_reply_judge(bytes, len, true, "true", &why) !=
              HTTP_UNDECIDED);
        before = verdict;
    }
    return 0;
}
