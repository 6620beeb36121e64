"""procman.ini: what each key does to the real program."""

import os
import pathlib
import re
import resource
import signal
import socket
import time

import pytest

from harness import PATIENCE, alive, environment_of, new_port, until

LISTENER = '"$PYTHON" "$CHILDREN/listener.py"'
NOTIFIER = '"$PYTHON" "$CHILDREN/notifier.py"'
WAIT_FOR_GO = "while [ ! -e go ]; do sleep 0.02; done"
STAY = "exec sleep 1000"


def sections(box, name="procman.ini", **settings):
    """Writes settings; a section "procman" and processes, each {key: value}
    with `_` for `-`; `all` is [*]."""
    lines = []
    for section, keys in settings.items():
        lines.append("[*]" if section == "all" else f"[{section}]")
        lines += [f"{key.replace('_', '-')} = {value}"
                  for key, value in keys.items()]
    return box.write(name, "\n".join(lines) + "\n")


def state(box, name="web"):
    return box.statuses()[name]["state"]


def reaches(box, name, wanted):
    until(lambda: state(box, name) == wanted, f"{name} is {wanted}")


def stays_starting(box, running, name="web", looks=10):
    """Its probes have had several turns, and it is not ready."""
    for _ in range(looks):
        assert state(box, name) == "starting", running.tail()
        time.sleep(0.05)


# ---- ready ------------------------------------------------------------------

def test_a_line_of_its_log_makes_it_ready(box):
    box.procfile({"web": f"echo begun; {WAIT_FOR_GO}; echo up: 7; {STAY}"})
    sections(box, web={"ready": "log:^up: [0-9]+$", "quiet": "yes"})
    running = box.start()
    running.pid_of("web")
    stays_starting(box, running, looks=3)
    box.write("go", "")
    running.wait_line("^web is ready after ", "procman")
    assert state(box) == "ready"
    assert running.shown("web") == []  # quiet hides lines, not readiness
    assert running.stop() == -2


@pytest.mark.parametrize("how", ["tcp:127.0.0.1:{}", "http://localhost:{}/x",
                                 "http://127.0.0.1:{}/x well"])
def test_its_port_makes_it_ready_and_a_stranger_on_it_does_not(box, how):
    port = new_port()
    box.procfile({"web": f"exec {LISTENER} {port}"})
    sections(box, web={"ready": how.format(port)})
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen(100)
        running = box.start()
        running.wait_line("here", "web")
        stays_starting(box, running)
    running.wait_line("listening", "web")
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_another_process_on_its_port_does_not_make_it_ready(box):
    port = new_port()
    box.procfile({"other": f"exec {LISTENER} {port}",
                  "web": f"exec {LISTENER} {port} gate"})
    sections(box, web={"ready": f"tcp:127.0.0.1:{port}"})
    running = box.start()
    running.wait_line("listening", "other")
    running.wait_line("here", "web")
    stays_starting(box, running)
    box.write("gate", "")
    assert box.ask("run", "stop", "other").code == 0
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_an_answer_that_is_no_success_does_not_make_it_ready(box):
    port = new_port()
    box.write("sick", "")
    box.procfile({"web": f"exec {LISTENER} {port}"})
    sections(box, web={"ready": f"http://127.0.0.1:{port}/health"})
    running = box.start()
    running.wait_line("listening", "web")
    stays_starting(box, running)
    (box.work / "sick").unlink()
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_a_command_that_succeeds_makes_it_ready(box):
    box.procfile({"web": STAY})
    sections(box, web={"ready": "exec:test -e go"})
    running = box.start()
    running.pid_of("web")
    stays_starting(box, running, looks=5)
    box.write("go", "")
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_time_makes_it_ready(box):
    box.procfile({"web": STAY})
    sections(box, web={"ready": "delay:400ms"})
    began = time.monotonic()
    running = box.start()
    line = running.wait_line("^web is ready after ", "procman")
    assert line.at - began >= 0.4
    assert running.stop() == -2


