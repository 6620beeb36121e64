"""The command line: goreman's words, ours, and what is said about others."""

import json
import re

import pytest

from harness import DURATION, alive, program

COMMANDS = ("check", "start", "run", "stop", "restart", "status", "list",
            "help", "version")


# Help and version.

def test_help_is_on_stdout_and_names_every_command(box):
    answer = box.ask("help")
    assert answer.code == 0 and answer.err == ""
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", answer.out), command


@pytest.mark.parametrize("option", ["--help", "-help", "-h"])
def test_help_is_an_option_too(box, option):
    answer = box.ask(option)
    assert answer == box.ask("help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(box, command):
    for words in ((command, "--help"), (command, "-help"),
                  ("help", command)):
        answer = box.ask(*words)
        assert answer.code == 0 and answer.err == "", words
        assert command in answer.out


def test_help_starts_nothing(box):
    box.procfile({"web": "touch was-here"})
    assert box.ask("start", "--help").code == 0
    assert not (box.work / "was-here").exists()


def test_the_version_is_a_number(box):
    answer = box.ask("version")
    assert answer.code == 0
    assert re.fullmatch(r"procman \d+\.\d+\.\d+( .*)?\n", answer.out)
    assert box.ask("--version") == answer


def test_without_a_command_the_usage_is_shown(box):
    box.procfile({"web": "touch was-here"})
    answer = box.ask()
    assert answer.code == 2
    assert "start" in answer.out + answer.err
    assert not (box.work / "was-here").exists()


def test_run_alone_shows_its_usage(box):
    answer = box.ask("run")
    assert answer.code == 2
    assert "usage: procman run" in answer.err


# What is unknown.

@pytest.mark.parametrize("word,meant", [
    ("strat", "start"), ("chekc", "check"), ("stauts", "status"),
    ("lst", "list"), ("versoin", "version")])
def test_an_unknown_command_is_met_with_the_right_word(box, word, meant):
    box.procfile({"web": "touch was-here"})
    answer = box.ask(word)
    assert answer.code == 2 and answer.out == ""
    assert word in answer.err and f'did you mean "{meant}"?' in answer.err
    assert not (box.work / "was-here").exists()


def test_a_word_like_no_other_gets_no_suggestion(box):
    answer = box.ask("zzzzzzzzzz")
    assert answer.code == 2
    assert "zzzzzzzzzz" in answer.err and "did you mean" not in answer.err


@pytest.mark.parametrize("option,meant", [
    ("--exit-on-eror", "exit-on-error"), ("-basdir=/", "basedir"),
    ("--set-port=false", "set-ports"), ("-logtim", "logtime"),
    ("--colour=never", "color")])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_an_unknown_option_is_met_with_the_right_one(box, option, meant,
                                                     place):
    box.procfile({"web": "touch was-here"})
    words = [option, "start"] if place == "before" else ["start", option]
    answer = box.ask(*words)
    assert answer.code == 2 and answer.out == ""
    assert "did you mean" in answer.err and meant in answer.err
    assert not (box.work / "was-here").exists()


@pytest.mark.parametrize("words", [
    ("start", "-f"), ("start", "-b"), ("start", "-b", "many"),
    ("start", "-b=-1"), ("start", "-set-ports=perhaps"),
    ("start", "--color=green"), ("start", "--exit-on-error=2")])
def test_a_bad_value_of_an_option_is_refused(box, words):
    box.procfile({"web": "touch was-here"})
    answer = box.ask(*words)
    assert answer.code == 2 and answer.out == ""
    assert re.fullmatch(r"procman: .+\n", answer.err)
    assert not (box.work / "was-here").exists()


def test_starting_an_unknown_process_starts_none(box):
    box.procfile({"etcd1": "touch was-here", "etcd2": "touch was-here"})
    answer = box.ask("start", "etcd1", "ectd2")
    assert answer.code == 2 and answer.out == ""
    assert answer.err == \
        'procman: unknown process "ectd2"; did you mean "etcd2"?\n'
    assert not (box.work / "was-here").exists()


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "status"])
def test_an_unknown_name_among_others_means_that_nothing_is_touched(box, verb):
    box.procfile({"etcd1": "sleep 1000", "etcd2": "sleep 1000",
                  "off": "sleep 1000"})
    running = box.start()
    pids = {name: running.pid_of(name) for name in ("etcd1", "etcd2", "off")}
    assert box.ask("run", "stop", "off").code == 0
    answer = box.ask("run", verb, "off", "etcd1", "etcd4", "etcd2")
    assert answer.code == 2 and answer.out == ""
    assert re.fullmatch(r'procman: unknown process "etcd4"; '
                        r'did you mean "etcd[12]"\?\n', answer.err)
    del pids["off"]
    now = box.running_pids()
    assert now.pop("off") is None
    assert now == pids


