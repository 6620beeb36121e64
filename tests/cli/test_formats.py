"""Time, prefix and format of what is shown; escapes on a shared terminal."""

import base64
import datetime
import json
import os
import pathlib
import re
import time

import pytest


def literally(data):
    """A command that writes these bytes."""
    return "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'"


def shown_of(box, command, *words, settings=None, **options):
    """The raw lines of a process that writes something and ends."""
    box.procfile({"web": command})
    if settings:
        box.write("procman.ini", settings)
    running = box.start("start", *words, **options)
    assert running.wait() == 0
    return running


# Time.

TIMES = {
    "off": rb"",
    "time": rb"\d\d:\d\d:\d\d ",
    "ms": rb"\d\d:\d\d:\d\d\.\d{3} ",
    "rfc3339": rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ",
    "elapsed": rb" *\d+\.\d{3} ",
}


@pytest.mark.parametrize("style", TIMES)
@pytest.mark.parametrize("way", ["option", "settings", "environment"])
def test_the_time_has_the_style_that_is_wanted(box, style, way):
    running = shown_of(
        box, "echo hello", *[f"--time={style}"] * (way == "option"),
        settings=f"[procman]\ntime = {style}\n" if way == "settings" else None,
        env={"PROCMAN_TIME": style} if way == "environment" else {})
    assert re.search(rb"^" + TIMES[style] + rb"    web \| hello\n",
                     running.raw, re.M)
    assert re.search(rb"^" + TIMES[style] + rb"procman \| web started",
                     running.raw, re.M)


def test_milliseconds_go_on_between_lines(box):
    os.mkfifo(box.work / "gate")
    box.procfile({"web": "echo one; read -r x < gate; echo two"})
    running = box.start("start", "--time=elapsed")
    running.wait_line("one$")
    time.sleep(0.05)  # what is measured
    (box.work / "gate").write_text("go\n")
    assert running.wait() == 0
    one, two = [float(line.raw.split()[0]) for line in running.lines
                if line.raw.endswith(("one", "two"))]
    assert 0.05 <= two - one + 0.001


def test_logtime_is_the_short_way_and_time_wins(box):
    for words, style in [(["-logtime=false"], "off"), (["-logtime"], "time"),
                         (["-logtime=false", "--time=ms"], "ms"),
                         (["--time=off", "-logtime"], "off")]:
        running = shown_of(box, "echo hello", *words)
        assert re.search(rb"^" + TIMES[style] + rb"    web \| hello\n",
                         running.raw, re.M), words


def test_the_command_line_wins_over_the_settings(box):
    settings = "[procman]\ntime = ms\nprefix = none\nformat = json\n"
    running = shown_of(box, "echo hello", "-logtime=false", "--prefix=full",
                       "--format=text", settings=settings)
    assert b"\n    web | hello\n" in running.raw


def test_an_unknown_word_is_refused_with_those_that_there_are(box):
    box.procfile({"web": "echo hello"})
    for word, choices in [("--time=now", "off, time, ms, rfc3339 or elapsed"),
                          ("--prefix=all", "full, name or none"),
                          ("--format=xml", "text or json")]:
        answer = box.ask("start", word)
        assert answer.code == 2
        assert choices in answer.err


# Prefix.

def test_the_prefix_may_be_the_name_alone(box):
    running = shown_of(box, "echo hello", "--prefix=name")
    assert b"\n    web | hello\n" in running.raw


def test_without_prefix_a_line_is_as_it_was_written(box):
    running = shown_of(box, "echo hello; echo there >&2", "--prefix=none")
    assert {b"hello", b"there"} <= set(bytes(running.raw).split(b"\n"))
    assert re.search(rb"^procman \| web started", running.raw, re.M)


def test_stderr_is_marked_if_that_is_wanted(box):
    running = shown_of(box, "echo out; echo err >&2", "--mark-stderr",
                       "--time=off")
    assert b"    web | out\n" in running.raw
    assert b"    web ! err\n" in running.raw


# JSON.

def objects(running):
    return [json.loads(line) for line in running.raw.splitlines()]


def test_json_is_an_object_for_each_line(box):
    before = datetime.datetime.now(datetime.timezone.utc)
    running = shown_of(box, "echo hello; echo there >&2", "--format=json")
    after = datetime.datetime.now(datetime.timezone.utc)
    lines = objects(running)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    started, = [line for line in lines if "started with pid" in line["line"]]
    assert started["name"] == started["stream"] == "procman"
    assert started["pid"] == running.pid
    hello, = [line for line in lines if line["line"] == "hello"]
    assert hello["name"] == "web" and hello["stream"] == "stdout"
    assert hello["pid"] == int(started["line"].split()[-1])
    there, = [line for line in lines if line["line"] == "there"]
    assert there["stream"] == "stderr"
    for line in lines:
        assert re.fullmatch(r"[-\d]+T[\d:]+\.\d{6}Z", line["ts"])
        at = datetime.datetime.fromisoformat(line["ts"].replace("Z", "+00:00"))
        assert before <= at <= after
        assert "continues" not in line and "bytes" not in line


