#include "procman/spill.h"
#include "procman/os.h"
#include "procman/os_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define GIVE_BACK  (UINT64_C(1) << 20)
#define ROOM_AGAIN 8 /* one part in so many */

void spill_init(struct spill *spill, int directory, uint64_t limit)
{
    *spill = (struct spill){
        .directory = directory,
        .file = -1,
        .limit = limit,
        .bound = limit,
    };
}

uint64_t spill_held(const struct spill *spill)
{
    return spill->tail - spill->head;
}

/* What lies there and has been taken out counts until it is given back. */
static uint64_t used(const struct spill *spill)
{
    return spill->tail - spill->given_back;
}

bool spill_has_room(const struct spill *spill)
{
    return spill->bound > 0 &&
           used(spill) <= spill->bound - spill->bound / ROOM_AGAIN;
}

static bool is_open(struct spill *spill)
{
    if (spill->file >= 0)
        return true;
    int file = os_open_nameless(spill->directory);
    if (file >= 0)
        spill->file = os_move_up(file);
    return file >= 0;
}

bool spill_put(struct spill *spill, const char *bytes, size_t len,
               struct cause *why)
{
    if (len > spill->bound || used(spill) > spill->bound - len)
        return false;
    if (is_open(spill) && os_write_at(spill->file, bytes, len, spill->tail)) {
        spill->tail += len;
        return true;
    }
    cause_say(why, "%s", strerror(errno));
    spill->bound = used(spill);
    if (spill->file >= 0)
        os_cut(spill->file, spill->tail); /* a part may have been written */
    return false;
}

static void become_empty(struct spill *spill)
{
    os_cut(spill->file, 0);
    spill->given_back = spill->head = spill->tail = 0;
    spill->bound = spill->limit;
}

static void give_back(struct spill *spill)
{
    uint64_t len = spill->head - spill->given_back;

    if (spill->head == spill->tail)
        become_empty(spill);
    else if (len >= GIVE_BACK &&
             os_give_back(spill->file, spill->given_back, len))
        spill->given_back = spill->head;
}

bool spill_take(struct spill *spill, struct buf *to, size_t most,
                struct cause *why)
{
    uint64_t held = spill_held(spill);
    size_t len = most < held ? most : (size_t)held;

    if (len == 0)
        return true;
    if (!os_read_at(spill->file, buf_reserve(to, len), len, spill->head)) {
        cause_say(why, "%s", strerror(errno));
        become_empty(spill);
        return false;
    }
    to->len += len;
    to->data[to->len] = '\0';
    spill->head += len;
    give_back(spill);
    return true;
}

void spill_release(struct spill *spill)
{
    if (spill->file >= 0)
        close(spill->file);
    spill_init(spill, spill->directory, spill->limit);
}
