"""restart --rolling: one after another; --min-ready: not too many at once."""

import os
import re
import signal
import subprocess

import pytest

from harness import PATIENCE, until

STAY = "exec sleep 1000"
# Ready when its gate is open; it ends when there is a reason to fall.
GATED = "echo here; while [ ! -e go-$PS ]; do if [ -e fall-$PS ]; then " \
        f"exit 3; fi; sleep 0.02; done; echo ready; {STAY}"
NAMES = ["n1", "n2", "n3"]


def settings(box, **sections):
    lines = []
    for section, keys in sections.items():
        lines.append("[*]" if section == "all" else f"[{section}]")
        lines += [f"{key} = {value}" for key, value in keys.items()]
    box.write("procman.ini", "\n".join(lines) + "\n")


def begin(box, names=NAMES, **keys):
    """A group of members that are ready when their gates are open."""
    box.procfile({name: GATED for name in names})
    settings(box, all={"ready": "log:ready", "group": "members",
                       **{key.replace("_", "-"): value
                          for key, value in keys.items()}})
    for name in names:
        open_gate(box, name)
    running = box.start()
    for name in names:
        running.wait_line(f"^{name} is ready after", "procman")
    return running


def open_gate(box, name):
    box.write(f"go-{name}", "")


def kill(box, name):
    os.kill(box.running_pids()[name], signal.SIGKILL)


def fall(box, name):
    box.write(f"fall-{name}", "")


def close_gate(box, name):
    (box.work / f"go-{name}").unlink()


def states(box):
    return {name: status["state"] for name, status in box.statuses().items()}


def runs(box):
    return {name: status["restarts"] for name, status in box.statuses().items()}


def names_of(out):
    return re.findall(r"^(\S+) (?:re)?started: pid \d+, ready after .+$", out,
                      re.M)


def is_starting(box, name):
    until(lambda: states(box)[name] == "starting", f"{name} is starting")


def order_of(running, after):
    """Who was started, in the order in which it was."""
    return [line.text.split()[0] for line in running.lines[after:]
            if line.name == "procman" and " started with pid " in line.text]


