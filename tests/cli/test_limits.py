"""At the edges: what the system refuses, and what procman says to that."""

import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import (CHILDREN, PATIENCE, SLOW, Box, alive, bearers, program,
                     state_of, until)

AS_ROOT = os.getuid() == 0
# Nobody else's, for the processes of a user are counted together.
STRANGER = 50000 + os.getpid() % 10000


def sleepers(count):
    return {f"p{i:04}": "exec sleep 1000" for i in range(count)}


# Descriptors.

CLOSED = [closed for count in (1, 2, 3)
          for closed in itertools.combinations(range(3), count)]


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_closed_standard_descriptors_are_never_used_for_anything_else(
        box, closed):
    box.procfile({"web": f"$PYTHON {CHILDREN}/descriptors.py >> given; "
                         "echo over >> given; exec sleep 1000"})
    shut = " ".join(f"{descriptor}>&-" for descriptor in closed)
    with open(box.work / "out", "wb") as out:
        running = box.start_into(
            out, stderr=out, wrapper=["sh", "-c", f'exec "$@" {shut}', "sh"])
        box.wait_file("given", "over")
        for pid in (running.pid, running.supervisor()):
            for descriptor in closed:
                assert os.readlink(f"/proc/{pid}/fd/{descriptor}") \
                    == "/dev/null"
        assert box.ask("run", "restart", "web").code == 0
        box.wait_file("given", r"(?s)over.*over")
        assert running.stop() == -2
    assert box.read("given") == \
        2 * "descriptors [0, 1, 2] input /dev/null\nover\n"
    assert (1 in closed) != ("web started" in box.read("out"))


def test_too_few_descriptors_are_told_and_hold_up_nobody(box):
    box.procfile(sleepers(100))
    running = box.start(wrapper=["prlimit", "--nofile=64:64"])
    until(lambda: len([line for line in running.lines
                       if re.search("started with pid|cannot start",
                                    line.text)]) == 100, "all were tried", 20)
    started = [line for line in running.shown("procman")
               if "started with pid" in line]
    refused = [line.text for line in running.lines
               if line.text.startswith("cannot start")]
    assert len(started) >= 10
    assert all("Too many open files" in text for text in refused)
    # Who has a place to spare can be spoken to; who has not, is told.
    asked = time.monotonic()
    answer = box.ask("run", "stop", "p0000", timeout=15)
    assert answer.code == 0 or answer.err.startswith("procman: ")
    assert time.monotonic() - asked < 12 * PATIENCE
    assert running.stop() == -2


def test_fugitives_are_found_where_descriptors_are_few(box):
    fleeing = "(setsid sleep 1000 > /dev/null 2>&1 &); exec sleep 1000"
    box.procfile({f"p{i}": fleeing for i in range(40)})
    running = box.start(wrapper=["prlimit", "--nofile=64:64"])
    running.wait_line("^cannot start", "p39")
    assert running.stop() == -2
    assert bearers(box.mark) == []


def test_2000_processes_fit_where_1024_descriptors_are_the_soft_limit(box):
    count = 400 if SLOW else 2000
    hard = 4 * count + 200
    processes = sleepers(count)
    processes["p0000"] = "ulimit -Sn; ulimit -Hn; exec sleep 1000"
    box.procfile(processes)
    running = box.start(wrapper=["prlimit", f"--nofile=1024:{hard}"])
    running.wait_line("started with pid", "procman")
    until(lambda: sum("started with pid" in line.text
                      for line in running.lines[:]) == count,
          "all have started", 60)
    assert running.shown("p0000")[:2] == ["1024", str(hard)]
    assert running.stop(timeout=60) == -2
    assert not any("cannot" in line.text for line in running.lines)
    assert bearers(box.mark) == []


# Processes.

def as_stranger(box):
    """A wrapper that runs procman as somebody who has no other processes; all
    that is in the box is theirs."""
    own = box.dir / "procman"
    shutil.copy(program()[-1], own)
    own.chmod(0o755)
    box.program = [*program()[:-1], str(own)]
    if not AS_ROOT:  # a user of a namespace of our own is counted there
        return ["unshare", "--user", "--map-current-user"]
    for path in (box.dir, *box.dir.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}",
            "--clear-groups"]


