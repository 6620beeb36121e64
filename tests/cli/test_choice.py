"""Who is meant: -x, patterns and groups, dependents, several sessions; and the
table that shows them."""

import os
import re

import pytest

from harness import until

STAY = "exec sleep 1000"


def sections(box, text, name="procman.ini"):
    box.write(name, text)


def running_names(box, *words):
    """Those that have a star."""
    out = box.ask(*words, "run", "status").out
    return [line[1:] for line in out.splitlines() if line.startswith("*")]


@pytest.fixture
def cluster(box):
    """Three members in a group, and a proxy."""
    box.procfile({name: STAY for name in ("etcd1", "etcd2", "etcd3", "proxy")})
    sections(box, "[etcd*]\ngroup = members\n")
    running = box.start()
    running.pid_of("proxy")
    return running


# ---- -x ---------------------------------------------------------------------

@pytest.mark.parametrize("words, left", [
    (("-x", "web"), ["etcd1", "etcd2", "proxy"]),
    (("-x", "etcd*"), ["proxy", "web"]),
    (("-x", "@members,web"), ["proxy"]),
    (("-x", "etcd1", "-x", "web"), ["etcd2", "proxy"]),
    (("etcd*", "-x", "etcd2"), ["etcd1"]),
    (("debug", "web", "-x=web"), ["debug"]),
])
def test_start_leaves_out_whom_it_is_told(box, words, left):
    box.procfile({name: STAY for name in ("etcd1", "etcd2", "proxy", "web",
                                          "debug")})
    sections(box, "[etcd*]\ngroup = members\n[debug]\nautostart = no\n")
    running = box.start("start", *words)
    running.pid_of(left[-1])
    assert running_names(box) == left


def test_every_verb_leaves_out_whom_it_is_told(box, cluster):
    def outcomes(*words):
        answer = box.ask(*words)
        assert answer.code == 0, answer
        return [line.split()[0] for line in answer.out.splitlines()]

    assert sorted(outcomes("stop", "etcd*", "-x", "etcd2")) == \
        ["etcd1", "etcd3"]
    assert running_names(box) == ["etcd2", "proxy"]
    assert sorted(outcomes("run", "start", "@members", "-x", "etcd2,etcd3")) \
        == ["etcd1"]
    assert sorted(outcomes("run", "start-all", "-x", "proxy")) == \
        ["etcd1", "etcd2", "etcd3"]
    assert sorted(outcomes("run", "restart", "-x", "etcd*")) == ["proxy"]
    assert sorted(outcomes("restart", "-x", "proxy", "-x", "etcd1")) == \
        ["etcd2", "etcd3"]
    assert outcomes("run", "status", "-x", "@members") == ["*proxy"]
    assert outcomes("list", "-x", "proxy") == ["etcd1", "etcd2", "etcd3"]
    assert outcomes("wait", "-x", "proxy") == ["etcd1", "etcd2", "etcd3"]
    assert outcomes("pause", "-x", "proxy,etcd1") == ["etcd2", "etcd3"]
    assert outcomes("resume", "-x", "proxy,etcd1") == ["etcd2", "etcd3"]
    assert sorted(outcomes("stop", "-x", "proxy")) == \
        ["etcd1", "etcd2", "etcd3"]
    assert running_names(box) == ["proxy"]


@pytest.mark.parametrize("verb", ["stop", "restart", "status", "list", "wait",
                                  "pause", "resume"])
def test_leaving_out_the_unknown_touches_nobody(box, cluster, verb):
    before = box.running_pids()
    answer = box.ask(verb, "etcd1", "-x", "etcd9")
    assert answer == (2, "", 'procman: unknown process "etcd9"; did you mean '
                             '"etcd1"?\n')
    answer = box.ask(verb, "etcd1", "-x", "@nosuch")
    assert answer == \
        (2, "", 'procman: no process is in a group "nosuch"\n')
    answer = box.ask(verb, "etcd1", "-x", "etcd*")
    assert answer == (2, "", "procman: nobody is left without etcd*\n")
    assert box.running_pids() == before
    assert cluster.popen.poll() is None