def test_what_procman_says_of_a_process_is_an_object_too(box):
    box.procfile({"web": "no-such-program-at-all"})
    running = box.start("start", "--format=json")
    assert running.wait() == 127
    said, = [line for line in objects(running) if line["name"] == "web"]
    assert said["stream"] == "procman" and "cannot start" in said["line"]


def test_every_byte_comes_back_from_json(box):
    data = bytes(byte for byte in range(256) if byte not in b"\r\n")
    running = shown_of(box, literally(data + b"\n"), "--format=json")
    line, = [line for line in objects(running) if line["name"] == "web"]
    assert base64.b64decode(line["bytes"]) == data
    assert line["line"].startswith("\0\1\2")


def test_text_and_escapes_are_as_they_were_in_json(box):
    text = "gr\u00fc\u00df \u20ac \x1b[31mred\x1b[0m \t\"quoted\" \\"
    running = shown_of(box, literally(text.encode() + b"\n"), "--format=json")
    line, = [line for line in objects(running) if line["name"] == "web"]
    assert line["line"] == text and "bytes" not in line
    assert b"\x1b" not in running.raw


def test_pieces_of_a_long_line_say_so_in_json(box):
    running = shown_of(box, "head -c 150000 /dev/zero | tr '\\0' x; echo",
                       "--format=json")
    pieces = [line for line in objects(running) if line["name"] == "web"]
    assert "".join(piece["line"] for piece in pieces) == "x" * 150000
    assert [piece.get("continues", False) for piece in pieces] \
        == [False] + [True] * (len(pieces) - 1)


def test_json_has_no_colours_on_a_terminal(box):
    box.procfile({"web": "echo hello"})
    running = box.start_on_terminal("start", "--format=json")
    assert running.wait() == 0
    assert b"\x1b" not in running.raw
    assert "hello" in [line["line"] for line in objects(running)]


def test_a_quiet_process_is_quiet_in_json_too(box):
    running = shown_of(box, "echo hello", "--format=json",
                       settings="[web]\nquiet = yes\n")
    assert [line["name"] for line in objects(running)] == ["procman"] * 2


# Escapes.

HOSTILE = (b"\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1b[?1049h\x1b[2J\x1b[H"
           b"\x1b[6n\x1bP$q\x1b\\\x1b_x\x1b\\\x1bc\x9b2J\xc2\x9b3J\x07\x08"
           b"\x1b[31mred\x1b[0m")


def shown_on_terminal(box, command, *words, **options):
    box.procfile({"web": command})
    running = box.start_on_terminal("start", "--time=off", *words, **options)
    assert running.wait() == 0
    return running.raw


def test_a_terminal_is_safe_from_what_processes_write(box):
    raw = shown_on_terminal(box, literally(HOSTILE + b"\nnext\n"))
    assert b"| \x1b[m\\x9b2J\\u009b3J^G^H\x1b[31mred\x1b[0m\x1b[m\n" in raw
    assert b"| \x1b[mnext\n" in raw
    ours = re.sub(rb"\x1b\[[\d;]*m", b"", raw)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\x9f]", ours)


def test_raw_lets_everything_act(box):
    for words, settings in [(["--raw"], ""),
                            ([], "[procman]\nraw = yes\n")]:
        box.write("procman.ini", settings)
        raw = shown_on_terminal(box, literally(HOSTILE + b"\n"), *words)
        assert HOSTILE in raw


def test_a_sequence_over_two_pieces_of_a_line_does_not_slip_through(box):
    for shift in range(1, 8):
        box.write("long", b"x" * (65536 - shift) + b"\x1b]0;t\x07\x1b[2J\n")
        raw = shown_on_terminal(box, "cat long")
        assert raw.count(b" + ") == 1
        ours = re.sub(rb"\x1b\[\d*m", b"", raw)
        assert b"\x1b" not in ours and b"\x07" not in ours


def test_a_progress_bar_ends_as_it_would_and_spares_the_prefix(box):
    raw = shown_on_terminal(box, literally(b"10%\r20%\r\x1b[K100%\r\n"),
                            "--color=never")
    assert b"    web | 100%\n" in raw
    assert b"20%" not in raw


def test_a_pipe_gets_the_bytes_as_they_are(box):
    running = shown_of(box, literally(HOSTILE + b"\n"))
    assert b"| " + HOSTILE + b"\n" in running.raw


