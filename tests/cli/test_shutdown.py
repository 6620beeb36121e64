"""How it ends: signals, order, patience, exit codes, and nothing is left."""

import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import termios
import time

import pytest

from harness import (CHILDREN, PATIENCE, SLOW, alive, bearers, command_line,
                     new_port, program, state_of, until)

REPORTER = f"exec $PYTHON {CHILDREN}/reporter.py"
DEAF = "trap '' TERM INT HUP; echo ready; exec sleep 1000"


def reporters(box, *names, options=""):
    """Processes that log the signals they get to a file of their name."""
    box.procfile({name: f"{REPORTER} --log {name}.log {options}"
                  for name in names})


def all_ready(running, *names):
    for name in names:
        running.wait_line("^ready$", name)


def log(box, name):
    return box.read(f"{name}.log").splitlines()


# Signals.

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP])
def test_a_signal_is_an_orderly_shutdown(box, number):
    reporters(box, "a", "b")
    running = box.start()
    all_ready(running, "a", "b")
    assert running.stop(number) == -number
    assert log(box, "a") == log(box, "b") == ["ready", "got SIGTERM"]
    told = running.shown("procman")
    assert f"{number.name} received: stopping 2 processes" in told
    for name in "ab":
        assert any(re.fullmatch(rf"{name} exited with code 0 after .*, as "
                                "asked", text) for text in told)


def test_one_process_is_not_counted_as_processes(box):
    box.procfile({"web": "sleep 1000", "done": "true"})
    running = box.start()
    running.pid_of("web")
    running.wait_line("^done exited", "procman")
    running.stop(signal.SIGTERM)
    assert "SIGTERM received: stopping 1 process" in running.shown("procman")


def test_the_whole_group_gets_the_signal(box):
    box.procfile({"web": f"$PYTHON {CHILDREN}/reporter.py --log a.log & "
                         f"$PYTHON {CHILDREN}/reporter.py --log b.log; wait"})
    running = box.start()
    box.wait_file("a.log", "ready")
    box.wait_file("b.log", "ready")
    assert running.stop() == -2
    assert log(box, "a") == log(box, "b") == ["ready", "got SIGTERM"]


def test_ctrl_c_on_a_terminal_gives_each_process_one_sigterm(box):
    reporters(box, "a", "b", options="--slow 0.2")
    running = box.start_on_terminal()
    all_ready(running, "a", "b")
    os.write(running.terminal, b"\x03")
    assert running.wait() == -signal.SIGINT
    assert log(box, "a") == log(box, "b") == ["ready", "got SIGTERM"]


def test_a_signal_to_the_whole_group_of_procman_is_counted_once(box):
    reporters(box, "a", options="--slow 0.2")
    running = box.start(start_new_session=True)
    all_ready(running, "a")
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    assert log(box, "a") == ["ready", "got SIGTERM"]
    assert "received again" not in "\n".join(running.shown("procman"))


def test_a_closed_terminal_is_an_orderly_shutdown(box):
    reporters(box, "a", "b")
    # Nobody reads: who waits in a read keeps the terminal open.
    running = box.start_on_terminal(reading=False)
    box.wait_file("a.log", "ready")
    box.wait_file("b.log", "ready")
    running.close()
    code = running.popen.wait(20 * PATIENCE)
    assert code not in (-signal.SIGSEGV, -signal.SIGABRT)
    assert log(box, "a") == log(box, "b") == ["ready", "got SIGTERM"]


def test_a_signal_in_a_shutdown_other_than_a_second_one_changes_nothing(box):
    reporters(box, "a", options="--slow 0.7")
    running = box.start()
    all_ready(running, "a")
    running.send(signal.SIGTERM)
    box.wait_file("a.log", "got SIGTERM")
    running.send(signal.SIGWINCH)
    running.send(signal.SIGCHLD)
    running.send(signal.SIGPIPE)
    assert running.wait() == -signal.SIGTERM
    assert log(box, "a") == ["ready", "got SIGTERM"]


