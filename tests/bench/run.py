"""One run of one peer, and what /proc says about it."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
#  What a Procfile's command is made of; all others are the supervisor's own.
CHILDREN = ("load", "sh", "dash", "bash")


def adopt_orphans():
    """So that a daemon of a peer (tmux) is still found below us."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _parents():
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            text = _read(f"/proc/{entry}/stat")
            if text:
                name, rest = text.rsplit(")", 1)
                found[int(entry)] = (int(rest.split()[1]),
                                     name.split("(", 1)[1], rest.split()[0])
    return found


def descendants(root):
    """{pid: name} of those below, without zombies."""
    parents, kept = _parents(), {root}
    grew = True
    while grew:
        new = {pid for pid, (parent, _, _) in parents.items()
               if parent in kept and pid not in kept}
        kept |= new
        grew = bool(new)
    return {pid: parents[pid][1] for pid in kept - {root}
            if pid in parents and parents[pid][2] != "Z"}


def cpu_s(pids):
    total = 0
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for thread in threads:
            text = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
            total += int(text[0]) if text else 0
    return total / 1e9


def status_kib(pid, field):
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def pss_kib(pid):
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def switches(pids):
    """Voluntary ones, of all threads: how often somebody woke up."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            total += status_kib(f"{pid}/task/{thread}",
                                "voluntary_ctxt_switches")
    return total


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Failed(Exception):
    pass


class Run:
    """A peer that runs a Procfile, in a directory of its own."""

    def __init__(self, peer, entries, sink="null", reader=None):
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.peer, self.entries = peer, entries
        self.directory = tempfile.mkdtemp(prefix="bench.", dir=place)
        self.port = free_port()
        self.events_file = os.path.join(self.directory, "events")
        self.output = os.path.join(self.directory, "output")
        self.reader = None
        with open(os.path.join(self.directory, "Procfile"), "w") as file:
            for name, command in entries:
                file.write(f"{name}: {command} -e events\n")
        self.entries = [(name, command + " -e events")
                        for name, command in entries]
        self._start(sink, reader)

    def _start(self, sink, reader):
        words = self.peer["start"](self)
        env = dict(os.environ, XDG_RUNTIME_DIR=self.directory)
        out = {"null": "/dev/null", "file": self.output}.get(sink)
        if sink == "pipe":
            source, sink = os.pipe()
            self.reader = subprocess.Popen(reader, stdin=source,
                                           stdout=subprocess.PIPE)
            os.close(source)
            out = os.fdopen(sink, "wb")
        else:
            out = open(out, "wb")
        with open(os.path.join(self.directory, "stderr"), "wb") as errors:
            self.began_ns = time.monotonic_ns()
            self.process = subprocess.Popen(
                words, cwd=self.directory, env=env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=errors, start_new_session=True)
        out.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end_all()
        if self.reader:
            self.reader.kill()
            self.reader.wait()
            self.reader.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end_all(self):
        """Whatever it has left; what is ours to end is below this process."""
        for _ in range(100):
            left = [pid for pid in descendants(os.getpid())
                    if not self.reader or pid != self.reader.pid]
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.poll()
            try:
                while not left and os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            if not left:
                return
            time.sleep(0.01)

    def own(self):
        """The supervisor's own processes."""
        mine = descendants(os.getpid())
        return [pid for pid, name in mine.items()
                if name not in CHILDREN
                and not (self.reader and pid == self.reader.pid)]

    def events(self, event):
        return [int(line.split()[1])
                for line in _read(self.events_file).splitlines()
                if line.startswith(event)]

    def wait_events(self, event, count, limit_s):
        """The times of `count` events; polls seldom, not to disturb."""
        until = time.monotonic() + limit_s
        while True:
            seen = self.events(event)
            if len(seen) >= count:
                return seen
            if time.monotonic() > until:
                raise Failed(f"{len(seen)} of {count} {event}")
            if self.process.poll() is not None and event == "begin":
                raise Failed("it ended: " + _read(
                    os.path.join(self.directory, "stderr"))[-200:].strip())
            time.sleep(0.02)

    def settled_cpu(self):
        """CPU seconds of the supervisor, once it has nothing more to do."""
        own, before = self.own(), -1
        until = time.monotonic() + 20
        now = cpu_s(own)
        while now - before > 0.0005 and time.monotonic() < until:
            time.sleep(0.05)
            before, now = now, cpu_s(own)
        return now

    def stop(self, signum=signal.SIGTERM, limit_s=20):
        """Milliseconds until it has exited."""
        began = time.monotonic_ns()
        self.process.send_signal(signum)
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed("no exit") from None
        return (time.monotonic_ns() - began) / 1e6

    def read_reader(self, limit_s=20):
        try:
            text = self.reader.communicate(timeout=limit_s)[0]
        except subprocess.TimeoutExpired:
            raise Failed("the reader waits for more") from None
        return text.decode()
