/* Real datagrams on a real loop.  Whoever waits turns the loop meanwhile, for a
 * bounded time. */
#include "procman/mem.h"
#include "procman/notify.h"
#include "procman/os_notify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 20 };

struct world {
    char *path;
    int directory;
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    struct notify *notify;
    pid_t ours;     /* who belongs to the process */
    pid_t stranger; /* the last one who did not */
    unsigned heard, asked;
    bool close_when_heard;
    struct notify_message last;
};

static bool belongs(void *owner, pid_t pid)
{
    struct world *world = owner;

    world->asked++;
    if (pid != world->ours)
        world->stranger = pid;
    return pid == world->ours;
}

static void on_message(void *owner, const struct notify_message *message)
{
    struct world *world = owner;

    world->heard++;
    world->last = *message;
    if (world->close_when_heard) {
        notify_close(world->notify);
        world->notify = NULL;
    }
}

static const struct notify_watcher watcher = {belongs, on_message};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static struct world *make_world_at(char *path)
{
    struct world *world = mem_new(1, sizeof *world);

    world->path = path;
    world->ours = getpid();
    world->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(world->directory >= 0);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    return world;
}

static void open_notify(struct world *world)
{
    struct cause why = {{0}};

    world->notify = notify_create(&world->loop, world->directory, world->path,
                                  "web", 1, &watcher, world, &why);
    assert_string_equal(why.text, "");
    assert_non_null(world->notify);
}

static int make_world(void **state)
{
    char path[] = "/tmp/test_notify.XXXXXX";

    assert_non_null(mkdtemp(path));
    *state = make_world_at(mem_string(path));
    open_notify(*state);
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;

    if (world->notify)
        notify_close(world->notify);
    uv_close((uv_handle_t *)&world->tick, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    close(world->directory);
    assert_int_equal(rmdir(world->path), 0); /* nothing was left in it */
    free(world->path);
    free(world);
    return 0;
}

static void turn_until_asked(struct world *world, unsigned times)
{
    uint64_t until = uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);

    while (world->asked < times) {
        assert_true(uv_hrtime() < until);
        uv_run(&world->loop, UV_RUN_ONCE);
    }
}

/* ---- senders, as libsystemd does it ------------------------------------ */

static int connect_to(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(text);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    assert_true(len < sizeof address.sun_path);
    memcpy(address.sun_path, text, len);
    if (*text == '@')
        address.sun_path[0] = '\0';
    len += offsetof(struct sockaddr_un, sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, (socklen_t)len),
                     0);
    return fd;
}

static void say_bytes(struct world *world, const void *bytes, size_t len)
{
    int fd = connect_to(notify_address(world->notify));

    assert_int_equal(send(fd, bytes, len, 0), len);
    close(fd);
}

static void say(struct world *world, const char *text)
{
    say_bytes(world, text, strlen(text));
}

/* Returns the pid of the process that said it. */
static pid_t let_a_child_say(struct world *world, const char *text)
{
    int fd = connect_to(notify_address(world->notify));
    pid_t pid = fork();

    if (pid == 0)
        _exit(send(fd, text, strlen(text), 0) < 0);
    close(fd);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return pid;
}

static void send_descriptor(struct world *world, const char *text, int sent)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {(char *)(uintptr_t)text, strlen(text)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd = connect_to(notify_address(world->notify));

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof sent);
    memcpy(CMSG_DATA(header), &sent, sizeof sent);
    assert_true(sendmsg(fd, &message, 0) > 0);
    close(fd);
}

/* ---- tests -------------------------------------------------------------- */

static void what_the_process_says_is_heard(void **state)
{
    struct world *world = *state;

    say(world, "READY=1\nSTATUS=serving");
    turn_until_asked(world, 1);
    assert_int_equal(world->heard, 1);
    assert_true(world->last.ready);
    assert_string_equal(world->last.status, "serving");
}

static void messages_come_one_by_one_and_in_order(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 5; i++) {
        char text[32];
        snprintf(text, sizeof text, "STATUS=%d", i);
        say(world, text);
    }
    turn_until_asked(world, 5);
    assert_int_equal(world->heard, 5);
    assert_string_equal(world->last.status, "4");
}

static void a_stranger_is_not_heard(void **state)
{
    struct world *world = *state;

    pid_t stranger = let_a_child_say(world, "READY=1");
    turn_until_asked(world, 1);
    assert_int_equal(world->stranger, stranger);
    assert_int_equal(world->heard, 0);
}

static void a_descendant_is_heard_if_the_owner_says_so(void **state)
{
    struct world *world = *state;

    world->ours = 0;
    pid_t child = let_a_child_say(world, "READY=1");
    world->ours = child;
    turn_until_asked(world, 1);
    assert_int_equal(world->heard, 1);
}

static void nonsense_does_no_harm(void **state)
{
    struct world *world = *state;
    static char large[65536];

    memset(large, '\n', sizeof large);
    memcpy(large, "READY=1", 7);
    say(world, "");
    say(world, "hello");
    say_bytes(world, "READY=1\0READY=1", 15);
    say_bytes(world, large, sizeof large);
    say(world, "STOPPING=1");
    turn_until_asked(world, 1);
    assert_int_equal(world->asked, 1); /* the others were not worth asking */
    assert_true(world->last.stopping);
    assert_false(world->last.ready);

    say_bytes(world, large, NOTIFY_LIMIT);
    turn_until_asked(world, 2);
    assert_true(world->last.ready);
}

static size_t count_descriptors(void)
{
    DIR *all = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(all))
        count++;
    closedir(all);
    return count;
}

