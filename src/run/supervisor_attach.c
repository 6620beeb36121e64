/* Clients at a process's console: they type into it, and watch it. */
#include "console.h"
#include "procman/bytetext.h"
#include "procman/jsontext.h"
#include "procman/mem.h"
#include "supervisor_inside.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define VIEWER_LIMIT 1048576 /* bytes that wait for one that does not read */

/* ---- one viewer ----------------------------------------------------------- */

struct viewer {
    struct console_viewer seat; /* first: a seat is a viewer */
    struct console *console;
    struct control_call *call;
    char *name;
};

static void release(struct viewer *viewer)
{
    free(viewer->name);
    free(viewer);
}

static void send_part(struct viewer *viewer, struct buf *part)
{
    control_send(viewer->call, part->data, part->len);
    buf_release(part);
}

static void on_bytes(struct console_viewer *seat, const char *bytes, size_t len)
{
    struct viewer *viewer = (struct viewer *)seat;
    struct buf text = {0}, part = {0};

    bytetext_encode(&text, bytes, len);
    buf_add_string(&part, "{\"bytes\": ");
    jsontext_add_string(&part, text.data);
    buf_add_string(&part, "}\n");
    buf_release(&text);
    send_part(viewer, &part);
    if (control_waiting(viewer->call) > VIEWER_LIMIT) {
        console_leave(viewer->console, seat);
        control_hang_up(viewer->call);
        release(viewer);
    }
}

static void send_role(struct viewer *viewer)
{
    bool types = console_may_type(viewer->console, &viewer->seat);
    struct buf part = {0};

    buf_add_format(&part, "{\"types\": %s}\n", types ? "true" : "false");
    send_part(viewer, &part);
}

static void on_turn(struct console_viewer *seat)
{
    send_role((struct viewer *)seat);
}

static void on_over(struct console_viewer *seat)
{
    struct viewer *viewer = (struct viewer *)seat;
    char *text = mem_format("%s has ended", viewer->name);
    struct reply reply = {0};

    reply_add_outcome(&reply, viewer->name, true, text);
    control_answer(viewer->call, &reply);
    reply_release(&reply);
    free(text);
    release(viewer);
}

/* ---- what its client says ------------------------------------------------- */

static void on_gone(void *owner)
{
    struct viewer *viewer = owner;

    console_leave(viewer->console, &viewer->seat);
    release(viewer);
}

/* One whose turn it is not is not heard; what cannot be taken is told in the
 * place where it would have been seen. */
static void type(struct viewer *viewer, const char *text)
{
    struct buf bytes = {0};
    struct cause why;

    if (console_may_type(viewer->console, &viewer->seat) &&
        bytetext_decode(&bytes, text) && bytes.len &&
        !console_type(viewer->console, bytes.data, bytes.len, &why)) {
        char *said = mem_format("\r\nprocman: %s\r\n", why.text);
        on_bytes(&viewer->seat, said, strlen(said));
        free(said);
    }
    buf_release(&bytes);
}

static bool take_window(struct os_window *window, const json_t *object)
{
    struct cause none;
    int64_t columns, rows;

    if (!jsontext_integer(object, "columns", 1, USHRT_MAX, &columns, &none) ||
        !jsontext_integer(object, "rows", 1, USHRT_MAX, &rows, &none))
        return false;
    *window = (struct os_window){(unsigned short)columns, (unsigned short)rows};
    return true;
}

static void on_line(void *owner, const char *line, size_t len)
{
    struct viewer *viewer = owner;
    struct cause none;
    json_t *object = jsontext_object(line, len, &none);

    if (!object)
        return;
    if (take_window(&viewer->seat.window, object))
        console_viewer_resized(viewer->console);
    else if (json_object_get(object, "end"))
        console_end_input(viewer->console, &none);
    else if (json_object_get(object, "bytes"))
        type(viewer, jsontext_string(object, "bytes", &none)
                         ? jsontext_string(object, "bytes", &none)
                         : "");
    json_decref(object);
}

/* ---- requests ------------------------------------------------------------- */

static void refuse(struct control_call *call, int code, const char *name,
                   const char *why)
{
    struct reply reply = {0};

    reply_fail(&reply, code, "%s: %s", name, why);
    control_answer(call, &reply);
    reply_release(&reply);
}

/* NULL: there is none, and the call is answered. */
static struct console *console_of(struct control_call *call,
                                  const struct member *member)
{
    const char *name = member->planned->name;
    struct console *console = process_console(member->process);

    if (console)
        return console;
    if (member->spec.input == INPUT_NONE)
        refuse(call, 2, name,
               "nobody can type into it: its settings have neither "
               "\"tty = yes\" nor \"stdin = pipe\"");
    else
        refuse(call, 1, name, "it does not run");
    return NULL;
}

void supervisor_attach(struct member *member, struct control_call *call,
                       const struct request *request)
{
    static const struct control_follower follower = {on_line, NULL, on_gone};
    struct console *console = console_of(call, member);
    struct viewer *viewer;

    if (!console)
        return;
    viewer = mem_new(1, sizeof *viewer);
    *viewer = (struct viewer){
        .seat = {.on_bytes = on_bytes,
                 .on_turn = on_turn,
                 .on_over = on_over,
                 .only_looks = request_option(request, "read-only") != NULL},
        .console = console,
        .call = call,
        .name = mem_string(member->planned->name),
    };
    control_follow(call, &follower, viewer);
    console_join(console, &viewer->seat);
    send_role(viewer);
}

/* A terminal's Enter key is a carriage return. */
static bool send_text(struct console *console, const struct request *request,
                      bool terminal, struct cause *why)
{
    const char *text = request_option(request, "text");
    struct buf bytes = {0};
    bool done = true;

    if (text && !bytetext_decode(&bytes, text)) {
        buf_release(&bytes);
        return cause_say(why, "what is to be typed is no row of bytes");
    }
    if (request_option(request, "enter"))
        buf_add_char(&bytes, terminal ? '\r' : '\n');
    if (bytes.len)
        done = console_type(console, bytes.data, bytes.len, why);
    buf_release(&bytes);
    if (done && request_option(request, "end"))
        done = console_end_input(console, why);
    return done;
}

void supervisor_send_text(struct member *member, struct control_call *call,
                          const struct request *request)
{
    struct console *console = console_of(call, member);
    bool terminal = member->spec.input == INPUT_TERMINAL;
    struct reply reply = {0};
    struct cause why;

    if (!console)
        return;
    if (!send_text(console, request, terminal, &why)) {
        refuse(call, 1, member->planned->name, why.text);
        return;
    }
    control_answer(call, &reply);
    reply_release(&reply);
}
