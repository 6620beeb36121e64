"""The Procfile, .env, and what processes are given."""

import ast
import os
import subprocess

import pytest

from harness import alive, command_line, environment_of, started, text_of


# The grammar.

@pytest.mark.parametrize("content,names", [
    ("web: true\n", "web"),
    ("web: true", "web"),
    ("web:true\n", "web"),
    ("\ufeffweb: true\n", "web"),
    ("web: true\r\ndb: true\r\n", "web, db"),
    ("  web: true\n\tdb: true\n", "web, db"),
    ("web : true\n", "web"),
    ("# a: true\n   # b: true\n\n \t \nweb: true\n", "web"),
    ("1: true\n_: true\na.b-c_d: true\n", "1, _, a.b-c_d"),
    ("web: curl http://x:80/\n", "web"),
    ("web: true # not: a comment\n", "web"),
    ("release: true\nweb: true\n", "release, web"),
])
def test_a_procfile_is_understood(box, content, names):
    box.write("Procfile", content)
    assert box.ask("check") == \
        (0, f"valid procfile detected ({names})\n", "")


@pytest.mark.parametrize("line", [
    "just words", "web:", "web:   ", "my web: true", "a/b: true",
    "web#1: true", "-web: true", ".web: true", "服务: true", '"w": true',
    "\\: true", ": true"])
def test_a_line_that_is_no_entry_is_ignored_with_a_warning(box, line):
    box.write("Procfile", f"first: true\n{line}\nlast: true\n")
    answer = box.ask("check")
    assert answer.code == 0
    assert answer.out == "valid procfile detected (first, last)\n"
    assert answer.err.startswith("procman: warning: Procfile:2:")
    assert answer.err.count("\n") == 1
    assert box.ask("check", "--strict").code == 1


def test_start_warns_and_starts_the_rest(box):
    box.write("Procfile", "web: echo hello\njust words\n")
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == ["hello"]
    assert text_of(bytes(running.errors)).startswith(
        "procman: warning: Procfile:2:")


@pytest.mark.parametrize("content,said", [
    (b"", "no valid entry"),
    (b"# nothing\n\nnothing here\n", "no valid entry"),
    ("web: true\n".encode("utf-16"), "UTF-16"),
    ("web: true\n".encode("utf-16-be"), ""),
    (b"web: true\x00\n", "NUL"),
    (b"web: true\ndb: true\n  web : false\n",
     'Procfile:3:3: "web" is on line 1 already'),
    (b"web: echo " + b"x" * 131100 + b"\n", "Procfile:1:"),
])
def test_a_bad_procfile_is_an_error(box, content, said):
    box.write("Procfile", content)
    for command in ("check", "start"):
        answer = box.ask(command)
        assert answer.code == 2 and answer.out == ""
        assert "procman: Procfile:" in answer.err and said in answer.err


def test_a_duplicate_name_starts_nothing(box):
    box.procfile("web: touch was-here", "web: touch was-here")
    answer = box.ask("start")
    assert answer.code == 2
    assert answer.err == \
        'procman: Procfile:2:1: "web" is on line 1 already\n'
    assert not (box.work / "was-here").exists()


def test_a_missing_procfile_is_named(box):
    assert box.ask("check") == \
        (2, "", "procman: cannot read Procfile: No such file or directory\n")
    assert box.ask("-f", "a/b", "start") == \
        (2, "", "procman: cannot read a/b: No such file or directory\n")


def test_a_folder_is_no_procfile(box):
    (box.work / "Procfile").mkdir()
    assert box.ask("start") == \
        (2, "", "procman: cannot read Procfile: Is a directory\n")


def test_a_procfile_may_be_what_a_shell_substitutes(box):
    box.write("check.sh", '"$@" -f <(echo "web: true") check')
    result = subprocess.run(["bash", "check.sh", *box.program], cwd=box.work,
                            env=box.env, capture_output=True, timeout=60)
    assert result.stdout == b"valid procfile detected (web)\n"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_bytes_of_a_command_pass_in_any_locale(box, locale):
    box.write("Procfile", b"# caf\xe9\nweb: printf 'a\xff\xfe\xc3z \xc3\xa9\\n'\n"
                          b"shell: printf '%s\\n' \"\xff$PS\"\n")
    running = box.start(env={"LC_ALL": locale})
    assert running.wait() == 0
    assert b"| a\xff\xfe\xc3z \xc3\xa9\n" in running.raw
    assert b"| \xffshell\n" in running.raw