def test_a_process_far_from_any_name_gets_no_suggestion(box):
    box.procfile({"web": "sleep 1000"})
    box.start().pid_of("web")
    answer = box.ask("run", "stop", "database")
    assert answer.code == 2
    assert answer.err == 'procman: unknown process "database"\n'


def test_run_with_neither_a_verb_nor_a_process_suggests_either(box):
    box.procfile({"web": "sleep 1000"})
    box.start().pid_of("web")
    answer = box.ask("run", "stat")
    assert answer.code == 2
    assert re.search(r'did you mean "sta(rt|tus)"\?', answer.err)
    answer = box.ask("run", "wbe")
    assert answer.code == 2 and 'did you mean "web"?' in answer.err


def test_escape_codes_in_a_word_do_not_reach_the_terminal(box):
    answer = box.ask("\x1b]0;gotcha\x07")
    assert answer.code == 2 and "\x1b" not in answer.err


# Options: goreman's forms.

def shows(*texts):
    """Judges a `start`: these texts are among its lines."""
    def judge(box, running, code):
        for text in texts:
            assert text in running.shown("web"), running.tail()
        assert code == 0
    return judge


def has_no_time(box, running, code):
    for line in running.lines:
        assert re.match(r" *(web|bad|long|procman) \| ", line.raw), line.raw


def ended_at_the_first_error(box, running, code):
    assert code == 7


def stays(box, running, code):
    assert code == -2


OPTIONS = [
    ("f", "other/Procfile", shows("other")),
    ("basedir", "elsewhere", shows("elsewhere")),
    ("b", "6000", shows("port 6000")),
    ("env", "some.env", shows("set by some.env")),
    ("set-ports", "=false", shows("port none")),
    ("logtime", "=false", has_no_time),
    ("exit-on-error", "=true", ended_at_the_first_error),
    ("exit-on-error", "", ended_at_the_first_error),
    ("exit-on-stop", "=false", stays),
]


def forms(option, value):
    for dashes in ("-", "--"):
        if value == "" or value.startswith("="):
            yield [f"{dashes}{option}{value}"]
        else:
            yield [f"{dashes}{option}", value]
            yield [f"{dashes}{option}={value}"]


@pytest.mark.parametrize(
    "option,value,judge", OPTIONS,
    ids=[f"{option}{value}".replace("/", "-") for option, value, _ in OPTIONS])
def test_an_option_is_understood_in_all_its_forms(box, option, value, judge):
    say = 'echo "$SAYS"; echo "port ${PORT-none}"; pwd >&2'
    box.procfile({"web": say})
    box.procfile({"web": "echo other"}, name="other/Procfile")
    box.write("some.env", "SAYS=set by some.env\n")
    box.procfile({"web": "echo elsewhere"}, name="elsewhere/Procfile")
    if judge is ended_at_the_first_error:
        box.procfile({"long": "sleep 1000", "bad": "exit 7"})
    for form in forms(option, value):
        for words in ([*form, "start"], ["start", *form]):
            running = box.start(*words)
            if judge is stays:
                running.wait_line("^web exited", "procman")
                assert box.ask("list").code == 0
                running.send(2)
            judge(box, running, running.wait())


def test_switches_are_true_by_their_name_alone_or_by_value(box):
    box.procfile({"long": "sleep 1000", "bad": "exit 7"})
    for off in ([], ["-exit-on-error=false"]):
        running = box.start(*off, "start")
        running.wait_line("^bad exited with code 7", "procman")
        assert box.running_pids()["long"]
        assert running.stop() == -2