def test_too_many_processes_are_told_and_hold_up_nobody(box):
    box.procfile(sleepers(30))
    wrapper = as_stranger(box)
    running = box.start(wrapper=[*wrapper, "prlimit", "--nproc=12:12"])
    until(lambda: len([line for line in running.lines
                       if re.search("started with pid|cannot start",
                                    line.text)]) == 30, "all were tried", 20)
    refused = [line.text for line in running.lines
               if line.text.startswith("cannot start")]
    assert 18 <= len(refused) < 30
    assert all(text.endswith("too many processes (see ulimit -u) "
                             "(Resource temporarily unavailable)")
               for text in refused)
    # Where one goes there is room for another one.
    assert box.ask("run", "stop", "p0000").code == 0
    answer = box.ask("run", "start", "p0029")
    assert answer.code == 0 and answer.out.startswith("p0029 started")
    assert running.stop() == -2


# Room on disks.

@contextlib.contextmanager
def mounted(place, options):
    """A file system of its own; the caller's commands run where it is."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place],
                   check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(place):
    with contextlib.suppress(OSError), \
            open(place / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


def the_session_works_without_files(box, running):
    running.wait_line("^web started", "procman")
    warnings = [text for text in running.shown("procman")
                if text.startswith("warning: cannot write ")]
    assert warnings
    answer = box.ask("run", "restart", "web")
    assert answer.code == 0 or answer.err.startswith("procman: ")
    assert running.stop() == -2
    assert bearers(box.mark) == []
    assert box.sessions() == []
    return warnings


@pytest.mark.skipif(not AS_ROOT, reason="root mounts; below is for others")
def test_a_full_disk_below_the_session_is_told_and_no_more(box):
    with mounted(box.runtime, "size=64k,mode=0700"):
        fill(box.runtime)
        box.procfile({"web": "exec sleep 1000"})
        running = box.start()
        for warning in the_session_works_without_files(box, running):
            assert "No space left on device" in warning


@pytest.mark.skipif(not AS_ROOT, reason="only root mounts")
def test_a_disk_without_room_for_a_session_is_a_reason(box):
    with mounted(box.runtime, "size=64k,mode=0700,nr_inodes=1"):
        box.procfile({"web": "touch was-here"})
        answer = box.ask("start")
        assert answer.code == 1 and answer.out == ""
        assert str(box.runtime) in answer.err
        assert "No space left on device" in answer.err
        assert not (box.work / "was-here").exists()


def test_a_limit_of_file_sizes_is_told_and_no_more(box):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start(wrapper=["prlimit", "--fsize=0"])
    for warning in the_session_works_without_files(box, running):
        assert "File too large" in warning


def test_a_full_disk_below_the_output_is_told_once_and_ends_nothing(box):
    box.procfile({"web": "seq 1 1000; exec sleep 1000", "short": "exit 3"})
    with open("/dev/full", "wb") as full:
        running = box.start_into(full)
        until(lambda: box.ask("run", "status").out == "*web\n short\n",
              "only web runs")
        assert box.ask("run", "restart", "web").code == 0
        assert running.stop() == -2
    assert bytes(running.errors).decode() == \
        "procman: cannot write to standard output: No space left on device;" \
        " what is written meanwhile is lost\n"


def test_an_output_that_may_not_grow_ends_nothing(box):
    box.procfile({"web": "seq 1 20000; exec sleep 1000"})
    with open(box.work / "out", "wb") as out:
        running = box.start_into(out, wrapper=["prlimit", "--fsize=20000"])
        until(lambda: b"File too large" in bytes(running.errors), "it is told")
        assert box.ask("run", "status").out == "*web\n"
        assert running.stop() == -2


# Sessions that cannot be trusted, in the place of the one we want.

def spoil_with_link(session):
    target = session.parent / "target"
    target.mkdir(mode=0o700)
    session.symlink_to(target)
    return "symbolic link"


def spoil_with_dangling_link(session):
    session.symlink_to("nowhere")
    return "symbolic link"


def spoil_with_file(session):
    session.write_text("")
    return "a file"


def spoil_with_mode(session):
    session.mkdir()
    session.chmod(0o777)
    return "mode 0777"


def spoil_with_owner(session):
    session.mkdir(mode=0o700)
    os.chown(session, STRANGER, STRANGER)
    return str(STRANGER)


SPOILED = [spoil_with_link, spoil_with_dangling_link, spoil_with_file,
           spoil_with_mode, pytest.param(spoil_with_owner,
                                         marks=pytest.mark.skipif(
                                             not AS_ROOT,
                                             reason="only root gives away"))]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_session_that_somebody_else_may_have_made_is_refused(box, spoil):
    box.leftovers_expected = True
    box.procfile({"web": "touch was-here; exec sleep 1000"})
    running = box.start()
    running.pid_of("web")
    [session] = box.sessions()
    box.wait_file("was-here")
    running.stop()
    (box.work / "was-here").unlink()
    session.parent.mkdir(mode=0o700, exist_ok=True)
    reason = spoil(session)
    answer = box.ask("start")
    assert answer.code == 1 and answer.out == ""
    assert str(session) in answer.err and reason in answer.err
    assert not (box.work / "was-here").exists()
    # A client does not believe it either.
    answer = box.ask("run", "status")
    assert answer.code == 1 and answer.out == ""


@pytest.mark.skipif(not AS_ROOT, reason="only root mounts")
def test_a_place_that_is_read_only_is_a_reason(box):
    with mounted(box.runtime, "size=64k,mode=0700,ro"):
        box.procfile({"web": "touch was-here"})
        answer = box.ask("start")
        assert answer.code == 1 and answer.out == ""
        assert str(box.runtime) in answer.err
        assert "Read-only file system" in answer.err
        assert not (box.work / "was-here").exists()


TALK = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
try:
    client.sendall(b'{"verb": "status"}\\n')
    print(client.recv(10000).decode())
except OSError:
    print()
"""


