"""Waiting for a cluster, and the order in which it comes up."""

import re
import signal

import pytest

from world import CLIENT_PORTS, PROXY_PORT, is_healthy, retry

THREE = [f"127.0.0.1:{CLIENT_PORTS[name]}"
         for name in ("etcd1", "etcd2", "etcd3")]


@pytest.fixture
def work(folder):
    folder.copy("Procfile")
    return folder


def end(supervisor):
    supervisor.signal(signal.SIGINT)
    supervisor.wait(30)


def test_when_wait_returns_the_cluster_takes_values(work):
    supervisor = work.start("start")
    done = work.procman("wait", "--timeout", "60s", timeout=70)
    assert done.returncode == 0, done.stdout + done.stderr + \
        supervisor.account()
    assert re.findall(r"^(\w+) is ready: pid \d+$", done.stdout, re.M) == \
        ["etcd1", "etcd2", "etcd3", "proxy"]
    done = work.etcdctl("put", "k", "v", endpoints=THREE)
    assert (done.returncode, done.stdout) == (0, "OK\n")
    end(supervisor)


def test_members_without_an_order_come_up_and_the_proxy_follows(work):
    work.write("procman.ini",
               "[etcd*]\nready = notify\n\n[proxy]\nafter = etcd*\n")
    supervisor = work.start("start", "--wait", "--timeout", "60s")
    supervisor.wait_line("all 4 processes are ready after", 60)
    words = supervisor.own_words()
    started = {line.split()[0]: number for number, line in enumerate(words)
               if " started with pid " in line}
    ready = {line.split()[0]: number for number, line in enumerate(words)
             if re.match(r"\w+ is ready after", line)}
    members = ("etcd1", "etcd2", "etcd3")
    assert max(started[name] for name in members) < \
        min(ready[name] for name in members)
    assert started["proxy"] > max(ready[name] for name in members)
    done = work.etcdctl("put", "k", "v", endpoints=[f"127.0.0.1:{PROXY_PORT}"])
    assert (done.returncode, done.stdout) == (0, "OK\n")
    # It is stopped before them, and nobody stops it by stopping a member.
    assert work.procman("stop", "etcd1").returncode == 0
    assert work.status()["proxy"]["state"] == "ready"
    done = work.procman("stop", "etcd2", "--with-dependents")
    assert [line.split()[0] for line in done.stdout.splitlines()] == \
        ["proxy", "etcd2"]
    end(supervisor)


def test_members_that_wait_for_one_another_never_come_up(work):
    work.write("procman.ini", "[etcd2]\nafter = etcd1\n"
                              "[etcd3]\nafter = etcd2\n")
    supervisor = work.start("start", "--wait", "--timeout", "3s")
    assert supervisor.wait(30) == 124
    words = supervisor.own_words()
    assert "etcd2 is not ready: it waits for etcd1" in words
    assert "not all are ready within 3.0 s: stopping all" in words


def test_a_paused_member_is_one_that_hangs(work):
    supervisor = work.start("start", "-x", "proxy")
    assert work.procman("wait", "--timeout", "60s", timeout=70).returncode == 0
    assert work.procman("pause", "etcd3").returncode == 0
    assert work.status()["etcd3"]["state"] == "paused"
    assert not is_healthy(32379)
    retry("a put through the others", 15, lambda: work.etcdctl(
        "put", "k", "v", endpoints=THREE[:2]))
    assert work.procman("resume", "etcd3").returncode == 0
    supervisor.wait_healthy([32379])
    done = work.etcdctl("get", "--print-value-only", "k",
                        endpoints=THREE[2:])
    assert done.stdout == "v\n"
    end(supervisor)
