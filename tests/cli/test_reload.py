"""The members of a session change while it runs: reload, add, remove, scale,
and several Procfiles from the beginning."""

import contextlib
import os
import re
import signal
import subprocess
import textwrap

import pytest

from harness import HERE, alive, environment_of, new_port, state_of, until

STAY = "exec sleep 1000"
SAY = 'echo "PS=$PS PORT=$PORT K=$K"; exec sleep 1000'


def begin(box, *entries, words=()):
    """A session, all of whose processes run; and their pids."""
    box.procfile(*entries)
    running = box.start(*words, "start")
    names = [name for entry in entries for name in entry]
    return running, {name: running.pid_of(name) for name in names}


def end(box, running):
    """By a client: the end of a program that dies of a signal says nothing of
    memory that was lost."""
    box.ask("run", "stop-all")
    running.wait()


def reload(box, *words, code=0):
    answer = box.ask("reload", *words)
    assert answer.code == code, answer
    return answer


def plan(answer):
    """The lines that say what becomes of whom."""
    return [line for line in answer.out.splitlines()
            if re.match(r"[-+~=] ", line)]


# ---- what becomes of whom ----------------------------------------------------

def test_only_what_has_changed_is_touched(box):
    running, pids = begin(box, {"a": STAY, "b": STAY, "c": STAY, "d": STAY})
    box.procfile({"a": STAY, "b": "exec sleep 2000", "e": STAY, "d": STAY})
    answer = reload(box)
    assert plan(answer) == ["= a", "~ b (command)", "+ e", "= d", "- c"]
    now = box.running_pids()
    assert list(now) == ["a", "b", "e", "d"]
    assert (now["a"], now["d"]) == (pids["a"], pids["d"])
    assert now["b"] != pids["b"] and now["e"]
    assert not alive(pids["c"])
    assert f"b changed: started with pid {now['b']}" in answer.out
    assert f"e added: started with pid {now['e']}" in answer.out
    assert "c removed" in answer.out
    end(box, running)


def test_a_dry_run_says_it_and_touches_nothing(box):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    box.procfile({"a": "exec sleep 2000", "c": STAY})
    answer = reload(box, "--dry-run")
    assert answer.out == "~ a (command)\n+ c\n- b\n"
    assert box.running_pids() == pids
    assert reload(box, "--dry-run").out == answer.out
    end(box, running)


def test_nothing_new_touches_nobody(box):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    for _ in range(5):
        assert reload(box).out == "= a\n= b\n"
    assert box.running_pids() == pids
    end(box, running)


@pytest.mark.parametrize("name,text,said", [
    ("Procfile", "", "no valid entry"),
    ("procman.ini", "[a]\nrestrat = no\n", "did you mean"),
    ("procman.ini", "[a]\nafter = nobody\n", "no process is called"),
    ("procman.ini", "[a]\nafter = a\n", "circle"),
    (".env", "PORT=many\n", "PORT")])
def test_a_file_with_a_mistake_changes_nothing(box, name, text, said):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    box.write(name, text)
    answer = reload(box, code=2)
    assert "nothing has been touched" in answer.err
    assert said in answer.err
    assert box.running_pids() == pids
    box.procfile({"a": STAY, "b": STAY})
    (box.work / "procman.ini").unlink(missing_ok=True)
    (box.work / ".env").unlink(missing_ok=True)
    assert plan(reload(box)) == ["= a", "= b"]
    end(box, running)


def test_a_procfile_that_is_gone_changes_nothing(box):
    running, pids = begin(box, {"a": STAY})
    (box.work / "Procfile").unlink()
    answer = box.ask("--session", box.sessions()[0], "reload")
    assert answer.code == 2
    assert "cannot read Procfile" in answer.err
    assert alive(pids["a"])
    end(box, running)


def test_variables_and_ports_are_part_of_a_process(box):
    box.write(".env", "K=1\n")
    running, pids = begin(box, {"a": SAY, "b": SAY})
    running.wait_line("^PS=b PORT=5100 K=1$", "b")
    box.write(".env", "K=2\n")
    assert plan(reload(box)) == ["~ a (K)", "~ b (K)"]
    running.wait_line("^PS=a PORT=5000 K=2$", "a")
    running.wait_line("^PS=b PORT=5100 K=2$", "b")
    box.procfile({"n": SAY, "a": SAY, "b": SAY})
    assert plan(reload(box)) == ["+ n", "~ a (PORT 5000 -> 5100)",
                                 "~ b (PORT 5100 -> 5200)"]
    running.wait_line("^PS=n PORT=5000 K=2$", "n")
    running.wait_line("^PS=b PORT=5200 K=2$", "b")
    end(box, running)