def test_a_command_of_128_kB_is_started(box):
    box.procfile({"web": "echo " + "x" * 130000})
    running = box.start()
    assert running.wait() == 0
    assert sum(map(len, running.shown("web"))) == 130000


def test_neither_comments_nor_continuations_are_cut(box):
    box.procfile({"one": "echo a#b 'c # d'", "two": "echo e # f",
                  "three": "echo g\\"})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("one") == ["a#b c # d"]
    assert running.shown("two") == ["e"]
    assert running.shown("three")[0].startswith("g")


# PORT, PS, PROCMAN_SESSION, the folder.

def ports(box, *words, entries=3, **options):
    """The PORT of each process."""
    box.procfile({f"p{i}": "echo ${PORT-none}" for i in range(entries)})
    running = box.start("start", *words, **options)
    assert running.wait() == 0, running.tail()
    return [" ".join(running.shown(f"p{i}")) for i in range(entries)]


def test_port_is_the_base_and_a_hundred_for_each_place(box):
    assert ports(box) == ["5000", "5100", "5200"]
    assert ports(box, "-b", "7000") == ["7000", "7100", "7200"]


def test_port_is_that_of_the_place_in_the_file_whatever_is_started(box):
    assert ports(box, "p2", "p1") == ["", "5100", "5200"]


def test_port_in_env_files_is_the_base_unless_an_option_says_it(box):
    box.write(".env", "PORT=3000\n")
    assert ports(box) == ["3000", "3100", "3200"]
    assert ports(box, "-b", "7000") == ["7000", "7100", "7200"]


def test_port_in_the_environment_is_not_the_base(box):
    assert ports(box, env={"PORT": "9000"}) == ["5000", "5100", "5200"]


def test_without_set_ports_port_is_left_alone(box):
    assert ports(box, "-set-ports=false") == ["none"] * 3
    assert ports(box, "-set-ports=false", env={"PORT": "9000"}) \
        == ["9000"] * 3
    box.write(".env", "PORT=3000\n")
    assert ports(box, "-set-ports=false") == ["3000"] * 3
    assert ports(box, "-set-ports=false", env={"PORT": "9000"}) \
        == ["9000"] * 3


def test_processes_know_their_name_and_session(box):
    box.procfile({"web": "sleep 1000", "shell": "sleep 1000; true"})
    running = box.start()
    for name in ("web", "shell"):
        environment = environment_of(running.pid_of(name))
        assert environment["PS"] == name
        assert [environment["PROCMAN_SESSION"]] == \
            [str(path) for path in box.sessions()]


def test_processes_run_where_procman_was_started(box):
    box.procfile({"web": "/bin/pwd", "shell": "pwd | cat"},
                 name="sub/Procfile")
    running = box.start("-f", "sub/Procfile", "start")
    assert running.wait() == 0
    assert running.shown("web") == running.shown("shell") \
        == [str(box.work.resolve())]


def test_basedir_is_the_folder_of_procfile_env_and_processes(box):
    box.write(".env", "FROM=outside\n")
    box.write("sub/.env", "FROM=inside\n")
    box.procfile({"web": "/bin/pwd", "shell": 'echo "$FROM"'},
                 name="sub/other")
    running = box.start("-basedir", "sub", "-f", "other", "start")
    assert running.wait() == 0
    assert running.shown("web") == [str((box.work / "sub").resolve())]
    assert running.shown("shell") == ["inside"]


# .env

def values(box, *words, names=("A", "B"), **options):
    """What the environment of a process says."""
    box.procfile({"web": "sleep 1000"})
    running = box.start("start", *words, **options)
    environment = environment_of(running.pid_of("web"))
    running.stop()
    return [environment.get(name) for name in names]


