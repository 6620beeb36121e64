"""restart = always, on-failure: what starts again, and what does not."""

import re
import signal

import pytest

from harness import until

STAY = "exec sleep 1000"


def settings(box, **keys):
    lines = [f"{key.replace('_', '-')} = {value}" for key, value in keys.items()]
    box.write("procman.ini", "\n".join(["[*]", *lines]) + "\n")


def state(box, name="web"):
    return box.statuses()[name]["state"]


def starts(running, name="web", after=0):
    return len([line for line in running.lines[after:]
                if line.name == "procman"
                and line.text.startswith(f"{name} started with pid ")])


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_somebody_stops_stays_down_however_it_ends(box, code):
    box.procfile({"web": f"trap 'exit {code}' TERM; echo up; "
                         "while :; do sleep 0.02; done", "other": STAY})
    settings(box, restart="always", restart_delay="0")
    running = box.start()
    running.wait_line("^up$", "web")
    assert box.ask("run", "stop", "web").code == 0
    assert state(box) == "idle"
    # A restart of another one is a turn in which it could have come back.
    assert box.ask("run", "restart", "other").code == 0
    assert state(box) == "idle" and starts(running) == 1
    assert running.stop() == -signal.SIGINT


def test_somebodys_restart_does_not_wait_and_forgives(box):
    box.procfile({"web": "echo run; if [ -e well ]; then exec sleep 1000; fi; "
                         "exit 1"})
    settings(box, restart="on-failure", restart_delay="1h",
             restart_max_delay="10h")
    running = box.start()
    running.wait_line("^web will be started again in 1 h", "procman")
    after = running.count()
    assert box.ask("run", "restart", "web").code == 0
    # Forgiven: it waits for one hour again, not for two.
    running.wait_line(r"^web will be started again in 1 h", "procman",
                      after=after)
    box.write("well", "")
    assert box.ask("run", "restart", "web").code == 0
    assert state(box) == "ready"


def test_an_end_of_the_session_never_meets_a_start(box):
    names = [f"web{n}" for n in range(8)]
    box.procfile({name: "exit 1" for name in names})
    settings(box, restart="always", restart_delay="1ms",
             restart_max_delay="3ms", restart_limit=0)
    running = box.start()
    until(lambda: starts(running, "web7") > 20, "all of them fall again and "
          "again")
    assert running.stop(timeout=10) == -signal.SIGINT
    told = running.shown("procman")
    end = told.index(next(text for text in told
                          if text.startswith("SIGINT received")))
    assert not [text for text in told[end:] if " started with pid " in text]


@pytest.mark.slow
def test_one_that_was_ready_for_ten_seconds_is_forgiven(box):
    box.procfile({"web": "echo up; if [ -e twice ]; then sleep 12; fi; "
                         "if [ -e once ]; then echo >twice; fi; echo >once; "
                         "exit 1"})
    settings(box, ready="log:up", restart="on-failure", restart_delay="100ms",
             restart_limit=0)
    running = box.start()
    again = r"^web will be started again in (\d+) ms$"
    waits, after = [], 0
    for _ in range(3):
        line = running.wait_line(again, "procman", timeout=30, after=after)
        after = running.lines.index(line) + 1
        waits.append(int(re.match(again, line.text)[1]))
    # With up to a quarter more by chance; the line may come a little late.
    assert 50 <= waits[0] <= 125 and 150 <= waits[1] <= 250, waits
    assert waits[2] <= 125, waits
