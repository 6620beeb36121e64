"""Many wishes at once.

    PROCMAN_STORM_SECONDS  how long it blows; a minute if not set
    PROCMAN_STORM_SEED     which storm; printed, so that one can be had again:
                           each client wishes the same then, in the same order
"""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import time

from harness import (DURATION, PATIENCE, SLOW, alive, command_line, parent_of,
                     state_of, until)

SECONDS = float(os.environ.get("PROCMAN_STORM_SECONDS", "60"))
SEED = int(os.environ.get("PROCMAN_STORM_SEED", "20260"))
CLIENTS = 8
BY_COMMAND = 3  # so many of them run `procman`, the others speak the protocol
NAMES = [f"p{i}" for i in range(8)]
SECOND_COPY = 99

Figures = collections.namedtuple("Figures", "descriptors rss_kb zombies")


class Client:
    """A connection to the session's socket, which asks and hears."""

    def __init__(self, session):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30 * PATIENCE)
        # By a short way: the name of a socket has little room.
        folder = os.open(session, os.O_PATH)
        self.socket.connect(f"/proc/self/fd/{folder}/control.sock")
        os.close(folder)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, verb, *names):
        request = {"verb": verb, **({"names": names} if names else {})}
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def hear(self):
        return json.loads(self.file.readline())

    def ask(self, verb, *names):
        self.say(verb, *names)
        return self.hear()

    def states(self):
        return {one["name"]: one["state"] for one in
                self.ask("status")["statuses"]}


def stays_alone(name, rest="exec sleep 1000"):
    """A leader that fails loudly if there is another one of its name."""
    return (f"exec 9> {name}.lock; flock -n 9 || exit {SECOND_COPY}; "
            f"{rest}")


def a_crowd(box):
    """Quick ones, one that takes its time to go, one with a family, one that
    ends by itself, one that fled, one that must be killed, one that crashes
    all the time."""
    box.procfile({
        "p0": stays_alone("p0"),
        "p1": stays_alone("p1"),
        "p2": stays_alone("p2", "trap 'sleep 0.05; exit 0' TERM; "
                                "while :; do sleep 0.01; done"),
        "p3": stays_alone("p3", "sleep 1000 9>&- & exec sleep 1000"),
        "p4": stays_alone("p4", "exec sleep 0.05"),
        "p5": stays_alone("p5", "(setsid sleep 1000 9>&- > /dev/null 2>&1 &)"
                                "; exec sleep 1000"),
        "p6": stays_alone("p6", "trap '' TERM; exec sleep 1000"),
        "p7": stays_alone("p7", "sleep 0.02; exit 1"),
    })
    # What is kept of their words is bounded, and full soon.
    box.write("procman.ini", "[*]\nhistory = 4K\n[p6]\nstop-timeout = 200ms\n"
                             "[p7]\nrestart = always\nrestart-delay = 20ms\n"
                             "restart-max-delay = 100ms\nrestart-limit = 0\n")


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def figures(supervisor):
    status = pathlib.Path(f"/proc/{supervisor}/status").read_text()
    return Figures(
        descriptors=len(os.listdir(f"/proc/{supervisor}/fd")),
        rss_kb=int(re.search(r"VmRSS:\s+(\d+)", status)[1]),
        zombies=[pid for pid in children_of(supervisor) if not alive(pid)])


def open_sockets(pid):
    count = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            link = os.readlink(f"/proc/{pid}/fd/{descriptor}")
            count += link.startswith("socket:")
    return count


def has_grown(before, after):
    """A sanitizer keeps what was freed, for a while."""
    return not SLOW and after.rss_kb - before.rss_kb >= 256


def all_quiet(session, supervisor):
    """All are stopped and reaped, and nobody is connected."""
    with Client(session) as client:
        client.ask("stop-all")
    until(lambda: not children_of(supervisor), "nobody is left of them")
    until(lambda: open_sockets(supervisor) == 1, "only the listener is open")
    return figures(supervisor)


def wish(chance):
    verb = chance.choice(("start", "stop", "restart", "status", "start",
                          "restart-all", "stop-all"))
    names = [] if verb.endswith("-all") else chance.sample(
        NAMES, chance.randrange(1, 3))
    return verb, names