def test_its_own_word_makes_it_ready_and_its_status_is_shown(box):
    box.procfile({"web": f"exec {NOTIFIER}"})
    sections(box, web={"ready": "notify"})
    running = box.start()
    running.wait_line("here", "web")
    until(lambda: box.statuses()["web"].get("says") == "warming up",
          "it says what it does")
    assert state(box) == "starting"
    box.write("gate", "")
    running.wait_line("^web is ready after ", "procman")
    until(lambda: box.statuses()["web"].get("says") == "at work",
          "it says what it does now")
    assert running.stop() == -2


def test_its_socket_makes_it_ready(box):
    box.write("listen.py", "import os, socket, sys, time\n"
              "while not os.path.exists('go'):\n    time.sleep(0.01)\n"
              "one = socket.socket(socket.AF_UNIX)\none.bind(sys.argv[1])\n"
              "one.listen(100)\ntime.sleep(1000)\n")
    path = box.work / "web.sock"
    box.procfile({"web": f'exec "$PYTHON" listen.py {path}'})
    sections(box, web={"ready": f"unix:{path}"})
    running = box.start()
    running.pid_of("web")
    stays_starting(box, running, looks=5)
    box.write("go", "")
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_a_program_that_is_known_to_speak_is_waited_for(box):
    box.write("speaker", f"#!/bin/sh\nexec {NOTIFIER}\n", 0o755)
    box.procfile({"web": "./speaker", "silent": STAY})
    sections(box, procman={"notifiers": "speaker"})
    running = box.start()
    running.wait_line("here", "web")
    reaches(box, "silent", "ready")
    stays_starting(box, running, looks=3)
    box.write("gate", "")
    running.wait_line("^web is ready after ", "procman")
    assert running.stop() == -2


def test_a_task_is_ready_when_it_has_ended_well(box):
    box.procfile({"migrate": f"{WAIT_FOR_GO}; echo migrated",
                  "web": f"echo serving; {STAY}"})
    sections(box, migrate={"kind": "task", "ready": "exit"},
             web={"after": "migrate"})
    running = box.start()
    running.wait_line("^web waits for migrate$", "procman")
    assert state(box, "web") == "held"
    assert state(box, "migrate") == "starting"
    box.write("go", "")
    serving = running.wait_line("serving", "web")
    assert running.wait_line("migrated", "migrate").at <= serving.at
    reaches(box, "migrate", "done")
    assert running.stop() == -2


def test_one_that_is_not_ready_in_time_has_failed(box):
    box.procfile({"web": STAY})
    sections(box, web={"ready": "exec:false", "ready-timeout": "300ms"})
    running = box.start()
    running.wait_line("^web is not well: it is not ready after 300 ms$",
                      "procman")
    assert running.wait() == 128 + signal.SIGTERM


def test_one_that_is_not_ready_in_time_has_failed_however_it_ends(box):
    box.procfile({"web": "trap 'exit 0' TERM; while :; do sleep 0.05; done"})
    # Time enough to set its trap.
    sections(box, web={"ready": "exec:false", "ready-timeout": "2s"})
    running = box.start()
    assert running.wait() == 1


# ---- alive ------------------------------------------------------------------

def test_one_that_is_no_longer_alive_is_started_again(box):
    port = new_port()
    box.procfile({"web": f"exec {LISTENER} {port}"})
    sections(box, web={"ready": f"tcp:127.0.0.1:{port}",
                       "alive": f"http://127.0.0.1:{port}/",
                       "alive-interval": "100ms", "restart": "on-failure",
                       "restart-delay": "50ms"})
    running = box.start()
    running.wait_line("^web is ready", "procman")
    first = running.pid_of("web")
    box.write("sick", "")
    running.wait_line("^web is not well: ", "procman")
    (box.work / "sick").unlink()
    line = running.wait_line("^web will be started again in ", "procman")
    running.wait_line("^web is ready", "procman",
                      after=running.lines.index(line))
    assert not alive(first)
    assert box.statuses()["web"]["restarts"] == 1
    assert running.stop() == -2