@pytest.mark.skipif(not AS_ROOT, reason="only root is somebody else")
@pytest.mark.parametrize("uid,is_served", [(STRANGER, False), (0, True)])
def test_only_the_same_user_is_served(box, uid, is_served):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    running.pid_of("web")
    [session] = box.sessions()
    # Even if folder and socket were open to all.
    for path in (box.dir, box.runtime, session.parent, session):
        path.chmod(0o755)
    (session / "control.sock").chmod(0o666)
    said = subprocess.run(
        ["setpriv", f"--reuid={uid}", "--clear-groups", box.env["PYTHON"],
         "-c", TALK, session / "control.sock"],
        capture_output=True, timeout=30 * PATIENCE, check=True).stdout
    assert (b'"statuses"' in said) == is_served
    assert (b"web" in said) == is_served


# Process 1.

NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
             *([] if AS_ROOT else ["--user", "--map-root-user"])]
FORKS_TWICE = """
import os, sys
for i in range(1000):
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            os._exit(0)
        os._exit(0)
    os.wait()
print("ready", flush=True)
os.execvp("sleep", ["sleep", "1000"])
"""


def children_of(pid):
    with contextlib.suppress(OSError):
        return [int(child) for child in pathlib.Path(
            f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


@pytest.mark.parametrize("number,code", [(signal.SIGTERM, 143),
                                         (signal.SIGINT, 130)])
def test_process_1_of_a_container_reaps_all_and_ends_when_told(
        box, number, code):
    box.write("twice.py", FORKS_TWICE)
    box.procfile({"web": "exec $PYTHON -I -S twice.py"})
    running = box.start(wrapper=NAMESPACE)
    running.wait_line("^ready$", "web", timeout=30)
    [guard] = children_of(running.pid)
    # Zombies would be among them, and so would be whoever is still to end.
    until(lambda: len(descendants_of(guard)) == 2,
          "only the supervisor and web are there")
    os.kill(guard, number)
    assert running.wait() == code


def test_process_1_ends_with_the_code_of_what_failed(box):
    box.procfile({"web": "exit 7"})
    assert box.start(wrapper=NAMESPACE).wait() == 7


# Signals to procman itself.

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
IMPATIENT = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
STOPPING = (signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP)
HARMLESS = [number for number in map(signal.Signals, range(1, 32))
            if number not in ENDING + STOPPING]


def test_a_guard_that_stands_still_holds_up_only_its_signals(box):
    box.procfile({"web": "while :; do echo tick; sleep 0.02; done"})
    running = box.start()
    running.wait_line("^tick$", "web")
    running.send(signal.SIGSTOP)
    until(lambda: state_of(running.pid) == "T", "the guard stands still")
    running.wait_line("^tick$", "web", after=running.count())
    assert box.ask("run", "restart", "web").code == 0
    running.send(signal.SIGTERM)
    running.wait_line("^tick$", "web", after=running.count())
    running.send(signal.SIGCONT)
    assert running.wait() == -signal.SIGTERM


def test_a_supervisor_that_stands_still_goes_on_where_it_was(box):
    box.procfile({"web": "while :; do echo tick; sleep 0.02; done"})
    running = box.start()
    running.wait_line("^tick$", "web")
    supervisor = running.supervisor()
    os.kill(supervisor, signal.SIGSTOP)
    until(lambda: state_of(supervisor) == "T", "the supervisor stands still")
    client = box.ask_in_background("run", "restart", "web")
    running.send(signal.SIGWINCH)
    os.kill(supervisor, signal.SIGCONT)
    assert client().code == 0
    os.kill(supervisor, signal.SIGSTOP)
    until(lambda: state_of(supervisor) == "T", "the supervisor stands still")
    running.send(signal.SIGINT)
    assert running.popen.poll() is None
    os.kill(supervisor, signal.SIGCONT)
    assert running.wait() == -signal.SIGINT


def test_a_session_that_stands_still_can_be_killed(box):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    web, supervisor = running.pid_of("web"), running.supervisor()
    running.send(signal.SIGTSTP)
    for pid in (web, supervisor, running.pid):
        until(lambda: state_of(pid) == "T", f"{pid} stands still")
    os.kill(supervisor, signal.SIGKILL)
    running.send(signal.SIGCONT)
    assert running.wait() == 128 + signal.SIGKILL
    assert bearers(box.mark) == []


def test_no_other_signal_means_anything_to_a_running_session(box):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    web = running.pid_of("web")
    for number in HARMLESS:
        running.send(number)
        assert box.running_pids() == {"web": web}, number.name
    assert alive(running.supervisor())
    assert running.stop() == -2


@pytest.mark.parametrize("first", ENDING)
def test_no_other_signal_means_anything_to_one_that_is_ending(box, first):
    box.procfile({"web": "trap '' TERM; echo ready; exec sleep 1000"})
    running = box.start()
    web = running.pid_of("web")
    running.wait_line("^ready$", "web")
    running.send(first)
    running.wait_line(f"^{first.name} received: stopping 1 process$")
    for number in HARMLESS + [signal.SIGHUP]:
        running.send(number)
        assert box.statuses()["web"]["pid"] == web, number.name
    # A hang-up may come twice and is no impatience: then the first counts.
    second = signal.SIGTERM
    running.send(second)
    if first == signal.SIGHUP:
        running.send_until_it_ends(second)
    assert running.wait() in (-first, -second)
    assert not alive(web)


@pytest.mark.parametrize("number", IMPATIENT)
def test_each_impatient_signal_kills_what_is_left(box, number):
    box.procfile({"web": "trap '' TERM; echo ready; exec sleep 1000"})
    running = box.start()
    running.wait_line("^ready$", "web")
    running.send(signal.SIGINT)
    running.wait_line("^SIGINT received: stopping 1 process$")
    asked = running.send(number)
    assert running.wait() == -signal.SIGINT
    assert time.monotonic() - asked < 5 * PATIENCE
    assert f"{number.name} received again: killing 1 process" \
        in running.shown("procman")


def early_signal(number, after_ms):
    """A signal in the first moments, of which nobody knows what is done in
    them: whatever comes of it, nobody is left, and the next start works."""
    box = Box()
    try:
        box.procfile(sleepers(10))
        running = box.start()
        end = time.monotonic() + after_ms / 1000
        while time.monotonic() < end:
            pass
        running.send(number)
        if number == signal.SIGTSTP:
            running.send(signal.SIGCONT)
        if number not in ENDING:
            running.send(signal.SIGTERM)
        running.wait()
        assert bearers(box.mark) == []
        box.procfile({"web": "echo hello"})
        answer = box.ask("start")
        assert answer.code == 0 and answer.err == "", answer
    finally:
        box.close()


def test_any_signal_in_the_first_moments_leaves_nothing(box):
    numbers = [number for number in map(signal.Signals, range(1, 32))
               if number not in (signal.SIGKILL, signal.SIGSTOP)]
    moments = (0, 1, 2, 4, 8, 16)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(early_signal, number,
                               moments[i % len(moments)])
                   for i, number in enumerate(numbers + list(ENDING) * 6)]
        for future in futures:
            future.result()


# What it costs to be guarded.

def pss_kb(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])


def wakeups(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", status)))


def is_at_rest(pid, seconds):
    """Nothing woke it up in that time."""
    before = wakeups(pid)
    time.sleep(seconds)
    return wakeups(pid) == before


def test_guard_and_supervisor_sleep_until_something_happens(box):
    box.procfile({f"p{i}": "exec sleep 1000" for i in range(5)})
    running = box.start()
    running.pid_of("p4")
    assert box.ask("run", "status").out.count("*") == 5
    supervisor = running.supervisor()
    until(lambda: is_at_rest(supervisor, 0.3), "the beginning is over")
    before = wakeups(running.pid), wakeups(supervisor)
    time.sleep(3)
    assert (wakeups(running.pid), wakeups(supervisor)) == before


@pytest.mark.skipif(SLOW, reason="sanitizers need memory of their own")
def test_a_guard_costs_less_than_a_mebibyte(box):
    box.procfile({f"p{i}": "exec sleep 1000" for i in range(5)})
    running = box.start()
    running.pid_of("p4")
    assert pss_kb(running.pid) < 1024