def fire(session, seed, until_when, answers):
    """A client of the socket; it comes and goes, and is in a hurry."""
    chance = random.Random(seed)
    while time.monotonic() < until_when:
        with Client(session) as client:
            for _ in range(chance.randrange(1, 20)):
                verb, names = wish(chance)
                answers.append((verb, names, client.ask(verb, *names)))
                if time.monotonic() >= until_when:
                    break


def fire_by_command(box, seed, until_when, commands):
    """A client that is procman itself, one for each wish."""
    chance = random.Random(seed)
    while time.monotonic() < until_when:
        verb, names = wish(chance)
        commands.append((verb, names, box.ask("run", verb, *names)))


def stands_still(pid):
    with contextlib.suppress(OSError):
        return state_of(pid) == "T"
    return False


def suspend(running, chance):
    """Ctrl-Z, and after a moment fg."""
    running.send(signal.SIGTSTP)
    until(lambda: stands_still(running.pid), "procman stands still", 30)
    time.sleep(chance.random() / 20)
    running.send(signal.SIGCONT)


def hold_up(pid, chance):
    os.kill(pid, signal.SIGSTOP)
    time.sleep(chance.random() / 20)
    os.kill(pid, signal.SIGCONT)


def hit_a_child(supervisor, chance):
    """One of the processes, or of those they have left behind, gets what
    somebody else sends it."""
    children = sorted(map(int, children_of(supervisor)))
    if not children:
        return
    pid = chance.choice(children)
    with contextlib.suppress(ProcessLookupError):
        # Not between its fork and its exec: procman would wait for the latter.
        if parent_of(pid) == supervisor and command_line(pid) \
                not in ([], [""], command_line(supervisor)):
            os.kill(pid, chance.choice((signal.SIGKILL, signal.SIGTERM,
                                        signal.SIGSTOP, signal.SIGCONT)))


def disturb(running, seed, until_when):
    """Signals: such as mean nothing to procman, such as make it or all of them
    stand still, and such as its processes do not expect."""
    chance = random.Random(seed)
    supervisor = running.supervisor()
    while time.monotonic() < until_when:
        what = chance.randrange(10)
        if what == 0:
            suspend(running, chance)
        elif what < 3:
            hold_up(chance.choice((running.pid, supervisor)), chance)
        elif what < 5:
            hit_a_child(supervisor, chance)
        else:
            running.send(chance.choice((
                signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2,
                signal.SIGALRM, signal.SIGPIPE, signal.SIGCHLD,
                signal.SIGCONT)))
        time.sleep(chance.random() / 20)


def blow(box, running, session, seconds, seed):
    """The storm itself: what was answered by the socket, and by commands."""
    answers, commands = [], []
    end = time.monotonic() + seconds
    with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
        futures = [
            pool.submit(fire_by_command, box, seed + i, end, commands)
            if i < BY_COMMAND else
            pool.submit(fire, session, seed + i, end, answers)
            for i in range(CLIENTS)]
        futures.append(pool.submit(disturb, running, seed - 1, end))
        for future in futures:
            future.result()
    return answers, commands


# All that may be said of a process that somebody else has wishes for too.
OUTCOMES = re.compile(
    r"(p\d) (?:(?:re)?started: pid \d+|is running already: pid \d+|"
    rf"stopped: SIGTERM, {DURATION}|was not running|has ended by itself)")
FAILURES = re.compile(
    rf"(p\d)(?:: was stopped before it was started| killed after {DURATION}"
    r"(?:, \d+ descendants? with it)?)")


def is_good(text):
    """Whose outcome it is, and whether it is what was wished."""
    good, bad = OUTCOMES.fullmatch(text), FAILURES.fullmatch(text)
    assert good or bad, text
    return (good or bad)[1], bool(good)


def check_outcomes(names, code, texts):
    told = dict(map(is_good, texts))
    assert sorted(told) == sorted(names or NAMES), texts
    assert code == (0 if all(told.values()) else 1), texts


def check_answer(verb, names, reply):
    assert "error" not in reply, reply
    if verb == "status":
        assert reply["code"] == 0
        assert sorted(one["name"] for one in reply["statuses"]) \
            == sorted(names), reply
        return
    check_outcomes(names, reply["code"],
                   [outcome["text"] for outcome in reply["outcomes"]])
    for outcome in reply["outcomes"]:
        assert is_good(outcome["text"]) == (outcome["name"], outcome["ok"])