def test_nothing_is_lost_of_text_that_is_no_ascii(box):
    text = "gr\u00fc\u00df dich \u20ac \U0001f600 \u4f5b\ttab"
    raw = shown_on_terminal(box, literally(text.encode() + b"\n"))
    assert text.encode() + b"\n" in raw


# Logs of JSON, and levels.

ETCD = ('{"level":"%s","ts":"2026-11-22T22:35:37.831Z","caller":'
        '"embed/etcd.go:117","msg":"configuring peer listeners",'
        '"listen-peer-urls":["http://127.0.0.1:12380"]}')


def test_logs_of_json_are_shown_as_people_read_them(box):
    box.write("lines", ETCD % "info" + "\n[WARNING] plain\n{broken\n")
    running = shown_of(box, "cat lines", settings="[web]\npretty = json\n")
    assert running.shown("web") == [
        "INFO  22:35:37.831Z configuring peer listeners "
        'listen-peer-urls=["http://127.0.0.1:12380"] (embed/etcd.go:117)',
        "[WARNING] plain", "{broken"]


def test_the_example_of_the_readme(box):
    readme = pathlib.Path(__file__).resolve().parents[2] / "README.md"
    example, = re.findall(r"```ini\n(\[etcd\*\]\npretty.*?)```",
                          readme.read_text(), re.DOTALL)
    wanted, = re.findall(r"    etcd1 \| (INFO  .*)\n", readme.read_text())
    box.write("lines", '{"level":"info","ts":"2026-11-22T22:35:37.831Z",'
              '"caller":"etcdserver/backend.go:80","msg":"opened backend db",'
              '"path":"infra1.etcd/member/snap/db","took":"1.5ms"}\n')
    box.procfile({"etcd1": "cat lines; echo it became leader"})
    box.write("procman.ini", example)
    running = box.start("start", "--color=always")
    assert running.wait() == 0
    shown = [re.sub(r"\x1b\[[\d;]*m", "", text)
             for text in running.shown("etcd1")]
    assert shown == [wanted, "it became leader"]
    assert b"it \x1b[7mbecame leader\x1b[27m" in running.raw


def test_only_what_is_shown_is_made_pretty(box):
    box.write("lines", ETCD % "info" + "\n")
    box.procfile({"web": "cat lines"})
    box.write("procman.ini", "[web]\npretty = json\nlog-file = log\n")
    running = box.start("start", "--format=json")
    assert running.wait() == 0
    assert ETCD % "info" in [line["line"] for line in objects(running)]
    assert box.read("log") == ETCD % "info" + "\n"


@pytest.mark.parametrize("way", ["option", "settings", "json"])
def test_what_is_below_a_level_is_hidden(box, way):
    box.write("lines", "".join(
        line + "\n" for line in [
            ETCD % "debug", ETCD % "info", ETCD % "warn", ETCD % "error",
            "2026-11-22 22:35:40.800959 I | etcdmain: no",
            "2026-11-22 22:35:40.800959 W | etcdmain: yes", "plain text"]))
    running = shown_of(
        box, "cat lines", *{"option": ["--level=warn"], "settings": [],
                            "json": ["--level=warn", "--format=json"]}[way],
        settings="[procman]\nlevel = warn\n[web]\nlog-file = log\n"
        if way == "settings" else None)
    lines = [line["line"] for line in objects(running)
             if line["name"] == "web"] if way == "json" \
        else running.shown("web")
    assert lines == [ETCD % "warn", ETCD % "error",
                     "2026-11-22 22:35:40.800959 W | etcdmain: yes",
                     "plain text"]
    if way == "settings":
        assert box.read("log") == box.read("lines")
    assert b"web exited with code 0" in running.raw


def test_the_rest_of_a_hidden_line_is_hidden(box):
    box.write("lines", "level=info " + "x" * 100000 + "\nplain\n")
    running = shown_of(box, "cat lines", "--level=warn")
    assert running.shown("web") == ["plain"]


# Highlighting.

def test_what_is_looked_for_is_shown_in_reverse(box):
    running = shown_of(box, "echo an error; echo errors >&2", "--color=always",
                       settings="[web]\nhighlight = err(or)?\n")
    assert b"an \x1b[7merror\x1b[27m\x1b[m\n" in running.raw
    assert b"\x1b[7merror\x1b[27ms\x1b[m\n" in running.raw


def test_without_colours_nothing_is_highlighted(box):
    running = shown_of(box, "echo an error",
                       settings="[web]\nhighlight = error\n")
    assert running.shown("web") == ["an error"]


def test_a_wrong_expression_is_refused_with_its_line(box):
    box.procfile({"web": "touch was-here"})
    box.write("procman.ini", "[web]\nhighlight = a(\n")
    answer = box.ask("start")
    assert answer.code == 2
    assert "procman.ini:2" in answer.err
    assert "is not a regular expression" in answer.err
    assert not (box.work / "was-here").exists()
