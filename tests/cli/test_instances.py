"""Several of one process: `instances =`, `-m`, and what names mean then."""

import re

import pytest

from harness import environment_of

SAY = 'echo "PS=$PS PORT=$PORT"; exec sleep 1000'


def said(running, name):
    line = running.wait_line("^PS=", name)
    return tuple(re.fullmatch(r"PS=(.*) PORT=(.*)", line.text).groups())


def up(box):
    """Who runs, by `status`."""
    answer = box.ask("run", "status")
    assert answer.code == 0, answer
    return [line[1:] for line in answer.out.splitlines() if line[0] == "*"]


def three(box):
    box.procfile({"web": SAY, "worker": SAY, "clock": SAY})


def test_instances_have_names_and_ports_as_foremans(box):
    three(box)
    running = box.start("start", "-m", "web=2,worker=3", "-b", "6000")
    for name, port in (("web.1", "6000"), ("web.2", "6001"),
                       ("worker.1", "6100"), ("worker.2", "6101"),
                       ("worker.3", "6102")):
        assert said(running, name) == (name, port)
    assert up(box) == ["web.1", "web.2", "worker.1", "worker.2", "worker.3"]
    assert box.ask("run", "list").out.split() == [
        "web.1", "web.2", "worker.1", "worker.2", "worker.3", "clock.1"]
    assert running.stop() == -2


@pytest.mark.parametrize("words,names", [
    (("-m", "all=1"), ["web.1", "worker.1", "clock.1"]),
    (("-m", "all=0,web=1"), ["web.1"]),
    (("-m", "web=1"), ["web.1"]),
    (("--formation", "web=0,all=1"), ["worker.1", "clock.1"]),
    (("--formation=clock=2",), ["clock.1", "clock.2"])])
def test_a_formation_counts_as_foremans(box, words, names):
    three(box)
    running = box.start("start", *words)
    for name in names:
        running.wait_line("^PS=", name)
    assert up(box) == names
    assert running.stop() == -2


def test_who_is_not_counted_keeps_his_name(box):
    three(box)
    box.write("procman.ini", "[worker]\ninstances = 2\n")
    running = box.start("start")
    assert said(running, "web") == ("web", "5000")
    assert said(running, "worker.1") == ("worker.1", "5100")
    assert said(running, "worker.2") == ("worker.2", "5101")
    assert said(running, "clock") == ("clock", "5200")
    statuses = box.statuses()
    assert "entry" not in statuses["web"]
    assert statuses["worker.2"]["entry"] == "worker"
    assert running.stop() == -2


@pytest.mark.parametrize("how", ["option", "environment", "file"])
def test_a_formation_is_from_the_command_line_the_environment_or_the_file(
        box, how):
    three(box)
    box.write("procman.ini", "[procman]\nformation = clock=1\n"
              "[web]\ninstances = 3\n")
    words = ["-m", "worker=1"] if how == "option" else []
    env = {} if how == "file" else {"PROCMAN_FORMATION": "web=1"}
    running = box.start("start", *words, env=env)
    want = {"option": ["web.1", "web.2", "web.3", "worker.1"],
            "environment": ["web.1"],
            "file": ["web.1", "web.2", "web.3", "clock.1"]}[how]
    for name in want:
        running.wait_line("^PS=", name)
    assert up(box) == want
    assert running.stop() == -2


def test_of_none_there_is_one_to_be_started_by_name(box):
    three(box)
    running = box.start("start", "-m", "web=0,all=1")
    running.wait_line("^PS=", "clock.1")
    assert box.statuses()["web.1"]["state"] == "idle"
    assert box.ask("run", "start", "web").code == 0
    assert said(running, "web.1") == ("web.1", "5000")
    assert running.stop() == -2


def test_naming_one_at_the_start_starts_it_though_there_are_none(box):
    three(box)
    running = box.start("start", "-m", "web=0", "web", "clock")
    assert said(running, "web.1") == ("web.1", "5000")
    assert said(running, "clock.1") == ("clock.1", "5200")
    assert up(box) == ["web.1", "clock.1"]
    assert running.stop() == -2


