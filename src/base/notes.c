#include "procman/notes.h"
#include "procman/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void notes_add(struct notes *notes, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    notes->texts =
        mem_resize(notes->texts, notes->count + 1, sizeof *notes->texts);
    notes->texts[notes->count++] = mem_string(text);
}

void notes_release(struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->texts[i]);
    free(notes->texts);
    *notes = (struct notes){0};
}
