"""Ctrl-S on the terminal of a cluster: it keeps answering, nothing is lost."""

import fcntl
import os
import pty
import re
import subprocess
import termios
import threading

import world
from world import PROCMAN, wait_for

STOP, GO = b"\x13", b"\x11"  # Ctrl-S, Ctrl-Q
LINES = 400000  # far more than a pipe, a terminal and the memory hold


class Terminal:
    """procman on a terminal, and all that has arrived there."""

    def __init__(self, folder):
        self.master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.data = bytearray()
        self.process = subprocess.Popen(
            [PROCMAN, "start"], cwd=folder.path, env=folder.env, stdin=slave,
            stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.data += os.read(self.master, 1 << 16)
            except OSError:
                return  # nobody is at its other end

    def type(self, keys):
        os.write(self.master, keys)


def test_a_terminal_that_is_held_up_does_not_hold_up_etcd(folder):
    folder.copy("Procfile")
    with open(folder.file("Procfile"), encoding="utf-8") as file:
        members = re.sub(r"(?m)^(etcd\d: .*)$", r"\1 --debug", file.read())
    folder.write("Procfile", members + "\nflood: until test -e go; do "
                 f"sleep 0.05; done; seq -f 'line %08.0f' 1 {LINES}; "
                 "touch written; exec sleep 1000\n")
    terminal = Terminal(folder)
    world.wait_healthy([2379, 22379, 32379])
    terminal.type(STOP)
    folder.write("go", "")
    wait_for("the flood", lambda: os.path.exists(folder.file("written")), 60)
    arrived = len(terminal.data)

    # With --debug a member says of each of these what it was asked.
    for i in range(300):
        done = world.fetch("http://127.0.0.1:2379/v3/kv/put",
                           b'{"key":"a2V5","value":"%s"}' % (b"eHh4" * 200))
        assert done[0] == 200, f"put {i}: {done}"
    assert folder.etcdctl("get", "key", "--keys-only").stdout == "key\n\n"
    world.wait_healthy([2379, 22379, 32379])
    assert {each["state"] for each in folder.status().values()} == {"ready"}
    assert len(terminal.data) == arrived

    terminal.type(GO)
    wait_for("the last line",
             lambda: b"line %08d" % LINES in terminal.data[-(1 << 20):], 120)
    found = re.findall(rb"flood \| (?:\x1b\[m)?line (\d{8})\n",
                       bytes(terminal.data))
    assert found == [b"%08d" % i for i in range(1, LINES + 1)]
    terminal.type(b"\x03")
    wait_for("procman's end", lambda: terminal.process.poll() is not None, 60)