def test_a_value_that_may_be_secret_is_not_said(box):
    running, _ = begin(box, {"a": STAY})
    box.write(".env", "TOKEN=swordfish\n")
    answer = reload(box)
    assert plan(answer) == ["~ a (TOKEN)"]
    assert "swordfish" not in answer.out + running.tail()
    end(box, running)


def test_what_is_procmans_own_is_taken_over_while_it_runs(box):
    deaf = "trap '' TERM; echo deaf; while :; do sleep 1000; done"
    running, pids = begin(box, {"a": deaf})
    running.wait_line("^deaf$", "a")
    box.write("procman.ini", "[a]\nstop-timeout = 300ms\nquiet = yes\n")
    assert plan(reload(box)) == ["= a (stop-timeout, quiet)"]
    assert box.running_pids() == pids
    answer = box.ask("stop", "a")
    # Before the ten seconds that it would have had.
    assert re.search(r"a killed after (\d+ ms|\d\.\d s)", answer.out), answer
    running.wait()


def test_another_restart_policy_counts_for_the_run_that_goes_on(box):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    box.write("procman.ini", "[a]\nrestart = always\nrestart-delay = 10ms\n")
    assert plan(reload(box)) == ["= a (restart, restart-delay)", "= b"]
    seen = running.count()
    os.kill(pids["a"], signal.SIGKILL)
    assert running.pid_of("a", after=seen) != pids["a"]
    box.write("procman.ini", "")
    reload(box)
    os.kill(box.running_pids()["a"], signal.SIGKILL)
    until(lambda: box.statuses()["a"]["state"] == "failed", "a has failed")
    end(box, running)


def test_a_run_keeps_its_readiness_through_many_reloads(box):
    """What a run began with is still used when its plan is long forgotten."""
    gate = box.work / "gate"
    box.write("procman.ini", f"[a]\nready = exec:test -e {gate}\n")
    running, pids = begin(box, {"a": STAY})
    for count in range(5):
        box.write("procman.ini", f"[a]\nready = exec:test -e {gate}\n"
                  f"stop-timeout = {count + 1}s\n")
        reload(box)
    assert box.statuses()["a"]["state"] == "starting"
    gate.write_text("")
    assert box.ask("wait", "a", "--timeout", "20s").code == 0
    assert box.running_pids() == pids
    end(box, running)


def blocks_of_readme():
    """The indented blocks of the section about it, in order."""
    readme = (HERE.parent.parent / "README.md").read_text()
    section = readme.split("### Changing a running session\n")[1]
    section = section.split("\n## ")[0]
    return [textwrap.dedent(block) for block
            in re.findall(r"(?:^    .*\n)+", section, re.M)]


def test_the_example_of_the_readme(box):
    before, after, session = blocks_of_readme()
    box.write("Procfile", before)
    running = box.start()
    for name in ("web", "clock", "worker"):
        running.pid_of(name)
    box.write("Procfile", after)
    box.write("procman.ini", "[worker]\nstop-timeout = 20s\n")
    command, *said = session.splitlines()
    assert command == "$ procman reload"
    numbers = re.compile(r"\d+")
    assert numbers.sub("N", reload(box).out) == \
        numbers.sub("N", "\n".join(said) + "\n")
    end(box, running)


# ---- what somebody wished before ---------------------------------------------

def test_what_was_stopped_stays_stopped(box):
    running, _ = begin(box, {"a": STAY, "b": STAY})
    assert box.ask("stop", "a").code == 0
    box.procfile({"a": "exec sleep 2000", "b": STAY})
    answer = reload(box)
    assert plan(answer) == ["~ a (command)", "= b"]
    assert "a changed: stays stopped" in answer.out
    assert box.running_pids()["a"] is None
    assert box.ask("run", "start", "a").code == 0
    assert box.statuses()["a"]["command"] == "exec sleep 2000"
    end(box, running)


def test_what_was_not_to_start_does_not(box):
    box.procfile({"a": STAY, "b": STAY})
    running = box.start("start", "a")
    running.pid_of("a")
    box.write("procman.ini", "[c]\nautostart = no\n")
    box.procfile({"a": STAY, "b": "exec sleep 2000", "c": STAY, "d": STAY})
    assert reload(box).code == 0
    up = [name for name, pid in box.running_pids().items() if pid]
    assert up == ["a", "d"]
    end(box, running)


def test_what_has_failed_is_started_with_what_is_new(box):
    box.procfile({"a": "exit 3", "b": STAY})
    running = box.start("start")
    running.wait_line("^a exited with code 3", "procman")
    running.pid_of("b")
    box.procfile({"a": STAY, "b": STAY})
    assert "a changed: started with pid" in reload(box).out
    assert box.running_pids()["a"]
    end(box, running)


def test_the_session_goes_on_while_everybody_is_down(box):
    running, pids = begin(box, {"a": STAY})
    box.procfile({"a": "exec sleep 2000"})
    assert reload(box).code == 0
    assert box.running_pids()["a"] not in (None, pids["a"])
    assert running.popen.poll() is None
    end(box, running)