def test_one_that_keeps_silent_is_started_again(box):
    box.write("gate", "")
    box.procfile({"web": f"exec {NOTIFIER} 0.1"})
    sections(box, web={"ready": "notify", "alive": "notify",
                       "alive-interval": f"{2 * PATIENCE}s",
                       "restart": "on-failure"})
    running = box.start()
    running.wait_line("^web is ready", "procman")
    time.sleep(2.3 * PATIENCE)  # longer than without its word
    assert state(box) == "ready"
    assert box.statuses()["web"]["restarts"] == 0
    box.write("hang", "")
    running.wait_line("^web is not well: it no longer says WATCHDOG=1$",
                      "procman")
    until(lambda: box.statuses()["web"]["restarts"] == 1, "a second run")
    assert running.stop() == -2


def test_one_that_is_being_ended_is_not_called_unwell_again(box):
    box.procfile({"web": "trap '' TERM; while :; do sleep 0.05; done"})
    sections(box, web={"alive": "exec:test ! -e sick",
                       "alive-interval": "50ms", "stop-timeout": "1s"})
    running = box.start()
    running.pid_of("web")
    box.write("sick", "")
    running.wait()
    unwell = [text for text in running.shown("procman")
              if text.startswith("web is not well")]
    assert len(unwell) == 1


# ---- restart ----------------------------------------------------------------

def test_a_crash_too_many_is_a_failure_for_good(box):
    box.procfile({"other": STAY, "web": "echo run; exit 3"})
    sections(box, web={"restart": "on-failure", "restart-delay": "20ms",
                       "restart-limit": "3"})
    running = box.start()
    running.wait_line("^web has failed: 3 restarts within 10 min", "procman")
    reaches(box, "web", "failed")
    status = box.statuses()["web"]
    assert status["last_exit"] == {"code": 3, "asked": False}
    assert status["restarts"] == 3
    assert running.shown("web") == ["run"] * 4
    assert box.ask("run", "stop", "other").code == 0
    assert running.wait() == 3


def test_the_waits_grow(box):
    # Each run notes its time, in hundredths of seconds since the boot.
    box.procfile({"web": "read -r up idle < /proc/uptime; echo $up; exit 1"})
    sections(box, web={"restart": "always", "restart-delay": "100ms",
                       "restart-max-delay": "300ms", "restart-limit": "4"})
    running = box.start()
    assert running.wait() == 1
    times = [float(text) for text in running.shown("web")]
    assert len(times) == 5
    waits = [after - before for before, after in zip(times, times[1:])]
    for wait, least in zip(waits, (0.1, 0.2, 0.24, 0.24)):
        assert wait > least - 0.02, waits


def test_having_been_ready_for_a_moment_does_not_forgive_crashes(box):
    box.procfile({"web": "echo up; sleep 0.05; exit 4"})
    sections(box, web={"ready": "log:up", "restart": "on-failure",
                       "restart-delay": "10ms", "restart-limit": "2"})
    running = box.start()
    running.wait_line("^web has failed: 2 restarts", "procman")
    assert running.wait() == 4


def test_an_end_that_is_no_failure_is_no_reason_to_restart(box):
    box.procfile({"web": "exit 3", "db": "kill -KILL $$"})
    sections(box, all={"restart": "on-failure"}, web={"success-codes": "3"},
             db={"success-codes": "1-2 KILL"})
    running = box.start()
    assert running.wait() == 0
    assert len([text for text in running.shown("procman")
                if " started with " in text]) == 2


def test_one_that_always_ends_well_but_too_often_has_failed(box):
    box.procfile({"web": "exit 0"})
    sections(box, web={"restart": "always", "restart-delay": "10ms",
                       "restart-limit": "2"})
    running = box.start()
    assert running.wait() == 1
    assert running.wait_line("^web has failed: 2 restarts within", "procman")


def test_a_stop_and_an_end_do_not_wait_for_a_pending_restart(box):
    box.procfile({"web": "exit 1", "db": "exit 1"})
    sections(box, all={"restart": "always", "restart-delay": "1h",
                       "restart-max-delay": "2h"})
    running = box.start()
    running.wait_line("^web will be started again in ", "procman")
    reaches(box, "web", "waiting")
    reaches(box, "db", "waiting")
    assert box.ask("run", "stop", "web").code == 0
    assert state(box, "web") == "idle"
    answer = box.ask("run", "restart", "db")
    assert answer.code == 0 and " pid " in answer.out
    assert running.stop(timeout=5) == -2


