"""examples/quickstart.sh, on a machine where everything is installed."""

import os
import signal

import world

QUICKSTART = os.path.join(world.SOURCE, "examples/quickstart.sh")


def start(folder, *words):
    return folder.start(*words, program=(QUICKSTART,))


def test_quickstart_brings_up_the_cluster_and_ctrl_c_ends_it(folder):
    data = folder.file("my data")
    quickstart = start(folder, data)
    quickstart.wait_healthy([2379, 22379, 32379, world.PROXY_PORT], 240)
    assert "Installing" not in quickstart.output()
    assert sorted(n for n in os.listdir(data) if n.endswith(".etcd")) == [
        "infra1.etcd", "infra2.etcd", "infra3.etcd"]
    quickstart.signal(signal.SIGINT)
    assert quickstart.wait(30) == -signal.SIGINT
    assert world.marked_processes() == {}


def test_the_folder_of_an_earlier_time_is_kept_as_it_is(folder):
    data = folder.file("data")
    os.mkdir(data)
    with open(os.path.join(data, "Procfile"), "w", encoding="ascii") as file:
        file.write("mine: echo this is mine\n")
    quickstart = start(folder, data)
    assert quickstart.wait(240) == 0
    quickstart.wait_line(r" mine \| this is mine$")


def test_a_port_in_use_is_said_before_anything_starts(folder):
    client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:12380"
    other = folder.start("--name", "other", "--data-dir", "other.etcd",
                         "--listen-client-urls", client,
                         "--advertise-client-urls", client,
                         "--listen-peer-urls", peer,
                         "--initial-advertise-peer-urls", peer,
                         "--initial-cluster", f"other={peer}",
                         program=("etcd",))
    other.wait_healthy([2379])
    quickstart = start(folder, folder.file("data"))
    assert quickstart.wait(240) == 1
    assert "port 2379 is in use" in quickstart.errors()
    other.signal(signal.SIGTERM)
    other.wait(30)
