"""Waiting for processes: procman wait, start --wait, run start --wait."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time

import pytest

from harness import Answer, PATIENCE, SLOW, alive, text_of, until

STAY = "exec sleep 1000"
# Says that it is ready when the test says so: a FIFO for each process.
GATED = 'read line < {0}; echo "{0} is up"; exec sleep 1000'


def gate(box, name):
    """A process whose readiness a test decides on."""
    os.mkfifo(box.work / name)
    return GATED.format(name)


def open_gate(box, name):
    (box.work / name).write_text("go\n")


def settings(box, text):
    box.write("procman.ini", text)


@pytest.fixture
def gated(box):
    """db and cache become ready when the test says so, web comes after db."""
    box.procfile({"db": gate(box, "db.up"), "cache": gate(box, "cache.up"),
                  "web": STAY})
    settings(box, "[db]\nready = log:is up\n[cache]\nready = log:is up\n"
                  "[web]\nafter = db\n")
    running = box.start()
    running.pid_of("db")
    running.pid_of("cache")
    return running


def has_socket(pid):
    with contextlib.suppress(OSError):
        folder = f"/proc/{pid}/fd"
        return any(os.readlink(f"{folder}/{number}").startswith("socket:")
                   for number in os.listdir(folder))
    return False


def waits(box, *words):
    """A client that waits, once it is connected: a function that gives its
    answer."""
    client = subprocess.Popen([*box.program, "wait", *words], cwd=box.work,
                              env=box.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    until(lambda: client.poll() is not None or has_socket(client.pid),
          "the client is connected")
    answers = []

    def answer():
        if not answers:
            out, err = client.communicate(timeout=40 * PATIENCE)
            answer.at = time.monotonic()
            answers.append(Answer(client.returncode, text_of(out),
                                  text_of(err)))
        return answers[0]
    return answer


def sockets(running):
    """How many the session has."""
    folder = f"/proc/{running.supervisor()}/fd"
    count = 0
    for number in os.listdir(folder):
        with contextlib.suppress(OSError):
            count += os.readlink(f"{folder}/{number}").startswith("socket:")
    return count


# ---- ready ------------------------------------------------------------------

def test_wait_answers_when_it_has_become_ready_and_not_before(box, gated):
    answer = waits(box, "db")
    assert box.statuses()["db"]["state"] == "starting"
    open_gate(box, "db.up")
    assert answer() == (0, f"db is ready: pid {gated.pid_of('db')}\n", "")


def test_wait_answers_within_a_tenth_of_a_second(box):
    box.procfile({"db": 'i=$(($(cat n) + 1)); echo $i > n; '
                        'read line < gate.$i; echo up; ' + STAY,
                  "other": STAY})
    box.write("n", "0\n")
    settings(box, "[db]\nready = log:up\nautostart = no\n")
    running = box.start()
    running.pid_of("other")
    best = 1000
    for i in range(1, 6):  # the machine may be busy: one good one will do
        os.mkfifo(box.work / f"gate.{i}")
        assert box.ask("restart", "db").code == 0
        answer = waits(box, "db")
        began = time.monotonic()
        open_gate(box, f"gate.{i}")
        assert answer().code == 0
        best = min(best, answer.at - began)
    assert best < 0.1 or SLOW


def test_without_names_all_are_waited_for_that_are_meant_to_run(box, gated):
    gated.pid_of("cache")
    answer = waits(box)
    open_gate(box, "cache.up")
    gated.wait_line("^cache is ready", "procman")
    open_gate(box, "db.up")
    result = answer()
    assert result.code == 0
    assert [line.split(":")[0] for line in result.out.splitlines()] == \
        ["db is ready", "cache is ready", "web is ready"]


def test_one_that_is_ready_already_is_no_reason_to_wait(box):
    box.procfile({"web": STAY})
    running = box.start()
    pid = running.pid_of("web")
    assert box.ask("wait", "web") == (0, f"web is ready: pid {pid}\n", "")


def test_a_timeout_says_who_is_late_and_why(box, gated):
    gated.pid_of("db")
    answer = box.ask("wait", "--timeout", "200ms")
    assert answer.code == 124
    assert answer.out == ("db is not ready: it is starting\n"
                          "cache is not ready: it is starting\n"
                          "web is not ready: it waits for db\n")
    assert answer.err == "procman: not within 200 ms\n"


def test_a_timeout_of_nothing_is_a_question(box, gated):
    gated.pid_of("db")
    assert box.ask("wait", "db", "--timeout", "0").code == 124
    open_gate(box, "db.up")
    gated.wait_line("^db is ready", "procman")
    assert box.ask("wait", "db", "--timeout", "0").code == 0


def test_what_has_failed_for_good_fails_at_once_with_the_reason(box):
    box.procfile({"web": "exit 3", "nosuch": "/nosuch/program",
                  "late": STAY, "db": STAY, "proxy": STAY, "stay": STAY})
    settings(box, "[late]\nready = log:never\nready-timeout = 100ms\n"
                  "[proxy]\nafter = late\n")
    running = box.start()
    running.wait_line("^late was ended", "procman")
    until(lambda: box.statuses()["late"]["state"] == "failed", "late failed")
    assert re.fullmatch(r"web is not ready: it exited with code 3 after .*\n",
                        box.ask("wait", "web").out)
    assert box.ask("wait", "nosuch").out == \
        "nosuch is not ready: cannot start: /nosuch/program: not found " \
        "(No such file or directory)\n"
    assert box.ask("wait", "late").out == \
        "late is not ready: it is not ready after 100 ms\n"
    assert box.ask("wait", "proxy").out == \
        "proxy is not ready: late has failed\n"
    for name in ("web", "nosuch", "late", "proxy"):
        assert box.ask("wait", name).code == 1
    assert box.ask("wait", "stay", "db").code == 0


def test_one_that_fails_meanwhile_ends_the_waiting_for_all(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"db": "read line < gate; exit 4", "web": STAY})
    settings(box, "[db]\nready = log:up\n[web]\nready = log:up\n")
    running = box.start()
    running.pid_of("web")
    answer = waits(box, "web", "db")
    open_gate(box, "gate")
    result = answer()
    assert result.code == 1
    assert re.search("^db is not ready: it exited with code 4", result.out,
                     re.MULTILINE)
    assert "web is not ready: it is starting\n" in result.out


def test_a_restart_that_the_policy_makes_is_waited_for(box):
    box.procfile({"web": "test -e fine || exit 1; echo up; " + STAY})
    settings(box, "[web]\nready = log:up\nrestart = on-failure\n"
                  "restart-delay = 100ms\nrestart-limit = 0\n")
    running = box.start()
    running.wait_line("^web will be started again", "procman")
    answer = waits(box, "web")
    box.write("fine", "")
    assert answer().code == 0


def test_what_somebody_has_stopped_fails_when_it_is_named(box):
    box.procfile({"web": STAY, "other": STAY, "console": STAY})
    settings(box, "[console]\nautostart = no\n")
    running = box.start()
    running.pid_of("other")
    assert box.ask("stop", "web").code == 0
    assert box.ask("wait", "web") == \
        (1, "web is not ready: it was stopped\n", "")
    assert box.ask("wait", "console") == \
        (1, "console is not ready: it was not started\n", "")
    # Nobody means it to run.
    assert re.fullmatch(r"other is ready: pid \d+\n", box.ask("wait").out)


def test_stopping_one_ends_the_waiting_for_it(box, gated):
    gated.pid_of("db")
    answer = waits(box, "db")
    assert box.ask("stop", "db").code == 0
    assert answer().code == 1
    assert re.fullmatch("db is not ready: it (is being|was) stopped\n",
                        answer().out)


def test_a_task_that_has_ended_well_is_ready(box):
    box.procfile({"migrate": "true", "fails": "false", "hello": "echo hello",
                  "serve": "echo up", "stay": STAY})
    settings(box, "[migrate]\nkind = task\n[fails]\nkind = task\n"
                  "[serve]\nready = log:up\n")
    running = box.start()
    running.wait_line("^serve exited", "procman")
    assert re.fullmatch(r"migrate is done: it exited with code 0 after .*\n",
                        box.ask("wait", "migrate").out)
    assert box.ask("wait", "fails").code == 1
    # Of this one no more could be known than that it ran.
    assert box.ask("wait", "hello").code == 0
    # This one was to serve.
    answer = box.ask("wait", "serve")
    assert answer.code == 1 and "it exited with code 0" in answer.out


def test_the_end_of_the_session_ends_the_waiting(box, gated):
    gated.pid_of("db")
    answer = waits(box, "db")
    gated.stop()
    result = answer()
    assert result.code == 1
    assert result.out.startswith("db is not ready: ") or \
        "ended before it answered" in result.err  # it was that quick


def test_a_client_that_has_gone_is_forgotten(box, gated):
    gated.pid_of("db")
    before = sockets(gated)  # nobody has asked anything yet
    client = subprocess.Popen([*box.program, "wait", "db"], cwd=box.work,
                              env=box.env)
    until(lambda: sockets(gated) > before, "it is connected")
    client.kill()
    client.wait()
    until(lambda: sockets(gated) == before, "the session has closed its end")
    open_gate(box, "db.up")
    gated.wait_line("^db is ready", "procman")
    assert box.ask("wait", "db").code == 0
    assert gated.stop() == -signal.SIGINT


# ---- stopped, exited --------------------------------------------------------

def test_stopped_is_when_nothing_of_it_is_left(box):
    box.procfile({"web": "trap '' TERM; echo deaf; while :; do sleep 0.05; "
                         "done", "other": STAY})
    settings(box, "[web]\nstop-timeout = 300ms\n")
    running = box.start()
    pid = running.pid_of("web")
    running.wait_line("deaf", "web")
    answer = waits(box, "--stopped", "web")
    assert box.ask("stop", "web").code == 1  # by SIGKILL
    assert answer() == (0, "web is stopped\n", "")
    assert not alive(pid)
    assert box.ask("wait", "--stopped", "web").code == 0
    assert box.ask("wait", "--stopped", "other", "--timeout", "100ms") == \
        (124, "other is not stopped: it runs\n",
         "procman: not within 100 ms\n")


def test_exited_is_about_the_run_that_goes_on(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"job": "read line < gate; exit 0", "stay": STAY})
    settings(box, "[job]\nrestart = always\nrestart-delay = 20s\n")
    running = box.start()
    running.pid_of("job")
    answer = waits(box, "--exited", "job")
    open_gate(box, "gate")
    result = answer()
    assert result.code == 0
    assert re.fullmatch("job exited with code 0 after .*\n", result.out)
    # It is over, and the next one has not begun.
    assert box.ask("wait", "--exited", "job").code == 0
    assert running.stop() == -signal.SIGINT


def test_exited_tells_how_and_a_failure_is_code_1(box):
    box.procfile({"good": "true", "bad": "exit 5", "stay": STAY,
                  "never": STAY})
    settings(box, "[never]\nautostart = no\n")
    running = box.start()
    running.wait_line("^bad exited", "procman")
    running.wait_line("^good exited", "procman")
    answer = box.ask("wait", "--exited", "good", "bad")
    assert answer.code == 1
    assert re.fullmatch("good exited with code 0 after .*\n"
                        "bad exited with code 5 after .*\n", answer.out)
    assert box.ask("wait", "--exited", "good").code == 0
    assert box.ask("wait", "--exited", "never").code == 1
    assert box.ask("stop", "stay").code == 0
    # The last one has gone, and the session with it.
    running.wait()


def test_what_was_stopped_has_exited_as_asked(box):
    box.procfile({"web": STAY, "other": STAY})
    running = box.start()
    running.pid_of("other")
    answer = waits(box, "--exited", "web")
    assert box.ask("stop", "web").code == 0
    result = answer()
    assert result.code == 0
    assert re.fullmatch("web was ended by SIGTERM after .*, as asked\n",
                        result.out)


# ---- a session that is to come ----------------------------------------------

def test_with_a_timeout_the_session_is_waited_for_too(box):
    box.procfile({"db": "echo up; " + STAY})
    settings(box, "[db]\nready = log:up\n")
    answer = box.ask_in_background("wait", "--timeout", "30s")
    box.start()
    assert answer().code == 0


def test_without_a_timeout_a_session_must_be_there(box):
    box.procfile({"db": STAY})
    answer = box.ask("wait")
    assert answer.code == 1
    assert "no session is running" in answer.err


def test_a_session_that_does_not_come_is_a_timeout(box):
    box.procfile({"db": STAY})
    began = time.monotonic()
    answer = box.ask("wait", "--timeout", "300ms")
    assert answer.code == 124 and "no session is running" in answer.err
    assert time.monotonic() - began >= 0.3


def test_where_no_session_can_come_nobody_waits(box):
    began = time.monotonic()
    assert box.ask("wait", "--timeout", "60s").code == 1
    assert box.ask("-f", "nosuch", "wait", "--timeout", "60s").code == 1
    assert time.monotonic() - began < 30 * PATIENCE


def test_a_session_that_is_suspended_does_not_hold_a_timeout_up(box, gated):
    gated.pid_of("db")
    os.kill(gated.supervisor(), signal.SIGSTOP)
    try:
        answer = box.ask("wait", "db", "--timeout", "200ms")
    finally:
        os.kill(gated.supervisor(), signal.SIGCONT)
    assert answer.code == 124
    assert answer.err == "procman: the session does not answer\n"


def test_bad_usage_is_told(box):
    box.procfile({"web": STAY})
    assert box.ask("wait", "--ready", "--exited").code == 2
    assert box.ask("wait", "--timeout", "soon").code == 2
    assert box.ask("start", "--timeout", "10s").code == 2
    running = box.start()
    running.pid_of("web")
    answer = box.ask("wait", "wbe")
    assert answer == (2, "", 'procman: unknown process "wbe"; did you mean '
                             '"web"?\n')
    assert box.ask("run", "start", "web", "--timeout", "1s").code == 2
    assert box.ask("run", "stop", "web", "--wait").code == 2


# ---- start --wait -----------------------------------------------------------

def test_start_wait_says_when_all_are_ready_and_stays(box):
    box.procfile({"db": gate(box, "db.up"), "web": STAY, "off": STAY,
                  "migrate": "true"})
    settings(box, "[db]\nready = log:is up\n[web]\nafter = db\n"
                  "[off]\nautostart = no\n[migrate]\nkind = task\n")
    running = box.start("start", "--wait", "--timeout", "60s")
    running.pid_of("db")
    open_gate(box, "db.up")
    line = running.wait_line("processes are ready", "procman")
    assert re.fullmatch(r"all 3 processes are ready after \S+ \S+", line.text)
    texts = running.shown("procman")
    assert texts.index(line.text) > \
        next(i for i, text in enumerate(texts) if text.startswith("web started"))
    assert running.popen.poll() is None
    assert running.stop() == -signal.SIGINT


def test_start_wait_ends_all_when_one_cannot_become_ready(box):
    box.procfile({"db": "exit 3", "web": STAY, "proxy": STAY})
    settings(box, "[db]\nready = log:up\n[proxy]\nafter = db\n")
    running = box.start("start", "--wait")
    web = running.pid_of("web")
    assert running.wait() == 1
    texts = running.shown("procman")
    assert any(re.fullmatch("db is not ready: it exited with code 3 after .*",
                            text) for text in texts)
    assert "not all can become ready: stopping all" in texts
    assert not alive(web)


def test_start_wait_has_its_time(box, gated):
    gated.stop()
    running = box.start("start", "--wait", "300ms")
    assert running.wait() == 124
    texts = running.shown("procman")
    assert "db is not ready: it is starting" in texts
    assert "not all are ready within 300 ms: stopping all" in texts


def test_what_fails_later_is_nothing_to_start_wait(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"job": "read line < gate; exit 6", "web": STAY})
    running = box.start("start", "--wait")
    running.wait_line("^all 2 processes are ready", "procman")
    open_gate(box, "gate")
    running.wait_line("^job exited with code 6", "procman")
    assert running.popen.poll() is None


def test_ctrl_c_while_start_waits_is_a_ctrl_c(box, gated):
    gated.stop()
    running = box.start("start", "--wait")
    running.wait_line("^web waits for db", "procman")
    assert running.stop() == -signal.SIGINT
    assert not any("not all" in text for text in running.shown("procman"))


def test_tasks_alone_are_ready_when_they_have_ended_well(box):
    box.procfile({"a": "true", "b": "true"})
    settings(box, "[*]\nkind = task\n")
    running = box.start("start", "--wait")
    assert running.wait() == 0
    assert any(text.startswith("all 2 processes are ready after")
               for text in running.shown("procman"))


@pytest.mark.parametrize("waits_too", [True, False])
def test_whoever_has_started_procman_is_told_that_all_are_ready(box,
                                                                 waits_too):
    # Here it is another procman, which waits for READY=1 as systemd does.
    words = "start --wait" if waits_too else "start"
    box.procfile({"db": gate(box, "db.up")}, name="Procfile.inner")
    box.write("procman.inner.ini", "[db]\nready = log:is up\n")
    box.procfile({"inner": f"exec {shlex.join(box.program)} "
                           f"-f Procfile.inner {words}"})
    settings(box, "[inner]\nready = notify\n")
    outer = box.start()
    outer.wait_line("db started with pid", "inner")
    assert box.ask("-f", "Procfile", "wait", "--timeout", "0").code == 124
    open_gate(box, "db.up")
    outer.wait_line("db is ready after", "inner")
    if waits_too:
        outer.wait_line("^inner is ready after", "procman")
    else:
        assert box.ask("-f", "Procfile", "wait", "--timeout", "0").code == 124
    assert outer.stop() == -signal.SIGINT


# ---- run start --wait, run restart --wait -----------------------------------

def test_a_start_and_a_restart_can_wait(box):
    box.procfile({"db": 'i=$(($(cat n)+1)); echo $i > n; read line < gate.$i; '
                        'echo up; ' + STAY, "other": STAY})
    box.write("n", "0\n")
    for i in (1, 2):
        os.mkfifo(box.work / f"gate.{i}")
    settings(box, "[db]\nready = log:up\nautostart = no\n")
    running = box.start()
    running.pid_of("other")
    answer = box.ask_in_background("run", "start", "db", "--wait",
                                   "--timeout", "60s")
    first = running.pid_of("db")
    open_gate(box, "gate.1")
    assert answer() == (0, f"db started: pid {first}\n"
                           f"db is ready: pid {first}\n", "")
    after = running.count()
    answer = box.ask_in_background("restart", "--wait", "db")
    second = running.pid_of("db", after=after)
    open_gate(box, "gate.2")
    assert answer() == (0, f"db restarted: pid {second}\n"
                           f"db is ready: pid {second}\n", "")


def test_a_start_that_comes_to_nothing_is_code_1(box):
    box.procfile({"db": "exit 2", "other": STAY})
    settings(box, "[db]\nready = log:up\nautostart = no\n")
    running = box.start()
    running.pid_of("other")
    answer = box.ask("run", "start", "--wait", "db")
    assert answer.code == 1
    assert re.search("^db is not ready: it exited with code 2", answer.out,
                     re.MULTILINE)
