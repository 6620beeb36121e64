/* Real descriptors of every kind, on a real loop; every wait is bounded. */
#include "procman/mem.h"
#include "procman/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 60 };

struct world {
    uv_loop_t loop;
    uv_timer_t tick; /* so that turning the loop never takes long */
    struct outbox *outbox;
    int writing, reading; /* the two ends; -1: none */
    int place;            /* of a backlog */
    int flags;            /* of the writing end, before */
    unsigned congested, relieved, broken, lost, empty, unspillable;
    uint64_t dropped_lines, dropped_bytes;
    char why[128];
};

static void on_congested(void *owner, bool congested)
{
    struct world *world = owner;

    congested ? world->congested++ : world->relieved++;
}

static void on_broken(void *owner)
{
    ((struct world *)owner)->broken++;
}

static void on_lost(void *owner, const char *why)
{
    struct world *world = owner;

    world->lost++;
    snprintf(world->why, sizeof world->why, "%s", why);
}

static void on_empty(void *owner)
{
    ((struct world *)owner)->empty++;
}

static void on_unspillable(void *owner, const char *why)
{
    struct world *world = owner;

    world->unspillable++;
    snprintf(world->why, sizeof world->why, "%s", why);
}

/* As an owner does: in the place of what is missing. */
static void on_dropped(void *owner, uint64_t lines, uint64_t bytes)
{
    struct world *world = owner;

    world->dropped_lines += lines;
    world->dropped_bytes += bytes;
    buf_add_format(outbox_pending(world->outbox), "%llu dropped\n",
                   (unsigned long long)lines);
}

static const struct outbox_watcher watcher = {
    .on_congested = on_congested,
    .on_broken = on_broken,
    .on_lost = on_lost,
    .on_empty = on_empty,
    .on_unspillable = on_unspillable,
    .on_dropped = on_dropped,
};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static int make_world(void **state)
{
    struct world *world = mem_new(1, sizeof *world);

    signal(SIGPIPE, SIG_IGN);
    world->writing = world->reading = world->place = -1;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->tick);
    uv_timer_start(&world->tick, on_tick, 5, 5);
    *state = world;
    return 0;
}

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static int end_world(void **state)
{
    struct world *world = *state;

    /* It is another program's descriptor too: nothing of it may change. */
    assert_int_equal(fcntl(world->writing, F_GETFL), world->flags);
    if (world->outbox)
        outbox_close(world->outbox);
    uv_close((uv_handle_t *)&world->tick, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    close_end(&world->writing);
    close_end(&world->reading);
    close_end(&world->place);
    free(world);
    return 0;
}

/* ---- ends ------------------------------------------------------------------ */

static void use(struct world *world, int writing, int reading)
{
    struct cause why = {{0}};

    assert_true(writing >= 0);
    world->writing = writing;
    world->reading = reading;
    world->flags = fcntl(writing, F_GETFL);
    if (reading >= 0)
        fcntl(reading, F_SETFL, O_NONBLOCK);
    world->outbox = outbox_create(&world->loop, writing, &watcher, world, &why);
    assert_string_equal(why.text, "");
    assert_non_null(world->outbox);
}

static void use_pipe(struct world *world)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    use(world, ends[1], ends[0]);
}

static void use_sockets(struct world *world)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    use(world, ends[1], ends[0]);
}

/* The master's end is what somebody looks at. */
static void use_terminal(struct world *world)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), number, locked = 0;
    char path[64];

    assert_true(master >= 0);
    assert_int_equal(ioctl(master, TIOCSPTLCK, &locked), 0);
    assert_int_equal(ioctl(master, TIOCGPTN, &number), 0);
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    use(world, open(path, O_RDWR | O_NOCTTY), master);
}

/* ---- bytes ------------------------------------------------------------------ */

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static void turn(struct world *world, uint64_t until)
{
    assert_true(uv_hrtime() < until);
    uv_run(&world->loop, UV_RUN_ONCE);
}

/* The n-th byte of all that is ever sent: what is lost or doubled shows. */
static char byte_at(size_t n)
{
    return (char)('a' + n % 251 % 26);
}

static void add(struct world *world, size_t from, size_t len)
{
    char *to = buf_reserve(outbox_pending(world->outbox), len);

    for (size_t i = 0; i < len; i++)
        to[i] = byte_at(from + i);
    outbox_pending(world->outbox)->len += len;
}

static void send_text(struct world *world, const char *text)
{
    buf_add_string(outbox_pending(world->outbox), text);
    outbox_flush(world->outbox);
}

