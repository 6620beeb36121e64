"""`user =`: processes of somebody else, who can do as much and as little."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess

import pytest

from harness import alive, parent_of, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
SOMEBODY = "nobody"
WHO = ('echo "uid=$(id -u) gid=$(id -g) groups=$(id -G)"; '
       'echo "$HOME $USER $LOGNAME $SHELL"; exec sleep 1000')


def open_to_all(box):
    """Its folders may be entered by others."""
    box.dir.chmod(0o711)
    box.work.chmod(0o711)


@as_root
def test_a_process_runs_as_the_user_of_its_settings(box):
    somebody = pwd.getpwnam(SOMEBODY)
    groups = sorted(os.getgrouplist(SOMEBODY, somebody.pw_gid))
    box.procfile({"web": WHO, "own": "exec sleep 1000"})
    box.write("procman.ini", f"[web]\nuser = {SOMEBODY}\n")
    running = box.start()
    line = running.wait_line("^uid=", "web").text
    uid, gid, all_groups = re.fullmatch(r"uid=(\d+) gid=(\d+) groups=([\d ]*)",
                                        line).groups()
    assert (int(uid), int(gid)) == (somebody.pw_uid, somebody.pw_gid)
    assert sorted(map(int, all_groups.split())) == groups
    running.wait_line(f"^{somebody.pw_dir} {SOMEBODY} {SOMEBODY} "
                      f"{somebody.pw_shell}$", "web")
    own = pathlib.Path(f"/proc/{running.pid_of('own')}/status").read_text()
    assert re.search(r"^Uid:\t0\t0\t0\t0$", own, re.MULTILINE)
    answer = box.ask("run", "stop", "web")
    assert (answer.code, answer.err) == (0, "")
    assert running.stop() == -2


@as_root
def test_a_user_may_be_a_number_and_env_wins_over_what_it_brings(box):
    somebody = pwd.getpwnam(SOMEBODY)
    box.procfile({"web": WHO})
    box.write("procman.ini",
              f"[web]\nuser = {somebody.pw_uid}\nenv.HOME = /srv\n")
    running = box.start()
    running.wait_line(f"^uid={somebody.pw_uid} ", "web")
    running.wait_line(f"^/srv {SOMEBODY} ", "web")
    assert running.stop() == -2


# Nothing that this user may not read, such as a python of root's own.
SAY_READY = """\
import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
    to.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
time.sleep(1000)
"""


@as_root
def test_another_user_can_say_that_it_is_ready_and_open_its_stdout(box):
    open_to_all(box)
    box.write("notify.py", SAY_READY)
    box.procfile({"web": "echo anew > /dev/stdout; "
                         "exec /usr/bin/python3 notify.py"})
    box.write("procman.ini", f"[web]\nready = notify\nuser = {SOMEBODY}\n")
    running = box.start()
    running.wait_line("^anew$", "web")
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


@as_root
def test_stubborn_processes_of_another_user_are_killed(box):
    box.procfile({"web": "trap '' TERM; (trap '' TERM; exec sleep 1000) & "
                         "echo up; while :; do sleep 1000; done"})
    box.write("procman.ini",
              f"[web]\nuser = {SOMEBODY}\nstop-timeout = 200ms\n")
    running = box.start()
    running.wait_line("^up$", "web")
    answer = box.ask("run", "stop", "web")
    assert answer.code == 1 and answer.out.startswith("web killed after ")
    assert running.wait() == 0


@as_root
@pytest.mark.parametrize("who", ["supervisor", "both"])
def test_no_process_of_another_user_outlives_its_procman(box, who):
    box.procfile({"web": "echo up; exec sleep 1000"})
    box.write("procman.ini", f"[web]\nuser = {SOMEBODY}\n")
    running = box.start()
    running.wait_line("^up$", "web")
    pid = running.pid_of("web")
    supervisor = parent_of(pid)
    if who == "both":
        os.kill(running.pid, signal.SIGKILL)
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not alive(pid), "it has died with its supervisor")
    running.wait()
    box.leftovers_expected = who == "both"


@as_root
def test_a_program_that_the_user_may_not_execute_is_told(box):
    box.write("secret/run", "#!/bin/sh\n", 0o700)
    box.procfile({"web": "./secret/run"})
    box.write("procman.ini", f"[web]\nuser = {SOMEBODY}\n")
    running = box.start()
    running.wait_line(f"^cannot start: as user {SOMEBODY}: ./secret/run: "
                      "Permission denied$", "web")
    assert running.wait() == 126


def test_an_unknown_user_is_a_mistake(box):
    box.procfile({"web": "touch was-here"})
    box.write("procman.ini", "[web]\nuser = no-such-user\n")
    for command in ("check", "start"):
        assert box.ask(command) == (
            2, "", 'procman: procman.ini:2: web: user: no user is called '
                   '"no-such-user"\n')
    assert not (box.work / "was-here").exists()


@as_root
def test_only_root_can_run_processes_as_others(box):
    open_to_all(box)
    program = box.dir / "procman"
    shutil.copy(box.program[-1], program)
    box.procfile({"web": "sleep 1000"})
    for user, want in (("root", (2, "procman: procman.ini:2: web: user: only "
                                    "root can run a process as another user "
                                    "(root)\n")), (SOMEBODY, (0, ""))):
        box.write("procman.ini", f"[web]\nuser = {user}\n")
        answer = subprocess.run(
            [program, "check"], cwd=box.work, env=box.env, user=SOMEBODY,
            group=pwd.getpwnam(SOMEBODY).pw_gid, extra_groups=[],
            capture_output=True, text=True, check=False)
        assert (answer.returncode, answer.stderr) == want