def test_start_refuses_to_leave_out_the_unknown(box):
    box.procfile({"web": "touch was-here"})
    assert box.ask("start", "-x", "wbe") == \
        (2, "", 'procman: unknown process "wbe"; did you mean "web"?\n')
    assert box.ask("start", "-x", "web").code == 2
    assert box.ask("start", "-x", "").code == 2
    assert not (box.work / "was-here").exists()


def test_an_option_is_refused_where_it_does_nothing(box, cluster):
    assert box.ask("check", "-x", "etcd1").code == 2
    assert box.ask("run", "start", "etcd1", "--with-dependents").code == 2
    assert box.ask("run", "stop-all", "--with-dependents").code == 2
    assert box.ask("run", "etcd1", "--with-dependents").code == 2
    assert box.ask("stop", "etcd1", "--wait").code == 2
    assert box.ask("restart", "etcd1", "--timeout", "1s").code == 2
    assert running_names(box) == ["etcd1", "etcd2", "etcd3", "proxy"]


# ---- dependents -------------------------------------------------------------

def chain(box):
    """db <- web <- proxy; other is on its own.  Each notes its end."""
    mark = "trap 'echo {0} >> ends; exit 0' TERM; echo up; " \
           "while :; do sleep 0.05; done"
    box.procfile({name: mark.format(name)
                  for name in ("db", "web", "proxy", "other")})
    sections(box, "[*]\nready = log:up\n[web]\nafter = db\n"
                  "[proxy]\nafter = web\n")
    running = box.start()
    running.wait_line("^proxy is ready", "procman")
    running.wait_line("^other is ready", "procman")
    return running


def test_stop_leaves_the_dependents_alone(box):
    chain(box)
    assert box.ask("run", "stop", "db").code == 0
    assert running_names(box) == ["web", "proxy", "other"]


def test_stop_with_dependents_stops_them_first(box):
    chain(box)
    answer = box.ask("run", "stop", "db", "--with-dependents")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == \
        ["proxy", "web", "db"]
    assert box.read("ends").split() == ["proxy", "web", "db"]
    assert running_names(box) == ["other"]


def test_a_slow_dependent_is_waited_for_however_long_it_takes(box):
    box.procfile({
        "db": "trap 'echo db >> ends; exit 0' TERM; echo up; "
              "while :; do sleep 0.05; done",
        "web": "trap 'sleep 2; echo web >> ends; exit 0' TERM; echo up; "
               "while :; do sleep 0.05; done",
        "other": STAY})
    sections(box, "[db]\nready = log:up\n[web]\nready = log:up\nafter = db\n")
    running = box.start()
    running.wait_line("^web is ready", "procman")
    assert box.ask("stop", "--with-dependents", "db").code == 0
    assert box.read("ends").split() == ["web", "db"]


def test_a_dependent_that_is_left_out_goes_on(box):
    chain(box)
    answer = box.ask("stop", "db", "web", "-x", "proxy")
    assert answer.code == 0
    assert running_names(box) == ["proxy", "other"]


def test_dependents_that_do_not_run_are_not_spoken_of(box):
    chain(box)
    assert box.ask("stop", "proxy").code == 0
    answer = box.ask("stop", "web", "--with-dependents")
    assert [line.split()[0] for line in answer.out.splitlines()] == ["web"]


# ---- started later ----------------------------------------------------------

def test_who_was_not_selected_can_be_started_later(box):
    box.procfile({"db": STAY, "web": STAY, "console": STAY})
    sections(box, "[web]\nafter = db\n[console]\nautostart = no\n")
    running = box.start("start", "web")
    running.pid_of("web")  # nobody has asked for db
    assert running_names(box) == ["web"]
    assert box.ask("run", "start", "console", "db").code == 0
    assert running_names(box) == ["db", "web", "console"]


def test_those_who_are_started_together_keep_their_order(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": STAY,
                  "db": "read line < gate; echo up; " + STAY,
                  "other": STAY})
    sections(box, "[web]\nafter = db\n[db]\nready = log:up\n")
    running = box.start("start", "other")
    running.pid_of("other")
    answer = box.ask_in_background("run", "start", "web", "db")
    running.wait_line("^web waits for db$", "procman")
    assert box.statuses()["web"]["state"] == "held"
    assert running_names(box) == ["db", "other"]
    (box.work / "gate").write_text("go\n")
    result = answer()
    assert result.code == 0
    assert sorted(line.split(":")[0] for line in result.out.splitlines()) == \
        ["db started", "web started"]