# ---- after ------------------------------------------------------------------

def test_what_comes_after_waits_for_all_it_needs(box):
    box.procfile({"web": f"echo serving; {STAY}",
                  "db1": f"{WAIT_FOR_GO}; echo up; {STAY}",
                  "db2": f"echo up; {STAY}"})
    sections(box, web={"after": "db*"}, **{"db?": {"ready": "log:up"}})
    running = box.start()
    running.wait_line("^db2 is ready", "procman")
    assert state(box, "web") == "held"
    assert running.shown("web") == []
    box.write("go", "")
    running.wait_line("serving", "web")
    running.wait_line("^db1 is ready", "procman")
    assert running.stop() == -2


def test_a_failed_dependency_blocks_and_says_so(box):
    box.procfile({"db": "exit 3", "web": STAY, "proxy": STAY})
    sections(box, db={"ready": "delay:1h"}, web={"after": "db"},
             proxy={"after": "web"})
    running = box.start()
    running.wait_line("^web cannot start: db has failed$", "procman")
    assert running.wait() == 3
    said = running.shown("procman")
    assert said.count("web cannot start: db has failed") == 1
    assert not any(re.match("(web|proxy) started", text) for text in said)


def test_a_dependency_has_failed_even_if_others_of_it_live_on(box):
    box.procfile({"db": "sleep 1000 & exit 3", "web": STAY, "other": STAY})
    sections(box, db={"ready": "delay:1h"}, web={"after": "db"})
    running = box.start()
    running.wait_line("^web cannot start: db has failed$", "procman")
    assert state(box, "web") == "blocked"
    assert state(box, "db") == "lingering"
    assert box.ask("run", "stop", "other").code == 0
    assert running.wait() == 3
    assert not any(text.startswith("web started")
                   for text in running.shown("procman"))


def test_what_was_blocked_starts_when_its_dependency_is_brought_up(box):
    box.procfile({"db": f"[ -e go ] && {{ echo up; {STAY}; }}; exit 3",
                  "web": STAY, "other": STAY})
    sections(box, db={"ready": "log:up"}, web={"after": "db"})
    running = box.start()
    running.wait_line("^web cannot start: db has failed$", "procman")
    reaches(box, "web", "blocked")
    assert state(box, "db") == "failed"
    box.write("go", "")
    assert box.ask("run", "start", "db").code == 0
    running.pid_of("web")
    reaches(box, "web", "ready")
    assert running.stop() == -2


def test_an_end_stops_what_depends_first(box):
    mark = "trap 'sleep 0.2; echo {} >>ends; exit 0' TERM; echo up; " \
           "while :; do sleep 0.05; done"
    box.procfile({"web": mark.format("web"), "db": mark.format("db"),
                  "proxy": mark.format("proxy")})
    sections(box, web={"after": "db"}, proxy={"after": "web"},
             all={"ready": "log:up"})
    running = box.start()
    running.wait_line("^proxy is ready", "procman")
    assert running.stop() == -2
    assert box.read("ends").split() == ["proxy", "web", "db"]


def test_a_circle_is_named_and_nothing_runs(box):
    box.procfile({"a": "touch was-here", "b": STAY, "c": STAY})
    sections(box, a={"after": "b"}, b={"after": "c"}, c={"after": "a"})
    answer = box.ask("start")
    assert answer.code == 2
    assert "a -> b -> c -> a is a circle" in answer.err
    assert not (box.work / "was-here").exists()


# ---- who is started ---------------------------------------------------------

def test_one_without_autostart_is_started_by_name_later(box):
    box.procfile({"web": STAY, "debug": STAY})
    sections(box, debug={"autostart": "no"})
    running = box.start()
    running.pid_of("web")
    assert box.ask("run", "status").out == "*web\n debug\n"
    assert box.ask("run", "start", "debug").code == 0
    assert box.ask("run", "status").out == "*web\n*debug\n"
    assert running.stop() == -2
    running = box.start("start", "debug")
    running.pid_of("debug")
    assert box.ask("run", "status").out == " web\n*debug\n"
    assert running.stop() == -2


