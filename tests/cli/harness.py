"""The real program, from outside.

A Box is a folder with a Procfile and a runtime directory of its own, in which
a test runs procman; a Running is one `procman start` in it, whose lines are
read as they come.  Every process that a box starts carries a mark in its
environment, which its descendants inherit: when the box is closed, whoever
still carries it has outlived the test, and the test fails.

    PROCMAN            the program, may be several words (valgrind procman);
                       build/procman if it is not set
    PROCMAN_TEST_SLOW  1: sanitizers or valgrind; all patience is multiplied
"""

import collections
import contextlib
import errno
import fcntl
import itertools
import json
import os
import pathlib
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
CHILDREN = HERE / "children"
SLOW = os.environ.get("PROCMAN_TEST_SLOW", "") not in ("", "0")
PATIENCE = 6 if SLOW else 2  # a machine may be slow without being broken
PYTHON = sys.executable

PREFIX = re.compile(r"(?:\x1b\[(?P<color>\d+)m)?(?:(?P<time>\d\d:\d\d:\d\d) )?"
                    r" *(?P<name>\S+) (?P<mark>[|+]) (?:\x1b\[m)?"
                    r"(?P<text>.*)", re.DOTALL)
# What a sanitizer or valgrind says when it is not content.
COMPLAINTS = re.compile(r"ERROR: \w+Sanitizer|runtime error:|^==\d+== ",
                        re.MULTILINE)

# However slow the machine is.
DURATION = r"(\d+ ms|\d+(\.\d)? s)"

Line = collections.namedtuple("Line", "at raw name mark text")
Answer = collections.namedtuple("Answer", "code out err")


def program():
    """The words of $PROCMAN; files among them by their absolute path."""
    default = HERE.parent.parent / "build" / "procman"
    words = shlex.split(os.environ.get("PROCMAN", "")) or [str(default)]
    return [os.path.abspath(word) if os.path.isfile(word) else word
            for word in words]


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def soon(seconds):
    """The end of our patience."""
    return time.monotonic() + seconds * PATIENCE


def until(true, what, seconds=10):
    """Waits until `true()` is, and returns what it says."""
    end = soon(seconds)
    while True:
        result = true()
        if result:
            return result
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)


