"""What is shown: every byte, whole lines, colours where they belong."""

import fcntl
import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest

from harness import (CHILDREN, DURATION, PATIENCE, SLOW, alive, bearers,
                     program, text_of, until)

CRASHES = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGKILL)
TIME = rb"\d\d:\d\d:\d\d "


def showing(box, command, *words, **options):
    """What is shown of a command that ends."""
    box.procfile({"web": command})
    running = box.start("start", *words, **options)
    running.wait()
    return running


def literally(data):
    """A command that writes these bytes."""
    return "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'"


# The prefix.

def test_a_line_in_a_pipe_is_time_name_text(box):
    box.procfile({"web": "echo hello", "a-longer-name": "echo there"})
    running = box.start()
    assert running.wait() == 0
    assert re.search(rb"^" + TIME + rb"          web \| hello\n", running.raw,
                     re.M)
    assert re.search(rb"^" + TIME + rb"a-longer-name \| there\n", running.raw,
                     re.M)
    assert re.search(rb"^" + TIME + rb"      procman \| web started with pid "
                     rb"\d+\n", running.raw, re.M)
    assert re.search(rb"^" + TIME + rb"      procman \| web exited with code "
                     rb"0 after " + DURATION.encode() + rb"\n", running.raw,
                     re.M)
    assert b"\x1b" not in running.raw


def test_short_names_are_as_wide_as_procman(box):
    running = showing(box, "echo hello")
    assert re.search(rb"^" + TIME + rb"    web \| hello\n", running.raw, re.M)


def test_the_width_is_that_of_the_processes_that_are_started(box):
    box.procfile({"web": "echo hello", "a-much-longer-name": "true"})
    running = box.start("start", "web")
    assert running.wait() == 0
    line = next(line for line in running.lines if line.name == "web")
    assert re.match(TIME + rb" +web \| hello", line.raw.encode())


def test_the_time_is_that_of_the_clock(box):
    before = time.gmtime()
    running = showing(box, "echo hello")
    after = time.gmtime()
    shown = running.lines[0].raw[:8]
    if before.tm_yday == after.tm_yday:
        assert time.strftime("%T", before) <= shown \
            <= time.strftime("%T", after)


def test_without_logtime_there_is_no_time(box):
    running = showing(box, "echo hello", "-logtime=false")
    assert b"\n    web | hello\n" in b"\n" + running.raw


# Colours.

COLORS = [32, 36, 35, 33, 34, 31, 32, 36]


def test_on_a_terminal_each_name_has_its_colour_by_its_place(box):
    box.procfile({f"p{i}": f"echo {i}" for i in range(8)})
    running = box.start_on_terminal()
    assert running.wait() == 0
    for i, color in enumerate(COLORS):
        assert re.search(rb"^\x1b\[%dm" % color + TIME + rb"     p%d \| "
                         rb"\x1b\[m%d\n" % (i, i), running.raw, re.M)
    assert re.search(rb"^\x1b\[37m" + TIME + rb"procman \| \x1b\[m"
                     rb"p0 started with pid \d+\n", running.raw, re.M)


def test_the_colour_is_that_of_the_place_in_the_file(box):
    box.procfile({f"p{i}": f"echo {i}" for i in range(3)})
    running = box.start_on_terminal("start", "p2")
    assert running.wait() == 0
    assert re.search(rb"\x1b\[35m" + TIME + rb"[^\n]*p2 \| ", running.raw)


@pytest.mark.parametrize("terminal,environment,words,colored", [
    (True, {}, [], True),
    (True, {"NO_COLOR": "1"}, [], False),
    (True, {"NO_COLOR": ""}, [], True),
    (True, {}, ["--color=never"], False),
    (True, {"NO_COLOR": "1"}, ["--color=always"], True),
    (True, {"NO_COLOR": "1"}, ["--color=auto"], False),
    (False, {}, [], False),
    (False, {}, ["--color=always"], True),
    (False, {}, ["--color", "always"], True),
    (False, {"CLICOLOR_FORCE": "1"}, [], True),
    (False, {"CLICOLOR_FORCE": "0"}, [], False),
    (False, {"CLICOLOR_FORCE": "1"}, ["--color=never"], False),
])
def test_colours_are_chosen(box, terminal, environment, words, colored):
    box.procfile({"web": "echo hello"})
    start = box.start_on_terminal if terminal else box.start
    running = start("start", *words, env=environment)
    assert running.wait() == 0
    assert (b"\x1b[32m" in running.raw) == colored
    assert (b"\x1b" in running.raw) == colored


