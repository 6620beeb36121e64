"""procman signal, pause and resume."""

import os
import re
import signal

import pytest

from harness import (CHILDREN, PATIENCE, alive, bearers, command_line,
                     state_of, until)

STAY = "exec sleep 1000"
REPORTER = f"exec $PYTHON {CHILDREN}/reporter.py"
NOTIFIER = f"exec $PYTHON {CHILDREN}/notifier.py"


def sections(box, text):
    box.write("procman.ini", text)


def reporting(box, command=REPORTER):
    """A session with one that says which signals it gets, and its pid."""
    box.procfile({"web": command, "other": STAY})
    running = box.start()
    running.wait_line("^ready$", "web")
    return running, running.pid_of("web")


# ---- signals ----------------------------------------------------------------

@pytest.mark.parametrize("word", ["HUP", "SIGHUP", "hup", "1"])
def test_a_signal_has_a_name_or_a_number(box, word):
    running, pid = reporting(box)
    assert box.ask("signal", word, "web") == (0, "web got SIGHUP\n", "")
    running.wait_line("^got SIGHUP$", "web")
    assert running.wait_line("SIGHUP", "procman").text == \
        "web got SIGHUP, as asked"
    assert alive(pid)


@pytest.mark.parametrize("word, told", [
    ("HPU", '"HPU" is no signal; did you mean HUP?'),
    ("SIGUSR", '"SIGUSR" is no signal; did you mean USR1?'),
    ("0", '"0" is no signal; write it like TERM or 15'),
    ("99", '"99" is no signal; write it like TERM or 15'),
    ("-", '"-" is no signal; write it like TERM or 15'),
])
def test_what_is_no_signal_is_refused(box, word, told):
    box.procfile({"web": STAY})
    running = box.start()
    pid = running.pid_of("web")
    assert box.ask("signal", word, "web") == (2, "", f"procman: {told}\n")
    assert alive(pid)


def test_a_signal_needs_a_name_and_an_unknown_one_gets_nobody_any(box):
    running, pid = reporting(box)
    assert box.ask("signal").code == 2
    assert box.ask("signal", "HUP").code == 2
    answer = box.ask("signal", "TERM", "web", "wbe")
    assert answer.code == 2 and 'did you mean "web"?' in answer.err
    assert alive(pid)
    assert running.stop() == -signal.SIGINT


def test_one_that_does_not_run_gets_no_signal(box):
    running, pid = reporting(box)
    assert box.ask("stop", "other").code == 0
    answer = box.ask("signal", "USR1", "other", "web")
    assert answer.code == 1
    assert sorted(answer.out.splitlines()) == \
        ["other does not run", "web got SIGUSR1"]
    running.wait_line("^got SIGUSR1$", "web")


def test_all_but_one_can_be_meant(box):
    running, _ = reporting(box)
    assert box.ask("signal", "HUP", "-x", "other") == \
        (0, "web got SIGHUP\n", "")
    running.wait_line("^got SIGHUP$", "web")


def test_a_signal_is_for_the_process_itself_or_for_its_group(box):
    # The shell takes no notice; its child says what it gets.
    running, _ = reporting(
        box, f"trap 'echo shell' HUP; $PYTHON {CHILDREN}/reporter.py & "
             "while :; do wait; done")
    assert box.ask("signal", "HUP", "web").code == 0
    running.wait_line("^shell$", "web")
    assert "got SIGHUP" not in running.shown("web")
    assert box.ask("signal", "--group", "HUP", "web") == \
        (0, "web got SIGHUP, with its process group\n", "")
    running.wait_line("^got SIGHUP$", "web")


def test_who_ends_by_a_signal_has_ended_by_itself(box):
    box.procfile({"again": STAY, "once": STAY, "stay": STAY})
    sections(box, "[again]\nrestart = on-failure\nrestart-delay = 1ms\n")
    running = box.start()
    first = running.pid_of("again")
    running.pid_of("once")
    after = running.count()
    assert box.ask("signal", "KILL", "again", "once").code == 0
    assert running.pid_of("again", after=after) != first
    until(lambda: box.statuses()["once"]["state"] == "failed", "it failed")
    last = box.statuses()["once"]["last_exit"]
    assert last == {"signal": 9, "asked": False}
    assert box.ask("run", "stop-all").code == 0
    assert running.wait() == 128 + 9


