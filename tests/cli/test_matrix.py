"""Nothing is left behind: every kind of process, and every way to end.

All sessions of the matrix run side by side, in a few threads, before the first
test looks at its own; a session whose processes are deaf takes 10 s, and costs
nothing meanwhile.
"""

import concurrent.futures
import contextlib
import fcntl
import itertools
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import termios
import time
import traceback

import pytest

from harness import (CHILDREN, PATIENCE, Box, alive, is_free, new_port,
                     state_of, until)

KINDS = ("polite", "deaf", "double-fork", "daemon", "holds-the-pipe",
         "no-environment", "bomb", "stopped")
SLOW_KINDS = ("deaf",)
HEAVY_KINDS = ("bomb",)  # two hundred processes: one bomb at a time
NO_CGROUP = "both killed without cgroup"
THREADS = 8


# The world as somebody sees it who knows nothing of procman.

def bearers_of(tag):
    """Who lives and has the tag in its arguments."""
    tag = tag.encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/cmdline", "rb") as arguments:
                    if tag in arguments.read() and alive(int(entry)):
                        found.append(int(entry))
    return found


def cgroup_of(session):
    """The control group in which a session's processes are, if any."""
    with contextlib.suppress(OSError):
        return pathlib.Path((session / "cgroup").read_text())
    return None


def cgroup_mount():
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return place
    return None


def flags(descriptor):
    return fcntl.fcntl(descriptor, fcntl.F_GETFL)


def descendants_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for child in pathlib.Path(
                f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants_of(int(child))]
    return found


class Case:
    """One session, from its start to after its end."""

    def __init__(self, kind, way):
        self.kind, self.way = kind, way
        self.box = Box()
        self.tag = f"tag-{self.box.mark}"
        self.port = new_port()
        self.master, self.slave = pty.openpty()
        self.output = self.slave
        self.reader = None  # of what procman writes, if not the terminal
        self.code = None

    def close(self):
        for pid in bearers_of(self.tag):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.box.close()
        if self.reader:
            self.reader.kill()
            self.reader.wait()
        os.close(self.slave)
        if self.master is not None:
            os.close(self.master)

    def entry(self, kind, port, ready):
        return (f"exec $PYTHON -I -S {CHILDREN}/awkward.py {kind} {self.tag} "
                f"{port} {ready}")

    def start(self):
        entries = {"web": self.entry(self.kind, self.port, "ready")}
        if self.kind == "holds-the-pipe":
            # Without it, the session would be over before anything ends it.
            entries["keeper"] = self.entry("polite", 0, "keeper")
        self.box.procfile(entries)
        self.before = (termios.tcgetattr(self.slave), flags(self.slave))
        if self.way == "stdout closed":
            self.open_pipe()
        self.running = self.box.start_into(
            self.output, stdin=self.slave,
            # It is the leader of a session whose terminal is its stdin.
            wrapper=["setsid", "--ctty", *self.wrapper()])
        self.leaders = [self.leader(name)
                        for name in ("ready", "keeper")[:len(entries)]]
        self.supervisor = self.running.supervisor()
        assert self.supervisor != self.running.pid
        [self.session] = self.box.sessions()
        self.cgroup = cgroup_of(self.session)

    def wrapper(self):
        """Where nobody sees the control groups, procman has none."""
        place = cgroup_mount()
        if self.way != NO_CGROUP or not place or os.getuid() != 0:
            return []
        return ["unshare", "--mount", "sh", "-c",
                'umount -l "$0"; exec "$@"', place]

    def leader(self, name):
        """Waits until it and its family are there."""
        until(lambda: self.box.read(name)
              or self.running.popen.poll() is not None, f"{name} is there", 20)
        assert self.running.popen.poll() is None, self.running.tail()
        return int(self.box.read(name))

    def open_pipe(self):
        read, self.output = os.pipe()
        os.mkfifo(self.box.work / "gate")
        self.reader = subprocess.Popen(
            ["sh", "-c", "read -r x < gate; exec head -1"], stdin=read,
            stdout=subprocess.DEVNULL, cwd=self.box.work)
        os.close(read)
        self.before_pipe = flags(self.output)

    def drain(self):
        """What a terminal does: it takes what is written to it."""
        os.set_blocking(self.master, False)
        with contextlib.suppress(OSError):
            while os.read(self.master, 1 << 16):
                pass

    def wait(self, seconds=25):
        def has_ended():
            if self.master is not None:
                self.drain()
            return self.running.popen.poll() is not None
        until(has_ended, f"procman has ended: {self.running.tail()}", seconds)
        return self.running.popen.returncode

    def hear(self, pattern):
        """Waits until procman has written it on its terminal."""
        said = b""
        end = time.monotonic() + 20 * PATIENCE
        os.set_blocking(self.master, False)
        while not re.search(pattern, said):
            assert time.monotonic() < end, said
            try:
                said += os.read(self.master, 1 << 16)
            except BlockingIOError:
                time.sleep(0.005)

    # What everybody may rely on afterwards.

    def check(self):
        until(lambda: not bearers_of(self.tag),
              "nobody bears the tag any more", 1)
        assert is_free(self.port)
        assert self.box.sessions() == []
        assert not (self.cgroup and self.cgroup.exists())
        if self.reader:
            assert flags(self.output) == self.before_pipe
            os.close(self.output)
        assert flags(self.slave) == self.before[1]
        if self.master is not None:
            assert termios.tcgetattr(self.slave) == self.before[0]


def ends_by(number):
    def ends(case):
        case.running.send(number)
        assert case.wait() == -number
    return ends