def test_an_ignored_hangup_stays_ignored(box):
    reporters(box, "a")
    running = box.start(
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    all_ready(running, "a")
    for _ in range(3):
        running.send(signal.SIGHUP)
        assert box.ask("run", "status").out == "*a\n"
    assert running.stop(signal.SIGTERM) == -signal.SIGTERM
    assert log(box, "a") == ["ready", "got SIGTERM"]


def test_nohup_works(box):
    box.procfile({"web": "sleep 1000"})
    with open(box.work / "out", "w") as out:
        running = box.start_into(out, wrapper=["nohup"])
        box.wait_file("out", "web started")
        running.send(signal.SIGHUP)
        assert box.ask("run", "status").out == "*web\n"
        assert running.stop(signal.SIGTERM) == -signal.SIGTERM


def test_a_blocked_signal_is_unblocked(box):
    box.procfile({"web": "sleep 1000"})
    running = box.start(preexec_fn=lambda: signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}))
    running.pid_of("web")
    assert running.stop(signal.SIGTERM) == -signal.SIGTERM


@pytest.mark.parametrize("moment", range(5))
def test_a_signal_early_on_leaves_nothing_behind(box, moment):
    box.procfile({f"p{i}": "sleep 1000" for i in range(20)})
    running = box.start()
    if moment:
        running.wait_line("started with pid", "procman", after=moment * 4)
    assert running.stop() == -signal.SIGINT
    assert bearers(box.mark) == []


# Order.

def test_processes_are_stopped_in_reverse_order_one_after_another(box):
    names = ["a", "b", "c", "d"]
    box.procfile({name: f"trap 'echo {name} >> order; sleep 0.03; "
                        f"echo {name} ended >> order; exit 0' TERM; "
                        "echo ready; while :; do sleep 0.01; done"
                  for name in names})
    for _ in range(10):
        box.write("order", "")
        running = box.start()
        all_ready(running, *names)
        asked = time.monotonic()
        assert running.stop() == -2
        took = time.monotonic() - asked
        order = box.read("order").splitlines()
        if order == ["d", "d ended", "c", "c ended",
                     "b", "b ended", "a", "a ended"]:
            return
        assert took > 0.4  # the machine did not let them be prompt
    pytest.fail(f"never in order: {order}")


def test_from_the_signal_on_nothing_is_started(box):
    until_told = "trap 'until [ -e go-$PS ]; do sleep 0.01; done; exit 0' " \
                 "TERM; echo ready; while :; do sleep 0.01; done"
    box.procfile({"falls": "exit 1", "again": until_told, "slow": until_told})
    box.write("procman.ini", "[falls]\nrestart = always\nrestart-delay = 1ms\n"
                             "restart-max-delay = 2ms\nrestart-limit = 0\n")
    running = box.start()
    all_ready(running, "again", "slow")
    client = box.ask_in_background("run", "restart", "again")
    until(lambda: box.statuses()["again"]["state"] == "stopping",
          "it is on its way down")
    running.send(signal.SIGINT)
    running.wait_line("^SIGINT received: stopping 3 processes$", "procman")
    box.write("go-again", "")
    running.wait_line("^again exited with code 0 ", "procman")
    box.write("go-slow", "")
    assert running.wait() == -2
    told = running.shown("procman")
    told = told[told.index("SIGINT received: stopping 3 processes"):]
    assert [text for text in told if " started " in text] == []
    assert client().out == "again: was stopped before it was started\n"


def test_a_slow_one_holds_up_the_others_for_a_moment(box):
    box.procfile({"a": REPORTER, "b": REPORTER, "slow": DEAF})
    running = box.start()
    all_ready(running, "a", "b", "slow")
    asked = running.send(signal.SIGINT)
    for name in "ab":
        line = running.wait_line("^got SIGTERM$", name, timeout=9)
        assert line.at - asked > 0.3
        assert line.at - asked < 5 or SLOW  # and not after the ten of the slow
    running.send(signal.SIGINT)
    assert running.wait() == -2


def test_a_clean_stop_of_many_takes_no_time(box):
    names = [f"p{i}" for i in range(30)]
    box.procfile({name: "sleep 1000" for name in names})
    running = box.start()
    for name in names:
        running.pid_of(name)
    asked = running.send(signal.SIGINT)
    assert running.wait() == -2
    assert time.monotonic() - asked < 8 or SLOW  # and not the ten of the deaf


# Patience, and its end.

STUBBORN = 20