def test_env_is_read_from_the_folder(box):
    box.write(".env", "A=1\nexport B='two words' # comment\n")
    assert values(box) == ["1", "two words"]


def test_the_environment_wins_over_the_file(box):
    box.write(".env", "A=file\nB=file\n")
    assert values(box, env={"A": "environment"}) == ["environment", "file"]
    assert values(box, env={"A": ""}) == ["", "file"]


def test_the_default_env_file_may_be_missing_but_a_named_one_may_not(box):
    assert values(box) == [None, None]
    box.write("one.env", "A=1\n")
    box.procfile({"web": "touch was-here"})
    for name in ("none.env", ".env", "one.env,none.env"):
        answer = box.ask("start", "-env", name)
        assert answer.code == 2 and answer.out == ""
        assert answer.err == f"procman: cannot read {name.split(',')[-1]}: " \
                             "No such file or directory\n"
    assert not (box.work / "was-here").exists()


def test_of_several_env_files_the_last_counts(box):
    box.write("one.env", "A=1\nB=1\n")
    box.write("two.env", "B=2\n")
    assert values(box, "-env", "one.env,two.env") == ["1", "2"]


def test_named_env_files_replace_the_default(box):
    box.write(".env", "A=default\n")
    box.write("one.env", "B=named\n")
    assert values(box, "-env=one.env") == [None, "named"]


@pytest.mark.parametrize("text,value", [
    ("A=", ""), ("A = 1", "1"), ("A=1", "1"), ("A=x # c", "x"),
    ("A=   # c", ""), ("A=x#y", "x#y"),
    ("A=1 # c # d", "1"), ("A='$B'", "$B"), ('A="a\\nb"', "a\nb"),
    ('A="a\\tb\\"c\\$d"', 'a\tb"c$d'), ("A=a\\nb", "a\\nb"),
    ("A=a b c", "a b c"), ('A={"a":1}', '{"a":1}'), ("A=it's", "it's"),
    ('A="one\ntwo"', "one\ntwo"), ("A=1\nA=2", "2"), ("\ufeffA=1", "1"),
    ("A=1\r", "1"), ("B=x\nA=${B}y", "xy"), ("B=x\nA=\"$B y\"", "x y"),
    ("A=p@$$W0RD1", "p@$$W0RD1"), ("A=[${NOTHING}]", "[]"),
    ("A=`id` $(id)", "`id` $(id)"), ("A=${OUTSIDE}", "from outside"),
])
def test_a_value_is_read(box, text, value):
    box.write(".env", text)
    assert values(box, env={"OUTSIDE": "from outside"})[0] == value


def test_a_bad_line_of_an_env_file_is_left_out_with_a_warning(box):
    box.write(".env", "A=1\nthis is nothing\nB=2\n")
    box.procfile({"web": "echo $A $B"})
    running = box.start()
    assert running.wait() == 0
    assert running.shown("web") == ["1 2"]
    assert text_of(bytes(running.errors)).startswith(
        "procman: warning: .env:2:")


def test_env_may_hold_any_bytes(box):
    box.write(".env", b"A=\xff\xfe\xc3\xa9\n")
    box.procfile({"web": "echo $A"})
    running = box.start()
    assert running.wait() == 0
    assert b"| \xff\xfe\xc3\xa9\n" in running.raw


# What needs a shell, and what does not.