static void descriptors_sent_along_are_closed(void **state)
{
    struct world *world = *state;
    size_t before = count_descriptors();
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    send_descriptor(world, "BARRIER=1", ends[1]);
    send_descriptor(world, "READY=1", ends[1]);
    close(ends[1]);
    turn_until_asked(world, 1);
    assert_true(world->last.ready);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody holds it */
    close(ends[0]);
    assert_int_equal(count_descriptors(), before);
}

static void last_words_are_drained_without_the_loop(void **state)
{
    struct world *world = *state;

    say(world, "ERRNO=5");
    say(world, "STATUS=no disk");
    notify_drain(world->notify);
    assert_int_equal(world->heard, 2);
    assert_string_equal(world->last.status, "no disk");
    notify_drain(world->notify);
    assert_int_equal(world->heard, 2);
}

static void it_may_be_closed_while_it_is_heard(void **state)
{
    struct world *world = *state;

    world->close_when_heard = true;
    say(world, "READY=1");
    say(world, "READY=1");
    turn_until_asked(world, 1);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(world->heard, 1);
}

static void the_socket_is_for_its_user_only(void **state)
{
    struct world *world = *state;
    struct stat about;

    assert_int_equal(lstat(notify_address(world->notify), &about), 0);
    assert_true(S_ISSOCK(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(
        fstatat(world->directory, "notify", &about, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
}

static void two_runs_of_it_do_not_share_a_socket(void **state)
{
    struct world *world = *state;
    struct cause why;
    struct notify *second =
        notify_create(&world->loop, world->directory, world->path, "web", 2,
                      &watcher, world, &why);

    assert_non_null(second);
    assert_string_not_equal(notify_address(world->notify),
                            notify_address(second));
    notify_close(second);
    say(world, "READY=1"); /* the first one still has its folder */
    turn_until_asked(world, 1);
}

static void what_a_dead_session_left_is_in_nobodys_way(void **state)
{
    struct world *world = *state;
    struct cause why;

    notify_close(world->notify);
    world->notify = NULL;
    mkdirat(world->directory, "notify", 0700);
    for (const char *const *name =
             (const char *const[]){"notify/web.1", "notify/old.7", NULL};
         *name; name++)
        close(openat(world->directory, *name, O_CREAT | O_WRONLY, 0600));
    open_notify(world);
    say(world, "READY=1");
    turn_until_asked(world, 1);
    notify_close(world->notify);
    world->notify = NULL;
    notify_sweep(world->directory);
    assert_int_equal(faccessat(world->directory, "notify", F_OK, 0), -1);
    notify_sweep(world->directory); /* and once more is harmless */

    close(openat(world->directory, "notify", O_CREAT | O_WRONLY, 0600));
    assert_null(notify_create(&world->loop, world->directory, world->path,
                              "web", 1, &watcher, world, &why));
    assert_non_null(strstr(why.text, "/notify/web.1"));
    unlinkat(world->directory, "notify", 0);
}

static void a_path_of_any_length_will_do(void **state)
{
    char top[] = "/tmp/test_notify.XXXXXX";
    char name[121];

    (void)state;
    assert_non_null(mkdtemp(top));
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char *path = mem_format("%s/%s", top, name);
    assert_int_equal(mkdir(path, 0700), 0);

    struct world *world = make_world_at(path);
    open_notify(world);
    const char *address = notify_address(world->notify);
    assert_memory_equal(address, "@procman-", 9);
    assert_true(strlen(address) < 108);
    say(world, "READY=1");
    turn_until_asked(world, 1);
    assert_true(world->last.ready);
    void *again = world;
    end_world(&again);
    rmdir(top);
}

/* The longest path that is still told as it is, and the first that is not. */
static void the_address_is_a_path_as_long_as_it_fits(void **state)
{
    (void)state;
    for (size_t len = 90; len <= 110; len++) {
        char top[] = "/tmp/test_notify.XXXXXX";
        assert_non_null(mkdtemp(top));
        char *path =
            mem_format("%s/%0*d", top, (int)(len - strlen(top) - 1), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        struct world *world = make_world_at(path);
        open_notify(world);
        bool fits = len + strlen("/notify/web.1") <= 107;
        assert_int_equal(notify_address(world->notify)[0], fits ? '/' : '@');
        say(world, "READY=1");
        turn_until_asked(world, 1);
        void *again = world;
        end_world(&again);
        rmdir(top);
    }
}

static void a_relative_path_is_not_told_to_a_child(void **state)
{
    struct world *world = *state;
    char *address;
    struct cause why;
    int fd = os_notify_open(world->directory, "here", "s", &address, &why);

    assert_true(fd >= 0);
    assert_int_equal(*address, '@');
    free(address);
    close(fd);
}

int main(void)
{
#define WITH_WORLD(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_world, end_world)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(what_the_process_says_is_heard),
        WITH_WORLD(messages_come_one_by_one_and_in_order),
        WITH_WORLD(a_stranger_is_not_heard),
        WITH_WORLD(a_descendant_is_heard_if_the_owner_says_so),
        WITH_WORLD(nonsense_does_no_harm),
        WITH_WORLD(descriptors_sent_along_are_closed),
        WITH_WORLD(last_words_are_drained_without_the_loop),
        WITH_WORLD(it_may_be_closed_while_it_is_heard),
        WITH_WORLD(the_socket_is_for_its_user_only),
        WITH_WORLD(two_runs_of_it_do_not_share_a_socket),
        WITH_WORLD(what_a_dead_session_left_is_in_nobodys_way),
        WITH_WORLD(a_relative_path_is_not_told_to_a_child),
        cmocka_unit_test(a_path_of_any_length_will_do),
        cmocka_unit_test(the_address_is_a_path_as_long_as_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