@pytest.mark.parametrize("way", ["INT", "stop", "stop-all"])
def test_twenty_that_hear_nothing_end_in_one_timeout_and_half_a_second(
        box, way):
    names = [f"deaf{i}" for i in range(STUBBORN)]
    box.procfile({name: DEAF for name in names})
    box.write("procman.ini", "[*]\nstop-timeout = 1500ms\n")
    best = 1000.0
    for _ in range(5):  # until the machine lets it be as quick as it is
        running = box.start()
        all_ready(running, *names)
        asked = time.monotonic()
        if way == "INT":
            assert running.stop() == -2
        else:
            answer = box.ask("run", way, *(names if way == "stop" else []))
            assert answer.code == 1 and answer.out.count("killed after") == 20
            assert running.wait() == 0
        took = time.monotonic() - asked
        assert took >= 1.5
        assert bearers(box.mark) == []
        assert sum(bool(re.search(r"did not stop within .* s: killed$", text))
                   for text in running.shown("procman")) == STUBBORN
        best = min(best, took)
        if best < 2 or SLOW:
            return
    assert best < 2.5  # all of it is the machine's, by far

@pytest.mark.slow
def test_the_deaf_are_killed_after_ten_seconds_all_at_once(box):
    deaf = {f"deaf{i}": DEAF for i in range(12)}
    # The leader goes, a member of its group does not, and holds no pipe.
    orphan = "(trap '' TERM; exec sleep 1000) > /dev/null 2>&1 &"
    box.procfile(deaf, {
        "leader-exits": "trap 'exit 0' TERM; sh -c 'trap \"\" TERM; "
                        "echo $$ > member; exec sleep 1000' > /dev/null "
                        "2>&1 & echo ready; while :; do sleep 0.05; done",
        "gone-before": orphan + " echo ready"})
    running = box.start()
    all_ready(running, *deaf, "leader-exits", "gone-before")
    member = int(box.wait_file("member", r"\d+\n"))
    asked = running.send(signal.SIGTERM)
    waiting = running.wait_line(
        r"^waiting for deaf0 \(pid \d+\): SIGKILL in \d(\.\d)? s$", "procman")
    assert waiting.at - asked < 9 or SLOW
    assert alive(member)
    assert running.wait(40) == -signal.SIGTERM
    took = time.monotonic() - asked
    assert took > 9.5
    assert took < 19 or SLOW
    assert not alive(member)
    assert bearers(box.mark) == []
    told = running.shown("procman")
    for name in deaf:
        assert any(re.fullmatch(rf"{name} did not stop within 1\d s: killed",
                                text) for text in told)
        assert any(re.fullmatch(f"{name} was ended by SIGKILL after .*, as "
                                "asked", text) for text in told)


@pytest.mark.slow
def test_stopping_the_deaf_kills_and_says_so_and_holds_up_nobody(box):
    box.procfile({
        "deaf": DEAF,
        "family": "trap 'exit 0' TERM; sh -c 'trap \"\" TERM; echo up > up; "
                  "exec sleep 1000' & echo ready; "
                  "while :; do sleep 0.05; done",
        "web": "sleep 1000"})
    running = box.start()
    all_ready(running, "deaf", "family")
    web = running.pid_of("web")
    box.wait_file("up", "up")
    asked = time.monotonic()
    clients = [box.ask_in_background("run", "stop", "deaf"),
               box.ask_in_background("run", "stop", "family")]
    until(lambda: box.statuses()["deaf"]["state"] == "stopping",
          "deaf is being stopped")
    # Meanwhile, others are served.
    clients.append(box.ask_in_background("run", "restart", "deaf"))
    assert box.ask("run", "restart", "web", timeout=9).code == 0
    assert not alive(web)
    assert time.monotonic() - asked < 9 or SLOW
    deaf, family, again = [client() for client in clients]
    assert deaf.code == 1
    assert re.match(r"deaf killed after 1\d s", deaf.out)
    assert family.code == 1
    assert re.match(r"family (killed|stopped).* after 1\d s", family.out)
    # The restart came last, so that is what it is.
    pid = box.running_pids()["deaf"]
    assert again.out in (f"deaf restarted: pid {pid}\n",
                         f"deaf started: pid {pid}\n")
    assert alive(pid)
    running.send_twice(signal.SIGINT)
    running.wait()