def test_no_escape_code_of_ours_is_in_a_file(box):
    box.procfile({"web": "echo hello"})
    with open(box.work / "out", "wb") as out:
        running = box.start_into(out, "start", env={"TERM": "xterm"})
        assert running.wait() == 0
    shown = (box.work / "out").read_bytes()
    assert b"| hello\n" in shown and b"\x1b" not in shown


def test_a_file_is_appended_to(box):
    box.procfile({"web": "echo hello"})
    with open(box.work / "out", "ab") as out:
        for _ in range(2):
            assert box.start_into(out, "start").wait() == 0
    assert box.read("out").count("| hello\n") == 2


def test_a_file_that_is_shared_is_not_overwritten(box):
    box.procfile({"web": "echo hello"})
    box.write("both.sh", '{ echo before; "$@"; echo after; } > out')
    subprocess.run(["sh", "both.sh", *program(), "start"], cwd=box.work,
                   env=box.env, check=True)
    shown = box.read("out").splitlines()
    assert shown[0] == "before" and shown[-1] == "after"
    assert any(line.endswith("| hello") for line in shown[1:-1])


def test_a_processes_colours_pass_and_end_with_its_line(box):
    command = literally(b"\x1b[31mred\nplain\n\x1b[1mbold")
    running = showing(box, command, "--color=always")
    assert b"| \x1b[m\x1b[31mred\x1b[m\n" in running.raw
    assert b"| \x1b[mplain\n" in running.raw
    assert b"| \x1b[m\x1b[1mbold\x1b[m\n" in running.raw


def test_without_colours_a_processes_escapes_pass_as_they_are(box):
    running = showing(box, literally(b"\x1b[31mred\n\x1b]0;title\n"))
    assert b"| \x1b[31mred\n" in running.raw
    assert b"| \x1b]0;title\n" in running.raw


def test_processes_do_not_see_a_terminal(box):
    box.procfile({"web": "test -t 1 || test -t 2 || test -t 0; echo $?"})
    running = box.start_on_terminal()
    assert running.wait() == 0
    assert running.shown("web") == ["1"]


# Lines.

def test_a_line_written_in_two_parts_is_one_line(box):
    running = showing(box, "printf hel; sleep 0.1; echo lo")
    assert running.shown("web") == ["hello"]


def test_blank_lines_are_kept(box):
    running = showing(box, literally(b"\n\na\n\n"))
    assert running.shown("web") == ["", "", "a", ""]


def test_cr_lf_becomes_lf_and_other_crs_stay(box):
    running = showing(box, literally(b"one\r\ntwo\rtoo\nthree\r\r\n"))
    assert running.shown("web")[:2] == ["one", "two\rtoo"]
    assert b"| one\n" in running.raw and b"| two\rtoo\n" in running.raw


def test_only_lf_ends_a_line(box):
    data = b"a\x0b\x0c\x1c\xc2\x85\xe2\x80\xa8b"
    running = showing(box, literally(data + b"\n"))
    assert b"| " + data + b"\n" in running.raw


def test_every_byte_passes(box):
    data = bytes(byte for byte in range(256) if byte not in b"\r\n")
    running = showing(box, literally(data + b"\n"))
    assert b"| " + data + b"\n" in running.raw


def test_random_bytes_pass_in_order(box):
    data = os.urandom(200000).replace(b"\r", b"r")
    box.write("noise", data)
    running = showing(box, "cat noise")
    shown = b""
    prefix = re.compile(TIME + rb" *web ([|+]) ")
    for line in running.raw.split(b"\n"):
        match = prefix.match(line)
        if match:
            joint = b"\n" if match[1] == b"|" else b""
            shown += joint + line[match.end():]
    assert shown[1:].rstrip(b"\n") == data.rstrip(b"\n")


