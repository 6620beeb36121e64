"""Every signal, in every state of a life: what procman is told while a process
is just there, it does; nobody is left, and the code is the documented one.

`closing` is missing: it lasts for one turn of the loop, in which no signal is
looked at.
"""

import concurrent.futures
import os
import signal

import pytest

from harness import PATIENCE, Box, alive, command_line, state_of, until

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
STANDSTILL = (signal.SIGSTOP, signal.SIGTSTP)
# Real-time signals too: whatever there is.
HARMLESS = sorted(signal.valid_signals() - set(ENDING) - set(STANDSTILL)
                  - {signal.SIGKILL})

STAY = "exec sleep 1000"
DEAF = "trap '' TERM; echo ready; exec sleep 1000"

# state -> Procfile, settings; the process is `web`, and it gets there alone.
STATES = {
    "idle": ({"web": "true"}, ""),
    "starting": ({"web": STAY}, "[web]\nready = exec:false\n"),
    "ready": ({"web": STAY}, ""),
    "stopping": ({"web": DEAF}, "[web]\nstop-timeout = {patience}\n"),
    "lingering": ({"web": "sleep 1000 & exit 0"}, ""),
    "waiting": ({"web": "exit 1"},
                "[web]\nrestart = always\nrestart-delay = 1h\n"
                "restart-max-delay = 2h\n"),
    "held": ({"db": STAY, "web": STAY},
             "[db]\nready = exec:false\n[web]\nafter = db\n"),
    "failed": ({"web": "exit 1"},
               "[web]\nrestart = always\nrestart-delay = 1ms\n"
               "restart-limit = 1\n"),
}


def state(box):
    return box.statuses()["web"]["state"]


def bring_to(box, wanted, patience):
    entries, settings = STATES[wanted]
    box.procfile(entries, {"other": STAY})
    box.write("procman.ini", settings.format(patience=patience))
    running = box.start("start", "-exit-on-stop=false")
    running.pid_of("other")
    if wanted == "stopping":
        running.wait_line("^ready$", "web")
        running.stopper = box.ask_in_background("run", "stop", "web")
    until(lambda: state(box) == wanted, f"web is {wanted}")
    return running


def stand_still_and_go_on(running, number, pids):
    """What a shell does: it continues what it has seen to be stopped."""
    running.send(number)
    for pid in pids:
        until(lambda: state_of(pid) == "T", f"{pid} stands still")
    running.send(signal.SIGCONT)
    for pid in pids:
        until(lambda: state_of(pid) != "T", f"{pid} goes on")


def end_by(number):
    def end(running):
        assert running.stop(number) == -number
    return end


def end_without_supervisor(running):
    os.kill(running.supervisor(), signal.SIGKILL)
    assert running.wait() == 128 + signal.SIGKILL


def end_without_guard(running):
    supervisor = running.supervisor()
    running.send(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    until(lambda: not alive(supervisor), "the supervisor has ended", 20)


ENDS = [*map(end_by, ENDING), end_without_supervisor, end_without_guard]


def judge(wanted, end):
    box = Box()
    try:
        running = bring_to(box, wanted, patience=f"{2 * PATIENCE}s")
        end(running)
        assert [(pid, command_line(pid)) for pid in box.survivors()] == []
        assert box.sessions() == []
        assert bytes(running.errors) == b"" or end is end_without_supervisor
        if wanted == "stopping":
            running.stopper()  # it has an answer, whatever it is
    finally:
        box.close()


@pytest.mark.parametrize("wanted", STATES)
def test_a_signal_that_ends_leaves_nothing_in_any_state(wanted):
    with concurrent.futures.ThreadPoolExecutor(len(ENDS)) as pool:
        futures = [pool.submit(judge, wanted, end) for end in ENDS]
        for future in futures:
            future.result()


@pytest.mark.parametrize("wanted", STATES)
def test_a_signal_that_does_not_end_changes_no_state(box, wanted):
    running = bring_to(box, wanted, patience="1h")
    pids = [running.pid, running.supervisor()]
    before = box.statuses()
    for number in HARMLESS:
        os.kill(running.pid, number)
        assert running.popen.poll() is None, number
    for number in STANDSTILL:
        # SIGSTOP is the guard's alone; Ctrl-Z is for all of them.
        stand_still_and_go_on(running, number,
                              pids if number == signal.SIGTSTP else pids[:1])
    after = box.statuses()
    for name, one in before.items():
        for key in ("state", "pid", "restarts", "last_exit"):
            assert one.get(key) == after[name].get(key), (name, key)
    assert running.supervisor() == pids[1]
    running.send_until_it_ends(signal.SIGTERM)


def test_a_ctrl_z_stops_the_guard_of_one_that_stands_still_already(box):
    """A Ctrl-Z may overtake the end of the one before; and what is left of it
    must not stop the guard another time."""
    box.procfile({"web": STAY})
    running = box.start()
    running.pid_of("web")
    pids = [running.pid, running.supervisor()]
    os.kill(pids[1], signal.SIGSTOP)
    until(lambda: state_of(pids[1]) == "T", "the supervisor stands still")
    stand_still_and_go_on(running, signal.SIGTSTP, pids)
    os.kill(pids[1], signal.SIGSTOP)
    until(lambda: state_of(pids[1]) == "T", "the supervisor stands still")
    running.send(signal.SIGWINCH)
    os.kill(pids[1], signal.SIGCONT)
    assert box.ask("run", "status").out == "*web\n"
    assert running.stop() == -2
