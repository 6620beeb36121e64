"""A cluster whose members are restarted one after another, and its writers."""

import os
import re

import pytest

from world import CLIENT_PORTS, PROCMAN, PROXY_PORT, SOURCE
from writers import Writers

MEMBERS = ["etcd1", "etcd2", "etcd3"]
THREE = [f"127.0.0.1:{CLIENT_PORTS[name]}" for name in MEMBERS]


@pytest.fixture(scope="module")
def work(module_folder):
    module_folder.copy("Procfile")
    module_folder.write("procman.ini", "[etcd*]\ngroup = members\n")
    return module_folder


@pytest.fixture(scope="module")
def cluster(work):
    supervisor = work.start("start")
    supervisor.wait_healthy([2379, 22379, 32379, PROXY_PORT])
    yield supervisor
    supervisor.signal(2)
    supervisor.wait(30)


def lines_of_readme():
    """How the README finds the leader, and restarts it last."""
    with open(f"{SOURCE}/README.md", encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^    \$ (leader=\$\(.*?)\n    \$ (procman .*?)$", text,
                      re.M | re.S)
    assert found, "the README does not say how to restart the leader last"
    return found[1].replace("\n    > ", "\n"), found[2]


def leader(work):
    find, _ = lines_of_readme()
    done = work.run("sh", "-c", f"ENDPOINTS={','.join(THREE)}\n{find}\n"
                                "echo $leader")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def restarted(out):
    return re.findall(r"^(\S+) restarted: pid \d+, ready after .+$", out, re.M)


def pids(work):
    return {name: status.get("pid") for name, status in work.status().items()}


def test_no_write_fails_while_every_member_is_restarted(work, cluster):
    before = pids(work)
    with Writers(THREE) as writers:
        for _ in range(2):
            done = work.procman("restart", "--rolling", "etcd*", timeout=90)
            assert done.returncode == 0, done.stderr
            assert restarted(done.stdout) == MEMBERS
            writers.wait_for_more()
    assert writers.failed() == 0
    after = pids(work)
    assert after["proxy"] == before["proxy"]
    assert not set(after[name] for name in MEMBERS) & set(before.values())


def test_the_leader_is_restarted_last_as_the_readme_does_it(work, cluster):
    find, roll = lines_of_readme()
    last = leader(work)
    assert last in MEMBERS
    with Writers(THREE) as writers:
        done = work.run(
            "sh", "-c", f"ENDPOINTS={','.join(THREE)}\n{find}\n"
            + roll.replace("procman", f"'{PROCMAN}'", 1), timeout=90)
    assert done.returncode == 0, done.stderr
    assert restarted(done.stdout) == [*[name for name in MEMBERS
                                        if name != last], last]
    assert writers.failed() == 0


def test_the_quorum_is_guarded(work, cluster):
    assert work.procman("stop", "--min-ready", "2", "etcd1").returncode == 0
    done = work.procman("stop", "--min-ready", "2", "etcd2")
    assert done.returncode == 1
    assert "only 1 of @members would be ready, and 2 must be" in done.stderr
    assert work.etcdctl("put", "guarded", "yes",
                        endpoints=THREE[1:]).stdout == "OK\n"
    # A roll brings up what is down before it takes anybody down.
    done = work.procman("restart", "--rolling", "--min-ready", "2", "etcd*",
                        timeout=90)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("etcd1 started: ")
    assert restarted(done.stdout) == ["etcd2", "etcd3"]


def test_members_that_are_all_down_are_brought_up_together(work, cluster):
    """One alone would never be ready."""
    assert work.procman("stop", *MEMBERS, timeout=60).returncode == 0
    done = work.procman("restart", "--rolling", "etcd*", timeout=90)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" started: pid ") == 3
    assert work.etcdctl("put", "together", "yes").stdout == "OK\n"


def test_one_that_does_not_come_back_leaves_the_quorum_alone(work, cluster):
    before = pids(work)
    assert work.procman("stop", "etcd2").returncode == 0
    os.rename(work.file("infra2.etcd"), work.file("infra2.kept"))
    work.write("infra2.etcd", "no folder")
    try:
        done = work.procman("restart", "--rolling", "etcd*", timeout=90)
        assert done.returncode == 1
        assert "etcd2 did not come back: it exited with code 1" in done.stdout
        assert "etcd1 was not touched\netcd3 was not touched\n" in done.stdout
        assert pids(work)["etcd1"] == before["etcd1"]
        assert work.etcdctl("put", "left", "alone").stdout == "OK\n"
    finally:
        os.remove(work.file("infra2.etcd"))
        os.rename(work.file("infra2.kept"), work.file("infra2.etcd"))
    assert work.procman("restart", "--rolling", "etcd*",
                        timeout=90).returncode == 0