def test_a_second_ctrl_c_kills_at_once(box):
    box.procfile({"a": DEAF, "b": DEAF, "c": REPORTER})
    running = box.start_on_terminal()
    all_ready(running, "a", "b", "c")
    os.write(running.terminal, b"\x03")
    running.wait_line("^SIGINT received: stopping 3 processes$", "procman")
    running.wait_line("^c exited with code 0", "procman")
    os.write(running.terminal, b"\x03")
    asked = time.monotonic()
    assert running.wait() == -signal.SIGINT
    assert time.monotonic() - asked < 8 or SLOW
    told = running.shown("procman")
    assert "SIGINT received again: killing 2 processes" in told
    assert sum("was ended by SIGKILL" in text for text in told) == 2


def test_a_request_in_progress_delays_no_signal(box):
    box.procfile({"deaf": DEAF, "web": REPORTER})
    running = box.start()
    all_ready(running, "deaf", "web")
    client = box.ask_in_background("run", "stop", "deaf")
    until(lambda: box.statuses()["deaf"]["state"] == "stopping",
          "deaf is being stopped")
    asked = running.send(signal.SIGINT)
    line = running.wait_line("^got SIGTERM$", "web")
    assert line.at - asked < 8 or SLOW
    running.send(signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    assert client().code == 1


def test_a_stop_of_all_can_be_hurried_by_a_signal(box):
    box.procfile({"a": DEAF, "b": DEAF})
    running = box.start()
    all_ready(running, "a", "b")
    client = box.ask_in_background("run", "stop-all")
    until(lambda: {one["state"] for one in box.statuses().values()}
          == {"stopping"}, "both are being stopped")
    asked = running.send_twice(signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    assert time.monotonic() - asked < 8 or SLOW
    client()


# Nobody is left.

FUGITIVES = {
    "session": "setsid sleep 1000 & echo ready; sleep 1000",
    "daemon": "(setsid sleep 1000 > /dev/null 2>&1 &) ; echo ready; "
              "sleep 1000",
    "orphan": "(sleep 1000 &); echo ready; exec sleep 1000",
}


@pytest.mark.parametrize("kind", ["session", "daemon", "orphan"])
@pytest.mark.parametrize("way", ["INT", "stop-all"])
def test_descendants_do_not_outlive_procman(box, kind, way):
    box.procfile({"web": FUGITIVES[kind]})
    running = box.start()
    all_ready(running, "web")
    until(lambda: sum(command_line(pid)[-2:] == ["sleep", "1000"]
                      for pid in bearers(box.mark)) == 2, "both sleep")
    if way == "INT":
        running.send(signal.SIGINT)
    else:
        box.ask("run", "stop-all")
    running.wait()
    assert bearers(box.mark) == []


@pytest.mark.slow
def test_deaf_descendants_in_sessions_of_their_own_are_killed(box):
    deaf = "trap '' TERM; (setsid sleep 1000 > /dev/null 2>&1 &) ; " \
           "trap - TERM; echo ready; exec sleep 1000"
    box.procfile({"web": deaf})
    box.procfile({"web": deaf}, name="other")
    one, other = box.start(), box.start("-f", "other", "start")
    all_ready(one, "web")
    all_ready(other, "web")
    until(lambda: sum(command_line(pid) == ["sleep", "1000"]
                      for pid in bearers(box.mark)) == 4, "all sleep")
    one.send(signal.SIGINT)
    answer = box.ask("-f", "other", "run", "stop-all")
    assert answer.code == 1
    assert re.match(r"web killed after 1\d s", answer.out)
    assert one.wait() == -2
    other.wait()
    assert bearers(box.mark) == []


HOSTILE = {
    "plain": "exec sleep 1000",
    "deaf": "trap '' TERM INT HUP; sleep 1000; sleep 1000",
    "child": "sleep 1000 && true",
    "daemon": "(setsid sleep 1000 > /dev/null 2>&1 &); exec sleep 1000",
    "deaf-daemon": "trap '' TERM INT HUP; (setsid sleep 1000 &); sleep 1000",
    "orphan": "(sleep 1000 &); exec sleep 1000",
}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_nothing_survives_the_death_of_the_supervisor(box, number):
    box.procfile(HOSTILE)
    running = box.start()
    until(lambda: sum(command_line(pid)[-2:] == ["sleep", "1000"]
                      for pid in bearers(box.mark)) == 9, "all sleep")
    os.kill(running.supervisor(), number)
    assert running.wait() != 0
    assert bearers(box.mark) == []
    # Nobody was there to tidy up, and the next start does not mind.
    box.procfile({"web": "echo hello"})
    assert box.start().wait() == 0


def test_nothing_survives_the_death_of_procman(box):
    box.procfile({name: command for name, command in HOSTILE.items()
                  if "deaf" not in name})
    running = box.start()
    until(lambda: sum(command_line(pid)[-2:] == ["sleep", "1000"]
                      for pid in bearers(box.mark)) == 6, "all sleep")
    running.send(signal.SIGKILL)
    until(lambda: not bearers(box.mark), "nothing is left")
    until(lambda: not box.sessions(), "the session is gone")


def test_ctrl_z_stops_all_and_fg_continues_all(box):
    # No shell: stopped in a vfork, it would be said to wait for its child.
    box.procfile({"web": f"exec $PYTHON {CHILDREN}/ticker.py"})
    shell = 'set -m; "$@"; echo "stopped $?"; read -r x; fg'
    running = box.start_on_terminal(wrapper=["sh", "-c", shell, "sh"])
    pid = running.pid_of("web")
    os.write(running.terminal, b"\x1a")
    stopped = running.wait_line(r"stopped \d+$")
    until(lambda: state_of(pid) == "T", "web is stopped")
    os.write(running.terminal, b"\n")
    running.wait_line("^tick$", "web", after=running.lines.index(stopped))
    os.write(running.terminal, b"\x03")
    running.popen.wait(10 * PATIENCE)
    assert bearers(box.mark) == []


def test_a_pipeline_is_gone_when_procman_is(box):
    box.procfile({"web": "yes | cat | cat > /dev/null"})
    running = box.start()
    running.pid_of("web")
    until(lambda: sum(command_line(pid)[:1] in (["yes"], ["cat"])
                      for pid in bearers(box.mark)) == 3, "all three run")
    running.stop()
    assert bearers(box.mark) == []


def test_a_port_is_free_as_soon_as_procman_has_ended(box):
    port = new_port()
    box.write("listen.py", "import socket, time\n"
              f"s = socket.create_server(('127.0.0.1', {port}))\n"
              "print('ready', flush=True)\ntime.sleep(1000)\n")
    box.procfile({"web": "$PYTHON listen.py"})
    for _ in range(5):
        running = box.start()
        all_ready(running, "web")
        running.stop()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            probe.listen()


def test_adopted_children_do_not_become_zombies(box):
    box.procfile({"web": "for i in 1 2 3 4 5 6 7 8 9 10; do "
                         "(sh -c ': &' &); done; wait; echo ready; "
                         "exec sleep 1000"})
    running = box.start()
    all_ready(running, "web")

    def zombies():
        return [child for pid in {running.pid, running.supervisor()}
                for child in pathlib.Path(
                    f"/proc/{pid}/task/{pid}/children").read_text().split()
                if not alive(child)]
    until(lambda: not zombies(), "no zombie is procman's child")


# Exit codes.

@pytest.mark.parametrize("entries,code", [
    ({"a": "true", "b": "exit 0"}, 0),
    ({"a": "exit 3"}, 3),
    ({"a": "true", "b": "exit 255"}, 255),
    ({"a": "kill -KILL $$"}, 137),
    ({"a": "kill -TERM $$"}, 143),
    ({"a": "kill -USR1 $$"}, 138),
    ({"a": "exit 3", "b": "until grep -q 'a.exited' told; do sleep 0.02; "
                          "done; exit 4"}, 3),
])
def test_the_code_is_that_of_the_first_to_fail(box, entries, code):
    box.procfile(entries)
    with open(box.work / "told", "wb") as told:
        assert box.start_into(told).wait() == code


def test_a_process_that_was_asked_to_stop_has_not_failed(box):
    box.procfile({"a": "sleep 1000", "b": REPORTER + " --code 5",
                  "c": "sleep 1000"})
    running = box.start()
    all_ready(running, "b")
    assert box.ask("run", "stop", "a", "b").code == 0
    assert box.ask("run", "restart", "c").code == 0
    assert box.ask("run", "stop", "c").code == 0
    assert running.wait() == 0


def test_a_failure_is_not_forgotten_when_the_rest_is_stopped(box):
    box.procfile({"a": "exit 3", "b": "sleep 1000"})
    running = box.start()
    running.wait_line("^a exited with code 3", "procman")
    box.ask("run", "stop", "b")
    assert running.wait() == 3


def test_an_interrupted_session_ends_by_the_signal_whatever_failed(box):
    box.procfile({"a": "exit 3", "b": "sleep 1000"})
    running = box.start()
    running.wait_line("^a exited with code 3", "procman")
    assert running.stop(signal.SIGTERM) == -signal.SIGTERM


def test_one_process_that_ends_does_not_end_the_others(box):
    box.procfile({"a": "true", "b": "exit 1", "c": "read -r x < gate",
                  "d": "kill -KILL $$"})
    os.mkfifo(box.work / "gate")
    running = box.start()
    for name in "abd":
        running.wait_line(f"^{name} (exited|was ended)", "procman")
    assert box.ask("run", "status").out == " a\n b\n*c\n d\n"
    (box.work / "gate").write_text("go\n")
    assert running.wait() in (1, 137)


def test_exit_on_error_stops_all_at_the_first_failure(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"a": f"{REPORTER} --log a.log --code 9", "fine": "true",
                  "bad": "read -r x < gate; exit 7"})
    running = box.start("start", "-exit-on-error")
    all_ready(running, "a")
    running.wait_line("^fine exited with code 0", "procman")
    assert box.ask("run", "status").out == "*a\n fine\n*bad\n"
    (box.work / "gate").write_text("go\n")
    assert running.wait() == 7
    assert log(box, "a") == ["ready", "got SIGTERM"]


def test_exit_on_error_does_not_mind_what_was_asked_for(box):
    box.procfile({"a": "sleep 1000", "b": "sleep 1000"})
    running = box.start("start", "-exit-on-error")
    running.pid_of("a")
    running.pid_of("b")
    box.ask("run", "stop", "a")
    box.ask("run", "restart", "b")
    assert box.ask("run", "status").out == " a\n*b\n"
    assert running.stop() == -2


def test_exit_on_error_minds_what_cannot_be_started(box):
    box.procfile({"bad": "bin/etcd", "web": "sleep 1000"})
    assert box.start("start", "-exit-on-error").wait() == 127


def test_without_exit_on_stop_a_session_waits_for_more(box):
    box.procfile({"a": "true", "b": "sleep 1000"})
    running = box.start("start", "-exit-on-stop=false")
    running.wait_line("^a exited", "procman")
    assert box.ask("run", "stop-all").code == 0
    assert box.ask("run", "status").out == " a\n b\n"
    assert box.ask("run", "start", "b").code == 0
    assert box.ask("run", "status").out == " a\n*b\n"
    assert running.stop() == -2


def test_restarting_all_never_ends_the_session(box):
    box.procfile({"a": "sleep 1000", "b": "sleep 1000"})
    running = box.start()
    running.pid_of("b")
    for _ in range(40):
        answer = box.ask("run", "restart-all")
        assert answer.code == 0, answer
    assert box.ask("run", "status").out == "*a\n*b\n"
    assert running.stop() == -2


def test_there_is_never_a_second_copy_of_a_process(box):
    box.procfile({name: f"exec flock -n --no-fork -E 99 {name}.lock "
                        "sleep 1000" for name in "ab"})
    running = box.start("start", "-exit-on-stop=false")
    running.pid_of("b")
    clients = []

    def check(answer):
        assert answer.err == ""
        # Another client's wish may have come in between.
        assert answer.code == \
            ("was stopped before it was started" in answer.out)

    for i in range(60):
        verb = ("start", "stop", "restart", "restart-all", "stop")[i % 5]
        names = [] if verb.endswith("all") else [("a", "b")[i % 2]]
        clients.append(box.ask_in_background("run", verb, *names))
        if i % 8 == 7:
            for client in clients:
                check(client())
            clients.clear()
    for client in clients:
        check(client())
    assert box.ask("run", "restart-all").code == 0
    assert box.ask("run", "status").out == "*a\n*b\n"
    assert running.stop() == -2
    assert "code 99" not in "\n".join(running.shown("procman"))


# The world procman is started in.

@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2),
                                    (0, 1, 2)])
