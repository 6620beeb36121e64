"""Sessions: who runs, who is meant, and who may not disturb."""

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import (CHILDREN, PATIENCE, SLOW, alive, bearers, environment_of,
                     program, until)


def up(box, *words, names=("web",), **options):
    """A session whose processes have been started."""
    running = box.start(*words, "start", **options)
    for name in names:
        running.pid_of(name)
    return running


@contextlib.contextmanager
def connected(box, session=None):
    """A client of the control socket, by its bare protocol."""
    folder = session or box.sessions()[0]
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(20 * PATIENCE)
    descriptor = os.open(folder, os.O_DIRECTORY)
    try:
        client.connect(f"/proc/self/fd/{descriptor}/control.sock")
        yield client
    finally:
        os.close(descriptor)
        client.close()


def said(client):
    """All that is said until the connection ends."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 16):
            data += piece
    return data


def reply(client):
    data = b""
    while not data.endswith(b"\n"):
        piece = client.recv(1 << 16)
        assert piece, data
        data += piece
    return json.loads(data)


# Who runs.

def test_a_second_start_is_refused_with_who_runs_it(box):
    path = box.procfile({"web": "sleep 1000"}).resolve()
    running = up(box)
    web = running.pid_of("web")
    for words in (["start"], ["-f", "./Procfile", "start"],
                  ["-f", path, "start", "web"]):
        answer = box.ask(*words)
        assert answer.code == 1 and answer.out == ""
        match = re.match(rf"procman: {re.escape(str(path))} is already "
                         r"running: procman with pid (\d+), since "
                         r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d); .+\n$",
                         answer.err)
        assert match, answer.err
        assert int(match[1]) == running.pid
    # The first one is as it was, and can be talked to.
    assert box.running_pids() == {"web": web}
    assert box.ask("run", "restart", "web").code == 0


def test_another_way_to_the_same_procfile_is_the_same_session(box):
    path = box.procfile({"web": "sleep 1000"})
    up(box)
    (box.work / "link").symlink_to(path)
    (box.dir / "elsewhere").symlink_to(box.work)
    assert box.ask("-f", "link", "start").code == 1
    assert box.ask("-f", box.dir / "elsewhere" / "Procfile",
                   "run", "status").out == "*web\n"
    assert box.ask("-f", "Procfile", "run", "status", cwd=box.work).out \
        == "*web\n"
    assert box.ask("-f", path, "run", "status", cwd="/").out == "*web\n"


def test_a_session_can_be_started_again_after_its_end(box):
    box.procfile({"web": "sleep 1000"})
    for _ in range(3):
        running = up(box)
        assert box.ask("run", "status").code == 0
        running.stop()
        assert box.sessions() == []


def test_what_a_dead_session_left_hinders_nobody(box):
    box.procfile({"web": "exec sleep 1000"})
    first = up(box)
    # Both of them, so that nobody is left to tidy up.
    for pid in (first.pid, first.supervisor()):
        os.kill(pid, signal.SIGSTOP)
    for pid in (first.supervisor(), first.pid, first.pid_of("web")):
        os.kill(pid, signal.SIGKILL)
    first.popen.wait(20 * PATIENCE)
    until(lambda: not bearers(box.mark), "nobody is left")
    answer = box.ask("run", "status")
    assert answer.code == 1 and "no session is running" in answer.err
    assert box.sessions() != []
    second = up(box)
    assert box.ask("run", "status").out == "*web\n"
    assert second.stop() == -2
    assert box.sessions() == []


def test_only_one_of_many_starts_at_once_wins(box):
    box.procfile({"web": "exec flock -n --no-fork -E 99 lock sleep 1000"})
    all_of_them = [box.start() for _ in range(6)]
    until(lambda: sum(one.popen.poll() is None for one in all_of_them) == 1,
          "one is left")
    until(lambda: box.ask("run", "status").out == "*web\n", "it runs web")
    [winner] = [one for one in all_of_them if one.popen.poll() is None]
    for one in all_of_them:
        if one is not winner:
            assert one.wait() == 1
            assert b"is already running" in one.errors
    assert winner.stop() == -2
    assert "code 99" not in "\n".join(winner.shown("procman"))


# Who is meant.

def cluster_and_learner(box, learner="etcd4"):
    box.procfile({"etcd1": "sleep 1000", "etcd2": "sleep 1000"})
    box.procfile({learner: "sleep 1000"}, name="Procfile.learner")
    return (up(box, names=["etcd1", "etcd2"]),
            up(box, "-f", "Procfile.learner", names=[learner]))


def test_two_procfiles_in_a_folder_are_two_sessions(box):
    cluster, learner = cluster_and_learner(box)
    assert len(box.sessions()) == 2
    assert box.ask("-f", "Procfile", "run", "status").out \
        == "*etcd1\n*etcd2\n"
    assert box.ask("-f", "Procfile.learner", "run", "status").out \
        == "*etcd4\n"
    assert learner.stop() == -2
    assert box.ask("run", "status").out == "*etcd1\n*etcd2\n"
    assert cluster.stop() == -2


def test_the_name_decides_which_session_is_meant(box):
    cluster, learner = cluster_and_learner(box)
    before = learner.pid_of("etcd4")
    answer = box.ask("run", "restart", "etcd4")
    assert answer.code == 0
    assert re.fullmatch(r"etcd4 restarted: pid \d+\n", answer.out)
    assert not alive(before)
    assert box.ask("run", "etcd2").out.startswith("etcd2 restarted")
    assert box.ask("run", "stop", "etcd1").code == 0
    assert cluster.popen.poll() is None and learner.popen.poll() is None


def test_an_ambiguous_question_lists_the_sessions_and_does_nothing(box):
    cluster_and_learner(box, learner="etcd2")
    before = (box.running_pids("-f", "Procfile"),
              box.running_pids("-f", "Procfile.learner"))
    assert box.ask("run", "status").out == "*etcd1\n*etcd2\n"  # a look
    for words in (("run", "restart", "etcd2"), ("run", "restart-all"),
                  ("run", "stop-all"), ("restart", "etcd1", "etcd4")):
        answer = box.ask(*words)
        assert answer.code in (1, 2) and answer.out == "", words
        for name in ("Procfile", "Procfile.learner"):
            path = str((box.work / name).resolve())
            assert re.search(rf"{re.escape(path)}(?![.\w])", answer.err)
    assert before == (box.running_pids("-f", "Procfile"),
                      box.running_pids("-f", "Procfile.learner"))


def test_names_of_two_sessions_at_once_touch_neither(box):
    cluster, learner = cluster_and_learner(box)
    before = (box.running_pids("-f", "Procfile"),
              box.running_pids("-f", "Procfile.learner"))
    assert box.ask("run", "restart", "etcd1", "etcd4").code in (1, 2)
    assert before == (box.running_pids("-f", "Procfile"),
                      box.running_pids("-f", "Procfile.learner"))


def test_a_client_in_another_folder_finds_no_session(box):
    box.procfile({"web": "sleep 1000"})
    up(box)
    answer = box.ask("run", "status", cwd=box.dir)
    assert answer.code == 1 and "no session is running" in answer.err
    assert box.ask("run", "status", cwd=box.dir, env={
        "PROCMAN_SESSION": str(box.sessions()[0])}).out == "*web\n"


def test_processes_talk_to_their_own_session(box):
    folder = box.work / "bin"
    folder.mkdir()
    (folder / "procman").symlink_to(program()[-1])
    path = f"{folder}:{box.env['PATH']}"
    box.procfile({"one": "cd /; procman list; exec sleep 1000"})
    box.procfile({"two": "procman list; exec sleep 1000"}, name="other")
    first = up(box, names=["one"], env={"PATH": path})
    second = up(box, "-f", "other", names=["two"], env={"PATH": path})
    first.wait_line("^one$", "one")
    second.wait_line("^two$", "two")


def test_a_session_can_be_named(box):
    box.procfile({"web": "sleep 1000"})
    up(box)
    session = box.sessions()[0]
    for name in (session, session.name):
        assert box.ask("--session", name, "run", "status", cwd="/").out \
            == "*web\n"
    answer = box.ask("--session", "nosuch", "run", "status")
    assert answer.code == 1 and answer.err.startswith("procman: ")


# The files.

def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.mark.parametrize("umask", [0, 0o22, 0o77])
def test_the_sessions_files_are_private(box, umask):
    box.procfile({"web": "sleep 1000"})
    box.write("web.sh", "")
    up(box, preexec_fn=lambda: os.umask(umask))
    [session] = box.sessions()
    assert mode(session.parent) == mode(session) == 0o700
    assert mode(session / "control.sock") == 0o600
    assert stat.S_ISSOCK(os.lstat(session / "control.sock").st_mode)
    info = json.loads((session / "session.json").read_text())
    assert info["pid"] == box.all[0].pid
    for path in session.iterdir():
        assert mode(path) & 0o077 == 0


def test_processes_keep_the_callers_umask(box):
    box.procfile({"web": "umask"})
    running = box.start(preexec_fn=lambda: os.umask(0o27))
    assert running.wait() == 0
    assert running.shown("web") == ["0027"]


def test_a_path_of_300_characters_is_no_obstacle(box):
    deep = "/".join(["d" * 60] * 5)
    box.procfile({"web": "sleep 1000"}, name=f"{deep}/Procfile")
    running = up(box, "-f", f"{deep}/Procfile")
    assert box.ask("-f", f"{deep}/Procfile", "run", "status").out == "*web\n"
    assert running.stop() == -2
    running = up(box, cwd=box.work / deep)
    assert box.ask("run", "restart", "web", cwd=box.work / deep).code == 0


def test_a_long_runtime_folder_is_no_obstacle(box):
    box.runtime = box.dir / ("r" * 150)
    box.runtime.mkdir(mode=0o700)
    box.env["XDG_RUNTIME_DIR"] = str(box.runtime)
    box.procfile({"web": "sleep 1000"})
    running = up(box)
    assert len(box.sessions()) == 1
    assert box.ask("run", "status").out == "*web\n"
    assert running.stop() == -2


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_runtime_folder_it_is_in_tmp(box, value):
    without = ["XDG_RUNTIME_DIR"] if value is None else []
    env = {} if value is None else {"XDG_RUNTIME_DIR": value}
    box.procfile({"web": "sleep 1000; echo $PROCMAN_SESSION"})
    running = box.start(without=without, env=env)
    pid = running.pid_of("web")
    session = environment_of(pid)["PROCMAN_SESSION"]
    assert session.startswith(f"/tmp/procman-{os.getuid()}/")
    assert mode(session) == mode(os.path.dirname(session)) == 0o700
    running.stop()
    assert not os.path.exists(session)


def spoil_with_file(folder):
    folder.write_text("")


def spoil_with_link(folder):
    target = folder.parent / "target"
    target.mkdir(mode=0o700)
    folder.symlink_to(target)


def spoil_with_mode(folder):
    folder.mkdir()
    folder.chmod(0o777)


def spoil_with_owner(folder):
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)


@pytest.mark.parametrize("spoil", [
    spoil_with_file, spoil_with_link, spoil_with_mode,
    pytest.param(spoil_with_owner, marks=pytest.mark.skipif(
        os.getuid() != 0, reason="only root can give things away"))])
def test_a_runtime_folder_that_cannot_be_trusted_is_refused(box, spoil):
    box.leftovers_expected = True
    spoil(box.runtime / "procman")
    box.procfile({"web": "touch was-here"})
    answer = box.ask("start")
    assert answer.code == 1 and answer.out == ""
    assert str(box.runtime / "procman") in answer.err
    assert not (box.work / "was-here").exists()


def test_a_runtime_folder_that_is_not_there_is_named(box):
    box.env["XDG_RUNTIME_DIR"] = str(box.dir / "nowhere")
    box.procfile({"web": "touch was-here"})
    answer = box.ask("start")
    assert answer.code == 1 and answer.out == ""
    assert str(box.dir / "nowhere") in answer.err
    assert not (box.work / "was-here").exists()


# The protocol.

def test_a_request_is_answered_with_a_line_of_json(box):
    box.procfile({"web": "sleep 1000"})
    web = up(box).pid_of("web")
    with connected(box) as client:
        client.sendall(b'{"verb": "status"}\n')
        answer = reply(client)
        assert answer["code"] == 0
        [status] = answer["statuses"]
        assert status["name"] == "web" and status["pid"] == web
        client.sendall(b'{"verb":"restart","names":["web"],"new":[1]}\n')
        answer = reply(client)
        assert answer["code"] == 0
        assert answer["outcomes"][0]["ok"] is True
        assert answer["outcomes"][0]["text"].startswith("web restarted: pid")


def test_a_request_may_arrive_in_pieces(box):
    box.procfile({"web": "sleep 1000"})
    up(box)
    with connected(box) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        for byte in b'{"verb": "list"}\n':
            client.sendall(bytes([byte]))
        assert reply(client)["code"] == 0


def test_several_requests_are_answered_in_their_order(box):
    box.procfile({"web": "sleep 1000", "db": "sleep 1000"})
    up(box, names=["web", "db"])
    with connected(box) as client:
        client.sendall(b'{"verb":"restart","names":["web"]}\n'
                       b'{"verb":"stop","names":["db"]}\n'
                       b'{"verb":"start","names":["db"]}\n')
        client.shutdown(socket.SHUT_WR)
        texts = [json.loads(line)["outcomes"][0]["text"]
                 for line in said(client).splitlines()]
    assert [text.split(":")[0] for text in texts] == \
        ["web restarted", "db stopped", "db started"]


@pytest.mark.parametrize("request_", [
    b'{"verb": "explode"}', b'{"verb": "stop", "names": ["nosuch"]}'])
def test_a_bad_request_changes_nothing_and_may_be_followed_by_a_good_one(
        box, request_):
    box.procfile({"web": "sleep 1000"})
    web = up(box).pid_of("web")
    with connected(box) as client:
        client.sendall(request_ + b"\n")
        answer = reply(client)
        assert answer["code"] == 2 and answer["error"]
    assert box.running_pids() == {"web": web}


@pytest.mark.parametrize("garbage", [
    b"hello\n", b"\n", b"\0\0\0\n", b"[]\n", b'"stop"\n', b"{}\n",
    b'{"verb": 5}\n', b'{"verb": "stop", "names": "web"}\n',
    b'{"verb": "stop", "names": [1, null]}\n', b"GET / HTTP/1.1\r\n\r\n",
    b'{"verb": "status"} {"verb": "status"}\n', b"\xff\xfe\n",
    b'{"verb": "stop", "names": ["a\\u0000b"]}\n', b"[" * 60000 + b"\n",
    b"x" * 70000 + b"\n", b"x" * 1000000],
    ids=lambda garbage: repr(garbage[:30]))
def test_garbage_gets_an_error_and_the_door(box, garbage):
    box.procfile({"web": "sleep 1000"})
    web = up(box).pid_of("web")
    with connected(box) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(garbage)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        data = said(client)
    # What was not read yet when the door closed may have cost the reply.
    assert data or len(garbage) > 65536
    for line in data.splitlines():
        assert json.loads(line)["code"] == 2
        assert json.loads(line)["error"]
    assert box.running_pids() == {"web": web}


def test_random_garbage_harms_nobody(box):
    box.procfile({"web": "sleep 1000"})
    web = up(box).pid_of("web")
    for _ in range(30):
        with connected(box) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(os.urandom(5000))
    assert box.running_pids() == {"web": web}


def test_clients_that_stall_or_go_away_harm_nobody(box):
    box.procfile({"web": f"exec $PYTHON {CHILDREN}/reporter.py"})
    running = up(box)
    running.wait_line("^ready$", "web")
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(connected(box)) for _ in range(40)]
        for client in stalled[:20]:
            client.sendall(b'{"verb": "sta')
        for _ in range(10):  # a question, and gone
            with connected(box) as client:
                client.sendall(b'{"verb": "status"}\n')
        with connected(box) as client:  # a wish, and gone
            client.sendall(b'{"verb": "restart", "names": ["web"]}\n')
        running.wait_line("^got SIGTERM$", "web")
        assert box.ask("run", "status").out == "*web\n"
        asked = running.send(signal.SIGTERM)
        assert running.wait() == -signal.SIGTERM
        # Not as long as a client may take for its request.
        assert time.monotonic() - asked < 9 or SLOW


def test_a_client_that_does_not_read_does_not_grow_procman(box):
    box.procfile({f"p{i:02}": "sleep 1000" for i in range(50)})
    running = up(box, names=["p49"])
    request_ = b'{"verb": "status"}\n' * 1000
    with connected(box) as client:
        client.settimeout(1)
        with contextlib.suppress(OSError):
            for _ in range(200):
                client.sendall(request_)
        assert box.ask("run", "list", timeout=10).code == 0
        assert running.peak_kb() < 32 * 1024 or SLOW
    assert running.stop() == -2


@pytest.mark.slow
def test_half_a_request_is_given_up_after_ten_seconds(box):
    box.procfile({"web": "sleep 1000"})
    up(box)
    with connected(box) as half, connected(box) as idle:
        idle.sendall(b'{"verb": "list"}\n')
        assert reply(idle)["code"] == 0
        began = time.monotonic()
        half.sendall(b'{"verb": ')
        said(half)
        assert 9 < time.monotonic() - began
        assert time.monotonic() - began < 19 or SLOW
        # Who waits between requests may wait.
        idle.sendall(b'{"verb": "list"}\n')
        assert reply(idle)["code"] == 0


def test_more_clients_than_there_is_room_for_are_still_served(box):
    box.procfile({"web": "sleep 1000"})
    up(box)
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connected(box))
        assert box.ask("run", "status", timeout=10).out == "*web\n"


def test_eight_clients_at_once_are_all_answered(box):
    names = [f"p{i}" for i in range(8)]
    box.procfile({name: "sleep 1000" for name in names})
    up(box, "-exit-on-stop=false", names=names)

    def works(name):
        return [box.ask("run", verb, name).code
                for verb in ("stop", "start", "restart", "status") * 2]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for codes in pool.map(works, names):
            assert codes == [0] * 8
    assert box.ask("run", "status").out == \
        "".join(f"*{name}\n" for name in names)


def test_wishes_for_the_same_process_come_one_after_another(box):
    box.procfile({"web": "exec flock -n --no-fork -E 99 lock sleep 1000"})
    running = up(box)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda _: box.ask("run", "restart", "web"), range(16)))
    assert [answer.code for answer in answers] == [0] * 16
    assert "code 99" not in "\n".join(running.shown("procman"))
    assert box.ask("run", "status").out == "*web\n"


@pytest.mark.skipif(os.getuid() != 0, reason="needs a second user")
def test_another_user_has_no_say(box):
    box.procfile({"web": "sleep 1000"})
    web = up(box).pid_of("web")
    [session] = box.sessions()
    # Even if the folder and the socket were open to all.
    for path in (box.dir, box.runtime, session.parent, session):
        path.chmod(0o755)
    (session / "control.sock").chmod(0o666)
    ask = ("import socket, sys\n"
           "s = socket.socket(socket.AF_UNIX)\n"
           "s.connect(sys.argv[1])\n"
           "s.sendall(b'{\"verb\": \"stop\", \"names\": [\"web\"]}\\n')\n"
           "print(s.recv(1000))\n")
    result = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         box.env["PYTHON"], "-c", ask, session / "control.sock"],
        capture_output=True, timeout=30 * PATIENCE)
    assert b"stopped" not in result.stdout
    assert box.running_pids() == {"web": web}