def test_the_name_of_an_entry_means_all_its_instances(box):
    three(box)
    box.write("procman.ini", "[web]\ninstances = 2\n")
    running = box.start("start")
    for name in ("web.1", "web.2", "worker", "clock"):
        running.wait_line("^PS=", name)
    answer = box.ask("run", "stop", "web.2")
    assert answer.code == 0 and answer.out.startswith("web.2 stopped: ")
    assert up(box) == ["web.1", "worker", "clock"]
    assert box.ask("run", "start", "web").code == 0
    assert up(box) == ["web.1", "web.2", "worker", "clock"]
    answer = box.ask("run", "web")
    assert sorted(line.split()[:2] for line in answer.out.splitlines()) == [
        ["web.1", "restarted:"], ["web.2", "restarted:"]]
    assert box.ask("stop", "web").code == 0
    assert up(box) == ["worker", "clock"]
    assert box.ask("run", "status", "web").out == " web.1\n web.2\n"
    answer = box.ask("run", "stop", "wep")
    assert (answer.code, answer.err) == (
        2, 'procman: unknown process "wep"; did you mean "web"?\n')
    assert running.stop() == -2


def test_settings_of_an_entry_are_those_of_its_instances(box):
    box.procfile({"web": SAY})
    box.write("procman.ini", """\
[web]
instances = 3
port = 7000
env.ROLE = all
[web.2]
env.ROLE = second
port = 80
[web.3]
autostart = no
""")
    running = box.start("start")
    assert said(running, "web.1") == ("web.1", "7000")
    assert said(running, "web.2") == ("web.2", "80")
    pids = box.running_pids()
    assert environment_of(pids["web.1"])["ROLE"] == "all"
    assert environment_of(pids["web.2"])["ROLE"] == "second"
    assert pids["web.3"] is None
    assert box.ask("run", "start", "web.3").code == 0
    assert said(running, "web.3") == ("web.3", "7002")
    assert running.stop() == -2


def test_after_an_entry_is_after_all_its_instances(box):
    box.procfile({"front": "exec sleep 1000",
                  "web": 'while [ ! -e "go$PS" ]; do sleep 0.02; done; '
                         'echo up; exec sleep 1000'})
    box.write("procman.ini", "[front]\nafter = web\n"
              "[web]\ninstances = 2\nready = log:^up\n")
    running = box.start("start")
    running.pid_of("web.2")
    box.write("goweb.1", "")
    running.wait_line("^web.1 is ready", "procman")
    assert box.statuses()["front"]["state"] == "held"
    box.write("goweb.2", "")
    running.wait_line("^front started", "procman")
    assert running.stop() == -2


def test_the_example_of_the_readme(box):
    box.procfile({"web": "exec ./serve --port $PORT", "worker": "exec ./work",
                  "clock": "exec ./tick"})
    box.write("serve", '#!/bin/sh\necho "$PS $*"\nexec sleep 1000\n', 0o755)
    for name in ("work", "tick"):
        box.write(name, '#!/bin/sh\necho "$PS $PORT $QUEUE"\n'
                  'exec sleep 1000\n', 0o755)
    running = box.start("start", "-m", "web=2,worker=3")
    for name, text in (("web.1", "--port 5000"), ("web.2", "--port 5001"),
                       ("worker.1", "5100 "), ("worker.3", "5102 ")):
        running.wait_line(f"^{name} {text}$", name)
    assert running.stop() == -2
    box.write("procman.ini", """\
[web]
instances = 2

[worker]
instances = 3
env.QUEUE = default

[worker.3]
env.QUEUE = mail
""")
    running = box.start()
    for name, text in (("web.2", "--port 5001"), ("worker.1", "5100 default"),
                       ("worker.3", "5102 mail"), ("clock", "5200 ")):
        running.wait_line(f"^{name} {text}$", name)
    assert box.ask("stop", "worker").code == 0
    assert up(box) == ["web.1", "web.2", "clock"]
    assert running.stop() == -2