@pytest.mark.parametrize("verb", ["start-all", "restart-all"])
def test_one_without_autostart_is_not_meant_by_all(box, verb):
    box.procfile({"web": STAY, "debug": STAY})
    sections(box, debug={"autostart": "no"})
    running = box.start()
    running.wait_line("web started", "procman")
    assert "debug" not in box.ask("run", verb).out
    assert box.running_pids()["debug"] is None
    assert box.ask("run", "start", "debug").code == 0
    before = box.running_pids()["debug"]
    assert box.ask("run", verb).code == 0
    again = box.running_pids()["debug"]
    assert (again != before) == (verb == "restart-all")
    running.stop()


def test_patterns_and_groups_mean_processes_everywhere(box):
    box.procfile({name: STAY for name in ("etcd1", "etcd2", "proxy", "web")})
    sections(box, **{"etcd*": {"group": "members"},
                     "proxy": {"group": "front, all"}})
    running = box.start("start", "@members", "prox?")
    for name in ("etcd1", "etcd2", "proxy"):
        running.pid_of(name)
    assert box.ask("run", "status").out == "*etcd1\n*etcd2\n*proxy\n web\n"
    assert box.ask("run", "status", "@front").out == "*proxy\n"
    stopped = box.ask("run", "stop", "etcd*")
    assert stopped.code == 0 and len(stopped.out.splitlines()) == 2
    assert box.ask("run", "status").out == " etcd1\n etcd2\n*proxy\n web\n"
    assert box.ask("run", "start", "@members", "web").code == 0
    before = box.running_pids()
    assert box.ask("restart", "@members").code == 0
    after = box.running_pids()
    assert {name for name in before if before[name] != after[name]} \
        == {"etcd1", "etcd2"}
    for words in (["run", "stop", "@nobody", "web"], ["stop", "x*", "web"],
                  ["run", "start", "@members", "wob"]):
        answer = box.ask(*words)
        assert answer.code == 2 and answer.out == "", answer
    assert box.running_pids() == after
    assert running.stop() == -2


def test_names_without_a_verb_may_be_patterns_and_groups(box):
    box.procfile({"etcd1": STAY, "etcd2": STAY, "web": STAY})
    sections(box, **{"etcd*": {"group": "members"}})
    running = box.start()
    running.pid_of("web")
    for word in ("etcd*", "@members"):
        before = box.running_pids()
        assert box.ask("run", word).code == 0
        after = box.running_pids()
        assert {name for name in before if before[name] != after[name]} \
            == {"etcd1", "etcd2"}
    assert box.ask("run", "@nobody").code == 2
    assert running.stop() == -2


def test_a_pattern_finds_the_session_of_its_processes(box):
    box.procfile({"etcd1": STAY})
    box.procfile({"web1": STAY}, name="Procfile.web")
    first, second = box.start(), box.start("-f", "Procfile.web", "start")
    first.pid_of("etcd1")
    second.pid_of("web1")
    answer = box.ask("run", "stop", "web*")
    assert answer.code == 0, answer
    assert second.wait() == 0
    assert first.stop() == -2


# ---- what an end means ------------------------------------------------------

@pytest.mark.parametrize("what, command, stops, code", [
    ("stop-all", "exit 0", True, 0),
    ("stop-all", "exit 7", True, 7),
    ("stop-all-on-failure", "exit 7", True, 7),
    ("stop-all-on-failure", "exit 0", False, -2),
    ("ignore", "exit 7", False, -2),
])
def test_the_end_of_one_may_be_the_end_of_all(box, what, command, stops, code):
    box.procfile({"web": STAY, "job": f"{WAIT_FOR_GO}; {command}"})
    sections(box, job={"on-exit": what})
    running = box.start()
    running.pid_of("web")
    box.write("go", "")
    if stops:
        running.wait_line("^job has (failed|ended): stopping all", "procman")
        assert running.wait() == code
    else:
        running.wait_line("^job exited with code", "procman")
        until(lambda: box.statuses()["job"]["state"] in ("idle", "failed"),
              "job is at rest")
        assert box.running_pids()["web"]
        assert running.stop() == code


# ---- what it runs with ------------------------------------------------------