def state_of(pid):
    """As the kernel says it: S sleeps, T is stopped, Z is a zombie."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


def alive(pid):
    """Zombies are not alive."""
    try:
        return state_of(pid) not in "ZX"
    except OSError:
        return False


def command_line(pid):
    with contextlib.suppress(OSError):
        data = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        return text_of(data).rstrip("\0").split("\0")
    return []


def parent_of(pid):
    with contextlib.suppress(OSError):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[1])
    return 0


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
        return True


# Above those of the etcd tests, which may run beside us, and below those that
# the kernel gives away: nobody else comes by one.
PORTS = itertools.count(24000 + os.getpid() * 131 % 7000)


def new_port():
    return next(port for port in PORTS if is_free(port))


def started(pid):
    """Waits for the end of its exec: for a moment, procman knows that it has
    succeeded, and the kernel shows neither arguments nor environment yet.  Under
    valgrind, whose vfork is a fork, it even is procman for a moment."""
    until(lambda: command_line(pid) not in ([""], command_line(parent_of(pid))),
          f"{pid} has arguments")
    return pid


def environment_of(pid):
    data = pathlib.Path(f"/proc/{started(pid)}/environ").read_bytes()
    return dict(entry.split("=", 1)
                for entry in text_of(data).split("\0") if "=" in entry)


def bearers(mark):
    """The processes that carry a mark in their environment."""
    mark = mark.encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/environ", "rb") as environ:
                if mark in environ.read() and alive(int(entry)):
                    found.append(int(entry))
    return found


class Running:
    """One `procman start`, and all that it has shown so far."""

    def __init__(self, popen, source, stderr=None, terminal=None):
        self.popen = popen
        self.pid = popen.pid
        self.terminal = terminal  # the master's descriptor, on a terminal
        self.slave = None  # its other end, to look at it from outside
        self.raw = bytearray()
        self.lines = []
        self.errors = bytearray()
        self._changed = threading.Condition()
        self._ended = False
        self._source = source
        self._readers = []
        if source is not None:
            self._read_in_background(self._read_lines)
        if stderr is not None:
            self._read_in_background(self._read_errors, stderr)

    def _read_in_background(self, function, *arguments):
        reader = threading.Thread(target=function, args=arguments, daemon=True)
        reader.start()
        self._readers.append(reader)

    def _read_lines(self):
        rest = b""
        while True:
            try:
                data = os.read(self._source, 1 << 16)
            except OSError as error:
                # What a terminal says when nobody is at its other end.
                assert error.errno in (errno.EIO, errno.EBADF)
                data = b""
            at = time.monotonic()
            with self._changed:
                self.raw += data
                *whole, rest = (rest + data).split(b"\n")
                if not data and rest:
                    whole, rest = [rest], b""
                self.lines += [self._parse(at, line) for line in whole]
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return

    @staticmethod
    def _parse(at, data):
        raw = text_of(data)
        match = PREFIX.fullmatch(raw)
        if not match:
            return Line(at, raw, None, None, raw)
        return Line(at, raw, match["name"], match["mark"], match["text"])

    def _read_errors(self, stderr):
        while data := os.read(stderr, 1 << 16):
            self.errors += data
        os.close(stderr)

    def wait_line(self, pattern, name=None, timeout=15, after=0):
        """The first line, from the `after`th on, in whose text the pattern
        is found, of the process `name` if one is given."""
        pattern = re.compile(pattern, re.DOTALL)
        end = soon(timeout)
        looked_at = after
        with self._changed:
            while True:
                for line in self.lines[looked_at:]:
                    if name in (None, line.name) and pattern.search(line.text):
                        return line
                looked_at = max(after, len(self.lines))
                left = end - time.monotonic()
                assert left > 0 and not self._ended, \
                    f"no line /{pattern.pattern}/ of {name or 'anybody'}" \
                    f" in:\n{self.tail()}"
                self._changed.wait(left)

    def tail(self, count=60):
        return "\n".join([line.raw[:300] for line in self.lines[-count:]]
                         + [text_of(bytes(self.errors))])

    def count(self):
        """How many lines have been shown so far, for wait_line(after=)."""
        return len(self.lines)

    def shown(self, name):
        """The texts of a process's lines."""
        return [line.text for line in self.lines if line.name == name]

    def pid_of(self, name, after=0):
        """The pid of a process, once procman has said it."""
        line = self.wait_line(rf"^{re.escape(name)} started with pid \d+$",
                              "procman", after=after)
        return int(line.text.split()[-1])

    def send(self, number):
        """When it was sent, or a moment before that."""
        now = time.monotonic()
        self.popen.send_signal(number)
        return now

    def wait(self, timeout=20):
        """Waits for the end; the exit code, -n if signal n was the end."""
        try:
            code = self.popen.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"procman goes on:\n{self.tail()}") from None
        self._let_go_of_slave()  # or there is no end to read from the master
        for reader in self._readers:
            reader.join(10 * PATIENCE)
            assert not reader.is_alive(), "somebody holds procman's output"
        return code

    def _let_go_of_slave(self):
        if self.slave is not None:
            os.close(self.slave)
            self.slave = None

    def send_twice(self, number):
        """Twice the same; sent at once, they would become one."""
        self.send(number)
        name = signal.Signals(number).name
        self.wait_line(f"^{name} received: stopping", "procman")
        return self.send(number)

    def send_until_it_ends(self, number):
        """As somebody does who has lost patience."""
        def has_ended():
            self.send(number)
            return self.popen.poll() is not None
        until(has_ended, "procman has ended")

    def stop(self, number=signal.SIGINT, timeout=20):
        """An orderly shutdown."""
        self.send(number)
        return self.wait(timeout)

    def force_down(self):
        """For the end of a test: asked, asked again, killed."""
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
            if self.popen.poll() is None:
                self.popen.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.popen.wait(3 * PATIENCE)
                    return number != signal.SIGKILL
        return True

    def supervisor(self):
        """The process that does the work: procman's only child of its own
        kind, if it has one to guard it."""
        path = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        own = os.path.realpath(f"/proc/{self.pid}/exe")
        for child in path.read_text().split():
            with contextlib.suppress(OSError):
                if os.path.realpath(f"/proc/{child}/exe") == own:
                    return int(child)
        return self.pid

    def peak_kb(self):
        """The most memory it has had so far."""
        status = pathlib.Path(f"/proc/{self.supervisor()}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def close(self):
        self._let_go_of_slave()
        for reader in self._readers:
            reader.join(5)
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None


class Box:
    """A folder for a test, and procman in it."""

    def __init__(self):
        self.mark = f"mark-{uuid.uuid4()}"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="procman-cli-"))
        self.runtime = self.dir / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.work = self.dir / "work"
        self.work.mkdir()
        self.program = program()
        self.leftovers_expected = False
        self.env = self._environment()
        self.all = []

    def _environment(self):
        kept = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                "LSAN_OPTIONS")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env.update(LC_ALL="C.UTF-8", TZ="UTC", PYTHONDONTWRITEBYTECODE="1",
                   XDG_RUNTIME_DIR=str(self.runtime),
                   PROCMAN_TEST_MARK=self.mark, CHILDREN=str(CHILDREN),
                   PYTHON=PYTHON)
        return env

    def write(self, name, content, mode=0o644):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogateescape")
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def read(self, name):
        path = self.work / name
        return text_of(path.read_bytes()) if path.exists() else ""

    def wait_file(self, name, pattern="", seconds=10):
        """Waits until a file is there and holds the pattern."""
        until(lambda: (self.work / name).exists()
              and re.search(pattern, self.read(name)),
              f"/{pattern}/ in {name}: {self.read(name)!r}", seconds)
        return self.read(name)

    def procfile(self, *entries, name="Procfile"):
        """Writes a Procfile; lines, or {name: command}."""
        lines = []
        for entry in entries:
            if isinstance(entry, dict):
                lines += [f"{key}: {value}" for key, value in entry.items()]
            else:
                lines.append(entry)
        return self.write(name, "\n".join(lines) + "\n")

    def ask(self, *words, timeout=30, cwd=None, env=None, stdin=None):
        """Runs procman to its end: what it answered."""
        result = subprocess.run([*self.program, *map(str, words)],
                                cwd=cwd or self.work,
                                env={**self.env, **(env or {})},
                                stdin=stdin or subprocess.DEVNULL,
                                capture_output=True,
                                timeout=timeout * PATIENCE)
        answer = Answer(result.returncode, text_of(result.stdout),
                        text_of(result.stderr))
        assert not COMPLAINTS.search(answer.err), answer.err
        return answer

    def ask_in_background(self, *words, **options):
        """A client that takes its time: a function that gives its answer."""
        answers = []

        def asks():
            answers.append((self.ask(*words, **options), time.monotonic()))

        thread = threading.Thread(target=asks, daemon=True)
        thread.start()

        def answer():
            thread.join(40 * PATIENCE)
            assert answers, f"procman {' '.join(words)} has no answer"
            result, answer.at = answers[0]
            return result
        return answer

    def start(self, *words, cwd=None, env=None, without=(), **popen):
        """`procman start ...`, its output in a pipe."""
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        running = self._running(
            words, cwd, env, without, source=out, errors=err,
            **{"stdout": out_end, "stderr": err_end,
               "stdin": subprocess.DEVNULL, **popen})
        os.close(out_end)
        os.close(err_end)
        return running

    def start_on_terminal(self, *words, cwd=None, env=None, without=(),
                          wrapper=(), reading=True, **popen):
        """`procman start ...` in a session with a terminal of its own.  What
        procman writes arrives as it is, without the CR of a terminal."""
        master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, settings)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        running = self._running(
            words, cwd, env, without, terminal=master,
            source=master if reading else None,
            wrapper=wrapper, preexec_fn=take_terminal,
            **{"stdin": slave, "stdout": slave, "stderr": slave, **popen})
        running.slave = slave
        return running

    def start_into(self, stdout, *words, cwd=None, env=None, without=(),
                   **popen):
        """`procman start ...`, its output somewhere where we do not read."""
        err, err_end = os.pipe()
        running = self._running(
            words, cwd, env, without, source=None, errors=err,
            **{"stdout": stdout, "stderr": err_end,
               "stdin": subprocess.DEVNULL, **popen})
        os.close(err_end)
        return running

    def _running(self, words, cwd, env, without, source, errors=None,
                 terminal=None, wrapper=(), **popen):
        environment = {**self.env, **(env or {})}
        for name in without:
            environment.pop(name, None)
        words = [str(word) for word in words] or ["start"]
        popen = subprocess.Popen([*wrapper, *self.program, *words],
                                 cwd=cwd or self.work, env=environment,
                                 **popen)
        running = Running(popen, source, errors, terminal)
        self.all.append(running)
        return running

    def sessions(self):
        """The directories of the sessions that are there."""
        folder = self.runtime / "procman"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def statuses(self, *words):
        """What `status --json` says, by name."""
        answer = self.ask(*words, "status", "--json")
        assert answer.code == 0, answer
        return {status["name"]: status for status in json.loads(answer.out)}

    def running_pids(self, *words):
        return {name: status.get("pid")
                for name, status in self.statuses(*words).items()}

    def _is_client(self, pid):
        words = command_line(pid)
        rest = words[len(self.program):]
        return words[:len(self.program)] == self.program and (
            "start" not in rest or "run" in rest)

    def survivors(self):
        """Who still carries the mark; a client that was asked in the
        background has a moment to see that its session has gone.  One that is
        exiting has no command line any more."""
        deadline = time.monotonic() + 10 * PATIENCE
        while True:
            survivors = [pid for pid in bearers(self.mark)
                         if any(command_line(pid))]
            if time.monotonic() > deadline or not any(
                    map(self._is_client, survivors)):
                return survivors
            time.sleep(0.02)

    def close(self):
        """Ends everything, and says what should not have been."""
        faults = []
        for running in self.all:
            if not running.force_down():
                faults.append(f"procman had to be killed:\n{running.tail()}")
        survivors = self.survivors()
        if survivors and not self.leftovers_expected:
            faults += [f"outlived procman: {pid} {command_line(pid)}"
                       for pid in survivors]
        self._kill(survivors)
        if self.sessions() and not self.leftovers_expected:
            faults.append(f"left in the runtime folder: {self.sessions()}")
        for running in self.all:
            running.close()
            errors = text_of(bytes(running.errors))
            if COMPLAINTS.search(errors):
                faults.append(errors)
        shutil.rmtree(self.dir, ignore_errors=True)
        assert not faults, "\n".join(faults)

    def _kill(self, pids):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not bearers(self.mark), "the survivors are gone")
