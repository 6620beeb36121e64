"""What the tests stand on: procman and its neighbours, seen from outside.

Nothing here sleeps for a guessed time: wait_for() asks again until an event
has happened, and fails with a sentence if it does not happen in time.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PROCMAN = os.path.abspath(
    os.environ.get("PROCMAN") or os.path.join(SOURCE, "build/procman"))

# Whatever we start, and whatever that starts, carries this in its environment:
# so nothing can hide from the check that nothing is left.
MARK = "PROCMAN_ETCD_TESTS=" + uuid.uuid4().hex

CLIENT_PORTS = {"etcd1": 2379, "etcd2": 22379, "etcd3": 32379, "etcd4": 42379}
PEER_PORTS = [12380, 22380, 32380, 42380]
PROXY_PORT = 23790
NGINX_PORT = 18080


def environment(runtime_dir):
    """Ours, without what could change how procman, etcd or curl behave."""
    env = {name: value for name, value in os.environ.items()
           if not re.match(r"(?i)(ETCD|PROCMAN|GOREMAN|.*_PROXY$|NO_COLOR$"
                           r"|CLICOLOR|PORT$)", name)}
    env["XDG_RUNTIME_DIR"] = str(runtime_dir)
    env["ETCDCTL_API"] = "3"
    if os.uname().machine == "aarch64":
        env["ETCD_UNSUPPORTED_ARCH"] = "arm64"
    name, value = MARK.split("=")
    env[name] = value
    return env


def marked_processes():
    """pid -> command line of all that we have started and that still live."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/environ", "rb") as file:
                if MARK.encode() not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode()
    return found


def kill_marked_processes():
    def all_gone():
        for pid in marked_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not marked_processes()
    wait_for("the end of everything that was started", all_gone, 10)


def wait_for(what, condition, seconds):
    """Returns what `condition` returned, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def port_is_open(port):
    with socket.socket() as sock:
        sock.settimeout(2)
        return sock.connect_ex(("127.0.0.1", port)) == 0


# Requests to 127.0.0.1 never go through a proxy of the machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url, data=None, timeout=2):
    """(status, body); status 0: nobody answered."""
    try:
        with _opener.open(url, data, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0, b""


def is_healthy(port):
    status, body = fetch(f"http://127.0.0.1:{port}/health", timeout=1)
    return status == 200 and json.loads(body).get("health") == "true"


def wait_healthy(ports, seconds=30):
    for port in ports:
        wait_for(f"health of port {port}", lambda: is_healthy(port), seconds)


class Folder:
    """A working folder, and the commands typed in it."""

    def __init__(self, path, env):
        self.path = str(path)
        self.env = env
        self.starts = 0

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)

    def copy(self, source, name=None):
        with open(os.path.join(SOURCE, source), encoding="utf-8") as file:
            self.write(name or os.path.basename(source), file.read())

    def run(self, *words, timeout=30):
        return subprocess.run(
            words, cwd=self.path, env=self.env, timeout=timeout, text=True,
            errors="surrogateescape", stdin=subprocess.DEVNULL,
            capture_output=True, check=False)

    def procman(self, *words, timeout=30):
        return self.run(PROCMAN, *words, timeout=timeout)

    def etcdctl(self, *words, endpoints=("127.0.0.1:2379",), timeout=30):
        return self.run("etcdctl", "--endpoints=" + ",".join(endpoints),
                        *words, timeout=timeout)

    def status(self, *words):
        """`status --json`, by name."""
        done = self.procman(*words, "status", "--json")
        assert done.returncode == 0, done.stderr
        return {each["name"]: each for each in json.loads(done.stdout)}

    def start(self, *words, program=(PROCMAN,)):
        """A program in the background, procman; its output goes to files."""
        self.starts += 1
        return Supervisor(self, [*program, *words], f"out.{self.starts}")


class Supervisor:
    """A running `procman start`."""

    started = []  # all of them, for the report of a test that failed

    def __init__(self, folder, argv, name):
        self.started.append(self)
        self.path = folder.file(name)
        with open(self.path, "wb") as out, \
                open(self.path + ".err", "wb") as err:
            self.process = subprocess.Popen(
                argv, cwd=folder.path, env=folder.env, stdout=out, stderr=err,
                stdin=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def output(self):
        with open(self.path, encoding="utf-8",
                  errors="surrogateescape") as file:
            return file.read()

    def lines(self):
        """The whole lines that are there by now."""
        return self.output().split("\n")[:-1]

    def own_words(self):
        """What procman itself has said, of all that was printed."""
        return [line.split(" procman | ", 1)[1] for line in self.lines()
                if " procman | " in line]

    def account(self):
        """The end of what it said, for somebody who looks for a mistake."""
        if not os.path.exists(self.path):
            return "its folder is gone"
        lines = [line[:200] for line in self.lines()]
        return "\n".join([*self.own_words()[-20:], "...", *lines[-10:],
                          self.errors()])

    def errors(self):
        with open(self.path + ".err", encoding="utf-8",
                  errors="surrogateescape") as file:
            return file.read()

    def wait_line(self, pattern, seconds=15, behind=0):
        """The first line (from line number `behind` on) that matches."""
        def look():
            for line in self.lines()[behind:]:
                if re.search(pattern, line):
                    return line
            return None
        return wait_for(f"a line like {pattern!r}", look, seconds)

    def wait_healthy(self, ports, seconds=30):
        """Every port answers as a healthy etcd; in vain once procman ended."""
        for port in ports:
            def healthy_or_in_vain(port=port):
                assert self.is_alive(), (
                    f"procman ended with {self.process.returncode} instead")
                return is_healthy(port)
            wait_for(f"health of port {port}", healthy_or_in_vain, seconds)

    def is_alive(self):
        return self.process.poll() is None

    def signal(self, signum):
        self.process.send_signal(signum)

    def wait(self, seconds=15):
        """Its exit code; negative: the signal that it died of."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"procman (pid {self.pid}) is alive after {seconds} s; "
                "its last lines:\n" + "\n".join(self.lines()[-5:])) from None


def retry(what, seconds, command):
    """Runs `command` until it succeeds; returns what it printed."""
    last = []

    def succeeds():
        last[:] = [command()]
        return last[0].returncode == 0
    try:
        wait_for(what, succeeds, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}; at last: {last[0].stderr}") from None
    return last[0].stdout