# ---- pause, resume ----------------------------------------------------------

def test_a_paused_process_stands_still_with_its_group_until_it_is_resumed(box):
    box.procfile({"web": f"exec $PYTHON {CHILDREN}/ticker.py",
                  "two": "sleep 1001 & sleep 1002; true"})
    running = box.start()
    web = running.pid_of("web")
    running.wait_line("^tick$", "web")
    until(lambda: sum(command_line(pid)[:1] == ["sleep"]
                      for pid in bearers(box.mark)) == 2, "both sleep")
    assert box.ask("pause", "web", "two") == \
        (0, "web is paused\ntwo is paused\n", "")
    until(lambda: state_of(web) == "T", "web stands still")
    for pid in bearers(box.mark):
        if command_line(pid)[:1] == ["sleep"]:
            until(lambda pid=pid: state_of(pid) == "T", "all of two")
    statuses = box.statuses()
    assert statuses["web"]["state"] == statuses["two"]["state"] == "paused"
    assert statuses["web"]["pid"] == web
    assert box.ask("pause", "web") == (0, "web was paused already\n", "")
    after = running.count()
    assert box.ask("resume", "web", "two") == \
        (0, "web goes on\ntwo goes on\n", "")
    running.wait_line("^tick$", "web", after=after)
    assert box.statuses()["web"]["state"] == "ready"
    assert box.ask("resume", "web") == (0, "web was not paused\n", "")


def test_stop_and_cont_are_pause_and_resume(box):
    running, pid = reporting(box)
    assert box.ask("signal", "STOP", "web") == (0, "web is paused\n", "")
    assert box.statuses()["web"]["state"] == "paused"
    assert box.ask("signal", "CONT", "web") == (0, "web goes on\n", "")
    until(lambda: state_of(pid) == "S", "it goes on")
    assert box.statuses()["web"]["state"] == "ready"
    assert running.stop() == -signal.SIGINT


def test_only_what_runs_can_be_paused(box):
    running, _ = reporting(box)
    assert box.ask("stop", "other").code == 0
    assert box.ask("pause", "other") == (1, "other does not run\n", "")
    assert box.ask("resume", "other") == (1, "other does not run\n", "")
    assert box.ask("pause").code == 2
    assert running.stop() == -signal.SIGINT


def test_a_paused_process_can_be_stopped_and_restarted_as_ever(box):
    running, pid = reporting(box)
    assert box.ask("pause", "web").code == 0
    until(lambda: state_of(pid) == "T", "it stands still")
    answer = box.ask("restart", "web")
    assert answer.code == 0 and "restarted" in answer.out
    running.wait_line("^got SIGTERM$", "web")  # it was heard, not killed
    assert box.statuses()["web"]["state"] == "ready"
    assert box.ask("pause", "web").code == 0
    assert re.fullmatch("web stopped: SIGTERM, .*\n",
                        box.ask("stop", "web").out)


def test_the_end_of_the_session_wakes_the_paused(box):
    running, pid = reporting(box)
    assert box.ask("pause", "web").code == 0
    until(lambda: state_of(pid) == "T", "it stands still")
    assert running.stop() == -signal.SIGINT
    assert "got SIGTERM" in running.shown("web")


def clock(box, name):
    """A second goes by, in which `name` does not become ready."""
    assert box.ask("wait", name, "--timeout", "1s").code == 124


def test_who_is_paused_need_not_say_that_it_is_alive(box):
    box.write("gate", "")
    box.procfile({"web": f"{NOTIFIER} 0.05", "stay": STAY})
    sections(box, "[web]\nready = notify\nalive = notify\n"
                  f"alive-interval = {1500 * PATIENCE}ms\n")
    running = box.start()
    pid = running.pid_of("web")
    running.wait_line("^web is ready", "procman")
    assert box.ask("pause", "web").code == 0
    for _ in range(2 * PATIENCE):
        clock(box, "web")
    assert box.ask("resume", "web").code == 0
    assert box.statuses()["web"]["pid"] == pid
    assert not any("not well" in line for line in running.shown("procman"))
    # It is watched again.
    os.kill(pid, signal.SIGSTOP)
    running.wait_line("^web is not well: it no longer says", "procman")