def test_ports_change_hands(box):
    """All are down before the first one starts."""
    one, two = new_port(), new_port()
    listen = "exec $PYTHON $CHILDREN/listener.py"
    running, _ = begin(box, {"a": f"{listen} {one}", "b": f"{listen} {two}"})
    box.procfile({"a": f"{listen} {two}", "b": f"{listen} {one}"})
    box.write("procman.ini", f"[a]\nready = tcp:127.0.0.1:{two}\n"
              f"[b]\nready = tcp:127.0.0.1:{one}\n")
    reload(box)
    assert box.ask("wait", "a", "b", "--timeout", "30s").code == 0
    end(box, running)


# ---- in which order ----------------------------------------------------------

def index_of(running, pattern):
    running.wait_line(pattern, "procman")
    lines = [line.text for line in running.lines if line.name == "procman"]
    return next(i for i, text in enumerate(lines) if re.search(pattern, text))


def test_who_goes_is_stopped_after_those_that_start_after_it(box):
    box.write("procman.ini", "[a]\nafter = b\n")
    running, _ = begin(box, {"a": STAY, "b": STAY, "c": STAY})
    box.write("procman.ini", "")
    box.procfile({"c": STAY})
    reload(box)
    assert index_of(running, "^a was ended") < index_of(running,
                                                        "^b was ended")
    end(box, running)


def test_who_comes_starts_when_those_it_starts_after_are_ready(box):
    gate = box.work / "gate"
    running, _ = begin(box, {"x": STAY})
    box.write("procman.ini", "[a]\nafter = b\n"
              f"[b]\nready = exec:test -e {gate}\n")
    box.procfile({"x": STAY, "a": STAY, "b": STAY})
    answer = reload(box)
    assert "a added: waits for others before it starts" in answer.out
    assert box.statuses()["a"]["state"] == "held"
    gate.write_text("")
    running.pid_of("a")
    assert index_of(running, "^b is ready") < index_of(running, "^a started")
    end(box, running)


def test_whoever_is_held_by_one_that_goes_starts(box):
    box.write("procman.ini", "[a]\nafter = b\n[b]\nready = exec:false\n")
    box.procfile({"a": STAY, "b": STAY})
    running = box.start("start")
    running.wait_line("^a waits for b$", "procman")
    box.write("procman.ini", "")
    box.procfile({"a": STAY})
    reload(box)
    running.pid_of("a")
    end(box, running)


# ---- rolling -----------------------------------------------------------------

def rolled(box, count=3, ready="", command="echo up; exec sleep {n}", n=1000):
    names = [f"m{i}" for i in range(1, count + 1)]
    box.write("procman.ini", f"[m*]\nready = log:up\n{ready}")
    box.procfile({name: command.format(n=n) for name in names})
    return names


def test_a_roll_takes_one_after_another(box):
    names = rolled(box)
    running = box.start("start")
    for name in names:
        running.wait_line(f"^{name} is ready", "procman")
    rolled(box, n=2000)
    seen = running.count()
    answer = reload(box, "--rolling")
    assert plan(answer) == [f"~ {name} (command)" for name in names]
    running.wait_line("^reload: done$", "procman", after=seen)
    texts = [line.text for line in running.lines[seen:]
             if line.name == "procman"]
    steps = [re.sub(r"(\S+ (?:was ended|started|is ready)).*", r"\1", text)
             for text in texts if re.match(r"m\d (was|started|is ready)", text)]
    assert steps == [f"{name} {what}" for name in names
                     for what in ("was ended", "started", "is ready")]
    for name in names:
        assert re.search(rf"^{name} restarted: pid \d+, ready after",
                         answer.out, re.MULTILINE)
    end(box, running)


def test_one_that_does_not_come_back_ends_the_roll(box):
    names = rolled(box)
    running = box.start("start")
    for name in names:
        running.wait_line(f"^{name} is ready", "procman")
    pids = box.running_pids()
    rolled(box, command="exit 5")
    with open(box.work / "Procfile", "a") as procfile:
        procfile.write("n: exec sleep 1000\n")
    answer = reload(box, "--rolling", code=1)
    assert "m1 did not come back: it exited with code 5" in answer.err
    assert "m2 was not touched" in answer.out
    assert "m3 was not touched" in answer.out
    assert "n was not added" in answer.out
    now = box.running_pids()
    assert now == {"m1": None, "m2": pids["m2"], "m3": pids["m3"]}
    # The rest stays to be done.
    assert plan(reload(box, "--dry-run")) == [
        "= m1", "~ m2 (command)", "~ m3 (command)", "+ n"]
    running.force_down()


@pytest.mark.parametrize("words", [["--wait", "300ms"],
                                   ["--timeout", "300ms"]])