def test_options_may_stand_between_names(box):
    box.procfile({"a": "echo port $PORT", "b": "echo port $PORT",
                  "c": "echo port $PORT"})
    running = box.start("start", "a", "-b", "7000", "c")
    assert running.wait() == 0
    assert running.shown("a") == ["port 7000"]
    assert running.shown("b") == []
    assert running.shown("c") == ["port 7200"]


def test_the_rpc_port_is_accepted_and_said_to_be_gone(box):
    box.procfile({"web": "echo hello"})
    for words in (["-p", "8555", "start"], ["start", "--p=8555"]):
        running = box.start(*words)
        assert running.wait() == 0
        assert running.shown("web") == ["hello"]
        assert re.fullmatch(rb"procman: .*-p.*\n", bytes(running.errors))


def test_the_rpc_port_is_accepted_by_clients(box):
    box.procfile({"web": "sleep 1000"})
    box.start().pid_of("web")
    answer = box.ask("-p", "8555", "run", "list")
    assert answer.code == 0 and answer.out == "web\n"
    assert re.fullmatch(r"procman: .*-p.*\n", answer.err)


@pytest.mark.parametrize("option", ["-rpc-server=false",
                                    "--rpc-server=false"])
def test_without_an_rpc_server_there_is_no_control_socket(box, option):
    box.procfile({"web": "sleep 1000"})
    running = box.start("start", option)
    running.pid_of("web")
    assert not list(box.runtime.rglob("control.sock"))
    assert box.ask("run", "status").code == 1
    assert running.stop() == -2


def test_a_basedir_that_is_not_there_is_named(box):
    answer = box.ask("start", "-basedir", "nowhere")
    assert answer.code == 2
    assert "nowhere" in answer.err and "No such file" in answer.err


# check.

def test_check_says_what_goreman_says(box):
    box.procfile({"a": "sleep 1", "b": "sleep 1"})
    assert box.ask("check") == (0, "valid procfile detected (a, b)\n", "")
    assert box.ask("-f", "Procfile", "check", "--strict").code == 0


def test_check_warns_and_strict_fails_on_warnings(box):
    box.procfile("a: sleep 1", "no entry", "b/c: sleep 1", "d:")
    answer = box.ask("check")
    assert answer.code == 0
    assert answer.out == "valid procfile detected (a)\n"
    warnings = answer.err.splitlines()
    assert len(warnings) == 3
    for line, warning in enumerate(warnings, 2):
        assert re.match(rf"procman: warning: Procfile:{line}:\d+: \S",
                        warning)
    strict = box.ask("check", "--strict")
    assert strict.code == 1 and strict.err.startswith(answer.err)


def test_check_fails_on_an_error(box):
    box.procfile("web: one", "db: two", "web: three")
    answer = box.ask("check")
    assert answer.code == 2 and answer.out == ""
    assert answer.err == \
        'procman: Procfile:3:1: "web" is on line 1 already\n'


# run and the verbs.

@pytest.fixture
def three(box):
    """A session with a, b and c, all up."""
    box.procfile({name: "sleep 1000" for name in "abc"})
    running = box.start()
    for name in "abc":
        running.pid_of(name)
    return running


def test_stop_start_and_restart_say_what_became_of_it(box, three):
    answer = box.ask("run", "stop", "b")
    assert answer.code == 0 and answer.err == ""
    assert re.fullmatch(rf"b stopped: SIGTERM, {DURATION}\n", answer.out)
    assert box.ask("run", "stop", "b") == (0, "b was not running\n", "")

    answer = box.ask("run", "start", "b")
    pid = box.running_pids()["b"]
    assert answer == (0, f"b started: pid {pid}\n", "")
    assert alive(pid)
    assert box.ask("run", "start", "b") == \
        (0, f"b is running already: pid {pid}\n", "")

    answer = box.ask("run", "restart", "b")
    assert not alive(pid)
    pid = box.running_pids()["b"]
    assert answer == (0, f"b restarted: pid {pid}\n", "")


def test_the_verbs_are_commands_too(box, three):
    assert re.fullmatch(rf"b stopped: SIGTERM, {DURATION}\n",
                        box.ask("stop", "b").out)
    answer = box.ask("restart", "b")
    assert answer.code == 0 and re.fullmatch(r"b (re)?started: pid \d+\n",
                                             answer.out)
    assert box.ask("list") == (0, "a\nb\nc\n", "")
    assert box.ask("status").out.split()[:2] == ["NAME", "STATE"]


