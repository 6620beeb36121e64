"""A reader that does not keep up: nobody waits for it, and nothing is lost."""

import fcntl
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import subprocess
import termios
import threading
import time

import pytest

from harness import PATIENCE, SLOW, soon, text_of, until

COUNT = 400000
#  More than a pipe and the 4 MiB of memory hold.
FLOOD = f"seq -f 'line %08.0f of them' 1 {COUNT}; touch written"
BYTES = COUNT * len("line 00000000 of them\n")


class Pipe:
    """procman's output, of which we read when and what we like."""

    def __init__(self, box, *words, **popen):
        self.read_end, write_end = os.pipe()
        self.running = box.start_into(write_end, "start", "-logtime=false",
                                      *words, **popen)
        os.close(write_end)
        self.data = bytearray()

    def read(self, size=1 << 16):
        piece = os.read(self.read_end, size)
        self.data += piece
        return piece

    def read_all(self):
        while self.read():
            pass
        os.close(self.read_end)
        return self.data


def texts_of(data, name):
    return [line.split(" | ", 1)[1]
            for line in text_of(bytes(data)).splitlines()
            if line.lstrip().startswith(name + " | ")]


def assert_all_there(texts, count=COUNT):
    assert len(texts) == count
    assert texts == [f"line {i:08} of them" for i in range(1, count + 1)]


def on_disk(running):
    """The bytes of the nameless file that the supervisor has, and what the
    disk gives for it; None if it has none."""
    folder = pathlib.Path(f"/proc/{running.supervisor()}/fd")
    for descriptor in folder.iterdir():
        if "(deleted)" in os.readlink(descriptor):
            about = os.stat(descriptor)
            return about.st_size, 512 * about.st_blocks
    return None


def test_a_reader_that_stands_still_stops_nobody(box):
    box.procfile({"flood": FLOOD + "; exec sleep 100"})
    pipe = Pipe(box)
    box.wait_file("written", seconds=60)  # all of it, and nobody has read
    status = box.statuses()["flood"]
    assert status["state"] == "ready"
    size, taken = on_disk(pipe.running)
    assert size + (6 << 20) > BYTES and taken > BYTES / 2
    assert pipe.running.peak_kb() < 24 * 1024 or SLOW
    # It has no name by which it could survive.
    assert all(path.stat().st_size < 100000 or path.is_dir()
               for path in box.sessions()[0].iterdir())
    pipe.running.send(signal.SIGTERM)
    assert_all_there(texts_of(pipe.read_all(), "flood"))
    assert pipe.running.wait() == -signal.SIGTERM


def test_the_disk_gets_back_what_has_been_read(box):
    box.procfile({"flood": FLOOD + "; exec sleep 100"})
    pipe = Pipe(box)
    box.wait_file("written", seconds=60)
    _, before = on_disk(pipe.running)
    while len(pipe.data) < BYTES * 11 // 10:  # and the prefixes
        pipe.read()
    until(lambda: on_disk(pipe.running)[1] < before * 2 / 3, "room is back")
    while len(texts_of(pipe.data[-200:], "flood")) < 2 or \
            f"{COUNT:08}" not in text_of(bytes(pipe.data[-200:])):
        pipe.read()
    until(lambda: on_disk(pipe.running) is None, "the file is gone")
    pipe.running.send(signal.SIGTERM)
    assert_all_there(texts_of(pipe.read_all(), "flood"))


def test_what_comes_later_comes_behind_what_lies_on_disk(box):
    # One that trickles while another's flood lies on disk.
    box.procfile({"flood": FLOOD, "trickle":
                  "i=0; until test -e enough; do i=$((i+1)); "
                  "echo line $(printf %08d $i) of them; sleep 0.002; done; "
                  "echo $i >trickled"})
    pipe = Pipe(box)
    box.wait_file("written", seconds=60)
    while len(pipe.data) < BYTES:
        pipe.read(20000)
    box.write("enough", "")
    data = pipe.read_all()
    assert pipe.running.wait() == 0
    assert_all_there(texts_of(data, "flood"))
    assert_all_there(texts_of(data, "trickle"), int(box.read("trickled")))


def test_a_slow_reader_is_waited_for_at_the_end(box):
    box.procfile({"flood": FLOOD})
    pipe = Pipe(box)
    box.wait_file("written", seconds=60)
    for _ in range(30):
        pipe.read(100000)
        time.sleep(0.03)  # the slowness of the reader, no wait
    assert pipe.running.popen.poll() is None
    assert_all_there(texts_of(pipe.read_all(), "flood"))
    assert pipe.running.wait() == 0


def pid_of_flood(box):
    return int(box.wait_file("pid", r"\n"))


