"""`procman logs`: what was written, from a second terminal."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess

import pytest

from harness import COMPLAINTS, PATIENCE, PYTHON, SLOW, text_of, until

# Numbered lines: so many at a time, then a pause; without one a flood.
COUNTER = """\
import sys, time
name, burst, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
number = 0
while True:
    text = "".join(f"{name}-{number + i}\\n" for i in range(burst))
    number += burst
    sys.stdout.write(text)
    sys.stdout.flush()
    if pause:
        time.sleep(pause)
"""


class Reader:
    """`procman logs ...` whose output goes to a file."""

    def __init__(self, box, *words):
        self.path = box.dir / f"reader-{len(box.readers)}"
        box.readers.append(self)
        with open(self.path, "wb") as out:
            self.popen = subprocess.Popen(
                [*box.program, "logs", *words], cwd=box.work, env=box.env,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)

    def text(self):
        return text_of(self.path.read_bytes())

    def lines(self):
        """The whole ones."""
        return self.text().split("\n")[:-1]

    def wait_for(self, pattern):
        until(lambda: re.search(pattern, self.text()),
              f"/{pattern}/ in what is read", 20)

    def wait_lines(self, count):
        until(lambda: self.text().count("\n") >= count, f"{count} lines", 30)

    def wait_size(self, size):
        until(lambda: self.path.stat().st_size >= size, f"{size} bytes", 60)

    def wait(self, timeout=20):
        code = self.popen.wait(timeout * PATIENCE)
        self.errors = text_of(self.popen.stderr.read())
        self.popen.stderr.close()
        assert not COMPLAINTS.search(self.errors), self.errors
        return code

    def interrupt(self):
        self.popen.send_signal(signal.SIGINT)
        return self.wait()


@pytest.fixture
def readers(box):
    """For tests that begin readers; none of them outlives its test."""
    box.readers = []
    yield lambda *words: Reader(box, *words)
    for reader in box.readers:
        with contextlib.suppress(ProcessLookupError):
            reader.popen.send_signal(signal.SIGCONT)
            reader.popen.kill()
        reader.popen.wait()


def counter(box, name, burst, pause):
    path = box.work / "counter.py"
    if not path.exists():
        path.write_text(COUNTER)
    return f"exec {shlex.quote(PYTHON)} counter.py {name} {burst} {pause}"


def texts(answer):
    """What stands behind the bars."""
    return [line.split(" | ", 1)[1] for line in answer.out.splitlines()]


def objects(text):
    return [json.loads(line) for line in text.split("\n")[:-1]]


def start_talkers(box, *words):
    """Two that have said what they have to say."""
    box.procfile({"web": "echo web one; echo web two >&2; exec sleep 1000",
                  "worker": "echo worker one; exit 3"})
    running = box.start(*(words or ("start",)))
    running.wait_line("^web two$", "web")
    running.wait_line("^worker exited with code 3", "procman")
    return running


# ---- what is past ----------------------------------------------------------


@pytest.mark.parametrize("color", ["always", "never"])
def test_it_looks_as_start_shows_it(box, color):
    running = start_talkers(box, "start", f"--color={color}")
    answer = box.ask("logs", f"--color={color}")
    assert answer.code == 0
    assert answer.out == text_of(bytes(running.raw))


def test_only_those_that_are_named(box):
    box.write("procman.ini", "[web]\ngroup = front\n")
    start_talkers(box)
    wanted = texts(box.ask("logs", "web"))
    assert re.fullmatch(r"web started with pid \d+", wanted[0])
    assert sorted(wanted[1:]) == ["web one", "web two"]
    assert texts(box.ask("logs", "we*")) == wanted
    assert texts(box.ask("logs", "@front")) == wanted
    assert texts(box.ask("logs", "-x", "worker")) == wanted
    assert len(texts(box.ask("logs", "web", "worker"))) == 6
    answer = box.ask("logs", "wep")
    assert answer.code == 2 and answer.out == ""
    assert 'unknown process "wep"; did you mean "web"?' in answer.err


def test_the_last_lines_of_all(box):
    start_talkers(box)
    everything = texts(box.ask("logs"))
    assert len(everything) == 6
    for count in range(7):
        assert texts(box.ask("logs", "-n", count)) == everything[6 - count:]
    assert texts(box.ask("logs", "-n", 7)) == everything


def test_only_lines_that_match_and_the_last_of_these(box):
    box.procfile({"web": "seq 1000; exec sleep 1000"})
    box.start().wait_line("^1000$", "web")
    tens = [str(number) for number in range(10, 1001, 10)]
    assert texts(box.ask("logs", "--grep", "^[0-9]+0$")) == tens
    assert texts(box.ask("logs", "--grep", "^[0-9]+0$", "-n", 3)) == tens[-3:]
    assert texts(box.ask("logs", "--grep", "^[0-9]+0$", "-n", 0)) == []
    assert texts(box.ask("logs", "--grep", "nothing")) == []


def test_since_a_moment(box):
    box.procfile({"web": "seq 3; read x < gate; seq 4 6; exec sleep 1000"})
    os.mkfifo(box.work / "gate")
    running = box.start()
    running.wait_line("^3$", "web")
    (box.work / "gate").write_text("go\n")
    running.wait_line("^6$", "web")
    lines = objects(box.ask("logs", "--format", "json", "web").out)
    moment = next(line["ts"] for line in lines if line["line"] == "4")
    wanted = [line["line"] for line in lines if line["ts"] >= moment]
    assert "4" in wanted and "6" in wanted and "3" not in wanted
    assert texts(box.ask("logs", "--since", moment, "web")) == wanted
    assert len(texts(box.ask("logs", "--since", "1h", "web"))) == len(lines)
    assert texts(box.ask("logs", "--since", "0", "web")) == []


def test_of_one_run(box):
    box.procfile({"web": "before=$(cat count 2>/dev/null); echo x >> count; "
                         "echo run $before; exec sleep 1000"})
    running = box.start("start", "-exit-on-stop=false")
    running.wait_line("^run$", "web")
    for wanted in ("^run x$", "^run x x$"):
        assert box.ask("run", "restart", "web").code == 0
        running.wait_line(wanted, "web")

    def runs(*words):
        return [text for text in texts(box.ask("logs", *words))
                if text.startswith("run")]
    assert runs() == ["run", "run x", "run x x"]
    assert runs("--run", "current") == ["run x x"]
    assert runs("--run", "last") == ["run x"]
    assert runs("--run", "1", "web") == ["run"]
    assert runs("--run", "7") == []
    first = texts(box.ask("logs", "--run", "1"))
    assert re.fullmatch(r"web started with pid \d+", first[0])
    assert re.match(r"web was ended by SIGTERM after .*, as asked", first[-1])
    assert box.ask("run", "stop", "web").code == 0
    assert runs("--run", "last") == runs("--run", "current") == ["run x x"]


def test_json_has_every_byte_and_the_true_order(box):
    box.procfile({"web": r"printf 'a\377b\n'; echo c >&2; exec sleep 1000"})
    running = box.start()
    running.wait_line("^c$", "web")
    lines = objects(box.ask("logs", "--format", "json").out)
    assert [line["seq"] for line in lines] == sorted(
        line["seq"] for line in lines)
    by_text = {line["line"]: line for line in lines}
    assert by_text["a\ufffdb"]["bytes"] == "Yf9i"
    assert by_text["c"]["stream"] == "stderr"
    assert by_text["c"]["pid"] == running.pid_of("web")


def test_what_a_quiet_process_writes_is_kept(box):
    box.write("procman.ini", "[web]\nquiet = yes\n")
    box.procfile({"web": "echo psst; touch said; exec sleep 1000"})
    running = box.start()
    box.wait_file("said")
    until(lambda: "psst" in texts(box.ask("logs", "web")), "it is kept")
    assert running.shown("web") == []


def test_only_the_newest_are_kept_and_nothing_where_nothing_is_wanted(box):
    box.write("procman.ini", "[little]\nhistory = 4K\n[none]\nhistory = 0\n")
    box.procfile({"little": "seq 10000; exec sleep 1000",
                  "none": "seq 10; exec sleep 1000"})
    running = box.start()
    running.wait_line("^10000$", "little")
    running.wait_line("^10$", "none")
    kept = texts(box.ask("logs", "little"))
    assert kept[-1] == "10000" and 50 < len(kept) < 200
    assert kept == [str(n) for n in range(10001 - len(kept), 10001)]
    assert texts(box.ask("logs", "none")) == []


def test_a_reload_gives_it_more_room_or_less(box, readers):
    box.procfile({"web": "seq 1000; exec sleep 1000"})
    running = box.start()
    running.wait_line("^1000$", "web")
    reader = readers("-f", "web", "--prefix=none")
    reader.wait_for("\n1000\n")
    for setting in ("4K", "2M", "0"):
        box.write("procman.ini", f"[web]\nhistory = {setting}\n")
        assert box.ask("reload").code == 0
        assert len(texts(box.ask("logs", "web", "--grep", "^[0-9]*$"))) == 1000
    reader.interrupt()
    until(lambda: texts(box.ask("logs", "web")) == [], "it is forgotten")
    assert box.statuses()["web"]["restarts"] == 0


@pytest.mark.parametrize("value", ["1", "4095", "2G", "much"])
def test_a_history_that_cannot_be_is_refused(box, value):
    box.write("procman.ini", f"[web]\nhistory = {value}\n")
    box.procfile({"web": "true"})
    answer = box.ask("check")
    assert answer.code == 2 and "procman.ini:2:" in answer.err


@pytest.mark.parametrize("words, wanted", [
    (["--grep", "("], '--grep: "(" is not a regular expression'),
    (["--until", "["], '--until: "[" is not a regular expression'),
    (["-n", "x"], '--lines: "x" is no whole number'),
    (["--since", "soon"], '--since: "soon" is no moment'),
    (["--run", "0"], "--run:"),
    (["--run", "first"], "--run:"),
    (["--timeout", "1s"], "--timeout is for --until"),
    (["--until", "x", "--timeout", "soon"], "timeout:"),
])
def test_bad_usage_is_told_before_a_session_is_looked_for(box, words, wanted):
    answer = box.ask("logs", *words)
    assert answer.code == 2 and answer.out == ""
    assert wanted in answer.err


def test_without_a_session_it_says_so(box):
    box.procfile({"web": "true"})
    answer = box.ask("logs")
    assert answer.code == 1 and "no session is running" in answer.err


# ---- what comes ------------------------------------------------------------


def test_following_ends_with_the_session_and_has_all_of_it(box, readers):
    running = start_talkers(box)
    reader = readers("-f", "--color=never")
    reader.wait_for("worker exited")
    running.stop()
    assert reader.wait() == 0
    assert reader.text() == text_of(bytes(running.raw))


def test_following_ends_by_ctrl_c(box, readers):
    start_talkers(box)
    reader = readers("-f")
    reader.wait_for("worker exited")
    assert reader.interrupt() == -signal.SIGINT


def test_a_session_that_is_killed_is_told(box, readers):
    running = start_talkers(box)
    reader = readers("-f")
    reader.wait_for("worker exited")
    os.kill(running.supervisor(), signal.SIGKILL)
    assert reader.wait() == 1
    assert "session ended" in reader.errors
    running.wait()


def test_a_reader_of_the_reader_that_goes_ends_it(box, readers):
    box.procfile({"web": counter(box, "web", 10, 0.001)})
    box.start().wait_line("^web-10$", "web")
    answer = subprocess.run(
        f"{shlex.join(box.program)} logs -f | head -n 3; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", cwd=box.work, env=box.env,
        capture_output=True, timeout=30 * PATIENCE)
    assert answer.stdout.splitlines()[-1] == b"141", answer


def test_who_keeps_nothing_can_be_followed(box, readers):
    box.write("procman.ini", "[web]\nhistory = 0\n")
    box.procfile({"web": counter(box, "web", 1000, 0.001)})
    running = box.start()
    running.wait_line("^web-5000$", "web")
    reader = readers("-f", "web", "--prefix=none")
    reader.wait_size(300000)
    reader.interrupt()
    numbers = [int(line[4:]) for line in reader.lines()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_it_joins_and_leaves_under_flood_and_misses_nothing(box, readers):
    """No line twice, none missing, in the order in which they came: over the
    seam between what is past and what comes, wherever that is."""
    names = ["one", "two", "three"]
    box.procfile({name: counter(box, name, 50, 0.001) for name in names})
    box.write("procman.ini", "[*]\nhistory = 128k\n")
    running = box.start()
    for name in names:
        running.wait_line(f"^{name}-1000$", name)
    last = -1
    for turn in range(4):
        reader = readers("-f", "--format", "json",
                         *([] if turn % 2 else ["-n", "20000"]))
        # More than what is past can be.
        reader.wait_size(7000000 if turn % 2 else 4000000)
        assert reader.interrupt() == -signal.SIGINT, reader.errors
        lines = objects(reader.text())
        # What is kept of each begins at another moment.
        began = max(next(line["seq"] for line in lines if line["name"] == name)
                    for name in names)
        seqs = [line["seq"] for line in lines]
        assert seqs == sorted(set(seqs)) and seqs[-1] > last
        assert [seq for seq in seqs if seq >= began] == \
            list(range(began, seqs[-1] + 1))
        last = seqs[-1]
        for name in names:
            numbers = [int(line["line"].partition("-")[2]) for line in lines
                       if line["name"] == name]
            assert numbers == list(range(numbers[0],
                                         numbers[0] + len(numbers)))
            assert len(numbers) > 100


def test_who_does_not_read_is_cut_off_and_harms_nobody(box, readers):
    box.procfile({"web": counter(box, "web", 1000, 0)})
    running = box.start()
    running.wait_line("^web-1000$", "web")
    reader = readers("-f", "-n", "1")
    reader.wait_lines(2)
    reader.popen.send_signal(signal.SIGSTOP)
    seen = running.count()
    # Far more than the sockets, the ring and the bound hold together.
    until(lambda: running.count() > seen + 400000, "the flood goes on", 120)
    if not SLOW:
        assert running.peak_kb() < 32768
    assert box.ask("status").code == 0
    reader.popen.send_signal(signal.SIGCONT)
    assert reader.wait() == 1
    assert "cut off" in reader.errors
    numbers = [int(line.partition("web-")[2]) for line in reader.lines()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_long_history_does_not_keep_others_waiting(box, readers):
    """16 MiB of history for a reader that stands still: others are served."""
    box.write("procman.ini", "[web]\nhistory = 16M\n")
    box.procfile({"web": "yes 'a line of a long history' | head -n 250000; "
                         "echo done; exec sleep 1000"})
    running = box.start()
    running.wait_line("^done$", "web", timeout=60)
    reader = readers("web")
    reader.popen.send_signal(signal.SIGSTOP)
    for _ in range(5):
        assert box.ask("status").code == 0
    reader.popen.send_signal(signal.SIGCONT)
    assert reader.wait(60) == 0
    assert len(reader.lines()) > 200000
    assert reader.lines()[-1].endswith("| done")


def test_who_comes_is_followed_and_who_goes_is_seen_off(box, readers):
    box.procfile({"web": "echo web; exec sleep 1000"})
    box.procfile({"late": "echo late; exec sleep 1000"}, name="Late")
    running = box.start()
    running.wait_line("^web$", "web")
    everybody, one = readers("-f"), readers("-f", "web")
    everybody.wait_for("| web\n")
    one.wait_for("| web\n")
    assert box.ask("add", "-f", "Late").code == 0
    everybody.wait_for("| late\n")
    assert texts(box.ask("logs", "late"))[-1] == "late"
    assert box.ask("remove", "late").code == 0
    everybody.wait_for("late was ended by SIGTERM")
    assert box.ask("logs", "late").code == 2
    running.stop()
    assert everybody.wait() == one.wait() == 0
    assert "late" not in one.text()


# ---- until -----------------------------------------------------------------


def test_until_a_line_comes(box, readers):
    os_gate = box.work / "gate"
    os.mkfifo(os_gate)
    box.procfile({"web": "echo early; read x < gate; echo ready to serve; "
                         "echo more; exec sleep 1000"})
    running = box.start()
    running.wait_line("^early$", "web")
    reader = readers("--until", "ready to", "--timeout", "60s")
    reader.wait_for("early")
    os_gate.write_text("go\n")
    assert reader.wait() == 0
    assert reader.lines()[-1].endswith("| ready to serve")


def test_until_a_line_that_is_there_already_ends_at_once(box):
    start_talkers(box)
    answer = box.ask("logs", "--until", "^web (one|two)$", "web")
    assert answer.code == 0
    assert texts(answer)[-1] in ("web one", "web two")
    assert len(texts(answer)) == 2


def test_until_in_vain_is_124_and_only_what_is_new_counts_with_n_0(box):
    start_talkers(box)
    answer = box.ask("logs", "-n", 0, "--until", "web one", "--timeout",
                     "300ms")
    assert answer.code == 124 and answer.out == ""
    assert "no line matched within 300 ms" in answer.err


def test_until_the_session_ends_is_a_failure(box, readers):
    running = start_talkers(box)
    reader = readers("--until", "never said")
    reader.wait_for("worker exited")
    running.stop()
    assert reader.wait() == 1
    assert "the session has ended, and no line matched" in reader.errors


# ---- where it is -----------------------------------------------------------


def test_f_is_the_procfile_in_front_of_the_word_and_follow_behind_it(box):
    box.procfile({"other": "echo other; exec sleep 1000"}, name="Other")
    running = box.start("-f", "Other", "start")
    running.wait_line("^other$", "other")
    answer = box.ask("-f", "Other", "logs", "-f", "--until", "^other$")
    assert answer.code == 0 and texts(answer)[-1] == "other"
    answer = box.ask("logs", "--procfile", "Other", "--until", "^other$")
    assert answer.code == 0 and texts(answer)[-1] == "other"


# ---- one that has failed ---------------------------------------------------

FAILING = ("seq 7; printf '\\033[31mno port\\033[m\\n' >&2; touch said; "
           "read x < gate; exit 3")


def fail(box, running, name="web"):
    box.wait_file("said")
    (box.work / "gate").write_text("go\n")
    running.wait_line(f"^{name} exited with code 3", "procman")


def test_the_last_lines_of_one_that_failed_are_in_its_status(box):
    box.procfile({"web": FAILING, "other": "exec sleep 1000"})
    os.mkfifo(box.work / "gate")
    fail(box, box.start())
    until(lambda: box.statuses()["web"]["state"] == "failed", "it has failed")
    statuses = box.statuses()
    assert statuses["web"]["last_lines"] == ["4", "5", "6", "7",
                                             "\x1b[31mno port\x1b[m"]
    assert "last_lines" not in statuses["other"]
    answer = box.ask("status", "web", "other")
    assert answer.out.endswith("the last lines of web:\n    4\n    5\n    6\n"
                               "    7\n    ?[31mno port?[m\n")
    assert "last lines" not in box.ask("status").out


def test_what_one_that_failed_wrote_last_is_said_again_if_others_wrote(box):
    """Others have written since, or it is quiet; never twice in a row."""
    box.write("procman.ini", "[quiet]\nquiet = yes\n")
    box.procfile({"web": "echo bad; touch said; read x < gate; exit 3",
                  "other": "while [ ! -e said ]; do sleep 0.01; done; "
                           "echo busy; exec sleep 1000",
                  "quiet": "echo psst; exit 4",
                  "silent": "exit 5"})
    os.mkfifo(box.work / "gate")
    running = box.start()
    running.wait_line("^busy$", "other")
    fail(box, running)
    running.wait_line("^    bad$", "procman")
    running.wait_line("^    psst$", "procman")
    said = running.shown("procman")
    assert said.count("the last lines of web:") == 1
    assert said.count("    bad") == 1 and running.shown("web") == ["bad"]
    assert not any("lines of silent" in text for text in said)
    assert texts(box.ask("logs", "web")).count("bad") == 1


def test_what_stands_directly_above_is_not_said_again(box):
    box.procfile({"web": "echo bad; exit 3"})
    running = box.start()
    assert running.wait() == 3
    assert running.shown("web") == ["bad"]
    assert not any("bad" in text for text in running.shown("procman"))


# ---- the README's example --------------------------------------------------


def test_the_example_of_the_readme(box):
    readme = pathlib.Path(__file__).resolve().parents[2] / "README.md"
    section = readme.read_text().partition("## Logs\n")[2].partition("\n## ")[0]
    procfile, = re.findall(r"```procfile\n(.*?)```", section, re.DOTALL)
    steps = re.findall(r"    \$ procman (.*)\n((?:    [^$\n].*\n)+)", section)
    box.write("Procfile", procfile)
    running = box.start()
    running.wait_line("^ready for work$", "db")
    running.wait_line("^web exited with code 3", "procman")
    assert len(steps) == 3

    def without_chance(text):
        return re.sub(r"\d\d:\d\d:\d\d|pid \d+|after .*", "", text)
    for words, wanted in steps:
        words, _, pipe = words.partition(" | ")
        answer = box.ask(*shlex.split(words))
        lines = answer.out.splitlines()[-1:] if pipe else \
            answer.out.splitlines()
        assert answer.code == 0, answer
        assert [without_chance(line) for line in lines] == \
            [without_chance(line[4:]) for line in wanted.splitlines()]
