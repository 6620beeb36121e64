/* Whatever is read is written as something that reads the same. */
#include "procman/session_info.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_info info, again;
    struct cause why;

    if (!session_info_decode(&info, (const char *)data, size, &why))
        return 0;
    char *text = session_info_encode(&info);
    if (strlen(text) <= SESSION_INFO_LIMIT) {
        if (!session_info_decode(&again, text, strlen(text), &why))
            abort();
        char *second = session_info_encode(&again);
        if (strcmp(text, second) != 0)
            abort();
        free(second);
        session_info_release(&again);
    }
    free(text);
    session_info_release(&info);
    return 0;
}
