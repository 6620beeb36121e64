"""Processes with a terminal or a pipe of their own, and whoever types into
them: the settings tty and stdin, `send` and `attach`."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from harness import PATIENCE, until


def settings(box, **sections):
    lines = []
    for name, keys in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}"
                                 for key, value in keys.items())]
    box.write("procman.ini", "\n".join(lines) + "\n")


def set_window(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))


class Attached:
    """`procman attach` on a terminal of its own."""

    def __init__(self, box, *words, columns=90, rows=33):
        self.master, self.slave = pty.openpty()
        set_window(self.slave, columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        self.popen = subprocess.Popen(
            [*box.program, "attach", *words], cwd=box.work, env=box.env,
            stdin=self.slave, stdout=self.slave, stderr=self.slave,
            preexec_fn=self._take_terminal)

    def _take_terminal(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def _read(self):
        if select.select([self.master], [], [], 0.05)[0]:
            self.seen += os.read(self.master, 65536).decode(
                "utf-8", "replace")

    def wait(self, pattern, seconds=15):
        """The end of what it matches, so that later waits begin behind."""
        until_time = time.monotonic() + seconds * PATIENCE
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < until_time, \
                f"/{pattern}/ was not shown: {self.seen!r}"
            self._read()
        self.seen = self.seen[found.end():]
        return found

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self, seconds=15):
        """Its exit code."""
        until_time = time.monotonic() + seconds * PATIENCE
        while self.popen.poll() is None:
            assert time.monotonic() < until_time, self.seen
            self._read()
        return self.popen.returncode

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def attach(box):
    with contextlib.ExitStack() as stack:
        def begin(*words, **window):
            until(lambda: box.ask("list").code == 0, "a session")
            return stack.enter_context(
                contextlib.closing(Attached(box, *words, **window)))
        yield begin


# ---- a terminal of its own --------------------------------------------------

def test_a_process_gets_a_terminal_that_is_its_own(box):
    box.procfile({"web": "test -t 0 && test -t 1 && test -t 2 && "
                         "echo to the terminal > /dev/tty; stty size; "
                         "ps -o tpgid=,pgid= -p $$"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    assert running.wait() == 0
    said = running.shown("web")
    assert said[:2] == ["to the terminal", "24 80"]
    assert len(set(said[2].split())) == 1


@pytest.mark.parametrize("tty", ["no", "auto"])
def test_without_a_terminal_of_procmans_there_is_none_unasked(box, tty):
    box.procfile({"web": "test -t 0 || test -t 1 || echo no terminal"})
    settings(box, web={"tty": tty})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == ["no terminal"]


def test_on_a_terminal_auto_gives_one_with_the_room_that_is_left(box):
    box.procfile({"web": "trap 'stty size' WINCH; stty size; "
                         "while :; do sleep 0.05; done"})
    settings(box, web={"tty": "auto"})
    running = box.start_on_terminal()
    prefix = len("12:00:00 procman | ")
    running.wait_line(rf"^24 {80 - prefix}$", "web")
    set_window(running.slave, 132, 50)
    running.wait_line(rf"^50 {132 - prefix}$", "web")
    running.stop()


def test_all_that_was_written_to_a_terminal_is_shown(box):
    box.procfile({"web": "seq 1 20000; echo last"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == [*map(str, range(1, 20001)), "last"]


def test_what_a_short_life_wrote_to_its_terminal_is_never_lost(box):
    names = [f"p{number}" for number in range(40)]
    box.procfile({name: "printf 'one\\ntwo\\nthree'" for name in names})
    settings(box, **{"p*": {"tty": "yes"}})
    running = box.start()
    assert running.wait() == 0
    for name in names:
        assert running.shown(name) == ["one", "two", "three"]


def test_a_process_on_a_terminal_is_stopped_like_any_other(box):
    box.procfile({"web": "trap 'echo bye; exit 0' TERM; echo up; "
                         "while :; do sleep 0.05; done"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    running.wait_line("^up$", "web")
    answer = box.ask("stop", "web")
    assert answer.code == 0
    running.wait_line("^bye$", "web")
    assert running.wait() == 0


# ---- send -----------------------------------------------------------------

def test_send_types_a_line_into_a_pipe(box):
    box.procfile({"web": "while read -r line; do echo \"got $line\"; done; "
                         "echo end"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    running.wait_line("web started", "procman")
    assert box.ask("send", "web", "one", "two") == (0, "", "")
    running.wait_line("^got one two$", "web")
    assert box.ask("send", "--no-enter", "web", "thr").code == 0
    assert box.ask("send", "web", "ee").code == 0
    running.wait_line("^got three$", "web")
    assert box.ask("send", "--end", "web", "last").code == 0
    running.wait_line("^got last$", "web")
    assert running.wait() == 0
    assert running.shown("web")[-1] == "end"


def test_send_types_a_line_into_a_terminal(box):
    box.procfile({"web": "read -r line; echo \"got $line\"; cat; echo end"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    running.wait_line("web started", "procman")
    assert box.ask("send", "web", "word").code == 0
    running.wait_line("^got word$", "web")
    assert box.ask("send", "--end", "web").code == 0
    assert running.wait() == 0
    assert running.shown("web")[-1] == "end"


def test_every_byte_can_be_sent(box):
    box.procfile({"web": "od -An -tx1 -v"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    running.wait_line("web started", "procman")
    odd = os.fsdecode(b"\xff\xc3\x28\x01\x1b\"\\")
    assert box.ask("send", "--no-enter", "--end", "web", odd).code == 0
    assert running.wait() == 0
    assert running.shown("web") == [" ff c3 28 01 1b 22 5c"]


def test_who_cannot_be_typed_into_says_so(box):
    box.procfile({"web": "sleep 1000", "db": "sleep 1000", "gone": "sleep 99"})
    settings(box, db={"stdin": "pipe"}, gone={"stdin": "pipe"})
    running = box.start()
    running.wait_line("gone started", "procman")
    assert box.ask("stop", "gone").code == 0
    for command in ("send", "attach"):
        words = ["text"] if command == "send" else []
        answer = box.ask(command, "web", *words)
        assert answer.code == 2
        assert answer.err == (
            "procman: web: nobody can type into it: its settings have neither "
            "\"tty = yes\" nor \"stdin = pipe\"\n")
        answer = box.ask(command, "gone", *words)
        assert answer == (1, "", "procman: gone: it does not run\n")
        answer = box.ask(command, "wb", *words)
        assert answer.code == 2 and 'did you mean "web"' in answer.err
        answer = box.ask(command, "*", *words)
        assert answer.code == 2
        assert '"*" stands for 3 processes' in answer.err
    assert box.ask("send", "db").code == 2
    assert box.ask("send").code == 2
    assert box.ask("attach").code == 2
    assert box.ask("attach", "web", "db").code == 2
    assert box.ask("attach", "--detach-key", "x", "db").code == 2
    running.stop()


def test_one_that_does_not_read_keeps_nobody_waiting(box):
    box.procfile({"web": "exec sleep 1000"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    running.wait_line("web started", "procman")
    text = "x" * 60000
    answers = [box.ask("send", "web", text) for _ in range(20)]
    refused = [answer for answer in answers if answer.code]
    assert answers[0].code == 0 and refused
    assert re.fullmatch(r"procman: web: it does not read its input: \d+ bytes "
                        r"wait\n", refused[0].err)
    assert box.ask("status", "web").code == 0
    running.stop()


def test_one_that_has_closed_its_input_says_so(box):
    box.procfile({"web": "exec 0<&-; echo closed; exec sleep 1000"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    running.wait_line("^closed$", "web")
    until(lambda: box.ask("send", "web", "x").code == 1, "a refusal")
    answer = box.ask("send", "web", "x")
    assert answer.err == "procman: web: its input is closed\n"
    running.stop()


# ---- attach -----------------------------------------------------------------

SHELL = ("printf 'ready\\n'; while read -r line; do echo \"<$line>\"; done; "
         "exit 3")


def test_attach_types_and_shows_and_detaches(box, attach):
    box.procfile({"web": SHELL})
    settings(box, web={"tty": "yes"})
    running = box.start()
    running.wait_line("^ready$", "web")
    mine = attach("web")
    mine.wait("ready")
    mine.wait(r"attached to web; ctrl-\] detaches")
    assert not mine.is_restored()
    mine.type("hello\r")
    mine.wait("<hello>")
    running.wait_line("^<hello>$", "web")
    mine.type("\x1d")
    mine.wait("detached")
    assert mine.end() == 0
    assert mine.is_restored()
    assert box.ask("send", "web", "later").code == 0
    running.wait_line("^<later>$", "web")
    running.stop()


def test_keys_of_an_attached_terminal_are_signals_for_the_process(box,
                                                                  attach):
    box.procfile({"web": "trap 'echo interrupted' INT; echo up; "
                         "while :; do sleep 0.05; done"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    running.wait_line("^up$", "web")
    mine = attach("web")
    mine.wait("attached")
    mine.type("\x03")
    running.wait_line("interrupted$", "web")
    assert mine.popen.poll() is None
    mine.type("\x1d")
    assert mine.end() == 0
    running.stop()


def test_an_attached_terminal_lends_its_size(box, attach):
    box.procfile({"web": "trap 'stty size' WINCH; echo up; "
                         "while :; do sleep 0.05; done"})
    settings(box, web={"tty": "yes"})
    running = box.start()
    running.wait_line("^up$", "web")
    mine = attach("web", columns=77, rows=11)
    mine.wait("11 77")
    set_window(mine.slave, 66, 22)
    mine.wait("22 66")
    mine.type("\x1d")
    assert mine.end() == 0
    running.wait_line("^24 80$", "web")
    running.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP,
                                    signal.SIGINT, signal.SIGQUIT])
def test_the_terminal_is_restored_however_attach_ends(box, attach, number):
    box.procfile({"web": SHELL})
    settings(box, web={"tty": "yes"})
    running = box.start()
    mine = attach("web")
    mine.wait("attached to web")
    assert not mine.is_restored()
    mine.popen.send_signal(number)
    assert mine.end() == -number
    assert mine.is_restored()
    running.stop()


@pytest.mark.parametrize("end", ["process", "session", "killed"])
def test_attach_ends_with_what_it_is_attached_to(box, attach, end):
    box.procfile({"web": SHELL, "other": "sleep 1000"})
    settings(box, web={"tty": "yes"})
    box.leftovers_expected = end == "killed"
    running = box.start()
    mine = attach("web")
    mine.wait("attached to web")
    if end == "process":
        mine.type("\x04")
        mine.wait("web has ended")
        assert mine.end() == 0
    elif end == "session":
        running.send(signal.SIGINT)
        mine.wait("web has ended")
        assert mine.end() == 0
    else:
        os.kill(running.supervisor(), signal.SIGKILL)
        mine.wait("procman: the session ended")
        assert mine.end() == 1
    assert mine.is_restored()
    if end == "process":
        running.stop()
    else:
        running.wait()


def test_the_first_types_the_others_watch_and_follow(box, attach):
    box.procfile({"web": SHELL})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    first = attach("web")
    first.wait("attached to web")
    second = attach("web")
    second.wait("somebody else is typing into web; you are watching")
    looker = attach("web", "--read-only")
    looker.wait("watching web")
    for watching in (second, looker):
        watching.type("not heard\n")
    first.type("heard\n")
    for each in (first, second, looker):
        each.wait("<heard>")
    first.type("\x1d")
    assert first.end() == 0
    second.wait("you may type now")
    second.type("mine\n")
    looker.wait("<mine>")
    running.wait_line("^<mine>$", "web")
    assert running.shown("web") == ["ready", "<heard>", "<mine>"]
    running.stop()


def test_another_key_detaches_if_asked_for(box, attach):
    box.procfile({"web": "cat -v"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    mine = attach("web", "--detach-key", "ctrl-b")
    mine.wait("ctrl-b detaches")
    mine.type("a\x1d\nb\x02")
    assert mine.end() == 0
    running.wait_line(r"^a\^\]$", "web")
    running.stop()


def test_attach_without_a_terminal_types_what_it_reads(box):
    box.procfile({"web": "tr a-z A-Z"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    running.wait_line("web started", "procman")
    box.write("input", "one\ntwo\x1d\n")
    with open(box.work / "input", "rb") as source:
        answer = box.ask("attach", "web", stdin=source)
    assert answer.code == 0
    assert answer.out == "ONE\nTWO\x1d\nweb has ended\n"
    assert running.wait() == 0


def test_a_watcher_that_does_not_read_holds_up_nobody(box, attach):
    box.procfile({"web": "read -r line; seq 1 600000; echo done; exec cat"})
    settings(box, web={"stdin": "pipe"})
    running = box.start()
    mine = attach("web")
    mine.wait("attached to web")
    mine.popen.send_signal(signal.SIGSTOP)
    assert box.ask("send", "web", "go").code == 0
    running.wait_line("^done$", "web", timeout=60)
    mine.popen.send_signal(signal.SIGCONT)
    mine.wait("procman: the session ended before it answered", 60)
    assert mine.end() == 1
    assert mine.is_restored()
    running.stop()


def test_an_attached_process_can_be_restarted(box, attach):
    box.procfile({"web": SHELL})
    settings(box, web={"tty": "yes", "restart": "always"})
    running = box.start()
    mine = attach("web")
    mine.wait("attached to web")
    assert box.ask("restart", "web").code == 0
    mine.wait("web has ended")
    assert mine.end() == 0
    again = attach("web")
    again.wait("attached to web")
    again.type("new\r")
    again.wait("<new>")
    running.stop()