def is_asleep(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "S"


def stays_asleep(pid):
    asleep = is_asleep(pid)
    time.sleep(0.2 * PATIENCE)
    return asleep and is_asleep(pid)


def waiting_flood(count):
    return f"echo $$ >pid; exec seq -f 'line %08.0f of them' 1 {count}"


def test_beyond_the_limit_a_process_waits(box):
    box.procfile({"flood": waiting_flood(2000000)})
    pipe = Pipe(box, "--spill-limit", "2M")
    pid = pid_of_flood(box)
    until(lambda: on_disk(pipe.running), "something is on disk")

    def stands_still():
        before = on_disk(pipe.running)
        return stays_asleep(pid) and before == on_disk(pipe.running)
    until(stands_still, "the flood waits", 30)
    assert on_disk(pipe.running)[0] <= 2 << 20
    assert box.ask("run", "status").out == "*flood\n"
    assert_all_there(texts_of(pipe.read_all(), "flood"), 2000000)
    assert pipe.running.wait() == 0


def test_without_a_spill_a_process_waits_at_once(box):
    box.write("procman.ini", "[procman]\nspill-limit = 0\n")
    box.procfile({"flood": waiting_flood(1000000)})
    pipe = Pipe(box)
    pid = pid_of_flood(box)
    until(lambda: stays_asleep(pid), "the flood waits", 30)
    assert on_disk(pipe.running) is None
    assert_all_there(texts_of(pipe.read_all(), "flood"), 1000000)
    assert pipe.running.wait() == 0


DROPPED = re.compile(r"(\d+) lines? \(([0-9.]+[BKMG])\) (was|were) dropped "
                     r"here: the reader was too slow")


def count_with_gaps(data):
    """The numbers go up one by one, but where it is said how many lack."""
    expected, gaps = 1, 0
    for line in text_of(bytes(data)).splitlines():
        name, text = line.lstrip().split(" | ", 1)
        gap = DROPPED.fullmatch(text)
        if name == "flood":
            assert text == f"line {expected:08} of them"
            expected += 1
        elif gap:
            expected += int(gap[1])
            gaps += 1
    return expected - 1, gaps


@pytest.mark.parametrize("limit", ["0", "3M"])
def test_lines_may_be_dropped_and_that_is_said_in_their_place(box, limit):
    box.write("procman.ini", f"[procman]\noverflow = drop\n"
                             f"spill-limit = {limit}\n")
    box.procfile({"flood": FLOOD + f"; until test -e go; do sleep 0.01; done; "
                  f"echo line {COUNT + 1:08} of them"})
    pipe = Pipe(box)
    box.wait_file("written", seconds=60)
    assert box.ask("run", "status").out == "*flood\n"
    while not DROPPED.search(text_of(bytes(pipe.data[-200000:]))):
        pipe.read()
    box.write("go", "")
    data = pipe.read_all()
    assert pipe.running.wait() == 0
    assert count_with_gaps(data) == (COUNT + 1, 1)
    assert b"(" in data and len(data) < BYTES


def test_a_disk_without_room_is_said_once_and_then_a_process_waits(box):
    # Of the session's own files none is as large.
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    box.procfile({"flood": waiting_flood(1000000)})
    pipe = Pipe(box, preexec_fn=little_room)
    pid = pid_of_flood(box)
    until(lambda: stays_asleep(pid) and on_disk(pipe.running), "it waits", 30)
    assert box.ask("run", "status").out == "*flood\n"
    data = pipe.read_all()
    assert pipe.running.wait() == 0
    assert_all_there(texts_of(data, "flood"), 1000000)
    assert texts_of(data, "procman").count(
        "warning: cannot keep on disk what nobody reads: File too large") == 1


@pytest.mark.parametrize("words, problem", [
    (["--spill-limit", "much"],
     '-spill-limit: "much" is no size; write it like 65536, 64k or 4M'),
    (["--overflow", "spill"], '-overflow: "spill" is not block or drop')])
def test_what_is_no_limit_is_refused(box, words, problem):
    box.procfile({"web": "true"})
    answer = box.ask("start", *words)
    assert answer.code == 2
    assert problem in answer.err


# ---- terminals ----

STOP, GO = b"\x13", b"\x11"  # Ctrl-S, Ctrl-Q


def flow_of(running):
    """Lines that have arrived at the terminal by now."""
    return running.count()


def is_still(running):
    """Nothing arrives any more."""
    before = flow_of(running)
    time.sleep(0.3 * PATIENCE)
    return flow_of(running) == before


def test_ctrl_s_holds_up_the_terminal_and_nobody_else(box):
    box.procfile({"flood": "echo begin; until test -e go; do sleep 0.01; done; "
                  + FLOOD + "; exec sleep 100"})
    running = box.start_on_terminal("start", "-logtime=false")
    running.wait_line("^begin$", "flood")
    os.write(running.terminal, STOP)
    until(lambda: is_still(running), "the terminal stands still")
    box.write("go", "")
    box.wait_file("written", seconds=60)
    assert is_still(running)
    assert box.statuses()["flood"]["state"] == "ready"
    assert on_disk(running)
    os.write(running.terminal, GO)
    running.wait_line(f"^line {COUNT:08} of them$", "flood", timeout=120)
    assert_all_there(running.shown("flood")[1:])
    assert running.stop() == -signal.SIGINT


def test_ctrl_c_ends_it_although_the_terminal_is_held_up(box):
    box.procfile({"flood": "echo begin; " + FLOOD + "; exec sleep 100"})
    running = box.start_on_terminal("start", "-logtime=false")
    running.wait_line("^begin$", "flood")
    os.write(running.terminal, STOP)
    box.wait_file("written", seconds=60)
    os.write(running.terminal, b"\x03")
    assert running.wait(60) == -signal.SIGINT


def test_a_terminal_that_nobody_reads_holds_up_nobody(box):
    box.procfile({"flood": FLOOD + "; exec sleep 100"})
    running = box.start_on_terminal("start", "-logtime=false", reading=False)
    box.wait_file("written", seconds=60)
    assert box.statuses()["flood"]["state"] == "ready"
    data = bytearray()
    while f"{COUNT:08}".encode() not in data[-1000:]:
        data += os.read(running.terminal, 1 << 16)
    assert_all_there(re.findall(r"line \d{8} of them", text_of(bytes(data))))
    assert running.stop() == -signal.SIGINT


def test_at_the_end_a_reader_that_stands_still_is_waited_for(box):
    box.procfile({"web": "seq 1 400000"})
    read, write = os.pipe()
    running = box.start_into(write, "start", "-logtime=false")
    os.close(write)
    until(lambda: box.ask("list").code == 1, "all have ended", 60)
    time.sleep(7)  # longer than one in a hurry would wait
    data = bytearray()
    while piece := os.read(read, 1 << 16):
        data += piece
    os.close(read)
    assert running.wait() == 0
    shown = [line for line in text_of(bytes(data)).splitlines()
             if line.startswith("    web | ")]
    assert shown == [f"    web | {number}" for number in range(1, 400001)]


def test_a_ctrl_c_ends_the_wait_for_a_reader_that_stands_still(box):
    box.procfile({"web": "seq 1 400000"})
    read, write = os.pipe()
    running = box.start_into(write, "start")
    os.close(write)
    until(lambda: box.ask("list").code == 1, "all have ended", 60)
    running.send(signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    os.close(read)


@pytest.mark.skipif(not shutil.which("less"), reason="there is no less")
def test_less_may_stand_still_and_goes_on(box):
    box.procfile({"flood": FLOOD + "; exec sleep 100"})
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\0\x50\0\0\0\0\0")
    read, write = os.pipe()
    running = box.start_into(write, "start", "-logtime=false")
    os.close(write)
    # It asks its keys of /dev/tty: a session with this terminal.
    less = subprocess.Popen(
        ["less"], stdin=read, stdout=slave, stderr=slave,
        env={**box.env, "TERM": "vt100", "LESS": ""}, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
    os.close(read)
    seen = bytearray()

    def see(pattern):
        end = soon(60)
        while not re.search(pattern, seen):
            assert time.monotonic() < end, seen[-2000:]
            if select.select([master], [], [], 1)[0]:
                seen.extend(os.read(master, 1 << 16))
    try:
        see(rb"line 0000001\d of them")  # the first page, and there it stands
        box.wait_file("written", seconds=60)
        assert box.statuses()["flood"]["state"] == "ready"
        for page in range(2, 9):
            os.write(master, b" ")
            see(f"line {23 * page - 5:08} of them".encode())
        os.write(master, b"q")
        less.wait(20 * PATIENCE)
        assert running.wait() == -signal.SIGPIPE
    finally:
        less.kill()
        less.wait()
        os.close(master)
        os.close(slave)


# ---- exit bursts ----

def test_a_thousand_write_and_exit_at_once_and_not_a_line_is_lost(box):
    count = 1000
    box.procfile({f"w{i}": f"seq -f 'w{i} %02.0f' 1 20" for i in range(count)})
    pipe = Pipe(box)
    thread = threading.Thread(target=pipe.read_all)
    thread.start()
    assert pipe.running.wait(120) == 0
    thread.join(20)
    shown = {}
    for line in text_of(bytes(pipe.data)).splitlines():
        name, text = line.lstrip().split(" | ", 1)
        shown.setdefault(name, []).append(text)
    for i in range(count):
        assert shown[f"w{i}"] == [f"w{i} {n:02}" for n in range(1, 21)]
