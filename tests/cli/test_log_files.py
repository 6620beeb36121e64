"""Log files: everything in them, in whole lines, whatever happens to them."""

import gzip
import os
import pathlib
import re
import signal

import pytest

from harness import SLOW, text_of, until

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 "
                   r"(?P<name>\S+) (?P<mark>[|+]) (?P<text>.*)", re.DOTALL)


def lines_of(path):
    """Whole lines, or it is a failure."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    assert data.endswith(b"\n") or not data, data[-100:]
    return text_of(data).split("\n")[:-1]


def rotated(path):
    """A log and those before it, the oldest first."""
    old = sorted((int(name.name.removesuffix(".gz").rpartition(".")[2]), name)
                 for name in path.parent.glob(path.name + ".*")
                 if not name.name.endswith(".gz.part"))
    return [name for _, name in reversed(old)] + [path]


def are_compressed(logs, at_least):
    """For a moment an old log may be there twice, as it was and small."""
    old = list(logs.glob("*.log.*"))
    return len(old) >= at_least and all(log.suffix == ".gz" for log in old)


def all_lines(path):
    return [line for log in rotated(path) for line in lines_of(log)]


def of_all(lines):
    """(name, text) of the lines of the log of all."""
    matches = [STAMP.fullmatch(line) for line in lines]
    assert all(matches), lines
    return [(match["name"], match["text"]) for match in matches]


def test_each_process_has_a_log_and_all_have_one(box):
    box.procfile({"web": "echo one; echo two >&2", "db": "echo three"})
    running = box.start("start", "--log-dir", "logs/deep")
    assert running.wait() == 0
    logs = box.work / "logs/deep"
    assert sorted(lines_of(logs / "web.log")) == ["one", "two"]
    assert lines_of(logs / "db.log") == ["three"]
    assert of_all(lines_of(logs / "all.log")) \
        == [(line.name, line.text) for line in running.lines]
    assert not bytes(running.errors)


@pytest.mark.parametrize("way", ["settings", "environment"])
def test_the_directory_may_be_said_elsewhere(box, way):
    box.procfile({"web": "echo one"})
    if way == "settings":
        box.write("procman.ini", "[procman]\nlog-dir = logs\n")
    environment = {"PROCMAN_LOG_DIR": "logs"} if way == "environment" else {}
    assert box.start(env=environment).wait() == 0
    assert lines_of(box.work / "logs/web.log") == ["one"]


def test_who_wants_a_log_of_its_own_has_it(box):
    box.procfile({"web.a": "echo one", "db": "echo two", "other": "echo x"})
    box.write("procman.ini", "[web*]\nlog-file = logs/{name}.txt\n"
                             "[db]\nlog-file = db.log\n")
    assert box.start().wait() == 0
    assert lines_of(box.work / "logs/web.a.txt") == ["one"]
    assert lines_of(box.work / "db.log") == ["two"]
    assert not list(box.work.glob("**/other*"))
    assert not list(box.work.glob("**/all.log"))


def test_the_example_of_the_readme(box):
    readme = pathlib.Path(__file__).resolve().parents[2] / "README.md"
    example, = re.findall(r"```ini\n(\[procman\]\nlog-.*?)```",
                          readme.read_text(), re.DOTALL)
    box.procfile({"web1": "echo one", "db": "echo two"})
    box.write("procman.ini", example)
    assert box.start().wait() == 0
    assert lines_of(box.work / "logs/web1.log") == ["one"]
    assert [path.name for path in (box.work / "logs").iterdir()] \
        == ["web1.log"]


def test_bytes_are_as_they_were_written(box):
    data = bytes(range(1, 10)) + bytes(range(11, 13)) + bytes(range(14, 256))
    box.write("bytes", b"\0" + data + b"\n\n\x1b[31mred\n" + b"x" * 200000
              + b"\nend")
    box.procfile({"web": "cat bytes"})
    assert box.start_on_terminal("start", "--log-dir=logs",
                                 "--time=off").wait() == 0
    assert (box.work / "logs/web.log").read_bytes() \
        == (box.work / "bytes").read_bytes() + b"\n"


def test_logs_are_appended_to(box):
    box.procfile({"web": "echo one"})
    for _ in range(2):
        assert box.start("start", "--log-dir=logs").wait() == 0
    assert lines_of(box.work / "logs/web.log") == ["one"] * 2


def test_a_quiet_process_writes_its_log(box):
    box.procfile({"web": "echo one"})
    box.write("procman.ini", "[web]\nquiet = yes\n")
    running = box.start("start", "--log-dir=logs")
    assert running.wait() == 0
    assert running.shown("web") == []
    assert lines_of(box.work / "logs/web.log") == ["one"]
    assert ("web", "one") in of_all(lines_of(box.work / "logs/all.log"))


def test_nothing_is_lost_over_many_rotations(box):
    count = 20000
    names = [f"w{i}" for i in range(4)]
    box.procfile({name: f"seq -f '{name} %06.0f {'x' * 20 * i}' 1 {count}"
                  for i, name in enumerate(names)})
    box.write("procman.ini", "[procman]\nlog-dir = logs\n"
                             "log-max-size = 100k\nlog-keep = 1000\n")
    running = box.start("start", "--time=off")
    assert running.wait(60) == 0
    for i, name in enumerate(names):
        log = box.work / f"logs/{name}.log"
        fill = "x" * 20 * i
        assert all_lines(log) == [f"{name} {number:06} {fill}"
                                  for number in range(1, count + 1)]
        assert len(rotated(log)) > 2
        for part in rotated(log):
            assert part.stat().st_size <= 100 * 1024
    # And in true order: that in which it was shown.
    everything = of_all(all_lines(box.work / "logs/all.log"))
    assert everything == [(line.name, line.text) for line in running.lines]


def test_only_so_many_old_logs_are_kept(box):
    box.procfile({"web": "seq 1 20000"})
    box.write("procman.ini", "[procman]\nlog-dir = logs\n"
                             "log-max-size = 10k\nlog-keep = 3\n")
    assert box.start().wait() == 0
    log = box.work / "logs/web.log"
    assert [part.name for part in rotated(log)] \
        == ["web.log.3", "web.log.2", "web.log.1", "web.log"]
    kept = all_lines(log)
    assert kept == [str(number)
                    for number in range(20001 - len(kept), 20001)]


def test_old_logs_are_compressed_and_nothing_is_lost(box):
    count = 20000
    box.procfile({"web": f"seq -f '%06.0f {'x' * 40}' 1 {count}; sleep 1000"})
    box.write("procman.ini", "[procman]\nlog-dir = logs\nlog-max-size = 100k\n"
                             "log-keep = 1000\nlog-compress = yes\n")
    logs = box.work / "logs"
    running = box.start("start", "--time=off")
    running.wait_line(f"^{count:06} ", "web")
    until(lambda: are_compressed(logs, 20), "all are compressed")
    assert all_lines(logs / "web.log") == [f"{number:06} {'x' * 40}"
                                           for number in range(1, count + 1)]
    assert rotated(logs / "web.log")[0].stat().st_size < 20000
    running.send(signal.SIGINT)
    running.wait()
    assert of_all(all_lines(logs / "all.log")) == [
        (line.name, line.text) for line in running.lines]


def test_what_one_session_leaves_the_next_one_compresses(box):
    box.procfile({"web": "seq 1 20000"})
    box.write("procman.ini", "[procman]\nlog-dir = logs\nlog-max-size = 20k\n")
    assert box.start().wait() == 0
    log = box.work / "logs/web.log"
    lines = all_lines(log)
    assert all(old.suffix != ".gz" for old in rotated(log))
    box.procfile({"web": "sleep 1000"})
    box.write("procman.ini", "[procman]\nlog-dir = logs\nlog-max-size = 20k\n"
                             "log-compress = yes\n")
    box.start()
    until(lambda: are_compressed(log.parent, 2), "all are compressed")
    assert all_lines(log) == lines


def test_bursts_at_the_end_are_in_the_log(box):
    names = [f"p{i}" for i in range(50)]
    box.procfile({name: f"seq -f '{name} %g' 1 500; printf '{name} tail'"
                  for name in names})
    box.write("procman.ini", "[*]\nlog-file = logs/{name}\n")
    for times in range(1, 5):
        assert box.start().wait() == 0
        for name in names:
            assert lines_of(box.work / "logs" / name) == times * (
                [f"{name} {i}" for i in range(1, 501)] + [f"{name} tail"])


def test_what_is_said_while_all_is_stopped_is_in_the_log(box):
    box.procfile({"web": "trap 'echo bye; exit' TERM; echo up; "
                         "while :; do sleep 0.05; done"})
    running = box.start("start", "--log-dir=logs")
    running.wait_line("^up$", "web")
    assert running.stop() == -signal.SIGINT
    assert lines_of(box.work / "logs/web.log")[-1] == "bye"
    assert of_all(lines_of(box.work / "logs/all.log")) \
        == [(line.name, line.text) for line in running.lines]


# Whoever else has to do with the files.

def gated(box):
    """A process that writes a line for each word it is given."""
    os.mkfifo(box.work / "gate")
    box.procfile({"web": "exec 3<>gate; while read -r word <&3; do "
                         "echo $word; done"})


def say(box, running, word):
    (box.work / "gate").write_text(word + "\n")
    running.wait_line(f"^{word}$", "web")


@pytest.mark.parametrize("way", ["command", "signal"])
def test_logs_that_were_moved_are_opened_anew(box, way):
    gated(box)
    running = box.start("start", "--log-dir=logs")
    say(box, running, "one")
    log = box.work / "logs/web.log"
    until(lambda: log.read_text() == "one\n", "it is written")
    log.rename(box.work / "logs/old")
    say(box, running, "two")
    if way == "signal":
        running.send(signal.SIGUSR1)
        until(log.exists, "the log is there again")
    else:
        answer = box.ask("log-reopen")
        assert answer == (0, "2 log files opened anew\n", "")
    say(box, running, "three")
    assert running.stop() == -signal.SIGINT
    assert lines_of(box.work / "logs/old") == ["one", "two"]
    assert lines_of(log) == ["three"]
    assert ("web", "two") in of_all(lines_of(box.work / "logs/all.log"))


def test_without_logs_there_is_nothing_to_open(box):
    box.procfile({"web": "exec sleep 1000"})
    running = box.start()
    running.pid_of("web")
    running.send(signal.SIGUSR1)
    assert box.ask("log-reopen") == (0, "0 log files opened anew\n", "")
    assert box.ask("log-reopen", "web").code == 2
    assert running.stop() == -signal.SIGINT


def test_a_log_that_was_deleted_is_made_anew(box):
    gated(box)
    running = box.start("start", "--log-dir=logs")
    say(box, running, "one")
    log = box.work / "logs/web.log"
    until(lambda: log.read_text() == "one\n", "it is written")
    log.unlink()
    say(box, running, "two")
    assert running.stop() == -signal.SIGINT
    assert lines_of(log) == ["two"]


def test_a_log_that_was_cut_goes_on(box):
    gated(box)
    running = box.start("start", "--log-dir=logs")
    say(box, running, "one")
    log = box.work / "logs/web.log"
    until(lambda: log.read_text() == "one\n", "it is written")
    os.truncate(log, 0)
    say(box, running, "two")
    assert running.stop() == -signal.SIGINT
    assert log.read_bytes() == b"two\n"


# What cannot be.

def test_a_directory_that_cannot_be_made_is_a_reason_not_to_start(box):
    box.procfile({"web": "touch was-here"})
    box.write("file", "")
    answer = box.ask("start", "--log-dir", "file/logs")
    assert answer.code == 1
    assert answer.err == ("procman: cannot open file/logs/all.log: Not a "
                          "directory\n")
    assert not (box.work / "was-here").exists()


def test_one_log_that_cannot_be_written_is_told_once_and_stops_nobody(box):
    box.procfile({"web": "seq 1 1000", "db": "echo two"})
    (box.work / "logs/web.log").mkdir(parents=True)
    running = box.start("start", "--log-dir=logs")
    assert running.wait() == 0
    assert len(running.shown("web")) == 1000
    said = [text for text in running.shown("procman") if "warning" in text]
    assert said == ["warning: cannot open logs/web.log: Is a directory; what "
                    "is written meanwhile is not in it"]
    assert lines_of(box.work / "logs/db.log") == ["two"]
    assert ("procman", said[0]) in of_all(lines_of(box.work / "logs/all.log"))


def test_a_disk_that_is_full_is_told_and_leaves_whole_lines(box):
    # 100000 bytes are all that a file may have here.
    box.procfile({"web": "seq 1 100000"})
    box.write("procman.ini", "[web]\nlog-file = web.log\n")
    running = box.start(wrapper=["prlimit", "--fsize=100000"])
    assert running.wait() == 0
    assert len(running.shown("web")) == 100000
    said = [text for text in running.shown("procman") if "warning" in text
            and "web.log" in text]
    assert said == ["warning: cannot write web.log: File too large; what is "
                    "written meanwhile is not in it"]
    written = lines_of(box.work / "web.log")
    assert written == [str(number) for number in range(1, len(written) + 1)]
    assert 90000 < (box.work / "web.log").stat().st_size <= 100000


def test_a_fifo_without_a_reader_is_no_log(box):
    box.procfile({"web": "echo one"})
    box.write("procman.ini", "[web]\nlog-file = fifo\n")
    os.mkfifo(box.work / "fifo")
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == ["one"]
    assert any("fifo" in text for text in running.shown("procman"))


def test_processes_do_not_inherit_logs(box):
    box.procfile({"web": "ls -l /proc/self/fd"})
    running = box.start("start", "--log-dir=logs")
    assert running.wait() == 0
    assert not any("logs" in text for text in running.shown("web"))


def test_many_processes_have_many_logs(box):
    count = 100 if SLOW else 400
    box.procfile({f"p{i}": f"echo {i}" for i in range(count)})
    running = box.start("start", "--log-dir=logs")
    assert running.wait(60) == 0
    for i in range(count):
        assert lines_of(box.work / f"logs/p{i}.log") == [str(i)]


def test_a_reload_gives_another_log_and_other_looks(box):
    gated(box)
    box.write("procman.ini", "[web]\nlog-file = one.log\nhighlight = o\n")
    running = box.start("start", "--color=always", "--time=off")
    (box.work / "gate").write_text("one\n")
    running.wait_line(r"^\x1b\[7mo\x1b\[27mne\x1b\[m$", "web")
    box.write("procman.ini", "[web]\nlog-file = two.log\nhighlight = t\n")
    assert box.ask("reload").code == 0
    (box.work / "gate").write_text("two\n")
    running.wait_line(r"^\x1b\[7mt\x1b\[27mwo\x1b\[m$", "web")
    assert running.stop() == -signal.SIGINT
    assert lines_of(box.work / "one.log") == ["one"]
    assert lines_of(box.work / "two.log") == ["two"]