def test_closed_standard_descriptors_are_no_harm(box, closed):
    box.procfile({"web": f"$PYTHON {CHILDREN}/descriptors.py > given; "
                         "echo ended >> given"})

    def close_them():
        for descriptor in closed:
            os.close(descriptor)

    with open(box.work / "out", "wb") as out:
        running = box.start_into(out, preexec_fn=close_them, stderr=out)
        assert running.wait() == 0
    assert box.read("given").startswith(
        "descriptors [0, 1, 2] input /dev/null\nended")
    shown = box.read("out")
    assert (1 in closed) != ("web exited with code 0" in shown)


def flags(descriptor):
    return fcntl.fcntl(descriptor, fcntl.F_GETFL)


def the_ways_to_end():
    yield "by itself", lambda box, running: (box.work / "gate").write_text("")
    yield "Ctrl-C", lambda box, running: os.write(running.terminal, b"\x03")
    yield "TERM", lambda box, running: running.send(signal.SIGTERM)
    yield "TERM twice", lambda box, running: running.send_twice(signal.SIGTERM)
    yield "killed", lambda box, running: running.send(signal.SIGKILL)


@pytest.mark.parametrize("way", [way for _, way in the_ways_to_end()],
                         ids=[name for name, _ in the_ways_to_end()])