def test_a_roll_does_not_wait_longer_than_it_may(box, words):
    names = rolled(box)
    running = box.start("start")
    for name in names:
        running.wait_line(f"^{name} is ready", "procman")
    rolled(box, command="exec sleep {n}")
    answer = reload(box, "--rolling", *words, code=1)
    assert "m1 is not ready after 300 ms" in answer.err
    assert "m3 was not touched" in answer.out
    end(box, running)


@pytest.mark.parametrize("word", ["--wait", "--timeout"])
def test_without_a_roll_there_is_nothing_to_wait_for(box, word):
    running, _ = begin(box, {"a": STAY})
    assert f"{word} is for --rolling" in reload(box, word, "3s", code=2).err
    end(box, running)


def test_new_ones_that_are_started_after_come_before_the_roll(box):
    names = rolled(box, count=2)
    running = box.start("start")
    for name in names:
        running.wait_line(f"^{name} is ready", "procman")
    box.write("procman.ini", "[m*]\nready = log:up\nafter = db\n"
              "[db]\nready = log:up\n")
    box.procfile({"m1": "echo up; exec sleep 2000",
                  "m2": "echo up; exec sleep 2000",
                  "other": STAY, "db": "echo up; exec sleep 1000"})
    assert reload(box, "--rolling").code == 0
    assert index_of(running, "^db is ready") < index_of(running,
                                                        "^m1 was ended")
    assert index_of(running, "^m2 was ended") < index_of(running,
                                                         "^other started")
    end(box, running)


# ---- meanwhile ---------------------------------------------------------------

def slow_session(box):
    """One whose next reload has to wait: `slow` ends when the file `end` is
    there."""
    slow = ("trap 'while ! test -e end; do sleep 0.02; done; exit 0' TERM; "
            "echo set; while :; do sleep 0.05; done")
    box.procfile({"a": STAY, "b": STAY, "slow": slow})
    running = box.start("start")
    running.wait_line("^set$", "slow")
    running.pid_of("a")
    running.pid_of("b")
    box.procfile({"a": STAY, "b": "exec sleep 2000"})
    return running


def slow_reload(box):
    running = slow_session(box)
    answer = box.ask_in_background("reload")
    running.wait_line("^reload: ", "procman")
    return running, answer


def let_end(box):
    (box.work / "end").write_text("")


def test_there_is_one_reload_at_a_time(box):
    running, answer = slow_reload(box)
    for words in (["reload"], ["remove", "a"], ["scale", "a=2"]):
        second = box.ask(*words)
        assert second.code == 1
        assert "a change of this session is under way" in second.err
    let_end(box)
    assert answer().code == 0
    assert reload(box).code == 0
    end(box, running)


def test_others_are_served_meanwhile(box):
    running, answer = slow_reload(box)
    assert box.ask("stop", "a").code == 0
    assert "stopping" in box.ask("status", "slow").out
    refused = box.ask("run", "start", "slow")
    assert refused.code == 1
    assert "slow is being removed" in refused.err
    assert box.ask("run", "start-all").code == 0
    assert box.ask("stop", "a").code == 0
    let_end(box)
    assert answer().code == 0
    assert box.running_pids()["a"] is None
    assert list(box.statuses()) == ["a", "b"]
    end(box, running)


def test_a_stop_meanwhile_wins(box):
    running, answer = slow_reload(box)
    assert box.ask("stop", "b").code == 0
    let_end(box)
    assert answer().code == 0
    assert box.running_pids()["b"] is None
    assert box.ask("run", "start", "b").code == 0
    assert box.statuses()["b"]["command"] == "exec sleep 2000"
    end(box, running)


def test_a_reload_goes_on_without_its_client(box):
    running = slow_session(box)
    client = subprocess.Popen([*box.program, "reload"], cwd=box.work,
                              env=box.env, stdout=subprocess.DEVNULL)
    running.wait_line("^reload: ", "procman")
    client.kill()
    client.wait()
    let_end(box)
    running.wait_line("^reload: done$", "procman")
    assert list(box.statuses()) == ["a", "b"]
    end(box, running)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_shutdown_in_the_middle(box, number):
    running, answer = slow_reload(box)
    running.send(number)
    assert "procman is shutting down" in answer().err
    let_end(box)
    assert running.wait() == -number


def test_two_signals_in_the_middle(box):
    running, answer = slow_reload(box)
    running.send_twice(signal.SIGINT)
    assert answer().code == 1
    assert running.wait() == -2


# ---- in the middle of a roll, whose first one is slow to go -------------------

LEAVES_LATE = ("trap 'while ! [ -e end ]; do sleep 0.02; done; exit 0' TERM;"
               " echo here; while :; do sleep 0.02; done")


