"""Many wishes at once.

    PROCMAN_STORM_SECONDS  how long it blows; 15 if not set, 60 for a good look
    PROCMAN_STORM_SEED     which storm; printed, so that one can be had again
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

from harness import PATIENCE, SLOW, alive, until

SECONDS = float(os.environ.get("PROCMAN_STORM_SECONDS", "15"))
SEED = int(os.environ.get("PROCMAN_STORM_SEED", "20260"))
CLIENTS = 8
NAMES = [f"p{i}" for i in range(6)]
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


def a_crowd():
    """Quick ones, one that takes its time to go, one with a family, one that
    ends by itself, one that fled."""
    return {
        "p0": stays_alone("p0"),
        "p1": stays_alone("p1"),
        "p2": stays_alone("p2", "trap 'sleep 0.05; exit 0' TERM; "
                                "while :; do sleep 0.01; done"),
        "p3": stays_alone("p3", "sleep 1000 9>&- & exec sleep 1000"),
        "p4": stays_alone("p4", "exec sleep 0.05"),
        "p5": stays_alone("p5", "(setsid sleep 1000 9>&- > /dev/null 2>&1 &)"
                                "; exec sleep 1000"),
    }


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


def fire(session, seed, until_when, answers):
    """One client; it comes and goes, and now and then it is in a hurry."""
    chance = random.Random(seed)
    while time.monotonic() < until_when:
        with Client(session) as client:
            for _ in range(chance.randrange(1, 20)):
                verb = chance.choice(("start", "stop", "restart", "status",
                                      "start", "restart-all", "stop-all"))
                names = [] if verb.endswith("-all") else chance.sample(
                    NAMES, chance.randrange(1, 3))
                reply = client.ask(verb, *names)
                answers.append((verb, names, reply))
                if time.monotonic() >= until_when:
                    break


def disturb(running, seed, until_when):
    """Signals that mean nothing, and some that make it stand still."""
    chance = random.Random(seed)
    supervisor = running.supervisor()
    while time.monotonic() < until_when:
        target = chance.choice((running.pid, supervisor))
        number = chance.choice((signal.SIGWINCH, signal.SIGUSR1,
                                signal.SIGSTOP, signal.SIGCHLD))
        if number == signal.SIGUSR1:
            target = running.pid  # its supervisor is nobody's to signal
        os.kill(target, number)
        time.sleep(chance.random() / 20)
        if number == signal.SIGSTOP:
            os.kill(target, signal.SIGCONT)


def blow(running, session, seconds, seed):
    """The storm itself; returns all answers."""
    answers = []
    end = time.monotonic() + seconds
    with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
        futures = [pool.submit(fire, session, seed + i, end, answers)
                   for i in range(CLIENTS)]
        futures.append(pool.submit(disturb, running, seed - 1, end))
        for future in futures:
            future.result()
    return answers


def check_answer(verb, names, reply):
    assert reply["code"] in (0, 1), reply
    assert "error" not in reply, reply
    told = reply["statuses" if verb == "status" else "outcomes"]
    wanted = names or NAMES
    assert sorted(one["name"] for one in told) == sorted(set(wanted)), reply
    for outcome in reply.get("outcomes", []):
        assert outcome["ok"] or "stopped before it was started" \
            in outcome["text"], reply


def check_final_wishes(session, seed):
    """Each client has a process of its own here: its last wish is what is."""
    def wishes(name):
        chance = random.Random(f"{seed} {name}")
        with Client(session) as client:
            for _ in range(20):
                verb = chance.choice(("start", "stop", "restart"))
                reply = client.ask(verb, name)
                assert reply["code"] == 0, reply
            return name, verb
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        last = dict(pool.map(wishes, NAMES))
    with Client(session) as client:
        states = client.states()
    for name in set(NAMES) - {"p4"}:  # that one ends by itself
        assert (states[name] == "idle") == (last[name] == "stop"), \
            (name, last[name], states)
    return states


def test_a_storm_of_wishes_leaves_no_trace(box):
    print(f"PROCMAN_STORM_SEED={SEED}")
    box.procfile(a_crowd())
    running = box.start("start", "-exit-on-stop=false")
    running.pid_of("p5")
    [session] = box.sessions()
    supervisor = running.supervisor()
    # What it takes once, it may keep.
    blow(running, session, SECONDS / 4, SEED + 1000)
    before = all_quiet(session, supervisor)

    answers = blow(running, session, SECONDS, SEED)
    assert len(answers) > 2 * SECONDS / PATIENCE
    for answer in answers:
        check_answer(*answer)
    check_final_wishes(session, SEED)

    after = all_quiet(session, supervisor)
    assert after.zombies == before.zombies == []
    assert after.descriptors == before.descriptors
    assert not has_grown(before, after), (before, after)
    assert running.supervisor() == supervisor
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
