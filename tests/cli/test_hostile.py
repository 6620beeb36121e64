"""What others say, and how they say it, is theirs: procman's own words and its
JSON stay what they are, and one hostile client is not noticed by another.

More of it: tests/fuzz for what is parsed, test_sessions.py for single requests,
test_limits.py for folders that somebody else has prepared.
"""

import contextlib
import json
import re
import resource
import socket

from harness import CHILDREN, PATIENCE, SLOW, new_port, until

CONTROLS = re.compile("[\x00-\x1f\x7f\x80-\x9f\udc80-\udcff]")


@contextlib.contextmanager
def connected(box):
    """A client of the control socket."""
    [session] = box.sessions()
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(30 * PATIENCE)
        client.connect(str(session / "control.sock"))
        yield client


def test_nothing_a_process_calls_itself_gets_into_our_own_words(box):
    port = new_port()
    box.procfile({"web": f'exec "$PYTHON" "{CHILDREN}/imposter.py" {port}'})
    box.write("procman.ini", f"[web]\nalive = http://127.0.0.1:{port}/\n"
                             "alive-interval = 100ms\nready = notify\n")
    running = box.start()
    running.wait_line("^web started", "procman")
    said = until(lambda: box.statuses().get("web", {}).get("says"),
                 "it has said its status")
    assert said.startswith("one") and said.endswith(" two")
    assert not CONTROLS.search(said)
    raw = box.ask("status", "--json").out
    assert not CONTROLS.search(raw.replace("\n", ""))
    assert json.loads(raw)[0]["name"] == "web"

    box.write("gate", "")
    unwell = running.wait_line("^web is not well: ", "procman")
    assert "answers 503 not" in unwell.text
    running.wait()
    own = running.shown("procman")
    assert any(re.search(r"ending \?.*\(pid \d+\), which had left", text)
               for text in own), running.tail()
    for text in own:
        assert not CONTROLS.search(text), text


def test_a_word_of_the_procfile_does_not_make_a_line_of_its_own(box):
    box.write("Procfile", b"web: ./x\x1b[31my\rz\xc2\x9b1m\n"
                          b"\x1b[31mbad\x1b[m: true\n")
    answer = box.ask("check")
    assert not CONTROLS.search(answer.out.replace("\n", ""))
    assert not CONTROLS.search(answer.err.replace("\n", ""))


def test_a_thousand_half_open_clients_are_not_noticed_by_others(box):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    web = running.pid_of("web")
    supervisor = running.supervisor()
    with contextlib.ExitStack() as stack:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        for i in range(1000):
            client = stack.enter_context(connected(box))
            # Who is sent away before this has been told something, too.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(b'{"verb": "sta'[:i % 14])
        assert box.running_pids() == {"web": web}
        answer = box.ask("run", "restart", "web")
        assert answer.code == 0, answer
        assert running.peak_kb() < 32 * 1024 or SLOW
    assert running.supervisor() == supervisor
    assert box.ask("run", "status").out == "*web\n"
    assert running.stop() == -2


def test_a_mebibyte_without_an_end_is_not_noticed_by_others(box):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    web = running.pid_of("web")
    for piece in (b"x", b"[", b"\0", b"\xff", b'{"verb": "', b"{\"a\":"):
        with connected(box) as client, connected(box) as other:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall((piece * (1 << 20))[:1 << 20])
            other.sendall(b'{"verb": "list"}\n')
            assert b"web" in other.recv(1 << 16), piece
    assert box.running_pids() == {"web": web}
    assert running.peak_kb() < 32 * 1024 or SLOW
    assert running.stop() == -2