def test_the_terminal_is_left_as_it_was(box, way, request):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": "echo ready; read -r x < gate"})
    box.leftovers_expected = "killed" in request.node.name
    running = box.start_on_terminal()
    before = termios.tcgetattr(running.slave), flags(running.slave)
    running.wait_line("^ready$", "web")
    assert (termios.tcgetattr(running.slave), flags(running.slave)) == before
    way(box, running)
    running.popen.wait(20 * PATIENCE)
    assert (termios.tcgetattr(running.slave), flags(running.slave)) == before


def test_pipes_of_the_caller_keep_their_flags(box):
    box.procfile({"web": "seq 1 20000; echo ready; sleep 1000"})
    input_end, input_other = os.pipe()
    read, write = os.pipe()
    before = flags(input_end), flags(write)
    running = box.start_into(write, stdin=input_end)
    data = b""
    while b"| ready\n" not in data:
        data += os.read(read, 1 << 16)
    assert (flags(input_end), flags(write)) == before
    running.send(signal.SIGINT)
    assert running.wait() == -2
    assert (flags(input_end), flags(write)) == before
    for descriptor in (input_end, input_other, read, write):
        os.close(descriptor)


def test_input_of_the_caller_is_left_alone(box):
    box.procfile({"web": "cat; echo ready"})
    read, write = os.pipe()
    os.write(write, b"for the caller\n")
    running = box.start(stdin=read)
    assert running.wait() == 0
    assert running.shown("web") == ["ready"]
    assert os.read(read, 100) == b"for the caller\n"
    os.close(read)
    os.close(write)


