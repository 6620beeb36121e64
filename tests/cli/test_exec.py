"""`procman exec`: a command once, as the processes run."""

import os
import pathlib
import pty
import pwd
import re
import select
import signal
import subprocess

import pytest

from harness import PATIENCE, PYTHON, alive, text_of, until

SHOW = ("sh", "-c", 'echo "$PS|$PORT|$A|$B|$(basename "$PWD")|$(umask)"')


def files(box):
    box.procfile({"web": "exec sleep 1000", "worker": 'echo "$PS $PORT $B"'})
    box.write(".env", "A=env\nB=env\n")
    box.write("sub/.keep", "")
    box.write("procman.ini", "[worker]\nenv.B = worker\ndir = sub\n"
              "umask = 027\n")


def test_it_has_the_environment_of_the_session(box):
    files(box)
    answer = box.ask("exec", *SHOW, env={"B": "outer"})
    assert answer == (0, "||env|outer|work|0022\n", "")
    assert box.sessions() == []


def test_with_a_name_it_runs_as_that_process_would(box):
    files(box)
    answer = box.ask("exec", "-n", "worker", *SHOW, env={"B": "outer"})
    assert answer == (0, "worker|5100|env|worker|sub|0027\n", "")
    answer = box.ask("exec", "-n=worker", "-b", "7000", *SHOW)
    assert answer == (0, "worker|7100|env|worker|sub|0027\n", "")


def test_of_an_entry_the_first_instance_is_meant(box):
    files(box)
    words = ("exec", "-m", "web=2,worker=2", "-n")
    assert box.ask(*words, "worker", *SHOW).out.startswith("worker.1|5100|")
    assert box.ask(*words, "worker.2", *SHOW).out.startswith("worker.2|5101|")


def test_a_single_word_that_names_a_process_stands_for_its_command(box):
    files(box)
    assert box.ask("exec", "worker") == (0, "worker 5100 worker\n", "")
    answer = box.ask("exec", "--", "worker")
    assert (answer.code, answer.out) == (127, "")
    answer = box.ask("exec", "worker", "x")
    assert (answer.code, answer.out) == (127, "")


def test_what_follows_the_first_word_is_the_commands(box):
    files(box)
    answer = box.ask("exec", "printf", "%s|", "-n", "--help", "-f=x", "--",
                     "$A", "a  b", "")
    assert answer == (0, "-n|--help|-f=x|--|$A|a  b||", "")
    answer = box.ask("exec", "-n", "worker", "--", "printf", "%s|", "--json")
    assert answer == (0, "--json|", "")


