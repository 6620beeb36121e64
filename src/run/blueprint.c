#include "procman/blueprint.h"
#include "procman/mem.h"
#include "procman/os_file.h"

#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    return text ? mem_string(text) : NULL;
}

struct blueprint_file *blueprint_add(struct blueprint *blueprint,
                                     const char *procfile, const char *env,
                                     const char *config, const char *directory)
{
    blueprint->files = mem_resize(blueprint->files, blueprint->count + 1,
                                  sizeof *blueprint->files);
    struct blueprint_file *file = &blueprint->files[blueprint->count++];
    *file = (struct blueprint_file){
        .procfile = mem_string(procfile),
        .env = copy(env),
        .config = copy(config),
        .directory = copy(directory),
        .session = {.directory = -1, .lock = -1},
    };
    return file;
}

static void release_file(struct blueprint_file *file)
{
    session_end(&file->session);
    free(file->procfile);
    free(file->env);
    free(file->config);
    free(file->directory);
    formation_release(&file->scaled);
}

void blueprint_forget(struct blueprint *blueprint, size_t index)
{
    release_file(&blueprint->files[index]);
    blueprint->count--;
    memmove(&blueprint->files[index], &blueprint->files[index + 1],
            (blueprint->count - index) * sizeof *blueprint->files);
}

size_t blueprint_find(const struct blueprint *blueprint, const char *procfile)
{
    char *wanted = os_real_path(procfile);
    size_t i = 0;

    for (; i < blueprint->count && wanted; i++) {
        char *real = os_real_path(blueprint->files[i].procfile);
        bool same = real && strcmp(real, wanted) == 0;
        free(real);
        if (same)
            break;
    }
    free(wanted);
    return wanted ? i : blueprint->count;
}

void blueprint_release(struct blueprint *blueprint)
{
    for (size_t i = 0; i < blueprint->count; i++)
        release_file(&blueprint->files[i]);
    free(blueprint->files);
    free(blueprint->session);
    free(blueprint->formation);
    *blueprint = (struct blueprint){0};
}
