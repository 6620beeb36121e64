/* Any line.  What becomes of it is one line that acts on no terminal, and its
 * level is one. */
#include "check.h"
#include "procman/pretty.h"

#include <stdbool.h>
#include <string.h>

static void check_rendering(const char *text, size_t size, bool color)
{
    struct buf to = {0};
    bool pretty = pretty_add(&to, text, size, color);

    CHECK(pretty || to.len == 0);
    CHECK(to.len <= 8 * size + 64);
    for (size_t i = 0; i < to.len; i++) {
        unsigned char byte = (unsigned char)to.data[i];
        CHECK(byte >= 0x20 || (color && byte == '\033'));
        CHECK(byte != 0x7f);
        CHECK(i == 0 || byte < 0x80 || byte >= 0xa0 ||
              (unsigned char)to.data[i - 1] != 0xc2);
    }
    buf_release(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    enum level level = pretty_level(text, size);

    CHECK(level <= LEVEL_FATAL);
    CHECK((*level_word(level) == '\0') == (level == LEVEL_UNKNOWN));
    check_rendering(text, size, false);
    check_rendering(text, size, true);
    return 0;
}