def slow_roll(box):
    """A reload --rolling that is waiting for the first one to be down."""
    box.procfile({"a": LEAVES_LATE, "b": STAY, "c": STAY})
    box.write("procman.ini", "[a]\nready = log:^here\n")
    running = box.start("start")
    running.wait_line("^a is ready", "procman")
    box.write(".env", "K=1\n")
    client = subprocess.Popen([*box.program, "reload", "--rolling"],
                              cwd=box.work, env=box.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: box.statuses()["a"]["state"] == "stopping", "a is stopping")
    return running, client


def test_who_has_been_taken_down_comes_up_though_the_roll_is_over(box):
    running, client = slow_roll(box)
    before = box.running_pids()
    assert box.ask("stop", "b").code == 0
    let_end(box)
    out, _ = client.communicate(timeout=60)
    assert client.returncode == 1
    assert "b was stopped meanwhile" in out and "c was not touched" in out
    now = box.running_pids()
    assert now["a"] and now["a"] != before["a"]
    assert now["b"] is None and now["c"] == before["c"]
    assert environment_of(now["a"])["K"] == "1"
    assert plan(reload(box, "--dry-run")) == ["= a", "~ b (K)", "~ c (K)"]
    end(box, running)


def test_who_has_been_taken_down_comes_up_though_the_client_has_gone(box):
    running, client = slow_roll(box)
    before = box.running_pids()
    client.kill()
    client.communicate()
    running.wait_line("the rolling restart has stopped", "procman")
    let_end(box)
    running.wait_line("^reload: not all of it could be done$", "procman")
    now = box.running_pids()
    assert now["a"] and now["a"] != before["a"]
    assert (now["b"], now["c"]) == (before["b"], before["c"])
    end(box, running)


def test_a_shutdown_in_the_middle_of_a_roll(box):
    running, client = slow_roll(box)
    running.send(signal.SIGTERM)
    _, err = client.communicate(timeout=60)
    assert client.returncode == 1
    assert "procman is shutting down" in err
    let_end(box)
    assert running.wait() == -signal.SIGTERM


# ---- add ---------------------------------------------------------------------

def test_another_procfile_comes_in_addition(box):
    running, pids = begin(box, {"a": STAY})
    box.write("procman.learner.ini", "[etcd4]\nenv.K = own\n")
    box.procfile({"etcd4": SAY}, name="Procfile.learner")
    answer = box.ask("add", "-f", "Procfile.learner")
    assert answer.code == 0, answer
    assert plan(answer) == ["= a", "+ etcd4"]
    running.wait_line("^PS=etcd4 PORT=5100 K=own$", "etcd4")
    now = box.running_pids()
    assert now["a"] == pids["a"]
    # Its own -f means the same session.
    assert box.running_pids("-f", "Procfile.learner") == now
    environment = environment_of(now["etcd4"])
    assert environment["PROCMAN_SESSION"] == str(box.sessions()[0]) or \
        environment["PROCMAN_SESSION"] in map(str, box.sessions())
    end(box, running)
    assert not alive(now["etcd4"])


def test_the_name_column_grows_and_shrinks(box):
    running, _ = begin(box, {"a": STAY})
    box.procfile({"a-very-long-name": SAY}, name="Procfile.more")
    assert box.ask("add", "-f", "Procfile.more").code == 0
    line = running.wait_line("^PS=", "a-very-long-name")
    said = running.wait_line("^a-very-long-name started", "procman")
    assert line.raw.index("|") == said.raw.index("|")
    assert box.ask("remove", "a-very-long-name").code == 0
    seen = running.count()
    assert box.ask("stop", "a").code == 0
    last = running.wait_line("^a was ended", "procman", after=seen)
    assert last.raw.index("|") < said.raw.index("|")
    running.wait()


def test_a_name_that_is_there_is_refused_and_both_are_named(box):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    box.procfile({"c": STAY, "b": STAY}, name="Procfile.more")
    answer = box.ask("add", "-f", "Procfile.more")
    assert answer.code == 2
    assert re.search(r"Procfile\.more:2: there is a b already, in Procfile:2",
                     answer.err)
    assert box.running_pids() == pids
    box.procfile({"a": STAY})  # b still runs, whatever the file says now
    answer = box.ask("add", "-f", "Procfile.more")
    assert answer.code == 2
    assert "there is a b in this session already, from Procfile" in answer.err
    assert box.running_pids() == pids
    end(box, running)