def test_a_job_in_the_background_keeps_showing(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": "echo ready; read -r x < gate; echo again"})
    shell = 'set -m; "$@" & echo "job $!"; wait $!; echo "code $?"'
    running = box.start_on_terminal(
        wrapper=["sh", "-c", shell, "sh"])
    job = int(running.wait_line(r"^job \d+$").raw.split()[1])
    running.wait_line("^ready$", "web")
    stat = pathlib.Path(f"/proc/{job}/stat").read_text().rpartition(")")[2]
    group, foreground = stat.split()[2], stat.split()[5]
    assert group == str(job) != foreground
    (box.work / "gate").write_text("go\n")
    running.wait_line("^again$", "web")
    running.wait_line("^code 0$")
    running.popen.wait(10 * PATIENCE)


def test_a_group_that_holds_the_pipe_does_not_hold_up_the_exit_message(box):
    box.procfile({"web": "(sleep 1000 &); echo hi"})
    began = time.monotonic()
    running = box.start()
    line = running.wait_line("^web exited with code 0", "procman")
    assert line.at - began < 9 or SLOW
    assert running.shown("web") == ["hi"]
    running.force_down()
    assert bearers(box.mark) == []


def test_many_processes_start_and_stop(box):
    names = [f"p{i}" for i in range(150)]
    box.procfile({name: "sleep 1000" for name in names})
    running = box.start()
    for name in names:
        running.pid_of(name)
    assert box.ask("run", "status").out.count("*") == 150
    assert running.stop() == -2


def test_what_stands_behind_procman_in_a_pipeline_gets_all_of_it(box):
    box.procfile({"web": "sleep 0.3; echo late"})
    result = subprocess.run(
        ["sh", "-c", '"$@" start | cat; echo "done"', "sh", *program()],
        cwd=box.work, env=box.env, capture_output=True, timeout=60)
    assert result.stdout.endswith(b"done\n") and b"| late\n" in result.stdout