def check_command(verb, names, answer):
    assert answer.err == "", answer
    lines = answer.out.splitlines()
    if verb != "status":
        check_outcomes(names, answer.code, lines)
        return
    assert answer.code == 0
    assert all(re.fullmatch(r"[ *]p\d", line) for line in lines), answer
    assert sorted(line[1:] for line in lines) == sorted(names), answer


def check_final_wishes(session, seed):
    """Each client has a process of its own here: its last wish is what is."""
    def wishes(name):
        chance = random.Random(f"{seed} {name}")
        with Client(session) as client:
            for _ in range(20):
                verb = chance.choice(("start", "stop", "restart"))
                check_answer(verb, [name], client.ask(verb, name))
            return name, verb
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        last = dict(pool.map(wishes, NAMES))
    with Client(session) as client:
        states = client.states()
    for name in set(NAMES) - {"p4"}:  # that one ends by itself
        assert (states[name] == "idle") == (last[name] == "stop"), \
            (name, last[name], states)
    return states


def guard_descriptors(running):
    return len(os.listdir(f"/proc/{running.pid}/fd"))


def test_a_storm_of_wishes_leaves_no_trace(box):
    print(f"PROCMAN_STORM_SEED={SEED}")
    a_crowd(box)
    running = box.start("start", "-exit-on-stop=false")
    running.pid_of("p7")
    [session] = box.sessions()
    supervisor = running.supervisor()
    # What it takes once, it may keep.
    blow(box, running, session, SECONDS / 6, SEED + 1000)
    before = all_quiet(session, supervisor)
    guards = guard_descriptors(running)

    answers, commands = blow(box, running, session, SECONDS, SEED)
    print(f"{len(answers)} requests, {len(commands)} commands")
    assert len(answers) > 2 * SECONDS / PATIENCE
    assert len(commands) > SECONDS / 2 / PATIENCE
    for answer in answers:
        check_answer(*answer)
    for command in commands:
        check_command(*command)
    check_final_wishes(session, SEED)

    after = all_quiet(session, supervisor)
    print(before, after)
    assert after.zombies == before.zombies == []
    assert after.descriptors == before.descriptors
    assert not has_grown(before, after), (before, after)
    assert guard_descriptors(running) == guards
    assert children_of(running.pid) == [str(supervisor)]
    assert running.stop() == -2
    told = "\n".join(running.shown("procman"))
    assert f"code {SECOND_COPY}" not in told
    assert bytes(running.errors) == b""  # not even "a handle was left open"


def test_the_last_wish_counts_also_while_the_one_before_is_being_granted(box):
    box.procfile({"web": stays_alone(
        "web", "trap 'while [ ! -e go ]; do sleep 0.01; done; exit 0' TERM; "
               "echo ready; while :; do sleep 0.01; done")})
    running = box.start("start", "-exit-on-stop=false")
    running.wait_line("^ready$", "web")
    [session] = box.sessions()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(session)) for _ in range(5)]
        watcher = stack.enter_context(Client(session))
        wishes = ["stop", "start", "stop", "restart", "stop"]
        for client, verb in zip(clients, wishes):
            client.say(verb, "web")
            # Who asks later is answered later: by then it has been read.
            until(lambda: watcher.states() == {"web": "stopping"}, "stopping")
        (box.work / "go").write_text("")
        replies = [client.hear() for client in clients]
        assert watcher.states() == {"web": "idle"}
    assert [reply["code"] for reply in replies] == [0, 1, 0, 1, 0]
    assert running.stop() == -2
    assert f"code {SECOND_COPY}" not in "\n".join(running.shown("procman"))


def test_a_thousand_restarts_of_all_do_not_end_the_session(box):
    count = 200 if SLOW else 1000
    box.procfile({name: stays_alone(name) for name in ("a", "b", "c")})
    box.write("procman.ini", "[*]\nhistory = 4K\n")
    running = box.start()
    running.pid_of("c")
    [session] = box.sessions()
    supervisor = running.supervisor()
    with Client(session) as client:
        for round_ in range(count):
            reply = client.ask("restart-all")
            assert reply["code"] == 0, (round_, reply)
            if round_ == count // 10:
                before = figures(supervisor)
        after = figures(supervisor)
        states = client.states()
    assert set(states) == {"a", "b", "c"} and "idle" not in states.values()
    assert after.descriptors == before.descriptors
    assert not has_grown(before, after), (before, after)
    assert running.popen.poll() is None
    assert running.stop() == -2
    assert f"code {SECOND_COPY}" not in "\n".join(running.shown("procman"))