def test_who_is_paused_is_not_asked_whether_it_is_alive(box):
    box.procfile({"web": STAY, "stay": STAY})
    sections(box, "[web]\nalive = exec:echo asked >> asked; test ! -e ill\n"
                  "alive-interval = 50ms\n")
    running = box.start()
    running.pid_of("web")
    box.wait_file("asked")
    assert box.ask("pause", "web").code == 0
    box.write("ill", "")
    asked = box.read("asked")
    clock(box, "web")
    # The one that was under way may have been told before it was killed.
    assert len(box.read("asked")) - len(asked) <= len("asked\n")
    assert box.statuses()["web"]["state"] == "paused"
    assert box.ask("resume", "web").code == 0
    running.wait_line("^web is not well", "procman")


def test_the_time_to_become_ready_stands_still_in_a_pause(box):
    box.procfile({"web": STAY, "stay": STAY})
    sections(box, "[web]\nready = log:never\n"
                  "ready-timeout = 2500ms\n")
    running = box.start()
    running.pid_of("web")
    assert box.ask("pause", "web").code == 0
    for _ in range(3):
        clock(box, "web")
    assert box.statuses()["web"]["state"] == "paused"
    assert box.ask("resume", "web").code == 0
    running.wait_line("^web is not well: it is not ready after", "procman")


def test_a_paused_process_is_not_ready_for_those_who_wait(box):
    running, _ = reporting(box)
    assert box.ask("pause", "web").code == 0
    assert box.ask("wait", "web", "--timeout", "100ms") == \
        (124, "web is not ready: it is paused\n",
         "procman: not within 100 ms\n")
    answer = box.ask_in_background("wait", "web", "--timeout", "60s")
    assert box.ask("resume", "web").code == 0
    assert answer().code == 0
    assert running.stop() == -signal.SIGINT


def test_a_paused_process_is_none_of_those_that_stay_ready(box):
    box.procfile({"one": STAY, "two": STAY})
    sections(box, "[*]\ngroup = members\n")
    running = box.start()
    running.pid_of("two")
    assert box.ask("pause", "one").code == 0
    answer = box.ask("stop", "--min-ready", "1", "two")
    assert answer.code == 1 and "not ready: one" in answer.err
    assert box.ask("resume", "one").code == 0
    assert box.ask("stop", "--min-ready", "1", "two").code == 0


def test_a_rolling_restart_wakes_the_paused(box):
    box.procfile({name: STAY for name in ("one", "two", "three")})
    running = box.start()
    running.pid_of("three")
    before = box.running_pids()
    assert box.ask("pause", "two").code == 0
    assert box.ask("restart", "--rolling", "*").code == 0
    statuses = box.statuses()
    assert {one["state"] for one in statuses.values()} == {"ready"}
    assert not set(before.values()) & \
        {one["pid"] for one in statuses.values()}


def test_a_paused_process_that_is_killed_has_failed(box):
    running, pid = reporting(box)
    assert box.ask("pause", "web").code == 0
    assert box.ask("signal", "KILL", "web").code == 0
    running.wait_line("^web was ended by SIGKILL", "procman")
    until(lambda: box.statuses()["web"]["state"] == "failed", "it has failed")
    assert not alive(pid)
    answer = box.ask("run", "start", "web")
    assert answer.code == 0
    assert box.statuses()["web"]["state"] == "ready"


def test_ctrl_z_and_fg_leave_the_paused_as_they_are(box):
    box.procfile({"web": f"exec $PYTHON {CHILDREN}/ticker.py",
                  "still": f"exec $PYTHON {CHILDREN}/ticker.py"})
    shell = 'set -m; "$@"; echo "stopped $?"; read -r x; fg'
    running = box.start_on_terminal(wrapper=["sh", "-c", shell, "sh"])
    still, web = running.pid_of("still"), running.pid_of("web")
    running.wait_line("^tick$", "still")
    assert box.ask("pause", "still").code == 0
    until(lambda: state_of(still) == "T", "it stands still")
    os.write(running.terminal, b"\x1a")
    stopped = running.wait_line(r"stopped \d+$")
    until(lambda: state_of(web) == "T", "web is stopped")
    os.write(running.terminal, b"\n")
    running.wait_line("^tick$", "web", after=running.lines.index(stopped))
    assert state_of(still) == "T"
    assert box.statuses()["still"]["state"] == "paused"
    os.write(running.terminal, b"\x03")
    running.popen.wait(10 * PATIENCE)
    assert bearers(box.mark) == []