/* Reads until `len` bytes have come, or until it has ended. */
static size_t take(struct world *world, size_t from, size_t len)
{
    uint64_t until = deadline();
    char bytes[65536];
    size_t taken = 0;

    while (taken < len) {
        size_t room = len - taken < sizeof bytes ? len - taken : sizeof bytes;
        ssize_t got = read(world->reading, bytes, room);
        if (got == 0)
            break;
        if (got < 0) {
            assert_int_equal(errno, EAGAIN);
            turn(world, until);
            continue;
        }
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != byte_at(from + taken + (size_t)i))
                fail_msg("byte %zu is wrong", from + taken + (size_t)i);
        taken += (size_t)got;
    }
    return taken;
}

static void expect(struct world *world, const char *text)
{
    uint64_t until = deadline();
    char bytes[256];
    ssize_t got;

    while ((got = read(world->reading, bytes, sizeof bytes)) < 0)
        turn(world, until);
    assert_int_equal(got, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void wait_until(struct world *world, const unsigned *count)
{
    uint64_t until = deadline();

    while (*count == 0)
        turn(world, until);
}

/* ---- stories ----------------------------------------------------------------- */

static void what_is_added_leaves_when_it_is_flushed(void **state)
{
    struct world *world = *state;
    char byte;

    use_pipe(world);
    buf_add_string(outbox_pending(world->outbox), "hello ");
    assert_int_equal(read(world->reading, &byte, 1), -1);
    assert_int_equal(outbox_waiting(world->outbox), 6);
    send_text(world, "world\n");
    assert_int_equal(outbox_waiting(world->outbox), 0);
    assert_int_equal(world->empty, 1);
    expect(world, "hello world\n");
}

static void nothing_to_flush_is_nothing(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    outbox_flush(world->outbox);
    assert_int_equal(world->empty, 0);
}

static void get_all_through(struct world *world, size_t len)
{
    size_t sent = 0, taken = 0;

    while (sent < len) {
        size_t part = len - sent < 100000 ? len - sent : 100000;
        add(world, sent, part);
        outbox_flush(world->outbox);
        sent += part;
        taken += take(world, taken, part / 2);
    }
    taken += take(world, taken, len - taken);
    assert_int_equal(taken, len);
    while (outbox_waiting(world->outbox))
        turn(world, deadline());
    assert_int_equal(world->lost, 0);
    assert_int_equal(world->broken, 0);
}

static void a_slow_reader_gets_every_byte_of_a_pipe(void **state)
{
    use_pipe(*state);
    get_all_through(*state, 5000000);
}

static void a_slow_reader_gets_every_byte_of_a_socket(void **state)
{
    use_sockets(*state);
    get_all_through(*state, 5000000);
}

static void a_slow_reader_gets_every_byte_of_a_terminal(void **state)
{
    use_terminal(*state);
    get_all_through(*state, 300000);
}

static void congestion_is_said_once_and_taken_back_at_the_end(void **state)
{
    struct world *world = *state;
    size_t len = OUTBOX_FULL + 500000; /* the pipe holds some of it */

    use_pipe(world);
    for (size_t i = 0; i < len; i += 100000) {
        add(world, i, 100000);
        outbox_flush(world->outbox);
    }
    assert_int_equal(world->congested, 1);
    assert_int_equal(world->relieved, 0);
    world->empty = 0; /* it was, as long as the pipe took all */
    size_t taken = take(world, 0, 1000000);
    assert_int_equal(world->relieved, 0);
    taken += take(world, taken, OUTBOX_FULL / 2);
    assert_int_equal(world->relieved, 0);
    assert_int_equal(world->empty, 0);
    taken += take(world, taken, len - taken);
    assert_int_equal(taken, len);
    wait_until(world, &world->empty);
    assert_int_equal(world->congested, 1);
    assert_int_equal(world->relieved, 1);
}

static void a_reader_that_goes_away_is_noticed_without_a_write(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    close_end(&world->reading);
    wait_until(world, &world->broken);
    send_text(world, "nobody hears it\n");
    assert_int_equal(outbox_waiting(world->outbox), 0);
    assert_int_equal(world->broken, 1);
    assert_int_equal(world->lost, 0);
}

static void a_reader_that_goes_away_in_the_middle_is_noticed(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    add(world, 0, OUTBOX_FULL + 1000000);
    outbox_flush(world->outbox);
    assert_int_equal(world->congested, 1);
    close_end(&world->reading);
    wait_until(world, &world->broken);
    assert_int_equal(world->relieved, 1); /* whoever was paused goes on */
    assert_int_equal(outbox_waiting(world->outbox), 0);
    add(world, 0, 1000);
    outbox_flush(world->outbox);
    assert_int_equal(outbox_waiting(world->outbox), 0);
    assert_int_equal(world->broken, 1);
}

static void a_socket_whose_other_end_goes_is_noticed_when_written(void **state)
{
    struct world *world = *state;

    use_sockets(world);
    close_end(&world->reading);
    send_text(world, "nobody\n");
    wait_until(world, &world->broken);
    assert_int_equal(world->broken, 1);
}

static void a_socket_that_says_no_more_still_listens(void **state)
{
    struct world *world = *state;

    use_sockets(world);
    shutdown(world->reading, SHUT_WR);
    for (int i = 0; i < 3; i++)
        turn(world, deadline());
    assert_int_equal(world->broken, 0);
    send_text(world, "hello\n");
    expect(world, "hello\n");
}

static void a_terminal_that_hangs_up_is_a_reader_gone(void **state)
{
    struct world *world = *state;

    use_terminal(world);
    close_end(&world->reading);
    send_text(world, "nobody\n");
    wait_until(world, &world->broken);
    assert_int_equal(world->lost, 0);
}

static void a_file_takes_everything_at_once(void **state)
{
    struct world *world = *state;
    char path[] = "/tmp/test_outbox.XXXXXX";
    int file = mkstemp(path);

    use(world, file, open(path, O_RDONLY));
    unlink(path);
    add(world, 0, 1000000);
    outbox_flush(world->outbox);
    assert_int_equal(outbox_waiting(world->outbox), 0);
    assert_int_equal(world->empty, 1);
    assert_int_equal(world->congested, 0);
    assert_int_equal(take(world, 0, 2000000), 1000000);
}

static void a_full_disk_is_said_once_and_ends_nothing(void **state)
{
    struct world *world = *state;

    use(world, open("/dev/full", O_WRONLY), -1);
    send_text(world, "one\n");
    send_text(world, "two\n");
    assert_int_equal(world->lost, 1);
    assert_string_equal(world->why, "No space left on device");
    assert_int_equal(world->broken, 0);
    assert_int_equal(outbox_waiting(world->outbox), 0);
}

static void a_closed_descriptor_is_refused(void **state)
{
    struct world *world = *state;
    struct cause why = {{0}};

    world->flags = -1; /* there is none */
    assert_null(outbox_create(&world->loop, 999, &watcher, world, &why));
    assert_string_equal(why.text, "standard output: Bad file descriptor");
}

/* ---- a backlog ------------------------------------------------------------- */

#define MEBI (1U << 20)

static void spill_to(struct world *world, uint64_t limit,
                     enum outbox_overflow overflow)
{
    use_pipe(world);
    world->place = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    outbox_spill_to(world->outbox, world->place, limit, overflow);
}

static void pile_up(struct world *world, size_t from, size_t len)
{
    for (size_t i = 0; i < len; i += 100000) {
        add(world, from + i, len - i < 100000 ? len - i : 100000);
        outbox_flush(world->outbox);
    }
}

static void what_memory_does_not_hold_leaves_in_order_from_disk(void **state)
{
    struct world *world = *state;
    size_t len = 10 * MEBI;

    spill_to(world, 100 * MEBI, OVERFLOW_BLOCK);
    pile_up(world, 0, len);
    assert_int_equal(world->congested, 0);
    assert_int_equal(take(world, 0, len / 2), len / 2);
    pile_up(world, len, len); /* behind what is still there */
    assert_int_equal(take(world, len / 2, len + len / 2), len + len / 2);
    wait_until(world, &world->empty);
    assert_int_equal(world->congested, 0);
    assert_int_equal(world->lost, 0);
    assert_int_equal(outbox_waiting(world->outbox), 0);
    send_text(world, "as ever\n");
    expect(world, "as ever\n");
}

static void what_lies_on_disk_counts_as_waiting(void **state)
{
    struct world *world = *state;

    spill_to(world, 100 * MEBI, OVERFLOW_BLOCK);
    pile_up(world, 0, 10 * MEBI);
    assert_true(outbox_waiting(world->outbox) > 9 * MEBI);
    close_end(&world->reading);
    wait_until(world, &world->broken);
    assert_int_equal(outbox_waiting(world->outbox), 0);
}

static void a_full_backlog_blocks_until_there_is_some_room(void **state)
{
    struct world *world = *state;
    size_t len = 14 * MEBI;

    spill_to(world, 8 * MEBI, OVERFLOW_BLOCK);
    pile_up(world, 0, len); /* its owner may take its time to stop */
    assert_int_equal(world->congested, 1);
    assert_int_equal(world->relieved, 0);
    world->empty = 0; /* it was, as long as the pipe took all */
    size_t taken = take(world, 0, 8 * MEBI);
    assert_int_equal(world->congested, 1);
    assert_int_equal(world->relieved, 1);
    assert_int_equal(world->empty, 0);
    taken += take(world, taken, len - taken);
    assert_int_equal(taken, len);
    wait_until(world, &world->empty);
    assert_int_equal(world->dropped_bytes, 0);
}

static size_t pile_up_lines(struct world *world, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_format(outbox_pending(world->outbox), "line %07zu\n", from + i);
        if (i % 5000 == 0)
            outbox_flush(world->outbox);
    }
    outbox_flush(world->outbox);
    return from + count;
}

/* Reads all that ever comes, as one string; free() it. */
static char *take_all(struct world *world)
{
    uint64_t until = deadline();
    struct buf all = {0};

    while (outbox_waiting(world->outbox)) {
        ssize_t got = read(world->reading, buf_reserve(&all, 65536), 65536);
        if (got > 0)
            all.len += (size_t)got;
        else
            turn(world, until);
    }
    for (ssize_t got = 1; got > 0; all.len += got > 0 ? (size_t)got : 0)
        got = read(world->reading, buf_reserve(&all, 65536), 65536);
    return buf_take(&all);
}

/* The numbers go up one by one, but where it is said how many are missing. */
static size_t count_lines(const char *text, size_t *gaps)
{
    size_t next = 0;
    char *end;

    for (*gaps = 0; *text; text = end + 1) {
        if (strncmp(text, "line ", 5) == 0) {
            assert_int_equal(strtoul(text + 5, &end, 10), next);
            assert_ptr_equal(end, text + 12);
            next++;
        } else {
            next += strtoul(text, &end, 10);
            assert_int_equal(strncmp(end, " dropped", 8), 0);
            end += 8;
            ++*gaps;
        }
        assert_int_equal(*end, '\n');
    }
    return next;
}

static void lines_that_overflow_are_dropped_whole_and_counted(void **state)
{
    struct world *world = *state;
    size_t count = 0, gaps;

    spill_to(world, 2 * MEBI, OVERFLOW_DROP);
    count = pile_up_lines(world, count, 1000000); /* 13 MB */
    assert_int_equal(world->congested, 0);
    assert_int_equal(world->dropped_lines, 0); /* how many is not known yet */
    char *text = take_all(world);
    assert_int_equal(count_lines(text, &gaps), count);
    assert_int_equal(gaps, 1);
    assert_true(world->dropped_lines > 100000);
    assert_int_equal(world->dropped_bytes, 13 * world->dropped_lines);
    free(text);
    send_text(world, "as ever\n");
    expect(world, "as ever\n");
}

static void lines_may_be_dropped_without_any_disk(void **state)
{
    struct world *world = *state;
    size_t count = 0, gaps;

    spill_to(world, 0, OVERFLOW_DROP);
    count = pile_up_lines(world, count, 1000000);
    char *text = take_all(world);
    assert_int_equal(count_lines(text, &gaps), count);
    assert_int_equal(gaps, 1);
    assert_true(world->dropped_lines > 100000);
    assert_true(strlen(text) >= OUTBOX_FULL);
    free(text);
}

static void a_disk_that_takes_no_more_is_said_and_then_it_blocks(void **state)
{
    struct rlimit before, little = {MEBI, RLIM_INFINITY};
    struct world *world = *state;
    size_t len = 10 * MEBI;

    spill_to(world, 100 * MEBI, OVERFLOW_BLOCK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    pile_up(world, 0, len);
    assert_int_equal(world->congested, 1);
    assert_int_equal(world->unspillable, 1);
    assert_string_equal(world->why, "File too large");
    assert_int_equal(take(world, 0, len), len);
    wait_until(world, &world->empty);
    assert_int_equal(world->relieved, 1);
    assert_int_equal(world->unspillable, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void what_waits_at_the_end_is_given_up(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    add(world, 0, 1000000);
    outbox_flush(world->outbox);
    assert_true(outbox_waiting(world->outbox) > 0); /* end_world() closes it */
}

static void an_outbox_keeps_no_loop_alive(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    uv_timer_stop(&world->tick);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

/* ---- batches --------------------------------------------------------------- */

static int bytes_in(int pipe)
{
    int count = 0;

    assert_int_equal(ioctl(pipe, FIONREAD, &count), 0);
    return count;
}

static void a_large_batch_leaves_before_it_is_flushed(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    add(world, 0, OUTBOX_BATCH - 1);
    outbox_pending(world->outbox);
    assert_int_equal(bytes_in(world->reading), 0);
    add(world, OUTBOX_BATCH - 1, 1);
    outbox_pending(world->outbox);
    assert_int_equal(bytes_in(world->reading), OUTBOX_BATCH);
    assert_int_equal(world->empty, 0); /* nobody is called from there */
    outbox_flush(world->outbox);
    assert_int_equal(take(world, 0, OUTBOX_BATCH), OUTBOX_BATCH);
}

static void what_goes_wrong_early_is_said_when_it_is_flushed(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    close_end(&world->reading);
    add(world, 0, 2 * OUTBOX_BATCH);
    outbox_pending(world->outbox);
    assert_int_equal(world->broken, 0);
    outbox_flush(world->outbox);
    assert_int_equal(world->broken, 1);
}

static void what_is_not_taken_early_leaves_in_its_turn(void **state)
{
    struct world *world = *state;
    size_t count = 20;

    use_pipe(world);
    for (size_t i = 0; i < count; i++)
        add(world, i * OUTBOX_BATCH, OUTBOX_BATCH);
    outbox_flush(world->outbox);
    assert_int_equal(take(world, 0, count * OUTBOX_BATCH),
                     count * OUTBOX_BATCH);
}

static void on_empty_close(void *owner)
{
    struct world *world = owner;

    world->empty++;
    outbox_close(world->outbox);
    world->outbox = NULL;
}

/* A file needs no poll, so its outbox is gone at once. */
static void who_hears_that_it_is_empty_may_close_it(void **state)
{
    struct outbox_watcher closing = watcher;
    struct world *world = *state;
    char path[] = "/tmp/test-outbox-XXXXXX";
    struct cause why;

    closing.on_empty = on_empty_close;
    world->writing = mkstemp(path);
    unlink(path);
    world->flags = fcntl(world->writing, F_GETFL);
    world->outbox =
        outbox_create(&world->loop, world->writing, &closing, world, &why);
    assert_non_null(world->outbox);
    send_text(world, "the last words\n");
    assert_int_equal(world->empty, 1);
    assert_null(world->outbox);
}

static void a_pipe_is_made_roomy(void **state)
{
    struct world *world = *state;

    use_pipe(world);
    add(world, 0, 1 << 18);
    outbox_flush(world->outbox);
    assert_int_equal(bytes_in(world->reading), 1 << 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(what_is_added_leaves_when_it_is_flushed),
        STORY(nothing_to_flush_is_nothing),
        STORY(a_slow_reader_gets_every_byte_of_a_pipe),
        STORY(a_slow_reader_gets_every_byte_of_a_socket),
        STORY(a_slow_reader_gets_every_byte_of_a_terminal),
        STORY(congestion_is_said_once_and_taken_back_at_the_end),
        STORY(a_reader_that_goes_away_is_noticed_without_a_write),
        STORY(a_reader_that_goes_away_in_the_middle_is_noticed),
        STORY(a_socket_whose_other_end_goes_is_noticed_when_written),
        STORY(a_socket_that_says_no_more_still_listens),
        STORY(a_terminal_that_hangs_up_is_a_reader_gone),
        STORY(a_file_takes_everything_at_once),
        STORY(a_full_disk_is_said_once_and_ends_nothing),
        STORY(a_closed_descriptor_is_refused),
        STORY(what_memory_does_not_hold_leaves_in_order_from_disk),
        STORY(what_lies_on_disk_counts_as_waiting),
        STORY(a_full_backlog_blocks_until_there_is_some_room),
        STORY(lines_that_overflow_are_dropped_whole_and_counted),
        STORY(lines_may_be_dropped_without_any_disk),
        STORY(a_disk_that_takes_no_more_is_said_and_then_it_blocks),
        STORY(what_waits_at_the_end_is_given_up),
        STORY(an_outbox_keeps_no_loop_alive),
        STORY(a_large_batch_leaves_before_it_is_flushed),
        STORY(what_goes_wrong_early_is_said_when_it_is_flushed),
        STORY(what_is_not_taken_early_leaves_in_its_turn),
        STORY(a_pipe_is_made_roomy),
        STORY(who_hears_that_it_is_empty_may_close_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