def test_restarting_a_stopped_process_starts_it(box, three):
    box.ask("run", "stop", "b")
    answer = box.ask("run", "restart", "b")
    assert answer.code == 0
    assert alive(box.running_pids()["b"])


def test_status_and_list_keep_the_order_of_the_file(box, three):
    box.ask("run", "stop", "b")
    assert box.ask("run", "status") == (0, "*a\n b\n*c\n", "")
    assert box.ask("run", "list") == (0, "a\nb\nc\n", "")
    assert box.ask("run", "status", "c", "b").code == 0


def test_run_with_names_alone_restarts_them(box, three):
    before = box.running_pids()
    answer = box.ask("run", "b", "c")
    after = box.running_pids()
    assert answer.code == 0
    assert sorted(answer.out.splitlines()) == [
        f"b restarted: pid {after['b']}", f"c restarted: pid {after['c']}"]
    assert before["a"] == after["a"]
    assert before["b"] != after["b"] and before["c"] != after["c"]


def test_restart_all_restarts_all(box, three):
    before = box.running_pids()
    for words in (("run", "restart-all"), ("run", "restart")):
        answer = box.ask(*words)
        after = box.running_pids()
        assert answer.code == 0 and answer.out.count("\n") == 3
        for name in "abc":
            assert before[name] != after[name]
            assert not alive(before[name]) and alive(after[name])
        before = after


def test_stop_all_stops_all_and_ends_the_session(box, three):
    answer = box.ask("run", "stop-all")
    assert answer.code == 0 and answer.err == ""
    assert sorted(line.split()[0] for line in answer.out.splitlines()) \
        == ["a", "b", "c"]
    assert three.wait() == 0


def test_stopping_the_last_process_answers_before_the_end(box, three):
    assert box.ask("run", "stop", "a", "b").code == 0
    answer = box.ask("run", "stop", "c")
    assert answer.code == 0
    assert re.fullmatch(rf"c stopped: SIGTERM, {DURATION}\n", answer.out)
    assert three.wait() == 0


def test_a_verb_wins_over_a_process_of_its_name(box):
    box.procfile({"stop": "sleep 1000", "web": "sleep 1000"})
    running = box.start()
    running.pid_of("web")
    before = box.running_pids()
    assert box.ask("run", "stop", "web").code == 0
    assert box.ask("run", "restart", "--", "stop").code == 0
    after = box.running_pids()
    assert before["stop"] != after["stop"] and after["web"] is None


def test_the_json_status_tells_everything(box):
    box.procfile({"up": "sleep 1000", "off": "sleep 1001",
                  "failed": "exit 3", "fine": "true",
                  "killed": "kill -KILL $$"})
    running = box.start()
    for name in ("failed", "fine"):
        running.wait_line(f"^{name} exited", "procman")
    running.wait_line("^killed was ended by SIGKILL", "procman")
    up = running.pid_of("up")
    box.ask("run", "stop", "off")
    box.ask("run", "restart", "up")
    statuses = box.statuses()
    assert list(statuses) == ["up", "off", "failed", "fine", "killed"]
    one = statuses["up"]
    assert one["pid"] != up and alive(one["pid"])
    assert 0 <= one["uptime_ms"] < 600000
    assert one["restarts"] == 1 and one["command"] == "sleep 1000"
    assert one["state"] == "ready" or one["state"] == "running"
    assert one["last_exit"] == {"signal": 15, "asked": True} \
        or one["last_exit"].get("code") == 0
    assert "pid" not in statuses["off"]
    assert statuses["off"]["last_exit"]["signal"] == 15
    assert statuses["off"]["last_exit"]["asked"] is True
    assert statuses["failed"]["last_exit"]["code"] == 3
    assert statuses["failed"]["last_exit"]["asked"] is False
    assert statuses["fine"]["last_exit"]["code"] == 0
    assert statuses["killed"]["last_exit"]["signal"] == 9
    assert statuses["killed"]["last_exit"]["asked"] is False


def test_the_json_status_can_be_asked_for_by_name(box, three):
    for words in (("status", "--json", "b"), ("run", "status", "b", "-json")):
        answer = box.ask(*words)
        assert [one["name"] for one in json.loads(answer.out)] == ["b"]