@pytest.mark.parametrize("script,code", [
    ("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143),
    ("kill -KILL $$", 137), ("kill -HUP $$", 129), ("kill -INT $$", 130),
    ("kill -PIPE $$", 141)])
def test_its_end_is_our_end(box, script, code):
    files(box)
    assert box.ask("exec", "sh", "-c", script) == (code, "", "")


@pytest.mark.parametrize("words,code,complaint", [
    (("no-such-program",), 127, r"no-such-program: not found \(.*\)"),
    (("./sub/none",), 127, r"\./sub/none: not found \(.*\)"),
    (("./.env",), 126, r"\./\.env: Permission denied"),
    (("-n", "wroker", "true"), 2,
     'unknown process "wroker"; did you mean "worker"[?]'),
    ((), 2, r"which command\? \(usage: .*\)"),
    (("-n", "worker"), 2, r"which command\? \(usage: .*\)"),
    (("-n",), 2, "-n needs a value"),
    (("--strict", "true"), 2, '"exec" has no option --strict.*')])
def test_what_cannot_be_run_is_told(box, words, code, complaint):
    files(box)
    answer = box.ask("exec", *words)
    assert (answer.code, answer.out) == (code, "")
    assert re.fullmatch(f"procman: {complaint}\n", answer.err)


def test_a_directory_that_is_not_there_is_told(box):
    files(box)
    box.write("procman.ini", "[web]\ndir = none\n")
    assert box.ask("exec", "-n", "web", "true") == (
        126, "", "procman: directory none: No such file or directory\n")


def test_a_mistake_in_the_files_is_told_and_nothing_runs(box):
    files(box)
    box.write("procman.ini", "[worker]\nnonsense = 1\numask = 9\n")
    answer = box.ask("exec", "touch", "was-here")
    assert answer.code == 2 and len(answer.err.splitlines()) == 2
    assert not (box.work / "was-here").exists()


def test_it_reads_our_stdin_and_writes_our_stderr(box):
    files(box)
    with open(box.write("input", "a\nb\n"), "rb") as stdin:
        answer = box.ask("exec", "sh", "-c", "cat; echo no >&2", stdin=stdin)
    assert answer == (0, "a\nb\n", "no\n")


def test_it_uses_the_processes_settings_but_no_socket_of_another(box):
    files(box)
    answer = box.ask("exec", "sh", "-c", 'echo "$NOTIFY_SOCKET|$WATCHDOG_PID"',
                     env={"NOTIFY_SOCKET": "/x", "WATCHDOG_PID": "1"})
    assert answer == (0, "|\n", "")


def test_in_a_session_it_knows_the_session(box):
    files(box)
    running = box.start("start", "web")
    running.pid_of("web")
    script = '"$PROCMAN" run status web'
    answer = box.ask("exec", "sh", "-c", 'echo "$PROCMAN_SESSION"')
    assert answer == (0, f"{box.sessions()[0]}\n", "")
    answer = box.ask("exec", "sh", "-c", script, cwd=box.dir,
                     env={"PROCMAN": box.program[-1]})
    assert answer.code == 2  # no Procfile there
    assert running.stop() == -2
    answer = box.ask("exec", "sh", "-c", 'echo "$PROCMAN_SESSION"')
    assert answer == (0, "\n", "")


# ---- signals ----------------------------------------------------------------

REPORT = ("sh", "-c", """
    trap 'echo int; exit 7' INT; trap 'echo term; exit 8' TERM
    trap 'echo hup; exit 9' HUP
    echo up; while :; do sleep 0.02; done""")


@pytest.mark.parametrize("number,word,code", [
    (signal.SIGTERM, "term", 8), (signal.SIGHUP, "hup", 9),
    (signal.SIGINT, "int", 7)])
def test_a_signal_to_procman_alone_is_passed_on(box, number, word, code):
    files(box)
    with subprocess.Popen([*box.program, "exec", *REPORT], cwd=box.work,
                          env=box.env, stdout=subprocess.PIPE,
                          start_new_session=True) as popen:
        assert popen.stdout.readline() == b"up\n"
        popen.send_signal(number)
        assert popen.stdout.readline() == f"{word}\n".encode()
        assert popen.wait(20 * PATIENCE) == code


def on_terminal(box, *words):
    """In a session with a terminal of its own: its pid and the master."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(box.work)
        os.execvpe(box.program[0], [*box.program, *words], box.env)
    return pid, master


def read_until(master, text):
    seen = b""
    while text not in seen:
        assert select.select([master], [], [], 20 * PATIENCE)[0], seen
        seen += os.read(master, 1000)
    return text_of(seen)


def test_ctrl_c_on_the_terminal_reaches_the_command_once(box):
    files(box)
    pid, master = on_terminal(
        box, "exec", "sh", "-c",
        "trap 'echo got int' INT; echo up; "
        "until read line; do :; done; echo \"read $line\"; exit 5")
    read_until(master, b"up")
    os.write(master, b"\x03")
    read_until(master, b"got int")
    os.write(master, b"hello\n")
    assert "got int" not in read_until(master, b"read hello")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    os.close(master)


def test_a_ctrl_c_that_the_command_outlives_does_not_end_procman(box):
    files(box)
    with subprocess.Popen([*box.program, "exec", "sh", "-c",
                           "trap '' INT; kill -STOP $PPID; echo $$; read go"],
                          cwd=box.work, env=box.env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as popen:
        pid = int(popen.stdout.readline())
        popen.send_signal(signal.SIGINT)
        popen.stdin.close()
        until(lambda: not alive(pid), "the command has ended")
        popen.send_signal(signal.SIGCONT)
        assert popen.wait(20 * PATIENCE) == 1  # `read` met the end of its input


def test_what_our_caller_ignores_stays_ignored(box):
    files(box)
    code = ("import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
            "os.execvp(sys.argv[1], sys.argv[1:])")
    out = subprocess.run(
        [PYTHON, "-c", code, *box.program, "exec", "grep", "SigIgn",
         "/proc/self/status"], cwd=box.work, env=box.env, capture_output=True,
        text=True, check=True).stdout
    # Python itself ignores SIGPIPE and SIGXFSZ; we take what is ours back.
    assert int(out.split()[1], 16) == 1 << signal.SIGHUP - 1


def test_it_ends_if_procman_is_killed(box):
    files(box)
    with subprocess.Popen([*box.program, "exec", "sh", "-c",
                           "echo $$; exec sleep 1000"], cwd=box.work,
                          env=box.env, stdout=subprocess.PIPE) as popen:
        pid = int(popen.stdout.readline())
        popen.kill()
        until(lambda: not alive(pid), "the command has ended")


# ---- another user -----------------------------------------------------------

@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_with_a_name_it_runs_as_the_user_of_that_process(box):
    files(box)
    pathlib.Path(box.dir).chmod(0o711)
    box.work.chmod(0o711)
    box.write("procman.ini", "[web]\nuser = nobody\n")
    answer = box.ask("exec", "-n", "web", "sh", "-c", 'id -u; echo "$HOME"')
    nobody = pwd.getpwnam("nobody")
    assert answer == (0, f"{nobody.pw_uid}\n{nobody.pw_dir}\n", "")
    assert box.ask("exec", "id", "-u") == (0, "0\n", "")
