#include "procman/plan.h"
#include "procman/mem.h"
#include "procman/shellwords.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **shell_argv(const char *command)
{
    char **argv = mem_new(4, sizeof *argv);

    argv[0] = mem_string("/bin/sh");
    argv[1] = mem_string("-c");
    argv[2] = mem_string(command);
    return argv;
}

static void assign(struct environment *own, const char *assignment)
{
    size_t len = strcspn(assignment, "=");
    char *name = mem_string_of(assignment, len);

    environment_set(own, name, assignment + len + 1);
    free(name);
}

/* The words become ours; the shell would make the same of the command. */
static char **direct_argv(struct shellwords *words, struct environment *own)
{
    char **argv = words->argv;

    for (size_t i = 0; i < words->assignment_count; i++)
        assign(own, words->assignments[i]);
    words->argv = NULL;
    words->argc = 0;
    return argv;
}

static void set_number(struct environment *environment, const char *name,
                       size_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", number);
    environment_set(environment, name, text);
}

/* foreman's rule.  A port that is said of an entry is that of the first
 * instance. */
static size_t port_of(const struct plan_materials *materials,
                      const struct instance *instance, int said)
{
    size_t more = instance->number ? instance->number - 1 : 0;

    if (said > 0 &&
        settings_is_own(materials->settings, instance->name, "port"))
        return (size_t)said;
    if (said > 0)
        return (size_t)said + more;
    return materials->base_port
               ? materials->base_port + 100 * instance->place + more
               : 0;
}

static void take_lookups(struct plan_process *process,
                         const struct instance *instance)
{
    const struct account *account = instance->account;

    if (account) {
        process->account = account_copy(account);
        environment_set(&process->own, "HOME", account->home);
        environment_set(&process->own, "USER", account->name);
        environment_set(&process->own, "LOGNAME", account->name);
        environment_set(&process->own, "SHELL", account->shell);
    }
    if (instance->file_values)
        environment_merge(&process->own, instance->file_values);
}

static void make_process(struct plan_process *process,
                         const struct plan_materials *materials,
                         const struct instance *instance)
{
    const struct procfile_entry *entry = instance->entry;
    struct shellwords words;

    process->name = mem_string(instance->name);
    process->entry = instance->number ? mem_string(entry->name) : NULL;
    process->command = mem_string(entry->command);
    settings_for(materials->settings, instance->name, &process->settings);
    process->after_place =
        settings_origin(materials->settings, instance->name, "after");
    if (instance->spare)
        process->settings.autostart = false;
    size_t port = port_of(materials, instance, process->settings.port);
    environment_set(&process->own, "PS", instance->name);
    if (materials->session)
        environment_set(&process->own, "PROCMAN_SESSION", materials->session);
    if (port)
        set_number(&process->own, "PORT", port);
    take_lookups(process, instance);
    environment_merge(&process->own, &process->settings.env);
    if (shellwords_parse(&words, entry->command))
        process->argv = direct_argv(&words, &process->own);
    else
        process->argv = shell_argv(entry->command);
    shellwords_release(&words);
}

static void take_notifiers(struct plan *plan, const struct settings *settings)
{
    struct session_settings session;

    settings_of_session(settings, &session);
    plan->notifiers = session.notifiers;
    session.notifiers = (struct value_names){0};
    session_settings_release(&session);
}

void plan_make(struct plan *plan, const struct plan_materials *materials)
{
    *plan = (struct plan){
        .processes =
            mem_new(materials->instances->count, sizeof *plan->processes),
        .count = materials->instances->count,
    };
    environment_copy(&plan->environment, materials->environment);
    take_notifiers(plan, materials->settings);
    for (size_t i = 0; i < plan->count; i++)
        make_process(&plan->processes[i], materials,
                     &materials->instances->all[i]);
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_process *process = &plan->processes[i];
        for (char **word = process->argv; *word; word++)
            free(*word);
        free(process->argv);
        free(process->name);
        free(process->entry);
        free(process->command);
        account_free(process->account);
        free(process->after_place);
        environment_release(&process->own);
        process_settings_release(&process->settings);
    }
    free(plan->processes);
    environment_release(&plan->environment);
    value_names_release(&plan->notifiers);
    *plan = (struct plan){0};
}

size_t plan_find(const struct plan *plan, const char *name)
{
    size_t i = 0;

    while (i < plan->count && strcmp(plan->processes[i].name, name) != 0)
        i++;
    return i;
}

struct order_member plan_order_member(const struct plan_process *process)
{
    return (struct order_member){
        .name = process->name,
        .after = (const char *const *)process->settings.after.names,
        .after_count = process->settings.after.count,
        .place = process->after_place,
        .entry = process->entry,
    };
}

static bool is_set_in(const struct environment *environment, const char *string)
{
    size_t len = strcspn(string, "=") + 1;

    for (size_t i = 0; i < environment->count; i++)
        if (strncmp(environment->strings[i], string, len) == 0)
            return true;
    return false;
}

char **plan_environment(const struct environment *session,
                        const struct environment *own)
{
    char **row = mem_new(session->count + own->count + 1, sizeof *row);
    size_t count = 0;

    for (size_t i = 0; i < session->count; i++)
        if (!is_set_in(own, session->strings[i]))
            row[count++] = session->strings[i];
    for (size_t i = 0; i < own->count; i++)
        row[count++] = own->strings[i];
    return row;
}