def test_markup_is_only_text(box):
    running = showing(box, "echo '[red]not red[/red] <b> %s {}'")
    assert running.shown("web") == ["[red]not red[/red] <b> %s {}"]


def test_an_unfinished_last_line_is_shown_and_nothing_is_glued_to_it(box):
    box.procfile({"web": "printf last", "db": "printf 'e' >&2"})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == ["last"]
    assert running.shown("db") == ["e"]
    for line in running.lines:
        assert line.name is not None, line.raw
    assert running.raw.endswith(b"\n")


def test_both_streams_are_shown_each_in_whole_lines(box):
    running = showing(box, "printf out1; printf err1 >&2; echo out2; "
                           "echo err2 >&2")
    assert sorted(running.shown("web")) == ["err1err2", "out1out2"]


def test_a_prompt_is_shown_after_a_second_and_continued_with_a_mark(box):
    box.procfile({"web": "printf 'Password: '; read -r x < gate; echo given",
                  "other": "read -r x < other-gate; echo between"})
    os.mkfifo(box.work / "gate")
    os.mkfifo(box.work / "other-gate")
    began = time.monotonic()
    running = box.start()
    prompt = running.wait_line("^Password: $", "web")
    assert prompt.mark == "|"
    assert prompt.at - began >= 0.9
    assert prompt.at - began < 9 or SLOW
    (box.work / "other-gate").write_text("go\n")
    running.wait_line("^between$", "other")
    (box.work / "gate").write_text("secret\n")
    rest = running.wait_line("^given$", "web")
    assert rest.mark == "+"
    assert running.wait() == 0
    assert running.shown("web") == ["Password: ", "given"]


def test_a_partial_line_is_not_held_up_by_another_process(box):
    box.procfile({"web": "printf 'Name? '; read -r x < gate",
                  "noise": "while :; do echo noise; sleep 0.02; done"})
    os.mkfifo(box.work / "gate")
    running = box.start()
    running.wait_line(r"^Name\? $", "web")
    assert all(line.name for line in running.lines)


@pytest.mark.parametrize("length", [300000, 65536, 65537])
def test_a_long_line_is_shown_whole(box, length):
    box.procfile({"web": f"head -c {length} /dev/zero | tr '\\0' x; echo; "
                         "echo after"})
    running = box.start()
    assert running.wait() == 0
    *pieces, after = [line for line in running.lines if line.name == "web"]
    assert "".join(piece.text for piece in pieces) == "x" * length
    assert [piece.mark for piece in pieces] \
        == ["|"] + ["+"] * (len(pieces) - 1)
    assert (after.mark, after.text) == ("|", "after")


def test_a_line_without_end_does_not_grow_procman(box):
    box.procfile({"web": "head -c 60000000 /dev/zero | tr '\\0' x; "
                         "grep VmHWM /proc/$PPID/status > peak"})
    running = box.start()
    assert running.wait() == 0
    assert sum(map(len, running.shown("web"))) == 60000000
    if not SLOW:
        assert int(box.read("peak").split()[1]) < 32 * 1024


# All of it.

def is_full(pipe):
    """Nothing more goes into the pipe of which this is the end to write to."""
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    return not poll.poll(0)


def test_every_byte_before_an_exit_is_shown_before_it_is_told(box):
    # 200 exits, all of them at the same time as many others.
    names = [f"p{i}" for i in range(20)]
    box.procfile({name: f"seq -f '{name} %g' 1 500; printf '{name} tail'"
                  for name in names},
                 {"load": "while :; do :; done"})
    for _ in range(10):
        running = box.start()
        for name in names:
            running.wait_line(f"^{name} exited with code 0", "procman")
            shown = running.shown(name)
            assert shown[:500] == [f"{name} {i}" for i in range(1, 501)]
            assert shown[500:] == [f"{name} tail"]
        for name in names:
            *_, last = [i for i, line in enumerate(running.lines)
                        if line.name == name]
            told = [i for i, line in enumerate(running.lines)
                    if line.text.startswith(f"{name} exited")]
            assert last < told[0]
        running.force_down()


