/* What the command line leaves open is said by the settings. */
#include "procman/command.h"
#include "procman/mem.h"
#include "procman/stamp.h"

/* goreman's -logtime is the short way to say --time, which wins. */
static void fill_time(struct options *options, const struct settings *settings,
                      const struct session_settings *session)
{
    bool here = options_given(options, "logtime");

    if (options_given(options, "time"))
        return;
    if (!here && settings_has(settings, NULL, "time"))
        options->time = session->time;
    else if (!options->logtime)
        options->time = STAMP_OFF;
}

static void fill_display(struct options *options,
                         const struct settings *settings,
                         const struct session_settings *session)
{
    if (!options_given(options, "logtime"))
        options->logtime = session->logtime;
    fill_time(options, settings, session);
    if (!options_given(options, "prefix"))
        options->prefix = session->prefix;
    if (!options_given(options, "mark-stderr"))
        options->mark_stderr = session->mark_stderr;
    if (!options_given(options, "format"))
        options->format = session->format;
    if (!options_given(options, "level"))
        options->level = session->level;
    if (!options_given(options, "raw"))
        options->raw = session->raw;
    if (!options_given(options, "spill-limit"))
        options->spill_limit = session->spill_limit;
    if (!options_given(options, "overflow"))
        options->overflow = session->overflow;
    if (!options_given(options, "color"))
        options->color = (enum color_choice)session->color;
}

void options_fill(struct options *options, const struct settings *settings)
{
    struct session_settings session;

    settings_of_session(settings, &session);
    fill_display(options, settings, &session);
    if (!options->base_port && session.base_port > 0)
        options->base_port = (unsigned)session.base_port;
    if (!options_given(options, "set-ports"))
        options->set_ports = session.set_ports;
    if (!options_given(options, "exit-on-error"))
        options->exit_on_error = session.exit_on_error;
    if (!options_given(options, "exit-on-stop"))
        options->exit_on_stop = session.exit_on_stop;
    if (!options_given(options, "rpc-server"))
        options->rpc_server = session.rpc_server;
    session_settings_release(&session);
}

void options_blueprint(const struct options *options,
                       struct blueprint *blueprint)
{
    const char *formation = options->formation;

    *blueprint = (struct blueprint){
        .formation = formation ? mem_string(formation) : NULL,
        .base_port = options->base_port,
        .set_ports =
            options_given(options, "set-ports") ? options->set_ports : -1,
    };
    blueprint_add(blueprint, options_procfile(options), options->env,
                  options->config, NULL);
    for (size_t i = 0; i < options->more_procfile_count; i++)
        blueprint_add(blueprint, options->more_procfiles[i], options->env, NULL,
                      NULL);
}