class Client:
    """A `procman restart --rolling` whose lines are read as they come."""

    def __init__(self, box, *words):
        self.popen = subprocess.Popen(
            [*box.program, *map(str, words)], cwd=box.work, env=box.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def line(self):
        return self.popen.stdout.readline()

    def wait(self):
        out, err = self.popen.communicate(timeout=40 * PATIENCE)
        return self.popen.returncode, out, err


@pytest.fixture
def client(box):
    clients = []

    def ask(*words):
        clients.append(Client(box, *words))
        return clients[-1]
    yield ask
    for each in clients:
        each.popen.kill()
        each.popen.communicate()


# ---- one after another ------------------------------------------------------

@pytest.mark.parametrize("words", [
    ["restart", "--rolling", "n*"], ["run", "restart", "--rolling", "@members"],
    ["run", "restart", "--rolling"], ["run", "restart-all", "--rolling"],
    ["run", "--rolling", "n1", "n2", "n3"]])
def test_each_is_restarted_when_the_one_before_is_ready_again(box, words):
    running = begin(box)
    after = running.count()
    answer = box.ask(*words)
    assert (answer.code, answer.err) == (0, ""), answer
    assert names_of(answer.out) == NAMES
    assert answer.out.count("\n") == 3
    assert runs(box) == {"n1": 1, "n2": 1, "n3": 1}
    running.wait_line("^the rolling restart is done$", "procman")
    told = [line.text for line in running.lines[after:]
            if line.name == "procman"]
    for before, behind in (("n1", "n2"), ("n2", "n3")):
        ready = next(i for i, text in enumerate(told)
                     if text.startswith(f"{before} is ready after"))
        ended = next(i for i, text in enumerate(told)
                     if text.startswith(f"{behind} was ended by"))
        assert ready < ended, told


def test_each_step_is_told_when_it_is_done(box, client):
    begin(box)
    close_gate(box, "n2")
    asking = client("restart", "--rolling", "--wait", 0, "n*")
    assert re.fullmatch(r"n1 restarted: pid \d+, ready after .+\n",
                        asking.line())
    is_starting(box, "n2")
    assert states(box)["n3"] == "ready" and runs(box)["n3"] == 0
    open_gate(box, "n2")
    assert asking.line().startswith("n2 restarted: ")
    code, out, err = asking.wait()
    assert (code, names_of(out), err) == (0, ["n3"], "")


def test_as_many_as_allowed_are_down_at_once(box, client):
    begin(box, ["n1", "n2", "n3", "n4", "n5"])
    for name in ("n1", "n2", "n3", "n4", "n5"):
        close_gate(box, name)
    asking = client("restart", "--rolling", "--max-unavailable", 2, "n*")
    until(lambda: list(states(box).values()).count("starting") == 2,
          "two are starting")
    assert [runs(box)[name] for name in ("n1", "n2", "n3")] == [1, 1, 0]
    for name in ("n2", "n1", "n3", "n4", "n5"):
        open_gate(box, name)
        assert names_of(asking.line()) == [name]
    assert asking.wait()[0] == 0


def test_the_one_that_is_to_be_last_is_last(box):
    running = begin(box)
    answer = box.ask("restart", "--rolling", "--last", "n1", "n*")
    assert answer.code == 0 and names_of(answer.out) == ["n2", "n3", "n1"]
    running.wait_line("^the rolling restart is done$", "procman")


def test_the_instances_of_one_are_a_group_too(box):
    box.procfile({"web": f"echo up; {STAY}", "db": STAY})
    settings(box, web={"instances": 3, "ready": "log:up"})
    running = box.start()
    for n in (1, 2, 3):
        running.wait_line(rf"^web\.{n} is ready", "procman")
    answer = box.ask("restart", "--rolling", "--last", "web.1", "web")
    assert answer.code == 0
    assert names_of(answer.out) == ["web.2", "web.3", "web.1"]
    answer = box.ask("restart", "--rolling", "-x", "web.2", "web")
    assert answer.code == 0 and names_of(answer.out) == ["web.1", "web.3"]


def test_dependencies_come_before_those_who_start_after_them(box):
    box.procfile({"web": f"echo up; {STAY}", "db": f"echo up; {STAY}"})
    settings(box, all={"ready": "log:up"}, web={"after": "db"})
    running = box.start()
    running.wait_line("^web is ready", "procman")
    answer = box.ask("run", "restart", "--rolling")
    assert answer.code == 0 and names_of(answer.out) == ["db", "web"]


def test_a_task_is_run_again_and_done_when_it_has_ended_well(box):
    box.procfile({"migrate": "echo migrating", "web": STAY})
    settings(box, migrate={"kind": "task"})
    running = box.start()
    running.wait_line("^migrate exited with code 0", "procman")
    running.pid_of("web")
    until(lambda: states(box)["migrate"] == "done", "it is done")
    answer = box.ask("run", "restart", "--rolling")
    assert answer.code == 0 and names_of(answer.out) == ["migrate", "web"]
    running.wait_line("^the rolling restart is done$", "procman")
    assert running.shown("migrate") == ["migrating"] * 2


def test_those_that_are_down_are_started_first_and_all_at_once(box, client):
    running = begin(box)
    assert box.ask("stop", "n2", "n3").code == 0
    close_gate(box, "n2")
    close_gate(box, "n3")
    after = running.count()
    asking = client("restart", "--rolling", "n*")
    until(lambda: states(box) == {"n1": "ready", "n2": "starting",
                                  "n3": "starting"}, "both are starting")
    open_gate(box, "n3")
    assert re.match("n3 started: pid ", asking.line())
    assert runs(box)["n1"] == 0
    open_gate(box, "n2")
    code, out, err = asking.wait()
    assert (code, names_of(out), err) == (0, ["n2", "n1"], "")
    assert order_of(running, after) == ["n2", "n3", "n1"]


def test_one_that_has_failed_is_brought_up_first(box):
    running = begin(box)
    kill(box, "n3")
    until(lambda: states(box)["n3"] == "failed", "n3 has failed")
    answer = box.ask("restart", "--rolling", "n*")
    assert answer.code == 0 and names_of(answer.out) == ["n3", "n1", "n2"]
    running.wait_line("^the rolling restart is done$", "procman")


def test_one_that_is_not_ready_yet_comes_before_those_that_are(box, client):
    begin(box)
    close_gate(box, "n3")
    assert box.ask("restart", "n3").code == 0
    asking = client("restart", "--rolling", "n*")
    until(lambda: runs(box)["n3"] == 2, "n3 is restarted")
    assert runs(box)["n1"] == 0
    open_gate(box, "n3")
    code, out, _ = asking.wait()
    assert code == 0 and names_of(out) == ["n3", "n1", "n2"]


# ---- when one does not come back --------------------------------------------

def assert_stopped(answer, done, why, untouched):
    code, out, err = answer
    assert code == 1, answer
    assert names_of(out) == done
    said = [line for line in out.splitlines() if "not touched" in line]
    assert said == [f"{name} was not touched" for name in untouched]
    assert re.fullmatch(f"procman: the rolling restart has stopped: {why}\n",
                        err), err


def test_one_that_fails_ends_it_and_the_rest_is_not_touched(box):
    running = begin(box)
    close_gate(box, "n2")
    fall(box, "n2")
    before = box.running_pids()
    answer = box.ask("restart", "--rolling", "n*")
    assert_stopped(answer, ["n1"], "n2 did not come back: it exited with code "
                   "3 after .+", ["n3"])
    assert "\nn2 did not come back: it exited with code 3 after " in answer.out
    assert box.running_pids()["n3"] == before["n3"]
    running.wait_line("^the rolling restart has stopped: n2 did not come back: "
                      ".*; 1 not touched$", "procman")


def test_one_that_is_not_ready_in_time_ends_it(box):
    begin(box)
    close_gate(box, "n1")
    answer = box.ask("restart", "--rolling", "--wait", "600ms", "n*")
    assert_stopped(answer, [], "n1 is not ready after 600 ms", ["n2", "n3"])
    assert "n1 is not ready after 600 ms\n" in answer.out
    assert states(box) == {"n1": "starting", "n2": "ready", "n3": "ready"}


def test_one_that_cannot_be_started_ends_it(box):
    program = box.write("n1.sh", "#!/bin/sh\nexec sleep 1000\n", 0o755)
    box.procfile({"n1": "./n1.sh", "n2": STAY})
    running = box.start()
    running.pid_of("n2")
    program.unlink()
    answer = box.ask("restart", "--rolling", "n*")
    assert_stopped(answer, [], r"n1 did not come back: it cannot start: "
                   r"\./n1.sh: .+", ["n2"])


def test_one_that_is_started_again_is_waited_for(box, client):
    begin(box, restart="on-failure", restart_delay="20ms", restart_limit=0)
    close_gate(box, "n1")
    fall(box, "n1")
    asking = client("restart", "--rolling", "n*")
    until(lambda: runs(box)["n1"] > 2, "it has fallen twice")
    assert runs(box)["n2"] == 0
    open_gate(box, "n1")
    code, out, _ = asking.wait()
    assert code == 0 and names_of(out) == NAMES


def test_one_that_falls_too_often_ends_it(box):
    begin(box, restart="on-failure", restart_delay="10ms", restart_limit=2)
    close_gate(box, "n1")
    fall(box, "n1")
    answer = box.ask("restart", "--rolling", "n*")
    assert_stopped(answer, [], "n1 did not come back: it exited with code 3 .+",
                   ["n2", "n3"])


def test_the_fall_of_one_that_was_done_ends_it(box, client):
    begin(box)
    close_gate(box, "n2")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n2")
    kill(box, "n1")
    assert_stopped(asking.wait(), ["n1"], "n1 did not come back: it was ended "
                   "by SIGKILL after .+", ["n3"])


def test_one_that_was_done_and_falls_is_waited_for_if_it_is_started_again(
        box, client):
    begin(box, restart="on-failure", restart_delay="10ms")
    close_gate(box, "n2")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n2")
    close_gate(box, "n1")
    kill(box, "n1")
    is_starting(box, "n1")
    open_gate(box, "n2")
    until(lambda: states(box)["n2"] == "ready", "n2 is ready")
    assert states(box)["n1"] == "starting" and runs(box)["n3"] == 0
    open_gate(box, "n1")
    code, out, _ = asking.wait()
    assert code == 0 and names_of(out) == NAMES


def test_one_that_falls_before_its_turn_has_its_turn_then(box, client):
    begin(box)
    close_gate(box, "n1")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n1")
    kill(box, "n3")
    until(lambda: runs(box)["n3"] == 1, "n3 is up again")
    assert runs(box)["n2"] == 0
    open_gate(box, "n1")
    code, out, _ = asking.wait()
    assert code == 0 and sorted(names_of(out)) == NAMES
    assert runs(box) == {"n1": 1, "n2": 1, "n3": 1}


@pytest.mark.parametrize("name", ["n2", "n3"])
def test_a_stop_by_hand_ends_it(box, client, name):
    begin(box)
    close_gate(box, "n2")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n2")
    assert box.ask("stop", name).code == 0
    answer = asking.wait()
    assert_stopped(answer, ["n1"], f"{name} was stopped meanwhile",
                   ["n3"] if name == "n2" else [])
    if name == "n3":
        assert "\nn2 is on its way, and not ready yet\n" in answer[1]
    assert states(box)[name] == "idle"


def test_one_that_somebody_else_restarts_is_done(box, client):
    begin(box)
    close_gate(box, "n1")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n1")
    assert box.ask("restart", "n3").code == 0
    open_gate(box, "n1")
    code, out, _ = asking.wait()
    assert code == 0 and sorted(names_of(out)) == NAMES
    assert runs(box) == {"n1": 1, "n2": 1, "n3": 1}


def test_a_client_that_goes_ends_it_after_the_one_it_is_at(box, client):
    running = begin(box)
    close_gate(box, "n1")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n1")
    asking.popen.send_signal(signal.SIGINT)
    running.wait_line("^the rolling restart has stopped: its client has gone; "
                      "2 not touched$", "procman")
    open_gate(box, "n1")
    until(lambda: states(box)["n1"] == "ready", "n1 is ready")
    assert runs(box) == {"n1": 1, "n2": 0, "n3": 0}


def test_the_end_of_the_session_ends_it(box, client):
    running = begin(box)
    close_gate(box, "n1")
    asking = client("restart", "--rolling", "n*")
    is_starting(box, "n1")
    assert running.stop() == -signal.SIGINT
    assert_stopped(asking.wait(), [], "procman is shutting down", ["n2", "n3"])


def test_a_second_roll_of_the_same_is_refused_and_one_of_others_is_not(
        box, client):
    begin(box)
    close_gate(box, "n1")
    asking = client("restart", "--rolling", "n1", "n2")
    is_starting(box, "n1")
    answer = box.ask("restart", "--rolling", "n2", "n3")
    assert answer.code == 1 and answer.out == ""
    assert answer.err == \
        "procman: n2 is part of a rolling restart that goes on\n"
    answer = box.ask("restart", "--rolling", "n3")
    assert answer.code == 0 and names_of(answer.out) == ["n3"]
    open_gate(box, "n1")
    assert asking.wait()[0] == 0
    assert box.ask("restart", "--rolling", "n2", "n3").code == 0


@pytest.mark.parametrize("words, why", [
    (["--rolling", "--max-unavailable", "0"], "max-unavailable"),
    (["--rolling", "--max-unavailable", "x"], "max-unavailable"),
    (["--rolling", "--wait=soon"], "wait"),
    (["--rolling", "--last", "n4"], "n4"),
    (["--rolling", "--last", "other"], "other"),
    (["--last", "n1"], "rolling"), (["--max-unavailable", "2"], "rolling"),
    (["--min-ready", "-1"], "min-ready"), (["--min-ready", ""], "min-ready")])
def test_what_cannot_be_meant_touches_nothing(box, words, why):
    box.procfile({name: STAY for name in [*NAMES, "other"]})
    running = box.start()
    running.pid_of("other")
    answer = box.ask("restart", *words, "n*")
    assert answer.code == 2 and answer.out == "" and why in answer.err, answer
    assert set(runs(box).values()) == {0}


# ---- a quorum must stay -----------------------------------------------------

def test_too_few_that_stay_ready_refuse_a_stop(box):
    begin(box)
    assert box.ask("stop", "--min-ready", 2, "n1").code == 0
    for verb in (["stop"], ["run", "stop"], ["restart"], ["run", "restart"]):
        answer = box.ask(*verb, "--min-ready", 2, "n2")
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == (
            "procman: nothing has been touched: without n2 only 1 of @members "
            "would be ready, and 2 must be; ready: n3; not ready: n1 "
            "(--force)\n")
    assert states(box) == {"n1": "idle", "n2": "ready", "n3": "ready"}
    assert runs(box)["n2"] == 0
    # Who is down takes nothing away.
    assert box.ask("restart", "--min-ready", 2, "n1").code == 0
    assert box.ask("stop", "--min-ready", 2, "--force", "n2", "n3").code == 0


def test_without_a_group_those_named_must_stay(box):
    box.procfile({name: STAY for name in NAMES})
    running = box.start()
    running.pid_of("n3")
    answer = box.ask("stop", "--min-ready", 1, "n*")
    assert answer.code == 1
    assert "only 0 of those named would be ready" in answer.err
    assert set(states(box).values()) == {"ready"}


def test_the_settings_may_ask_for_it(box):
    running = begin(box, min_ready=2)
    assert box.ask("run", "stop", "n1").code == 0
    assert box.ask("run", "stop", "n2").code == 1
    assert box.ask("run", "restart", "n2", "n3").code == 1
    assert box.ask("run", "stop-all").code == 1
    assert box.ask("run", "restart-all", "--force").code == 0
    until(lambda: set(states(box).values()) == {"ready"}, "all are ready")
    assert box.ask("run", "restart", "--rolling", "--max-unavailable", 2,
                   "n*").code == 1
    assert box.ask("run", "restart", "--rolling", "n*").code == 0
    # Whoever ends the session means all of it.
    assert running.stop() == -signal.SIGINT


def test_a_roll_does_not_leave_too_few(box):
    begin(box)
    answer = box.ask("restart", "--rolling", "--min-ready", 3, "n*")
    assert_stopped(answer, [], "without n1 only 2 of @members would be ready, "
                   "and 3 must be; ready: n2, n3", NAMES)
    assert set(runs(box).values()) == {0}
    assert box.ask("restart", "--rolling", "--min-ready", 2, "n*").code == 0
    assert box.ask("stop", "n3").code == 0
    # Others of the group count, also those that are not to be restarted.
    answer = box.ask("restart", "--rolling", "--min-ready", 2, "n1", "n2")
    assert answer.code == 1
    answer = box.ask("restart", "--rolling", "--min-ready", 2, "--force", "n1")
    assert answer.code == 0
