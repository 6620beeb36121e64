"""procman(1): made of the same tables as the help, and fit for man."""

import pathlib
import re
import shutil
import subprocess

import pytest

from harness import HERE


def page(box):
    answer = box.ask("help", "man")
    assert (answer.code, answer.err) == (0, "")
    return answer.out


def words(text):
    """As a reader sees them."""
    return text.replace("\\-", "-").replace("\\&", "")


def test_it_has_every_command_with_its_options(box):
    text = words(page(box))
    overview = box.ask("help").out.split("Options, with")[0]
    commands = re.findall(r"^  (\S+) +\S", overview, re.MULTILINE)
    assert len(commands) > 10 and "exec" in commands
    for command in commands:
        part = re.search(rf"\n\.SS\nprocman {command}[ \n](.*?)\n\.S", text,
                         re.DOTALL).group(1)
        help_text = box.ask("help", command).out
        for option in re.findall(r"^  (--?[a-z-]+) ", help_text, re.MULTILINE):
            assert f"\\fB{option}" in part, (command, option)


def test_it_has_every_option_and_every_key(box):
    text = words(page(box))
    options = re.findall(r"^  (--?[a-z-]+) ", box.ask("help").out, re.MULTILINE)
    keys = re.findall(r"^  (\S+) = ", box.ask("help", "settings").out,
                      re.MULTILINE)
    assert "--basedir" in options and "instances" in keys
    for option in options:
        assert f"\n\\fB{option}" in text, option
    for key in keys:
        assert f"\n\\fB{key} = " in text, key


@pytest.mark.skipif(not shutil.which("groff"), reason="needs groff")
def test_groff_has_nothing_to_say_about_it(box):
    result = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], text=True,
                            input=page(box), capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "PROCMAN(1)" in result.stdout


def test_it_is_installed_where_man_looks(box):
    build = pathlib.Path(box.program[-1]).parent
    if not (build / "cmake_install.cmake").exists():
        pytest.skip("this program does not lie in a folder of CMake's")
    subprocess.run(["cmake", "--install", build, "--prefix", box.dir / "all"],
                   check=True, capture_output=True)
    installed = box.dir / "all" / "share" / "man" / "man1" / "procman.1"
    assert installed.read_text("utf-8") == page(box)


def test_the_readme_knows_every_setting_and_every_command(box):
    readme = (HERE.parent.parent / "README.md").read_text()
    keys = re.findall(r"^  ([a-z][\w.-]+) = ", box.ask("help",
                                                       "settings").out, re.M)
    assert len(keys) > 40
    assert [key for key in keys if f"\n| `{key}` | " not in readme] == []
    overview = box.ask("help").out
    commands = re.findall(r"^  ([a-z-]+)  ", overview.partition(
        "\n\nOptions")[0], re.M)
    assert len(commands) > 20
    assert [command for command in commands
            if not re.search(rf"`[^`]*\b{command}\b", readme)] == []
