"""The Procfiles that come with procman, and what is wrong with others."""

import os
import re
import signal

import pytest

import world
from world import SOURCE

MEMBERS = {"Procfile": 3, "examples/etcd-4/Procfile": 4,
           "examples/etcd-5/Procfile": 5, "examples/etcd-7/Procfile": 7}


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def entries(text):
    return re.findall(r"^(\w+): (.*)$", text, re.MULTILINE)


def names_of(count):
    return [f"etcd{n}" for n in range(1, count + 1)] + ["proxy"]


@pytest.mark.parametrize("path", [
    *MEMBERS, "Procfile.learner", "examples/discovery/Procfile",
    "examples/discovery/Procfile.nginx", "examples/hello/Procfile"])
def test_a_procfile_of_ours_is_valid_without_a_warning(folder, path):
    done = folder.procman("-f", os.path.join(SOURCE, path), "check",
                          "--strict")
    names = ", ".join(name for name, _ in entries(read(path)))
    assert (done.returncode, done.stdout, done.stderr) == (
        0, f"valid procfile detected ({names})\n", "")


@pytest.mark.parametrize("path", MEMBERS)
def test_the_members_of_a_cluster_agree_about_each_other(path):
    text = read(path)
    assert [name for name, _ in entries(text)] == names_of(MEMBERS[path])
    clusters = set(re.findall(r"--initial-cluster '([^']*)'", text))
    assert len(clusters) == 1
    peers = dict(each.split("=") for each in clusters.pop().split(","))
    for name, command in entries(text):
        if name == "proxy":
            continue
        infra = name.replace("etcd", "infra")
        assert f"--name {infra} " in command
        assert f"--listen-peer-urls {peers[infra]} " in command
        assert f"--initial-advertise-peer-urls {peers[infra]} " in command


@pytest.mark.parametrize("path", MEMBERS)
def test_every_port_is_one_and_is_used_once(path):
    ports = [int(port) for port in re.findall(
        r"--listen-\S+[ =](?:http://)?127\.0\.0\.1:(\d+)", read(path))]
    assert len(ports) == 2 * MEMBERS[path] + 1
    assert len(set(ports)) == len(ports)
    assert max(ports) < 65536


@pytest.mark.parametrize("path", MEMBERS)
def test_the_proxy_knows_every_member(path):
    *members, (_, proxy) = entries(read(path))
    clients = [re.search(r"--listen-client-urls http://(\S+)", command)[1]
               for _, command in members]
    assert f"--endpoints={','.join(clients)} " in proxy


@pytest.mark.parametrize("path", ["examples/etcd-5/Procfile",
                                  "examples/etcd-7/Procfile"])
def test_a_bigger_cluster_comes_up_and_goes_down(folder, path):
    folder.copy(path)
    # A leader without a quorum gives up after 7 s, on a machine that is free.
    folder.write("procman.ini", "[etcd*]\nstop-timeout = 30s\n")
    ports = [int(port) for port in re.findall(
        r"--listen-client-urls http://127\.0\.0\.1:(\d+)", read(path))]
    supervisor = folder.start("start")
    supervisor.wait_healthy([*ports, world.PROXY_PORT])
    supervisor.signal(signal.SIGINT)
    assert supervisor.wait(45) == -signal.SIGINT
    assert [x for x in supervisor.own_words() if "killed" in x] == []
    assert world.marked_processes() == {}


def test_the_discovery_example_runs_from_one_procfile(folder):
    folder.copy("examples/discovery/Procfile")
    folder.copy("examples/discovery/nginx.conf")
    supervisor = folder.start("start")
    supervisor.wait_healthy([2379, 22379, 32379])
    assert folder.etcdctl("put", "server1", "one").returncode == 0
    world.wait_for("nginx", lambda: world.port_is_open(world.NGINX_PORT), 30)
    status, body = world.fetch(f"http://127.0.0.1:{world.NGINX_PORT}/servers2",
                               timeout=10)
    assert (status, b'"count":"1"' in body) == (200, True)
    supervisor.signal(signal.SIGTERM)
    assert supervisor.wait(30) == -signal.SIGTERM
    assert world.marked_processes() == {}


def test_the_hello_example_numbers_its_ports_and_ends(folder):
    folder.copy("examples/hello/Procfile")
    supervisor = folder.start("start")
    supervisor.wait_line(r" web \| I would listen on port 5100$")
    supervisor.wait_line(r" clock \| it is \d\d:\d\d:\d\d$")
    supervisor.wait_line(r" procman \| batch exited with code 0 after")
    supervisor.signal(signal.SIGINT)
    assert supervisor.wait(30) == -signal.SIGINT
    assert world.marked_processes() == {}


# A Procfile as people paste it from a page: prose between the entries, and a
# heading that looks like an entry once more.
PASTED = """\
# 下面是集群的配置
{first}
以上是第一个节点
etcd1: Procfile语法命令开始
{rest}
"""


def pasted():
    first, *rest = [line for line in read("Procfile").splitlines()
                    if re.match(r"\w+:", line)]
    return PASTED.format(first=first, rest="\n".join(rest))


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_name_that_is_there_twice_is_an_error_naming_both_lines(
        folder, locale):
    folder.write("Procfile", pasted())
    folder.env = {**folder.env, "LC_ALL": locale}
    for command in ("check", "start"):
        done = folder.procman(command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Procfile:4:1:" in done.stderr
        assert '"etcd1"' in done.stderr and "line 2" in done.stderr
    assert world.marked_processes() == {}


def test_prose_between_the_entries_is_passed_over_with_a_warning(folder):
    folder.write("Procfile", pasted().replace("etcd1: Procfile语法", "注意"))
    done = folder.procman("check")
    assert (done.returncode, done.stdout) == (
        0, "valid procfile detected (etcd1, etcd2, etcd3, proxy)\n")
    assert "procman: warning: Procfile:3:1:" in done.stderr
    assert "procman: warning: Procfile:4:1:" in done.stderr
    assert folder.procman("check", "--strict").returncode == 1


def test_an_etcd_that_is_not_there_is_said_of_every_member(folder):
    folder.write("Procfile", read("Procfile").replace(": etcd ", ": bin/etcd "))
    supervisor = folder.start("start")
    assert supervisor.wait() == 127
    for name in names_of(3):
        supervisor.wait_line(rf"^\d\d:\d\d:\d\d +{name} \| cannot start: "
                             r"bin/etcd: not found \(No such file or "
                             r"directory\)$")