def test_starting_what_cannot_be_started_fails(box):
    box.procfile({"web": "sleep 1000", "bad": "bin/etcd --name a"})
    running = box.start()
    running.wait_line("^cannot start: ", "bad")
    running.pid_of("web")
    for verb in ("start", "restart"):
        assert box.ask("run", verb, "bad") == \
            (1, "bad: cannot start: bin/etcd: not found "
                "(No such file or directory)\n", "")


def test_a_client_without_a_session_says_how_to_get_one(box):
    box.procfile({"web": "sleep 1000"})
    path = (box.work / "Procfile").resolve()
    for words in (("run", "status"), ("run", "restart", "web"), ("list",),
                  ("run", "stop-all")):
        assert box.ask(*words) == \
            (1, "", f"procman: no session is running for {path}; "
                    'start one with "procman start"\n')
    box.procfile({"web": "sleep 1000"}, name="other")
    answer = box.ask("-f", "other", "stop", "web")
    assert answer.code == 1 and '"procman -f other start"' in answer.err


# In goreman's shoes.

FAULTS = """#!/bin/sh
# Modelled on etcd's tools/local-tester/faults.sh.
set -e
for a in etcd1 etcd2 stress-put; do
    goreman -f "$PROCFILE" run stop $a || echo "could not stop $a"
done
goreman -f "$PROCFILE" run status
for a in etcd1 etcd2 stress-put; do
    goreman -f "$PROCFILE" run restart $a || echo "could not restart $a"
done
for a in etcd1 etcd2 stress-put; do
    goreman -f "$PROCFILE" run start $a || echo "could not start $a"
done
goreman -f "$PROCFILE" run stop etcd1
goreman -f "$PROCFILE" run start etcd1
echo injected
exec sleep 1000
"""


@pytest.mark.parametrize("session_of_children", [True, False])
def test_a_script_for_goreman_runs_within_the_session(box,
                                                      session_of_children):
    folder = box.work / "bin"
    folder.mkdir()
    (folder / "goreman").symlink_to(program()[-1])
    box.write("faults.sh", FAULTS, 0o755)
    unset = "" if session_of_children else "env -u PROCMAN_SESSION "
    box.procfile("#proxy: bin/etcd --nothing", {
        "etcd1": "sleep 1000",
        "etcd2": 'GOFAIL_HTTP="127.0.0.1:22381" sleep 1000',
        "stress-put": "sleep 1000",
        "faults": unset + "./faults.sh"}, name="test.procfile")
    running = box.start("-f", "test.procfile", "start", env={
        "PROCFILE": "test.procfile",
        "PATH": f"{folder}:{box.env['PATH']}"})
    running.wait_line("^injected$", "faults", timeout=30)
    said = "\n".join(running.shown("faults"))
    assert "could not" not in said
    assert " etcd1\n etcd2\n stress-put\n*faults" in said
    pids = box.running_pids("-f", "test.procfile")
    assert all(alive(pid) for pid in pids.values())
    assert running.stop() == -2


def test_a_process_may_restart_itself_and_end_the_session(box):
    folder = box.work / "bin"
    folder.mkdir()
    (folder / "procman").symlink_to(program()[-1])
    box.procfile({"own": "if [ -e again ]; then exec procman run stop-all; "
                         "else touch again; exec procman run restart own; fi",
                  "web": "sleep 1000"})
    running = box.start(env={"PATH": f"{folder}:{box.env['PATH']}"})
    assert running.wait() == 0
    assert sum("own started" in text for text in running.shown("procman")) == 2


def test_the_program_may_be_called_by_another_name(box):
    box.procfile({"web": "sleep 1000"})
    link = box.work / "goreman"
    link.symlink_to(program()[-1])
    box.program = [str(link)]
    running = box.start("start")
    pid = running.pid_of("web")
    assert running.stop(15) == -15
    assert not alive(pid)


def test_an_option_of_another_command_is_refused(box):
    said = box.ask("list", "--strict")
    assert said.code == 2
    assert said.err == (
        'procman: "list" has no option --strict; it is for "check"; see '
        '"procman help"\n')


def test_the_help_of_a_command_has_its_options_and_the_overview_has_not(box):
    assert "--strict " in box.ask("help", "check").out
    assert "--strict " not in box.ask("help").out
