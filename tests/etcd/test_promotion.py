"""A learner comes to a cluster that runs, is promoted, and the new Procfile
takes over: one session, and no write fails."""

import re

import pytest

import world
from world import CLIENT_PORTS, PROXY_PORT, wait_for
from writers import Writers

FOUR = [f"127.0.0.1:{port}" for port in CLIENT_PORTS.values()]
NAMES = [*CLIENT_PORTS, "proxy"]


@pytest.fixture(scope="module")
def work(module_folder):
    module_folder.copy("Procfile")
    module_folder.copy("Procfile.learner")
    # 42380 is among the ports that Linux uses for connections, and the others
    # keep dialling it: whoever finds it taken tries again.
    module_folder.write("procman.ini", "[etcd*]\nrestart = on-failure\n")
    return module_folder


@pytest.fixture(scope="module")
def cluster(work):
    supervisor = work.start("start")
    supervisor.wait_healthy([2379, 22379, 32379, PROXY_PORT])
    return supervisor


@pytest.fixture(scope="module")
def promoted(work, cluster):
    printed = world.retry("member add", 40, lambda: work.etcdctl(
        "member", "add", "infra4", "--peer-urls=http://127.0.0.1:42380",
        "--learner=true"))
    before = work.status()
    done = work.procman("add", "-f", "Procfile.learner")
    assert done.returncode == 0, done.stderr
    assert "+ etcd4\n" in done.stdout
    cluster.wait_healthy([42379])
    after = work.status()
    assert {name: after[name]["pid"] for name in before} == \
        {name: status["pid"] for name, status in before.items()}
    learner = re.match(r"Member +([0-9a-f]+) added", printed)[1]
    return world.retry("member promote", 40, lambda: work.etcdctl(
        "member", "promote", learner))


def commands(work, name):
    with open(work.file(name), encoding="utf-8") as file:
        return dict(re.findall(r"^(\w+): (.*)$", file.read(), re.M))


def test_a_promoted_learner_becomes_one_of_four(work, cluster, promoted):
    work.copy("examples/etcd-4/Procfile")
    before = work.status()
    with Writers(FOUR) as writers:
        done = work.procman("reload", "--rolling", timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        writers.wait_for_more()
    assert writers.failed() == 0
    for name in NAMES:
        assert re.search(rf"^~ {name} \(.*command", done.stdout, re.M)
        assert re.search(rf"^{name} restarted: pid \d+, ready after",
                         done.stdout, re.M)
    after = work.status()
    assert list(after) == NAMES
    assert {name: status["command"] for name, status in after.items()} == \
        commands(work, "Procfile")
    assert all(after[name]["pid"] != before[name]["pid"] for name in NAMES)
    cluster.wait_healthy([*CLIENT_PORTS.values(), PROXY_PORT])
    members = work.etcdctl("member", "list").stdout.splitlines()
    assert len(members) == 4
    # The last column says whether it is a learner.
    assert all("started" in line and line.endswith("false")
               for line in members)
    # The learner's file has nothing to say any more.
    cluster.wait_line("Procfile.learner belongs to this session no more")
    again = work.procman("reload")
    assert again.stdout == "".join(f"= {name}\n" for name in NAMES)


def test_one_ctrl_c_ends_all_of_them(work, cluster):
    cluster.signal(2)
    assert cluster.wait(30) == -2
    wait_for("the end of all", lambda: not world.marked_processes(), 10)