def test_its_directory_umask_niceness_limit_and_variables(box):
    (box.work / "sub").mkdir()
    box.write("sub/program", "#!/bin/sh\necho in $PWD; umask; ulimit -n\n"
              "echo nice $(nice); echo \"$A ${B-unset} $PORT $PS\"\n", 0o755)
    box.procfile({"web": "./program", "db": "sh sub/program"})
    sections(box, web={"dir": "sub", "umask": "027", "nice": "3",
                       "limit-nofile": "64", "env.A": "a ; b $HOME",
                       "port": "7777"}, db={"env.B": "only db"})
    box.write(".env", "A=file\n")
    running = box.start()
    assert running.wait() == 0
    work, nice = box.work.resolve(), os.nice(0)
    assert running.shown("web") == [
        f"in {work}/sub", "0027", "64", f"nice {nice + 3}",
        "a ; b $HOME unset 7777 web"]
    mask = os.umask(0)
    os.umask(mask)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert running.shown("db") == [
        f"in {work}", f"{mask:04o}", str(soft), f"nice {nice}",
        "file only db 5100 db"]


def test_a_directory_that_is_not_there_is_named(box):
    box.procfile({"web": "true"})
    sections(box, web={"dir": "nowhere"})
    running = box.start()
    running.wait_line("^cannot start: directory nowhere: No such file", "web")
    assert running.wait() == 126


def test_its_own_signal_and_patience_end_it(box):
    box.procfile({
        "polite": "trap 'echo bye; exit 0' INT; trap '' TERM; echo up; "
                  "while :; do sleep 0.05; done",
        "deaf": "trap '' TERM; echo up; while :; do sleep 0.05; done"})
    sections(box, polite={"stop-signal": "INT"}, deaf={"stop-timeout": "300ms"})
    running = box.start()
    running.wait_line("up", "polite")
    running.wait_line("up", "deaf")
    answer = box.ask("run", "stop", "polite")
    assert answer.code == 0
    assert re.fullmatch(r"polite stopped: SIGINT, .+\n", answer.out)
    running.wait_line("bye", "polite")
    assert running.shown("polite") == ["up", "bye"]
    answer = box.ask("run", "stop", "deaf")
    assert answer.code == 1
    # Not before 300 ms, and long before the usual 10 s.
    assert re.match(r"deaf killed after ([3-9]\d\d ms|[1-7](\.\d)? s)",
                    answer.out), answer.out
    running.wait()


def test_the_name_has_the_colour_that_is_asked_for(box):
    box.procfile({"web": "echo hello", "db": "echo hello"})
    sections(box, web={"colour": "magenta"}, db={"color": "grey"})
    running = box.start_on_terminal(env={"TERM": "xterm"})
    running.wait()
    for name, color in (("web", "35"), ("db", "90")):
        line = next(line for line in running.lines if line.name == name)
        assert line.raw.startswith(f"\x1b[{color}m"), line.raw


def test_a_quiet_one_shows_nothing_but_its_life(box):
    box.procfile({"web": "echo secret; echo secret >&2", "db": "echo told"})
    sections(box, web={"quiet": "yes"})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == [] and running.shown("db") == ["told"]
    assert any("web exited with code 0" in text
               for text in running.shown("procman"))


# ---- the files --------------------------------------------------------------

def test_check_tells_all_mistakes_and_start_touches_nothing(box):
    box.procfile({"web": "touch was-here"})
    box.write("procman.ini", "[web]\nredy = auto\nstop-timeout = 10\n"
              "[procman]\nbase-port = x\n[web\n")
    answer = box.ask("check")
    assert answer.code == 2 and answer.out == ""
    assert answer.err == (
        'procman: procman.ini:2: unknown key "redy"; did you mean "ready"?\n'
        'procman: procman.ini:3: stop-timeout: "10" is no time; write it like '
        "500ms, 10s, 2m or 1h\n"
        'procman: procman.ini:5: base-port: "x" is no whole number from 1 to '
        "65535\n"
        "procman: procman.ini:6: there is no ] in this line\n")
    answer = box.ask("start")
    assert answer.code == 2 and "procman.ini:2" in answer.err
    assert not (box.work / "was-here").exists()