# ---- mistakes ---------------------------------------------------------------

def test_a_name_that_an_instance_may_have_is_refused(box):
    box.procfile({"web": "touch was-here", "web.1": "touch was-here"})
    assert box.ask("check").code == 0
    answer = box.ask("start", "-m", "all=1")
    assert answer.code == 2 and answer.out == ""
    assert answer.err.startswith('procman: Procfile:2: "web.1" would be the '
                                 'name of an instance of "web" (line 1)')
    assert not (box.work / "was-here").exists()


@pytest.mark.parametrize("formation,complaint", [
    ("web", '-m: "web" is not like web=2'),
    ("web=many", '-m: "web": "many" is no whole number from 0 to 1000'),
    ("web=1,web=2", '-m: "web" is there twice'),
    ("", "-m: nobody is counted; it takes web=2,worker=3"),
    ("wep=2", '-m counts "wep", and no process is called that; '
              'did you mean "web"?')])
@pytest.mark.parametrize("command", ["start", "check"])
def test_a_bad_formation_is_refused(box, command, formation, complaint):
    box.procfile({"web": "touch was-here"})
    answer = box.ask(command, "-m", formation)
    assert answer == (2, "", f"procman: {complaint}\n")
    assert not (box.work / "was-here").exists()


def test_a_bad_formation_in_the_file_has_its_line(box):
    box.procfile({"web": "x"})
    box.write("procman.ini", "[procman]\nformation = web=a\n")
    answer = box.ask("check")
    assert answer.code == 2
    assert answer.err == ('procman: procman.ini:2: formation: "web": "a" is no '
                          'whole number from 0 to 1000\n')


# ---- check ------------------------------------------------------------------

def test_check_shows_each_instance_and_who_has_counted(box):
    three(box)
    box.write("procman.ini", "[worker]\ninstances = 2\n")
    assert box.ask("check").out == \
        "valid procfile detected (web, worker.1, worker.2, clock)\n"
    answer = box.ask("check", "--show", "-m", "web=2")
    assert answer.code == 0, answer
    shown = re.findall(r"^(\S+): |^  instances +(\S+) +(\S+)$", answer.out,
                       re.MULTILINE)
    assert [name or (count, origin) for name, count, origin in shown] == [
        "web.1", ("2", "-m"), "web.2", ("2", "-m"),
        "worker.1", ("2", "procman.ini:2"), "worker.2", ("2", "procman.ini:2"),
        "clock.1", ("0", "-m")]


def test_check_shows_the_port_that_comes_of_it(box):
    three(box)
    box.procfile({"web": SAY, "worker": SAY, "clock": SAY, "direct":
                  "PORT=1 sleep 1000"})
    box.write("procman.ini", "[web]\ninstances = 2\nport = 80\n"
              "[worker]\nenv-file = w.env\n[clock]\nenv.PORT = 9\n")
    box.write("w.env", "PORT=8\n")
    answer = box.ask("check", "--show")
    assert re.findall(r"^  PORT +(\S+) +(.*)$", answer.out, re.MULTILINE) == [
        ("80", "procman.ini:3"), ("81", "procman.ini:3"),
        ("8", "procman.ini:5"), ("9", "procman.ini:7"), ("1", "its command")]
    box.write("procman.ini", "[worker]\ninstances = 2\n")
    answer = box.ask("check", "--show", "-b", "7000")
    assert re.findall(r"^  PORT +(\S+) +(.*)$", answer.out, re.MULTILINE) == [
        ("7000", "its place"), ("7100", "its place"), ("7101", "its place"),
        ("7200", "its place"), ("1", "its command")]
    answer = box.ask("check", "--show", "-set-ports=false")
    assert re.findall(r"^  PORT +(\S+)", answer.out, re.MULTILINE) == ["1"]