COMMANDS = [
    "$PYTHON words.py",  # the shell's, because of the dollar
    "./words a b", "./words 'a b' \"c d\"", "./words a\\ b", "./words ''",
    "./words \"it's\" 'say \"x\"'", "./words a'b'\"c\"d\\e", "./words a#b",
    "./words \"a\\b\" \"a\\\\b\" \"\\\"\"", "./words --x=y -z", "./words a=b",
    "W1=x ./words", "W1=x W2='y z' ./words W3=a", "W1= ./words",
    "W1=\"a b\"c ./words 1", "./words %s {} @ , + : / ^ !",
    "./words [a]", "./words {a,b}", "./words ~", "./words a~", "W1=~ ./words",
    "W1=a:~ ./words x", "./words *.txt", "./words '*.txt'", "./words no*ne",
    "./words ?", "./words \"$PS\"", "./words '$PS'", "./words \\$PS",
    "./words $PS-${PS}-$((1+2))", "./words `echo a`", "./words $(echo a b)",
    "./words a # b", "./words #a", "./words a;./words b", "./words a && true",
    "./words a || true", "false || ./words c", "./words a | cat",
    "./words a > out; cat out", "./words a 2>&1", "./words < Procfile",
    "cd sub && ./words there", "exec ./words a", "command ./words a",
    "(./words a)", "{ ./words a; }", "if true; then ./words a; fi",
    "! ./words a", "echo a", "printf '%s\\n' a", "test a", "true",
    "time ./words a", "W1=x; export W1; ./words", "eval ./words a",
    "./words a &", ". ./dotted", "./words \\\\ '\\' ", "./words a\tb   c",
    "umask", "set -- a b; ./words \"$@\"", "W1=x; ./words", "W1=x W2=y true",
    "./words \"a'b\" 'c'\\''d'", "./words '' \"\" x", "W-1=x ./words",
    "1W=x ./words", "./wor'ds' a", "'./words' a", "\"W1=x\" ./words",
    "W1='x' W1=y ./words", "./words ,a -- -", "./words a\\#b",
]


def words_said(lines):
    """What children/words.py said, wherever it stands."""
    said = []
    for line in lines:
        try:
            said.append(ast.literal_eval(line))
        except (SyntaxError, ValueError):
            said.append(line)
    return said


def test_every_command_does_what_the_shell_does(box):
    words = box.write("words", f"#!{box.env['PYTHON']} -SE\n" + open(
        f"{box.env['CHILDREN']}/words.py").read(), 0o755)
    box.write("words.py", words.read_bytes())
    box.write("one.txt", "")
    box.write("two.txt", "")
    box.write("dotted", "./words dotted\n")
    (box.work / "sub").mkdir()
    box.write("sub/words", words.read_bytes(), 0o755)

    box.procfile({f"c{i}": command for i, command in enumerate(COMMANDS)})
    running = box.start("start", "-set-ports=false")
    running.wait(60)

    # "./words a &" may say it after the end of its shell, and ./out and W1=x
    # are each one's own: the shell's turn comes afterwards.
    for i, command in enumerate(COMMANDS):
        shell = subprocess.run(["/bin/sh", "-c", command], cwd=box.work,
                               env={**box.env, "PS": f"c{i}"},
                               stdin=subprocess.DEVNULL, capture_output=True)
        expected = text_of(shell.stdout).splitlines()
        if shell.returncode in (0, 1) and not shell.stderr:
            assert words_said(running.shown(f"c{i}")) \
                == words_said(expected), command
        exits = f"c{i} exited with code {shell.returncode} "
        said = "\n".join(running.shown("procman"))
        if shell.returncode not in (126, 127):
            assert exits in said, command


@pytest.mark.parametrize("command,arguments", [
    ("sleep 1000", ["sleep", "1000"]),
    ("W=1 sleep 1000", ["sleep", "1000"]),
    ("sleep '1000' \"1\"\\0", ["sleep", "1000", "10"]),
    ("/bin/sleep 1000", ["/bin/sleep", "1000"])])
def test_a_simple_command_is_its_own_process(box, command, arguments):
    box.procfile({"web": command})
    assert command_line(started(box.start().pid_of("web"))) == arguments


@pytest.mark.parametrize("command", ["sleep 1000 && true", "cd . && sleep 1000",
                                     "sleep 1000 | cat", "sleep $((1000))"])
def test_any_other_command_is_the_shells_unchanged(box, command):
    box.procfile({"web": command})
    pid = started(box.start().pid_of("web"))
    # dash may have replaced itself by the last command already.
    assert command_line(pid) in (["/bin/sh", "-c", command],
                                 ["sleep", "1000"])