def test_a_procfile_belongs_to_one_session(box):
    running, _ = begin(box, {"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    assert box.ask("add", "-f", "Procfile.more").code == 0
    again = box.ask("add", "-f", "Procfile.more")
    assert again.code == 2
    assert "belongs to this session already" in again.err
    alone = box.ask("-f", "Procfile.more", "start")
    assert alone.code == 1
    assert f"is already running: procman with pid {running.pid}" in alone.err
    end(box, running)
    # It is free again.
    second = box.start("-f", "Procfile.more", "start")
    second.pid_of("b")
    third, _ = begin(box, {"a": STAY})
    answer = box.ask("add", "-f", "Procfile.more")
    assert answer.code == 1
    assert "is already running" in answer.err
    assert second.stop() == -2
    assert third.stop() == -2


def test_mistakes_of_the_addition_change_nothing(box):
    running, pids = begin(box, {"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    box.write("procman.more.ini", "[b]\nafter = nobody\n")
    assert box.ask("add", "-f", "Procfile.more").code == 2
    box.write("procman.more.ini", "[b]\nafter = a\n")
    assert box.ask("add", "-f", "Nofile").code == 1
    assert box.ask("add").code == 2
    dry = box.ask("add", "-f", "Procfile.more", "--dry-run")
    assert (dry.code, dry.out) == (0, "= a\n+ b\n")
    assert box.running_pids() == pids
    assert len(box.sessions()) == 1
    assert box.ask("add", "-f", "Procfile.more").code == 0
    end(box, running)


def test_reload_reads_what_was_added_again(box):
    running, _ = begin(box, {"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    assert box.ask("add", "-f", "Procfile.more").code == 0
    box.procfile({"b": "exec sleep 2000", "c": STAY}, name="Procfile.more")
    assert plan(reload(box)) == ["= a", "~ b (command)", "+ c"]
    end(box, running)


def test_a_file_from_elsewhere_runs_where_it_lies(box):
    running, _ = begin(box, {"a": STAY})
    box.write("there/Procfile", 'b: echo "in $(pwd) K=$K"; exec sleep 1000\n')
    box.write("there/.env", "K=there\n")
    answer = box.ask("--session", box.sessions()[0], "add", "-f", "Procfile",
                     cwd=box.work / "there")
    assert answer.code == 0, answer
    running.wait_line(f"^in {box.work / 'there'} K=there$", "b")
    assert plan(reload(box)) == ["= a", "= b"]
    end(box, running)


def test_what_the_first_file_takes_over_is_its_own(box):
    """The learner is promoted: the new Procfile has it too."""
    running, _ = begin(box, {"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.learner")
    assert box.ask("add", "-f", "Procfile.learner").code == 0
    pid = box.running_pids()["b"]
    box.procfile({"a": STAY, "b": STAY})
    answer = reload(box)
    assert plan(answer) == ["= a", "= b"]
    assert re.search(r"warning: .*Procfile\.learner:1: b is in Procfile:2 now",
                     answer.out)
    assert box.running_pids()["b"] == pid
    running.wait_line("Procfile.learner belongs to this session no more",
                      "procman")
    assert "warning" not in reload(box).out
    assert len(box.sessions()) == 1
    end(box, running)


# ---- remove ------------------------------------------------------------------

def test_who_is_removed_is_stopped_and_forgotten(box):
    running, pids = begin(box, {"a": STAY, "b": STAY, "c": STAY})
    answer = box.ask("remove", "b")
    assert answer.code == 0 and "b removed" in answer.out
    assert not alive(pids["b"])
    assert list(box.statuses()) == ["a", "c"]
    unknown = box.ask("run", "start", "b")
    assert unknown.code == 2 and "unknown process" in unknown.err
    assert plan(reload(box)) == ["= a", "+ b", "= c"]
    end(box, running)


def test_a_file_without_processes_is_forgotten(box):
    running, _ = begin(box, {"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    assert box.ask("add", "-f", "Procfile.more").code == 0
    assert box.ask("remove", "b").code == 0
    running.wait_line("belongs to this session no more", "procman")
    assert plan(reload(box)) == ["= a"]
    assert box.ask("add", "-f", "Procfile.more").code == 0
    end(box, running)


def test_a_session_of_nobody_is_a_session(box):
    running, _ = begin(box, {"a": STAY}, words=["--exit-on-stop=false"])
    assert box.ask("remove", "*").code == 0
    answer = box.ask("status")
    assert (answer.code, answer.out) == (0, "NAME  STATE\n")
    assert box.ask("status", "--json").code == 0
    assert box.ask("run", "status").code == 0
    assert plan(reload(box)) == ["+ a"]
    assert box.running_pids()["a"]
    assert running.stop() == -signal.SIGINT


def test_settings_of_instances_elsewhere_are_no_mistake(box):
    """procman.ini speaks of both files that lie beside it."""
    box.write("procman.ini", "[web]\ninstances = 2\n")
    box.procfile({"web": STAY})
    box.procfile({"more": STAY}, name="Procfile.more")
    running = box.start("start")
    running.pid_of("web.2")
    answer = box.ask("add", "-f", "Procfile.more")
    assert answer.code == 0
    assert "matches no process" not in answer.out + answer.err
    end(box, running)


def test_unknown_names_remove_nobody(box):
    running, pids = begin(box, {"a": STAY, "b": STAY})
    assert box.ask("remove", "a", "nobody").code == 2
    assert box.ask("remove").code == 2
    assert box.running_pids() == pids
    end(box, running)


def test_who_waits_hears_that_it_was_removed(box):
    box.write("procman.ini", "[b]\nready = exec:false\n")
    running, _ = begin(box, {"a": STAY, "b": STAY})
    waiting = box.ask_in_background("wait", "b")
    until(lambda: box.ask("remove", "b").code == 0, "b is removed")
    assert waiting().code in (1, 2)  # 2: it came too late to wait
    end(box, running)


def sleeps_with_a_socket(pid):
    """What a client does that has asked and has no answer yet."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        return state_of(pid) == "S" and any(
            os.readlink(f"{folder}/{number}").startswith("socket:")
            for number in os.listdir(folder))
    return False


@pytest.mark.parametrize("what,said", [
    ("--stopped", "^a is stopped\nb is stopped\n$"),
    ("--exited", "^a was ended by SIGTERM .*\nb was ended by SIGTERM ")])
def test_who_waits_for_the_end_hears_of_those_removed(box, what, said):
    running, _ = begin(box, {"a": STAY, "b": STAY, "c": STAY})
    client = subprocess.Popen([*box.program, "wait", what, "a", "b"],
                              cwd=box.work, env=box.env, text=True,
                              stdout=subprocess.PIPE)
    until(lambda: sleeps_with_a_socket(client.pid), "the client waits")
    assert box.ask("remove", "a").code == 0
    assert box.ask("remove", "b").code == 0
    out, _ = client.communicate(timeout=60)
    assert client.returncode == 0
    assert re.search(said, out)
    end(box, running)


def test_they_come_and_go_again_and_again(box):
    """Nothing is left of those that have gone."""
    running, pids = begin(box, {"a": STAY})
    box.procfile({"b": STAY, "c": STAY}, name="Procfile.more")
    supervisor = running.supervisor()

    def descriptors():
        return len(os.listdir(f"/proc/{supervisor}/fd"))

    before = descriptors()
    for _ in range(20):
        assert box.ask("add", "-f", "Procfile.more").code == 0
        assert box.ask("remove", "b", "c").code == 0
    until(lambda: descriptors() == before, "nothing is open")
    assert box.running_pids() == pids
    end(box, running)


# ---- scale -------------------------------------------------------------------

def test_scale_starts_more_and_stops_some(box):
    box.write("procman.ini", "[web]\ninstances = 2\n")
    box.procfile({"web": SAY, "db": STAY})
    running = box.start("start")
    first = {name: running.pid_of(name) for name in ("web.1", "web.2", "db")}
    answer = box.ask("scale", "web=3")
    assert answer.code == 0
    assert plan(answer) == ["= web.1", "= web.2", "+ web.3", "= db"]
    running.wait_line("^PS=web.3 PORT=5002", "web.3")
    now = box.running_pids()
    assert {name: now[name] for name in first} == first
    assert plan(reload(box)) == ["= web.1", "= web.2", "= web.3", "= db"]
    assert plan(box.ask("scale", "web=1")) == ["= web.1", "= db", "- web.2",
                                               "- web.3"]
    assert box.running_pids() == {"web.1": first["web.1"], "db": first["db"]}
    end(box, running)


def test_scale_leaves_alone_what_else_has_changed(box):
    box.write("procman.ini", "[web]\ninstances = 1\n")
    box.procfile({"web": STAY, "db": STAY})
    running = box.start("start")
    pids = {name: running.pid_of(name) for name in ("web.1", "db")}
    box.procfile({"web": STAY, "db": "exec sleep 2000", "more": STAY})
    assert plan(box.ask("scale", "web=2")) == ["= web.1", "+ web.2", "= db"]
    assert box.running_pids()["db"] == pids["db"]
    assert plan(reload(box)) == ["= web.1", "= web.2", "~ db (command)",
                                 "+ more"]
    end(box, running)


def test_scale_to_none_and_back(box):
    """As with -m web=0, one is there all the same, to be started by name."""
    box.write("procman.ini", "[web]\ninstances = 2\n")
    box.procfile({"web": STAY, "db": STAY})
    running = box.start("start")
    pids = [running.pid_of(name) for name in ("web.1", "web.2", "db")]
    answer = box.ask("scale", "web=0")
    assert answer.code == 0
    assert plan(answer) == ["~ web.1 (autostart)", "= db", "- web.2"]
    assert "web.1 changed: stopped" in answer.out
    assert not alive(pids[0]) and not alive(pids[1])
    assert plan(box.ask("scale", "web=0")) == ["= web.1", "= db"]
    assert box.running_pids() == {"web.1": None, "db": pids[2]}
    answer = box.ask("scale", "web=2")
    assert plan(answer) == ["~ web.1 (autostart)", "+ web.2", "= db"]
    now = box.running_pids()
    assert now["web.1"] and now["web.2"] and now["db"] == pids[2]
    end(box, running)


def test_what_was_stopped_is_not_counted_up(box):
    box.write("procman.ini", "[web]\ninstances = 2\n")
    box.procfile({"web": STAY, "db": STAY})
    running = box.start("start")
    running.pid_of("db")
    box.ask("stop", "web.1")
    assert plan(box.ask("scale", "web=3")) == ["= web.1", "= web.2",
                                               "+ web.3", "= db"]
    assert box.running_pids()["web.1"] is None
    end(box, running)


def test_an_instance_cannot_be_scaled(box):
    box.write("procman.ini", "[web]\ninstances = 2\n")
    box.procfile({"web": STAY})
    running = box.start("start")
    running.pid_of("web.2")
    answer = box.ask("scale", "web.1=3")
    assert answer.code == 2
    assert "web.1 is one of the instances of web: say web=2" in answer.err
    end(box, running)


@pytest.mark.parametrize("words", [[], ["web"], ["web=x"], ["nobody=2"],
                                   ["web=2", "db=2"], ["web=2,db=2"]])
def test_a_scale_that_means_nothing_changes_nothing(box, words):
    running, pids = begin(box, {"web": STAY, "db": STAY})
    assert box.ask("scale", *words).code == 2
    assert box.running_pids() == pids
    end(box, running)


# ---- several files from the beginning ----------------------------------------

def test_several_files_are_one_session(box):
    box.procfile({"a": SAY})
    box.procfile({"b": SAY, "c": SAY}, name="Procfile.more")
    box.write("procman.more.ini", "[b]\nenv.K = own\n")
    running = box.start("-f", "Procfile", "-f", "Procfile.more", "start")
    running.wait_line("^PS=a PORT=5000", "a")
    running.wait_line("^PS=b PORT=5100 K=own$", "b")
    running.wait_line("^PS=c PORT=5200", "c")
    pids = box.running_pids()
    assert list(pids) == ["a", "b", "c"]
    assert box.running_pids("-f", "Procfile.more") == pids
    assert box.ask("-f", "Procfile.more", "start").code == 1
    assert plan(reload(box)) == ["= a", "= b", "= c"]
    end(box, running)


def test_who_starts_after_whom_is_over_all_files(box):
    gate = box.work / "gate"
    box.procfile({"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    box.write("procman.ini", f"[a]\nready = exec:test -e {gate}\n")
    box.write("procman.more.ini", "[b]\nafter = a\n")
    running = box.start("-f", "Procfile", "-f", "Procfile.more", "start")
    running.wait_line("^b waits for a$", "procman")
    gate.write_text("")
    running.pid_of("b")
    end(box, running)


def test_several_files_with_one_name_are_refused(box):
    box.procfile({"a": STAY, "b": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    words = ["-f", "Procfile", "-f", "Procfile.more"]
    for command in ("start", "check"):
        answer = box.ask(*words, command)
        assert answer.code == 2
        assert "Procfile.more:1: there is a b already, in Procfile:2" in \
            answer.err
    assert box.ask(*words, "status").code == 2
    assert box.ask(*words, "-m", "a=1", "start").code == 2


def test_check_takes_several_files(box):
    box.procfile({"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    answer = box.ask("check", "-f", "Procfile", "-f", "Procfile.more")
    assert (answer.code, answer.out) == (
        0, "valid procfile detected (a, b)\n")


def test_one_of_several_that_runs_on_its_own_is_in_the_way(box):
    box.procfile({"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    running = box.start("-f", "Procfile.more", "start")
    running.pid_of("b")
    answer = box.ask("-f", "Procfile", "-f", "Procfile.more", "start")
    assert answer.code == 1
    assert "Procfile.more is already running" in answer.err
    end(box, running)


def test_a_killed_session_of_several_leaves_nobody(box):
    box.procfile({"a": STAY})
    box.procfile({"b": STAY}, name="Procfile.more")
    words = ["-f", "Procfile", "-f", "Procfile.more", "start"]
    running = box.start(*words)
    pids = [running.pid_of("a"), running.pid_of("b")]
    os.kill(running.supervisor(), signal.SIGKILL)
    running.wait()
    assert not any(alive(pid) for pid in pids)
    second = box.start(*words)
    second.pid_of("b")
    assert second.stop() == -2


def test_another_log_file_counts_at_once(box):
    tick = "while :; do echo tick; sleep 0.02; done"
    box.write("procman.ini", "[a]\nlog-file = one.log\n")
    running, pids = begin(box, {"a": tick})
    box.wait_file("one.log", "tick")
    box.write("procman.ini", "[a]\nlog-file = two.log\n")
    assert plan(reload(box)) == ["= a (log-file)"]
    box.wait_file("two.log", "tick")
    assert box.running_pids() == pids
    end(box, running)