def test_a_flood_of_several_through_a_slow_reader_is_whole(box):
    count = 30000
    box.procfile({f"w{i}": f"seq -f 'w{i} %06.0f {'x' * 10 * i}' 1 {count}"
                  for i in range(8)})
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    running = box.start_into(write, "start", "-logtime=false")
    os.close(write)
    data = bytearray()
    while piece := os.read(read, 20000):
        data += piece
        if len(data) < 2000000:
            time.sleep(0.0005)  # the slowness of the reader, no wait
    os.close(read)
    assert running.wait() == 0
    expected = {f"w{i}": 0 for i in range(8)}
    for line in text_of(bytes(data)).splitlines():
        name, text = line.lstrip().split(" | ", 1)
        if name == "procman":
            continue
        expected[name] += 1
        fill = "x" * 10 * int(name[1:])
        assert text == f"{name} {expected[name]:06} {fill}"
    assert set(expected.values()) == {count}


def test_a_reader_that_stands_still_cuts_no_line(box):
    # What procman does not read is not the silence of its writer.
    box.procfile({"web": "seq -f 'line %09.0f' 1 300000"})
    read, write = os.pipe()
    running = box.start_into(write, "start", "-logtime=false")
    until(lambda: is_full(write), "the pipe is full")
    time.sleep(1.5 * PATIENCE)  # longer than a prompt is held
    os.close(write)
    data = bytearray()
    while piece := os.read(read, 1 << 16):
        data += piece
    os.close(read)
    assert running.wait() == 0
    lines = [line for line in text_of(bytes(data)).splitlines()
             if line.startswith("    web ")]
    assert lines == [f"    web | line {i:09}" for i in range(1, 300001)]


def test_a_reader_that_stands_still_stops_nobody_but_the_writers(box):
    box.procfile({"flood": "seq 1 100000000",
                  "web": f"$PYTHON {CHILDREN}/reporter.py --log log"})
    read, write = os.pipe()
    running = box.start_into(write, "start", "--spill-limit", "8M")
    os.close(write)
    box.wait_file("log", "ready")

    def flood_is_blocked():
        pid = box.running_pids()["flood"]
        wchan = pathlib.Path(f"/proc/{pid}/wchan").read_text()
        return "pipe" in wchan or \
            pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] == "S"

    # Control works although nothing can be shown; memory does not grow.
    until(flood_is_blocked, "the flood is blocked")
    assert running.peak_kb() < 32 * 1024 or SLOW
    assert box.ask("run", "status").code == 0
    # So do signals.
    running.send(signal.SIGTERM)
    box.wait_file("log", "got SIGTERM")
    while os.read(read, 1 << 20):
        pass
    os.close(read)
    assert running.wait() == -signal.SIGTERM


def test_more_signals_end_it_though_the_reader_stands_still(box):
    box.procfile({"flood": "yes"})
    read, write = os.pipe()
    running = box.start_into(write)
    os.close(write)
    os.read(read, 100)
    running.send_until_it_ends(signal.SIGINT)
    assert running.wait() == -signal.SIGINT
    os.close(read)


@pytest.mark.parametrize("command", [
    "seq 1 100000000", "while :; do echo tick; sleep 0.05; done"])
def test_a_reader_that_goes_away_is_an_orderly_shutdown(box, command):
    box.procfile({"web": command,
                  "other": f"$PYTHON {CHILDREN}/reporter.py --log log; "
                           "touch ended"})
    read, write = os.pipe()
    running = box.start_into(write)
    os.close(write)
    box.wait_file("log", "ready")
    os.read(read, 10)
    os.close(read)
    assert running.wait() not in CRASHES
    assert box.read("log").splitlines() == ["ready", "got SIGTERM"]


def test_head_gets_its_line_and_all_is_gone(box):
    box.procfile({"web": "while :; do echo tick; sleep 0.02; done"})
    result = subprocess.run(
        ["sh", "-c", '"$@" start | head -1', "sh", *program()], cwd=box.work,
        env=box.env, capture_output=True, timeout=30 * (6 if SLOW else 1))
    assert result.returncode == 0
    assert result.stdout.count(b"\n") == 1
    assert bearers(box.mark) == []


