"""stop-command: what asks a process to end before a signal does."""

import re
import signal

import pytest

from harness import alive, until

STAY = "exec sleep 1000"
# It ends when its file is there, and hears no signal.
DEAF = "trap '' TERM; echo up; while [ ! -e end ]; do sleep 0.02; done"


def settings(box, **keys):
    lines = [f"{key.replace('_', '-')} = {value}" for key, value in keys.items()]
    box.write("procman.ini", "\n".join(["[web]", *lines]) + "\n")


def begin(box, command, **keys):
    box.procfile({"web": command})
    settings(box, **keys)
    running = box.start()
    running.wait_line("^up$" if "up" in command else "^web started")
    return running


def test_it_ends_the_process_and_is_heard(box):
    running = begin(box, DEAF, stop_command='echo "asking $MAINPID"; '
                                            "echo seriously >&2; touch end")
    pid = running.pid_of("web")
    answer = box.ask("run", "stop", "web")
    # It may end just before the signal that follows a stop-command.
    assert re.fullmatch(r"web stopped: stop-command(?: and SIGTERM)?, .+\n",
                        answer.out), answer
    assert answer.code == 0
    assert running.wait() == 0
    assert running.shown("web")[:3] == ["up", f"asking {pid}", "seriously"]


def test_it_runs_where_and_with_what_the_process_runs(box):
    (box.work / "there").mkdir()
    running = begin(box, f"echo up; {STAY}", dir="there", umask="077",
                    stop_command='echo "$(pwd) $NAME $PS $(umask)"',
                    **{"env.NAME": "value"})
    assert box.ask("run", "stop", "web").code == 0
    running.wait()
    assert running.shown("web")[1:] == [f"{box.work}/there value web 0077"]


def test_one_that_goes_on_gets_the_signal_afterwards(box):
    running = begin(
        box, "trap 'echo heard; exit 0' TERM; echo up; "
             "while :; do sleep 0.02; done 2>&-",
        stop_command="echo asking; sleep 0.1; echo asked; exit 3")
    answer = box.ask("run", "stop", "web")
    assert re.fullmatch("web stopped: stop-command and SIGTERM, .+\n",
                        answer.out)
    running.wait_line("^web: its stop-command exited with code 3 after ",
                      "procman")
    running.wait()
    assert [text for text in running.shown("web") if text != "Terminated"] \
        == ["up", "asking", "asked", "heard"]


def test_the_patience_is_for_both_together(box):
    running = begin(box, DEAF, stop_timeout="2s",
                    stop_command='echo "mine $$"; sleep 1000 & exec sleep 999')
    answer = box.ask("run", "stop", "web")
    assert answer.code == 1
    assert re.match("web killed after ", answer.out)
    line = running.wait_line("^mine ", "web")
    assert not alive(int(line.text.split()[1]))
    assert running.wait() == 0


def test_what_it_does_after_the_end_is_waited_for_and_nobodys_stray(box):
    running = begin(box, f"echo up; {STAY}", stop_command="kill $MAINPID; "
                    "while kill -0 $MAINPID; do sleep 0.01; done 2>&-; "
                    "sleep 0.5; echo tidied")
    answer = box.ask("run", "stop", "web")
    assert re.fullmatch("web stopped: stop-command, .+\n", answer.out)
    running.wait()
    assert running.shown("web") == ["up", "tidied"]
    assert not [text for text in running.shown("procman")
                if "had left its group" in text], running.tail()


def test_a_daemon_it_leaves_behind_ends_with_the_process(box):
    running = begin(
        box, f"echo up; {STAY}",
        stop_command="setsid sh -c 'echo $$ >fled; exec sleep 1000' "
                     "</dev/null >/dev/null 2>&1 & "
                     "while [ ! -s fled ]; do sleep 0.01; done")
    assert box.ask("run", "stop", "web").code == 0
    pid = int(box.wait_file("fled", r"\d+\n"))
    until(lambda: not alive(pid), "the daemon is gone")
    running.wait()


def test_a_restart_asks_with_it(box):
    running = begin(box, f"echo up; {STAY}", stop_command="echo asking")
    first = running.pid_of("web")
    answer = box.ask("run", "restart", "web")
    assert answer.code == 0 and answer.out != f"web restarted: pid {first}\n"
    assert not alive(first)
    running.wait_line("^asking$", "web")


def test_one_that_ends_by_itself_is_not_asked(box):
    running = begin(box, "echo up", stop_command="echo asking")
    assert running.wait() == 0
    assert running.shown("web") == ["up"]


@pytest.mark.parametrize("patience", ["600s", "2s"])
def test_an_end_of_the_session_asks_with_it_and_does_not_hang(box, patience):
    running = begin(box, DEAF, stop_timeout=patience,
                    stop_command="echo asking; exec sleep 1000")
    running.send(signal.SIGINT)
    running.wait_line("^asking$", "web")
    if patience == "600s":
        running.send(signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    running.wait_line("^web was ended by SIGKILL", "procman")


def test_check_shows_it_whole(box):
    box.procfile({"web": STAY})
    settings(box, stop_command="a ; b # c")
    answer = box.ask("check", "--show")
    assert answer.code == 0
    assert re.search(r"stop-command +a ; b # c +procman.ini:2",
                     answer.out) or "a ; b # c" in answer.out, answer.out