def test_check_warns_of_a_section_that_matches_nobody(box):
    box.procfile({"web": "true"})
    sections(box, wbe={"quiet": "yes"})
    answer = box.ask("check")
    assert answer.code == 0
    assert answer.err == ("procman: warning: procman.ini:1: [wbe] matches no "
                          "process; did you mean [web]?\n")
    assert box.ask("check", "--strict").code == 1


def shows(box, *words, **options):
    """{section or process: {key: [value, place]}} of `check --show`."""
    answer = box.ask(*words, "check", "--show", **options)
    assert answer.code == 0, answer
    shown = {}
    for line in answer.out.splitlines():
        if line.startswith("  "):
            keys[line.split()[0]] = re.split(r"  +", line.strip())[1:]
        else:
            keys = shown.setdefault(re.match(r"\[?([\w-]+)", line)[1], {})
    return shown


def test_show_says_what_each_runs_with_and_where_it_is_from(box):
    box.procfile({"web": "true", "db": "true"})
    sections(box, all={"nice": "1", "env.A": "x"}, web={"nice": "2"})
    shown = shows(box, env={"PROCMAN_BASE_PORT": "7000"})
    assert shown["web"]["nice"] == ["2", "procman.ini:5"]
    assert shown["db"]["nice"] == ["1", "procman.ini:2"]
    assert shown["db"]["env.A"] == ["x", "procman.ini:3"]
    assert shown["db"]["restart"] == ["no", "default"]
    assert shown["procman"]["base-port"] == ["7000", "PROCMAN_BASE_PORT"]


def test_a_learner_has_settings_of_its_own_and_the_common_ones(box):
    box.procfile({"etcd4": "true"}, name="Procfile.learner")
    sections(box, **{"etcd*": {"nice": "1", "umask": "022"}})
    sections(box, name="procman.learner.ini", etcd4={"nice": "2"})
    shown = shows(box, "-f", "Procfile.learner")
    assert shown["etcd4"]["nice"] == ["2", "procman.learner.ini:2"]
    assert shown["etcd4"]["umask"] == ["022", "procman.ini:3"]


def test_a_file_that_is_named_is_read_instead(box):
    box.procfile({"web": "true"})
    sections(box, web={"nice": "1"})
    sections(box, name="other.ini", web={"umask": "022"})
    shown = shows(box, "--config", "other.ini")
    assert shown["web"]["umask"] == ["022", "other.ini:2"]
    assert shown["web"]["nice"] == ["0", "default"]
    answer = box.ask("--config", "missing.ini", "start")
    assert answer.code == 2
    assert answer.err == ("procman: cannot read missing.ini: No such file or "
                          "directory\n")


def test_the_command_line_wins_over_the_environment_over_the_file(box):
    box.procfile({"web": "echo $PORT"})
    sections(box, procman={"base-port": "6000", "logtime": "no"})

    def port(*words, **options):
        running = box.start(*words, "start", **options)
        assert running.wait() == 0
        assert all(re.match(r" *\S+ \| ", line.raw) for line in running.lines)
        return running.shown("web")

    environment = {"PROCMAN_BASE_PORT": "7000"}
    assert port() == ["6000"]
    assert port(env=environment) == ["7000"]
    assert port("-b", "8000", env=environment) == ["8000"]
    assert box.start("-logtime", env={"PROCMAN_BASE_PORT": "x"}).wait() == 2


def test_the_session_obeys_its_section(box):
    box.procfile({"web": "echo ${A-none} ${PORT-none}", "bad": "exit 3",
                  "long": STAY})
    box.write("my.env", "A=mine\n")
    sections(box, procman={"env": "my.env", "set-ports": "no",
                           "exit-on-error": "yes", "rpc-server": "no",
                           "color": "always"}, bad={"after": "web, long"},
             web={"kind": "task", "ready": "exit"})
    running = box.start()
    running.wait_line("^mine none$", "web")
    assert running.wait() == 3
    assert b"\x1b[32m" in running.raw