@pytest.mark.parametrize("end", ["stop", "ctrl-c"])
def test_who_waits_for_another_is_answered_when_it_is_stopped(box, end):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": STAY,
                  "db": "read line < gate; echo up; " + STAY,
                  "other": STAY})
    sections(box, "[web]\nafter = db\n[db]\nready = log:up\n")
    running = box.start("start", "other")
    running.pid_of("other")
    answer = box.ask_in_background("run", "start", "web", "db")
    running.wait_line("^web waits for db$", "procman")
    if end == "stop":
        assert box.ask("stop", "web").out == "web was not running\n"
    else:
        running.stop()
    result = answer()
    assert result.code == 1
    assert "web: was stopped before it was started\n" in result.out


def test_who_waits_in_vain_for_another_says_so(box):
    box.procfile({"web": STAY, "db": "exit 1", "other": STAY})
    sections(box, "[web]\nafter = db\n[db]\nready = log:up\n")
    running = box.start("start", "other")
    running.pid_of("other")
    answer = box.ask("run", "start", "web", "db")
    assert answer.code == 1
    assert "web: cannot start: db has failed\n" in answer.out
    assert box.statuses()["web"]["state"] == "blocked"


# ---- several sessions -------------------------------------------------------

def test_a_group_decides_between_two_sessions(box):
    box.procfile({"etcd1": STAY, "web": STAY})
    box.procfile({"etcd4": STAY, "etcd5": STAY}, name="Procfile.learner")
    sections(box, "[etcd4]\ngroup = learners\n[etcd5]\ngroup = learners\n",
             "procman.learner.ini")
    sections(box, "[web]\ngroup = front\n")
    # Beside both there is one procman.ini: what it says of web is no section
    # of the learner's.
    first = box.start()
    first.pid_of("web")
    second = box.start("-f", "Procfile.learner", "start")
    second.pid_of("etcd5")
    answer = box.ask("stop", "@learners", "-x", "etcd5")
    assert answer.code == 0 and answer.out.startswith("etcd4 stopped")
    assert box.ask("restart", "@front").code == 0
    assert box.ask("stop", "-x", "web").out.startswith("etcd1 stopped")
    assert running_names(box, "-f", "Procfile") == ["web"]
    assert running_names(box, "-f", "Procfile.learner") == ["etcd5"]
    answer = box.ask("stop", "@nosuch")
    assert answer.code == 1 and "2 sessions run here" in answer.err
    answer = box.ask("stop", "*")
    assert answer.code == 1 and "2 sessions run here" in answer.err


# ---- the table --------------------------------------------------------------

def test_the_table_shows_what_there_is_to_know(box):
    box.procfile({"web": STAY, "bad": "exit 3", "off": STAY, "late": STAY})
    sections(box, "[off]\nautostart = no\n[late]\nafter = bad\n"
                  "[bad]\nready = log:up\n")
    running = box.start()
    web = running.pid_of("web")
    until(lambda: box.statuses()["late"]["state"] == "blocked", "it waits")
    lines = box.ask("status").out.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "PID", "UP", "LAST", "EXIT",
                                "SAYS"]
    assert re.fullmatch(rf"web   ready    +{web}  \d+.*", lines[1])
    assert re.fullmatch(r"bad   failed +code 3", lines[2])
    assert lines[3] == "off   idle"
    assert re.fullmatch(r"late  blocked +bad has failed", lines[4])
    assert all(line == line.rstrip() for line in lines)
    assert box.statuses()["late"]["why"] == "bad has failed"
    assert box.ask("status", "web").out.splitlines()[0].split() == \
        ["NAME", "STATE", "PID", "UP"]


def test_run_status_keeps_goremans_lines(box, cluster):
    assert box.ask("stop", "etcd2").code == 0
    assert box.ask("run", "status") == \
        (0, "*etcd1\n etcd2\n*etcd3\n*proxy\n", "")
    assert box.ask("status").out.startswith("NAME ")