def test_programs_are_found_on_the_path_of_their_own_assignment(box):
    box.write("bin/tool", "#!/bin/sh\necho found\n", 0o755)
    box.procfile({"simple": f"PATH={box.work}/bin:/bin tool",
                  "shell": f"PATH={box.work}/bin:$PATH tool"})
    running = box.start()
    assert running.wait() == 0, running.tail()
    assert running.shown("simple") == running.shown("shell") == ["found"]


# What cannot be executed.

NOT_FOUND = "not found (No such file or directory)"


def test_a_missing_program_is_named_and_start_fails(box):
    box.procfile({"etcd1": "bin/etcd --name infra1 --foo",
                  "etcd2": "no-such-program"})
    running = box.start()
    assert running.wait() == 127
    assert running.shown("etcd1") == [f"cannot start: bin/etcd: {NOT_FOUND}"]
    assert running.shown("etcd2") == \
        [f"cannot start: no-such-program: {NOT_FOUND}"]


def test_what_is_not_executable_is_named_and_start_fails(box):
    box.write("tool", "#!/bin/sh\n")
    (box.work / "folder").mkdir()
    for command in ("./tool", "./folder"):
        box.procfile({"web": command})
        running = box.start()
        assert running.wait() == 126
        assert running.shown("web") == \
            [f"cannot start: {command}: Permission denied"]


def test_a_missing_interpreter_is_told(box):
    box.write("tool", "#!/no/such/interpreter\n", 0o755)
    box.procfile({"web": "./tool"})
    running = box.start()
    assert running.wait() in (126, 127)
    [said] = running.shown("web")
    assert said.startswith("cannot start: ./tool: ")


def test_the_others_go_on_when_one_cannot_be_started(box):
    box.procfile({"bad": "bin/etcd", "web": "sleep 1000"})
    running = box.start()
    running.wait_line("^cannot start", "bad")
    pid = running.pid_of("web")
    assert alive(pid)
    assert box.ask("run", "stop", "web").code == 0
    assert running.wait() == 127


def test_the_shells_own_code_for_a_missing_program_is_repeated(box):
    box.procfile({"web": "no-such-program; exit $?"})
    running = box.start()
    assert running.wait() == 127
    assert "web exited with code 127" in running.shown("procman")[-1]


# What else processes are given.

def test_processes_have_three_descriptors_and_no_input(box):
    read, write = os.pipe()
    os.set_inheritable(write, True)
    high = os.dup2(write, 900, inheritable=True)
    box.procfile({"direct": "python descriptors.py",
                  "shell": "exec python descriptors.py && true"})
    box.write("descriptors.py",
              open(f"{box.env['CHILDREN']}/descriptors.py").read())
    (box.work / "bin").mkdir()
    (box.work / "bin" / "python").symlink_to(box.env["PYTHON"])
    running = box.start(pass_fds=(write, high), env={
        "PATH": f"{box.work}/bin:{box.env['PATH']}"})
    for descriptor in (read, write, high):
        os.close(descriptor)
    assert running.wait() == 0, running.tail()
    for name in ("direct", "shell"):
        assert running.shown(name) == \
            ["descriptors [0, 1, 2] input /dev/null"]


def test_processes_can_open_their_output_by_its_name(box):
    box.procfile({"web": "echo out > /dev/stdout; echo err > /dev/stderr; "
                         "cat /dev/stdin"})
    running = box.start()
    assert running.wait() == 0
    assert sorted(running.shown("web")) == ["err", "out"]


def test_processes_begin_with_default_signals(box):
    box.procfile({"web": "cat /proc/self/status"})
    running = box.start()
    assert running.wait() == 0
    signals = dict(line.split(":\t") for line in running.shown("web"))
    for name in ("SigBlk", "SigIgn", "SigCgt"):
        assert signals[name] == "0" * 16


def test_each_process_leads_a_group_of_its_own(box):
    box.procfile({"a": "sleep 1000", "b": "sleep 1000; true"})
    running = box.start()
    for name in "ab":
        pid = running.pid_of(name)
        assert os.getpgid(pid) == pid != os.getpgid(running.pid)