def ends_by_second_ctrl_c(case):
    os.write(case.master, b"\x03")
    case.hear(b"SIGINT received: stopping")
    began = time.monotonic()

    def has_ended():
        os.write(case.master, b"\x03")
        case.drain()
        return case.running.popen.poll() is not None
    until(has_ended, "procman has ended")
    assert case.running.popen.returncode == -signal.SIGINT
    assert time.monotonic() - began < 5 * PATIENCE


def ends_without_terminal(case):
    os.close(case.master)
    case.master = None
    assert case.wait() == -signal.SIGHUP


def ends_without_reader(case):
    (case.box.work / "gate").write_text("go\n")
    assert case.wait() == -signal.SIGPIPE


def ends_without_supervisor(case):
    os.kill(case.supervisor, signal.SIGKILL)
    assert case.wait() == 128 + signal.SIGKILL


def hurry_supervisor(case):
    """It takes the death of its guard for a first SIGTERM."""
    until(lambda: case.box.statuses()["web"]["state"] == "stopping",
          "the supervisor has noticed")
    os.kill(case.supervisor, signal.SIGTERM)


def ends_without_guard(case):
    case.running.send(signal.SIGKILL)
    assert case.wait() == -signal.SIGKILL
    if case.kind in SLOW_KINDS:
        hurry_supervisor(case)
    until(lambda: not alive(case.supervisor), "the supervisor has ended", 15)


def kill_both(case):
    """A guard that stands still cannot see its supervisor die."""
    case.running.send(signal.SIGSTOP)
    until(lambda: state_of(case.running.pid) == "T", "the guard stands still")
    os.kill(case.supervisor, signal.SIGKILL)
    case.running.send(signal.SIGKILL)
    assert case.wait() == -signal.SIGKILL
    until(lambda: not alive(case.supervisor), "the supervisor is dead")


def ends_and_is_started_anew(case):
    kill_both(case)
    until(lambda: not any(map(alive, case.leaders)), "its leaders are gone")
    left = len(bearers_of(case.tag))
    case.box.procfile({"web": "echo again"})
    answer = case.box.ask("start")
    assert answer.code == 0 and "again" in answer.out
    if case.kind == "no-environment" and not case.cgroup:
        # By descent, by session and by environment it is a stranger now.
        [stranger] = bearers_of(case.tag)
        os.kill(stranger, signal.SIGKILL)
        until(lambda: not alive(stranger), "the stranger is dead")
    elif case.kind != "bomb":  # nobody knows how many it was just then
        assert left == 0 or f"ended {left} process" in answer.err


def ends_by_itself(case):
    for leader in case.leaders:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGUSR1)
            os.kill(leader, signal.SIGCONT)
    assert case.wait() == 0


WAYS = {
    "SIGINT": ends_by(signal.SIGINT),
    "SIGTERM": ends_by(signal.SIGTERM),
    "SIGHUP": ends_by(signal.SIGHUP),
    "second Ctrl-C": ends_by_second_ctrl_c,
    "terminal closed": ends_without_terminal,
    "stdout closed": ends_without_reader,
    "supervisor killed": ends_without_supervisor,
    "guard killed": ends_without_guard,
    "both killed": ends_and_is_started_anew,
    NO_CGROUP: ends_and_is_started_anew,
    "by itself": ends_by_itself,
}


def judge(kind, way):
    """None if all is well, else what is not."""
    case = Case(kind, way)
    try:
        case.start()
        WAYS[way](case)
        case.check()
    except (AssertionError, OSError, ValueError, subprocess.SubprocessError):
        case.box.leftovers_expected = True
        return traceback.format_exc()
    finally:
        case.close()
    return None


@pytest.fixture(scope="module")
def verdicts(request):
    """What became of those sessions whose tests are going to be run."""
    pairs = [item.callspec.params["pair"] for item in request.session.items
             if item.fspath == request.fspath
             and "verdicts" in item.fixturenames]
    slow = [pair for pair in pairs if pair[0] in SLOW_KINDS]
    heavy = [pair for pair in pairs if pair[0] in HEAVY_KINDS]
    quick = [pair for pair in pairs if pair not in slow + heavy]
    with concurrent.futures.ThreadPoolExecutor(len(slow) or 1) as patient, \
            concurrent.futures.ThreadPoolExecutor(1) as alone, \
            concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        futures = {pair: patient.submit(judge, *pair) for pair in slow}
        futures |= {pair: alone.submit(judge, *pair) for pair in heavy}
        futures |= {pair: pool.submit(judge, *pair) for pair in quick}
        return {pair: future.result() for pair, future in futures.items()}


@pytest.mark.slow
@pytest.mark.parametrize("pair", itertools.product(KINDS, WAYS),
                         ids=lambda pair: f"{pair[0]}, {pair[1]}")
def test_nothing_is_left_behind(verdicts, pair):
    assert verdicts[pair] is None, verdicts[pair]


def test_a_second_ctrl_c_has_no_patience_with_those_who_fled_either(box):
    """One of whom nobody knows where it came from is looked for last.  The
    guard is gone: it would end who is left."""
    sleep = shutil.which("sleep")
    box.procfile({"web": "trap '' TERM; "
                         f"(setsid env -i {sleep} 1000.5 > /dev/null 2>&1 &); "
                         "echo ready; exec sleep 1000"})
    running = box.start()
    running.wait_line("^ready$", "web")
    supervisor, end = running.supervisor(), time.monotonic() + 5 * PATIENCE
    until(lambda: len(descendants_of(supervisor)) == 2, "both sleep")
    family = descendants_of(supervisor)
    running.send(signal.SIGKILL)
    running.wait_line("^SIGTERM received: stopping 1 process$")
    os.kill(supervisor, signal.SIGTERM)
    running.wait_line("^SIGTERM received again: killing 1 process$")
    until(lambda: not alive(supervisor), "the supervisor has ended", 5)
    assert not any(map(alive, family))
    assert time.monotonic() < end
    running.wait()