def test_a_full_disk_is_no_crash(box):
    box.procfile({"web": "echo hello", "other": "sleep 1000"})
    with open("/dev/full", "wb") as full:
        running = box.start_into(full)
        until(lambda: b"No space left on device" in running.errors,
              "it is told")
        assert box.ask("run", "restart", "other").code == 0
        assert box.ask("run", "status").out == " web\n*other\n"
        assert running.stop() == -2
    assert running.errors.count(b"\n") == 1


BATCH = 131072  # bytes: more of them do not wait for the end of a turn


@pytest.mark.skipif(SLOW, reason="sanitizers and valgrind bear no strace")
def test_few_writes_for_each_turn_of_the_loop_and_whole_lines_only(box):
    trace = box.dir / "trace"
    box.procfile({"web": "cat numbers", "db": "cat numbers"})
    box.write("numbers", "".join(f"{i:060}\n" for i in range(40000)))
    with open(box.work / "out", "wb") as out:
        running = box.start_into(
            out, "start", wrapper=[
                "strace", "-f", "-qq", "-s", "1000000", "-o", trace, "-e",
                "trace=write,writev,epoll_wait,epoll_pwait"])
        assert running.wait(60) == 0
    out = box.read("out")
    lines = out.count("\n")
    assert lines >= 80000
    turns = writes = 0
    for call in trace.read_text(errors="replace").splitlines():
        turns += bool(re.match(r"\d+ +epoll_", call))
        if re.match(r"\d+ +writev?\(\d+, .* (web|db|procman) \| ", call):
            writes += 1
            assert re.search(r'\\n"(\.\.\.)?(, |\})', call), call[-200:]
    assert 0 < writes <= turns + 2 + len(out) / BATCH
    assert lines / writes > 20


# What is told.

def test_exits_are_told_with_their_duration(box):
    box.procfile({"web": "sleep 0.25; exit 3", "db": "kill -KILL $$"})
    running = box.start()
    assert running.wait() in (3, 137)
    told = "\n".join(running.shown("procman"))
    assert re.search(rf"^web exited with code 3 after {DURATION}$", told, re.M)
    assert re.search(rf"^db was ended by SIGKILL after {DURATION}$", told,
                     re.M)


def test_an_end_that_was_asked_for_is_told_so(box):
    box.procfile({"web": "sleep 1000", "db": "sleep 1000"})
    running = box.start()
    for name in ("web", "db"):
        running.pid_of(name)
    box.ask("run", "restart", "web")
    running.wait_line(
        rf"^web was ended by SIGTERM after {DURATION}, as asked$", "procman")
    running.stop()
    assert re.search(r"^db was ended by SIGTERM after .*, as asked$",
                     "\n".join(running.shown("procman")), re.M)


def test_a_line_is_shown_at_once(box):
    # It may come to its second reading while the gate's writer still has it
    # open: each reading has a gate of its own.
    box.procfile({"web": "read -r x < gate; echo there; read -r x < shut"})
    os.mkfifo(box.work / "gate")
    os.mkfifo(box.work / "shut")
    running = box.start()
    pid = running.pid_of("web")
    (box.work / "gate").write_text("go\n")
    wrote = time.monotonic()
    assert running.wait_line("^there$", "web").at - wrote < 9 or SLOW
    assert alive(pid)


def test_what_a_grandchild_says_after_the_exit_is_shown(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": "(read -r x < gate; echo later; exec sleep 1000) & "
                         "echo hi", "other": "sleep 1000"})
    began = time.monotonic()
    running = box.start()
    told = running.wait_line("^web exited with code 0", "procman")
    assert told.at - began < 9 or SLOW
    assert running.shown("web") == ["hi"]
    running.wait_line(r"^web\b.* 1 of its processes live on \(pid \d+\)$",
                      "procman")
    (box.work / "gate").write_text("go\n")
    running.wait_line("^later$", "web")
    assert running.stop() == -2
