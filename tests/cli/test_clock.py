"""Somebody sets the clock: what procman waits for takes as long as it takes.

The clock that jumps is preloaded (children/clock.c): what it says of the time
of day is changed in mid-run, and the lines that procman shows tell that it has
believed it.
"""

import os
import signal
import subprocess
import time

import pytest

from harness import CHILDREN, PATIENCE, SLOW, alive, bearers, state_of, until

# Longer than anything that is waited for here.
JUMPS = [5 * 3600, -5 * 3600]
WAIT = 2 * (2 if SLOW else 1)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """The preloaded library."""
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1",
                    "-o", library, CHILDREN / "clock.c"], check=True)
    return library


@pytest.fixture
def box_with_clock(box, clock):
    box.env["LD_PRELOAD"] = str(clock)
    box.env["CLOCK_OFFSET"] = str(box.dir / "offset")
    # A sanitizer would have to be the first to be loaded.
    box.env["ASAN_OPTIONS"] = \
        box.env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return box


def jump(box, seconds):
    """From one moment to the next."""
    new = box.dir / "offset.new"
    new.write_text(f"{seconds}\n")
    new.rename(box.dir / "offset")


def seconds_of_day(line):
    hours, minutes, seconds = map(int, line.raw[:8].split(":"))
    return hours * 3600 + minutes * 60 + seconds


def has_jumped(before, after, seconds):
    """By what the lines say of their time, give or take a slow machine."""
    day = 24 * 3600
    told = (seconds_of_day(after) - seconds_of_day(before)) % day
    return (told - seconds) % day < 3600


def uptimes(box):
    """A process's uptime, and two moments between which it was looked up."""
    before = time.monotonic()
    uptime = box.statuses()["web"]["uptime_ms"] / 1000
    return before, uptime, time.monotonic()


@pytest.mark.parametrize("seconds", JUMPS, ids=["forward", "back"])
def test_timers_do_not_mind_a_clock_that_jumps(box_with_clock, seconds):
    box = box_with_clock
    box.procfile({
        "web": "exec sleep 1000",
        "deaf": "trap '' TERM; echo deaf; exec sleep 1000",
        "late": "exec sleep 1000",
        "slow": "exec sleep 1000",
        "fails": "read -r up idle < /proc/uptime; echo $up; exit 1"})
    box.write("procman.ini",
              f"[deaf]\nstop-timeout = {WAIT}s\n"
              f"[late]\nready = exec:false\nready-timeout = {WAIT}s\n"
              f"[slow]\nready = delay:{WAIT}s\n"
              f"[fails]\nrestart = always\nrestart-delay = {WAIT}s\n")
    began = time.monotonic()
    running = box.start()
    running.wait_line("^deaf$", "deaf")
    running.wait_line("^fails will be started again in", "procman")
    first = uptimes(box)
    asked = time.monotonic()
    stop = box.ask_in_background("run", "stop", "deaf")
    until(lambda: box.statuses()["deaf"]["state"] == "stopping",
          "deaf is being stopped")
    jump(box, seconds)

    late = running.wait_line("^late is not well: it is not ready after")
    slow = running.wait_line("^slow is ready after", "procman")
    assert late.at - began >= WAIT and slow.at - began >= WAIT
    answer = stop()
    assert answer.code == 1 and answer.out.startswith("deaf killed after")
    assert stop.at - asked >= WAIT
    until(lambda: len(running.shown("fails")) >= 2, "fails has run again")
    once, again, *_ = map(float, running.shown("fails"))
    assert again - once >= WAIT - 0.02
    second = uptimes(box)
    assert second[0] - first[2] - 0.01 <= second[1] - first[1] \
        <= second[2] - first[0] + 0.01
    assert has_jumped(running.lines[0], slow, seconds)
    assert running.stop() == -2


def test_an_end_does_not_mind_a_clock_that_jumps(box_with_clock):
    box = box_with_clock
    box.procfile({"web": "exec sleep 1000",
                  "deaf": "trap '' TERM; echo deaf; exec sleep 1000"})
    box.write("procman.ini", f"[deaf]\nstop-timeout = {WAIT}s\n")
    for seconds in JUMPS:
        running = box.start()
        running.wait_line("^deaf$", "deaf")
        asked = running.send(signal.SIGTERM)
        running.wait_line("^SIGTERM received")
        jump(box, seconds)
        assert running.wait() == -signal.SIGTERM
        assert time.monotonic() - asked >= WAIT
        assert time.monotonic() - asked < WAIT + 15 * PATIENCE


def test_what_a_killed_session_left_is_known_whatever_the_clock_says(
        box_with_clock):
    box = box_with_clock
    for seconds in JUMPS:
        box.procfile({"web": "(setsid sleep 1000 > /dev/null 2>&1 &); "
                             "echo up; exec sleep 1000"})
        running = box.start()
        running.wait_line("^up$", "web")
        supervisor, web = running.supervisor(), running.pid_of("web")
        running.send(signal.SIGSTOP)  # or it would look after what is left
        until(lambda: state_of(running.pid) == "T", "the guard stands still")
        os.kill(supervisor, signal.SIGKILL)
        running.send(signal.SIGKILL)
        running.wait()
        until(lambda: not alive(web), "the leader is dead")
        jump(box, seconds)
        assert bearers(box.mark)
        answer = box.ask("run", "status")
        assert answer.code == 1 and "no session is running" in answer.err
        box.procfile({"web": "echo again"})
        answer = box.ask("start")
        assert answer.code == 0 and "again" in answer.out
        assert "ended 1 process that a killed session had left" in answer.err
        assert bearers(box.mark) == []