def test_help_explains_every_key(box):
    answer = box.ask("help", "settings")
    assert answer.code == 0 and answer.err == ""
    for key in ("base-port", "ready", "after", "restart-limit", "env.NAME",
                "limit-nofile", "port"):
        assert re.search(rf"^  {re.escape(key)} = ", answer.out, re.M), key
    assert "settings" in box.ask("help").out


# ---- the README's example ---------------------------------------------------

def test_the_example_of_the_readme(box):
    box.procfile({"migrate": "echo migrating", "api": "exec sh api.sh",
                  "worker1": STAY, "worker2": STAY, "console": STAY})
    box.write("api.sh", 'echo "listening on $PORT"; exec sleep 1000\n')
    box.write("procman.ini", """\
; Settings of the session: the defaults of options.
[procman]
base-port = 6000

[migrate]
kind = task
ready = exit

[api]
after = migrate
ready = log:^listening
ready-timeout = 30s
restart = on-failure

[worker*]
after = api
group = workers
stop-signal = INT
env.QUEUE = default

[worker2]
env.QUEUE = mail

[console]
autostart = no
""")
    assert box.ask("check").code == 0
    running = box.start()
    workers = [running.pid_of("worker1"), running.pid_of("worker2")]
    lines = running.shown("procman")
    ready = [line for line in lines if line.startswith("api is ready after")]
    assert ready and running.shown("api") == ["listening on 6100"]
    environments = [pathlib.Path(f"/proc/{pid}/environ") for pid in workers]
    until(lambda: b"QUEUE=default\0" in environments[0].read_bytes(), "env")
    until(lambda: b"QUEUE=mail\0" in environments[1].read_bytes(), "env")
    reaches(box, "migrate", "done")
    assert state(box, "console") == "idle"
    answer = box.ask("run", "stop", "@workers")
    assert answer.code == 0 and answer.out.count("SIGINT") == 2
    assert box.ask("run", "start", "console").code == 0
    assert running.stop() == -2


# ---- env-file ---------------------------------------------------------------

def test_its_files_of_variables_win_over_all_but_env(box):
    box.write("etc/Procfile", 'web: LINE=line; export LINE; exec sleep 1000\n'
              'simple: LINE=line sleep 1000\nother: exec sleep 1000\n')
    box.write(".env", "SESSION=session\nFILE=session\nBOTH=session\n")
    box.write("etc/a.env", "FILE=a\nBOTH=a\nENV=a\nHOME=/a\nPORT=7\n"
              "LINE=a\nMIX=${SESSION}-${PATH_OF_TEST}\n")
    box.write("etc/b.env", "export BOTH='b c'  # the last one wins\n"
              "MORE=${BOTH}-${FILE}\n")
    box.write("etc/procman.ini", "[web]\nenv-file = a.env, b.env\n"
              "env.ENV = env\n[simple]\nenv-file = a.env,b.env\n")
    running = box.start("-f", "etc/Procfile", "start",
                        env={"PATH_OF_TEST": "here"})
    web = environment_of(running.pid_of("web"))
    assert [web[name] for name in (
        "SESSION", "FILE", "BOTH", "MORE", "ENV", "HOME", "PORT", "MIX")] == [
        "session", "a", "b c", "b c-a", "env", "/a", "7", "session-here"]
    assert environment_of(running.pid_of("simple"))["LINE"] == "line"
    other = environment_of(running.pid_of("other"))
    assert other["FILE"] == "session" and "MORE" not in other
    assert running.stop() == -2


def test_a_file_of_variables_that_is_not_there_is_a_mistake(box):
    box.procfile({"web": "touch was-here", "db": "touch was-here"})
    sections(box, web={"env_file": "a.env"}, db={"env_file": "b.env"})
    box.write("b.env", "junk\nA=1\n")
    for command in ("check", "start"):
        answer = box.ask(command)
        assert answer.code == 2 and answer.out == ""
        assert answer.err == ("procman: procman.ini:2: web: env-file: cannot "
                              "read a.env: No such file or directory\n")
    box.write("a.env", "A=1\n")
    answer = box.ask("check")
    assert answer.code == 0
    assert answer.err == ("procman: warning: b.env:1:1: ignored: there is no "
                          "'=' in this line\n")
    assert not (box.work / "was-here").exists()
