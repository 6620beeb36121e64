"""The whole walk of somebody who runs etcd under procman, in its order.

The tests share one cluster, which changes as they go: three members, a
learner, its promotion, four members, discovery, a restored snapshot.  Each
stage is a fixture, so that a single test can be run too.
"""

import base64
import json
import os
import re
import shutil
import signal
import threading
import time

import pytest

import world
from world import CLIENT_PORTS, NGINX_PORT, PROXY_PORT, fetch, wait_for

THREE = ["127.0.0.1:2379", "127.0.0.1:22379", "127.0.0.1:32379"]
FOUR = [*THREE, "127.0.0.1:42379"]
PREFIX = r"^\d\d:\d\d:\d\d +({names}|procman) \| "
SERVER1 = '{"ip":"10.0.0.1","port":8080,"weight":10}'
SERVER2 = '{"ip":"10.0.0.2","port":8080,"weight":20}'


# --- The stages --------------------------------------------------------------


@pytest.fixture(scope="module")
def work(module_folder):
    """The folder in which all is typed, as examples/quickstart.sh makes it."""
    module_folder.copy("Procfile")
    module_folder.copy("Procfile.learner")
    module_folder.copy("examples/etcd-4/Procfile", "Procfile.4")
    module_folder.copy("examples/discovery/Procfile.nginx")
    module_folder.copy("examples/discovery/nginx.conf")
    return module_folder


@pytest.fixture(scope="module")
def cluster(work):
    supervisor = work.start("start")
    supervisor.wait_healthy([2379, 22379, 32379, PROXY_PORT])
    return supervisor


@pytest.fixture(scope="module")
def values(work, cluster):
    """One value by way of a member, one by way of the proxy."""
    assert work.etcdctl("put", "server1", SERVER1).stdout == "OK\n"
    done = work.etcdctl("put", "server2", SERVER2,
                        endpoints=[f"127.0.0.1:{PROXY_PORT}"])
    assert done.stdout == "OK\n"


@pytest.fixture(scope="module")
def learner_id(work, values):
    # A young cluster refuses for 5 s ("unhealthy cluster"): etcd wants its
    # members to have been connected for so long.
    printed = world.retry("member add", 40, lambda: work.etcdctl(
        "member", "add", "infra4", "--peer-urls=http://127.0.0.1:42380",
        "--learner=true"))
    found = re.match(r"Member +([0-9a-f]{1,16}) added to cluster +[0-9a-f]+",
                     printed)
    assert found, printed
    return found[1]


def start_learner(work):
    # 42379 and 42380 are among the ports that Linux uses for connections, and
    # the other members keep dialling 42380: once in a while it is taken by
    # such an attempt itself.
    for _ in range(5):
        supervisor = work.start("-f", "./Procfile.learner", "start")
        wait_for("etcd4's health, or procman's end", lambda: (
            world.is_healthy(42379) or not supervisor.is_alive()), 30)
        if supervisor.is_alive():
            return supervisor
        supervisor.wait_line("address already in use", 1)
    raise AssertionError("etcd4's ports were taken five times")


@pytest.fixture(scope="module")
def learner(work, learner_id):
    return start_learner(work)


@pytest.fixture(scope="module")
def promoted(work, learner, learner_id):
    return world.retry("member promote", 40, lambda: work.etcdctl(
        "member", "promote", learner_id))


class Ending:
    """What a signal made of a procman, and what was left afterwards."""

    def __init__(self, supervisor, signum, ports):
        self.supervisor = supervisor
        self.behind = len(supervisor.own_words())
        begun = time.monotonic()
        supervisor.signal(signum)
        self.code = supervisor.wait(30)
        self.seconds = time.monotonic() - begun
        self.open_ports = [p for p in ports if world.port_is_open(p)]

    def assert_orderly(self, signum):
        assert self.code == -signum
        assert self.open_ports == []
        # What became ready just before may be said just after.
        words = [x for x in self.supervisor.own_words()[self.behind:]
                 if " is ready after " not in x]
        assert words[0].startswith(
            f"{signal.Signals(signum).name} received: stopping ")
        # A leader without a quorum takes 7 s to give up: it must be let.
        assert [x for x in words if "killed" in x or "by SIGKILL" in x] == []
        assert self.supervisor.errors() == ""


@pytest.fixture(scope="module")
def ended_by_int(cluster, learner, promoted):
    first = Ending(cluster, signal.SIGINT,
                   [2379, 22379, 32379, 12380, 22380, 32380, PROXY_PORT])
    second = Ending(learner, signal.SIGINT, [42379, 42380])
    return first, second, world.marked_processes()


@pytest.fixture(scope="module")
def four(work, ended_by_int):
    """The cluster after the promotion, from the Procfile with four members."""
    os.replace(work.file("Procfile.4"), work.file("Procfile"))
    supervisor = work.start("-exit-on-stop=false", "start")
    supervisor.wait_healthy([*CLIENT_PORTS.values(), PROXY_PORT])
    return supervisor


@pytest.fixture(scope="module")
def nginx(work, four):
    supervisor = work.start("-f", "Procfile.nginx", "start")
    wait_for("nginx", lambda: world.port_is_open(NGINX_PORT), 30)
    return supervisor


@pytest.fixture(scope="module")
def ended_by_term(four, nginx):
    first = Ending(nginx, signal.SIGTERM, [NGINX_PORT])
    second = Ending(four, signal.SIGTERM, [
        *CLIENT_PORTS.values(), *world.PEER_PORTS, PROXY_PORT])
    return first, second, world.marked_processes()


# --- Step 2: three members and the proxy -------------------------------------


def test_the_members_data_lies_where_procman_was_started(work, cluster):
    for name in ("infra1.etcd", "infra2.etcd", "infra3.etcd"):
        assert os.path.isdir(work.file(name))


def test_each_line_stands_behind_the_name_of_its_process(cluster):
    pattern = re.compile(PREFIX.format(names="etcd[123]|proxy"))
    strangers = [x for x in cluster.lines() if not pattern.match(x)]
    assert strangers == []


def assert_json_is_whole(supervisor):
    """etcd's log lines are JSON objects, some longer than a terminal's page:
    one that is cut, or mixed with another, does not parse."""
    texts = [line.split(" | ", 1)[1] for line in supervisor.lines()]
    objects = [text for text in texts if text.startswith("{")]
    for text in objects:
        json.loads(text)
    return objects


def test_no_line_of_etcd_is_cut_or_mixed_with_another(cluster):
    objects = assert_json_is_whole(cluster)
    assert len(objects) > 100
    assert max(map(len, objects)) > 1300


def test_the_members_are_executed_without_a_shell(work, cluster):
    for name, status in work.status().items():
        with open(f"/proc/{status['pid']}/cmdline", "rb") as file:
            assert file.read().split(b"\0")[0] == b"etcd", name


# --- Step 3: asked from a second terminal ------------------------------------


def test_status_says_that_all_four_run(work, cluster):
    done = work.procman("run", "status")
    assert done.returncode == 0
    assert done.stdout == "*etcd1\n*etcd2\n*etcd3\n*proxy\n"


def test_list_names_them_in_the_order_of_the_file(work, cluster):
    done = work.procman("run", "list")
    assert done.returncode == 0
    assert done.stdout == "etcd1\netcd2\netcd3\nproxy\n"


# --- Step 4: it is an etcd cluster -------------------------------------------


def test_what_the_proxy_takes_every_member_knows(work, values):
    for endpoint in THREE:
        done = work.etcdctl("get", "server2", endpoints=[endpoint])
        assert done.stdout == f"server2\n{SERVER2}\n"


# --- Steps 5 to 7: a learner, from a second Procfile -------------------------


def test_a_learner_before_its_member_add_fails_and_procman_says_so(
        work, values):
    if os.path.exists(work.file("infra4.etcd")):
        pytest.fail("this must run before the learner's start")
    supervisor = work.start("-f", "Procfile.learner", "start")
    assert supervisor.wait(30) == 1
    supervisor.wait_line(r"procman \| etcd4 exited with code 1 after")
    supervisor.wait_line(r" etcd4 \| .*member count is unequal")


def test_the_learner_has_a_session_of_its_own(work, learner):
    done = work.procman("-f", "Procfile.learner", "run", "status")
    assert (done.returncode, done.stdout) == (0, "*etcd4\n")


def test_the_clusters_session_has_the_clusters_processes_only(work, learner):
    done = work.procman("-f", "Procfile", "run", "status")
    assert (done.returncode, done.stdout) == (
        0, "*etcd1\n*etcd2\n*etcd3\n*proxy\n")


def test_a_look_without_f_is_at_the_clusters_procfile(work, learner):
    done = work.procman("run", "status")
    assert (done.returncode, done.stdout) == (
        0, "*etcd1\n*etcd2\n*etcd3\n*proxy\n")


def test_an_order_that_both_could_carry_out_names_both(work, learner):
    done = work.procman("run", "restart-all")
    assert (done.returncode, done.stdout) == (1, "")
    for name in ("Procfile", "Procfile.learner"):
        path = os.path.realpath(work.file(name))
        assert re.search(re.escape(path) + r"(?![.\w])", done.stderr)


def test_the_clusters_procman_does_not_know_the_learners_process(
        work, learner):
    done = work.procman("-f", "Procfile", "run", "stop", "etcd4")
    assert done.returncode == 2
    assert 'unknown process "etcd4"' in done.stderr
    assert world.is_healthy(42379)


def test_the_name_of_a_process_finds_the_session_that_has_it(work, learner):
    done = work.procman("run", "restart", "etcd4")
    assert (done.returncode, done.stderr) == (0, "")
    world.wait_healthy([42379])


def test_the_learner_is_stopped_and_started_again_through_its_procfile(
        work, learner):
    # procman ends with its last process, so the learner's does.
    done = work.procman("-f", "Procfile.learner", "run", "stop", "etcd4")
    assert done.returncode == 0, done.stderr
    assert learner.wait(30) == 0
    again = start_learner(work)
    learner.__dict__.update(again.__dict__)


def test_member_list_shows_one_learner_among_four(work, learner, learner_id):
    printed = wait_for("the learner's own word in the list", lambda: next(
        (out for out in [work.etcdctl("member", "list", endpoints=FOUR).stdout]
         if "infra4" in out), None), 30)
    rows = printed.splitlines()
    assert len(rows) == 4
    assert (f"{learner_id}, started, infra4, http://127.0.0.1:42380, "
            "http://127.0.0.1:42379, true") in rows
    assert sum(row.endswith(", false") for row in rows) == 3


# --- Step 8: the promotion ---------------------------------------------------


def test_the_learner_is_promoted(work, promoted, learner_id):
    assert re.match(f"Member +{learner_id} promoted in cluster", promoted)
    rows = work.etcdctl("member", "list").stdout.splitlines()
    assert len(rows) == 4
    assert all(row.endswith(", false") for row in rows)


# --- Steps 9 to 12: members come and go --------------------------------------


def test_a_stopped_member_is_gone_when_the_command_returns(work, promoted):
    done = work.procman("run", "stop", "etcd2")
    still_open = world.port_is_open(22379)
    assert (done.returncode, still_open) == (0, False)
    assert re.fullmatch(r"etcd2 stopped: SIGTERM, .*s\n", done.stdout)


def test_the_cluster_goes_on_without_it(work, cluster, promoted):
    work.procman("run", "stop", "etcd2")
    assert work.etcdctl("put", "k", "v").stdout == "OK\n"
    done = work.procman("-f", "Procfile", "run", "status")
    assert done.stdout == "*etcd1\n etcd2\n*etcd3\n*proxy\n"
    assert cluster.is_alive()


def test_starting_it_twice_is_no_mistake_and_it_catches_up(work, promoted):
    work.procman("run", "stop", "etcd2")
    assert work.etcdctl("put", "k", "v").returncode == 0
    first = work.procman("run", "start", "etcd2")
    second = work.procman("run", "start", "etcd2")
    assert (first.returncode, second.returncode) == (0, 0)
    assert re.fullmatch(r"etcd2 started: pid \d+\n", first.stdout)
    assert re.fullmatch(r"etcd2 is running already: pid \d+\n", second.stdout)
    world.wait_healthy([22379])
    done = work.etcdctl("get", "k", endpoints=["127.0.0.1:22379"])
    assert done.stdout == "k\nv\n"


def test_restart_of_a_stopped_member_starts_it(work, promoted):
    work.procman("run", "stop", "etcd2")
    assert work.procman("run", "restart", "etcd2").returncode == 0
    world.wait_healthy([22379])


def test_ten_restarts_in_a_row_never_meet_their_own_port(
        work, cluster, promoted):
    behind = len(cluster.lines())
    pids = set()
    for _ in range(10):
        done = work.procman("run", "restart", "etcd2")
        assert done.returncode == 0, done.stderr
        pids.add(re.fullmatch(r"etcd2 restarted: pid (\d+)\n",
                              done.stdout)[1])
    world.wait_healthy([22379], 30)
    assert len(pids) == 10
    assert [line for line in cluster.lines()[behind:]
            if "address already in use" in line] == []


def test_the_users_short_word_restarts_a_member(work, promoted):
    before = work.status("-f", "Procfile")["etcd2"]["pid"]
    done = work.procman("run", "etcd2")
    assert done.returncode == 0, done.stderr
    assert work.status("-f", "Procfile")["etcd2"]["pid"] != before
    world.wait_healthy([22379])


def test_a_member_that_is_killed_is_reported_and_can_be_brought_back(
        work, cluster, promoted):
    behind = len(cluster.lines())
    os.kill(work.status("-f", "Procfile")["etcd2"]["pid"], signal.SIGKILL)
    cluster.wait_line(r"procman \| etcd2 was ended by SIGKILL after [^,]*$",
                      behind=behind)
    last = work.status("-f", "Procfile")["etcd2"]["last_exit"]
    assert (last["signal"], last["asked"]) == (9, False)
    done = work.procman("-f", "Procfile", "run", "status")
    assert done.stdout == "*etcd1\n etcd2\n*etcd3\n*proxy\n"
    assert work.procman("run", "restart", "etcd2").returncode == 0
    world.wait_healthy([22379])


class Writer(threading.Thread):
    """Puts values without a pause, at the next member if one does not answer.

    A leader that hands over forgets the puts on their way (etcd says so after
    7 s), so a writer that cannot wait asks somebody else soon."""

    def __init__(self):
        super().__init__()
        self.done = threading.Event()
        self.gaps = [0.0]
        self.failed = 0

    def put(self, number):
        body = json.dumps({
            "key": base64.b64encode(b"rolling").decode(),
            "value": base64.b64encode(str(number).encode()).decode()})
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for port in (2379, 22379, 32379):
                status, _ = fetch(f"http://127.0.0.1:{port}/v3/kv/put",
                                  body.encode(), timeout=0.5)
                if status == 200:
                    return True
        return False

    def run(self):
        number = 0
        last = time.monotonic()
        while not self.done.is_set():
            number += 1
            self.failed += not self.put(number)
            now = time.monotonic()
            self.gaps.append(now - last)
            last = now


def test_a_rolling_restart_is_not_noticed_by_those_who_write(work, promoted):
    world.wait_healthy([2379, 22379, 32379])
    writer = Writer()
    writer.start()
    try:
        for name in ("etcd1", "etcd2", "etcd3"):
            done = work.procman("run", "restart", name)
            assert done.returncode == 0, done.stderr
            world.wait_healthy([CLIENT_PORTS[name]])
    finally:
        writer.done.set()
        writer.join(30)
    assert writer.failed == 0
    assert len(writer.gaps) > 20
    # Whoever had to wait for the next election on top would have waited longer.
    assert max(writer.gaps) < 4.0


def test_the_output_was_whole_all_the_time(cluster, promoted):
    test_each_line_stands_behind_the_name_of_its_process(cluster)
    assert_json_is_whole(cluster)


# --- Step 13: the end, by Ctrl-C ---------------------------------------------


def test_an_interrupted_cluster_ends_in_order(ended_by_int):
    ended_by_int[0].assert_orderly(signal.SIGINT)


def test_an_interrupted_learner_ends_in_order(ended_by_int):
    ended_by_int[1].assert_orderly(signal.SIGINT)


def test_nothing_is_left_of_either(ended_by_int):
    assert ended_by_int[2] == {}


# --- Step 14: four members ---------------------------------------------------


def test_the_four_members_are_the_ones_of_before(work, four):
    rows = work.etcdctl("member", "list").stdout.splitlines()
    assert len(rows) == 4
    assert all(row.endswith(", false") for row in rows)
    values = work.etcdctl("get", "--prefix", "server").stdout
    assert values == f"server1\n{SERVER1}\nserver2\n{SERVER2}\n"


def test_a_second_start_is_refused_and_disturbs_nobody(work, four):
    before = work.status()
    begun = time.monotonic()
    done = work.procman("start")
    assert time.monotonic() - begun < 10
    assert done.returncode == 1
    assert re.search(rf"Procfile is already running: procman with pid "
                     rf"{four.pid}, since \d{{4}}-\d\d-\d\d", done.stderr)
    after = work.status()
    assert {n: s["pid"] for n, s in after.items()} == {
        n: s["pid"] for n, s in before.items()}
    assert all(world.is_healthy(p) for p in CLIENT_PORTS.values())


# --- Step 15: what etcdctl shows ---------------------------------------------


def table_rows(printed):
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in printed.splitlines() if line.startswith("|")]


def test_endpoint_status_shows_exactly_one_leader(work, four):
    done = work.etcdctl("endpoint", "status", "-w=table", endpoints=FOUR)
    header, *rows = table_rows(done.stdout)
    assert header == ["ENDPOINT", "ID", "VERSION", "DB SIZE", "IS LEADER",
                      "IS LEARNER", "RAFT TERM", "RAFT INDEX",
                      "RAFT APPLIED INDEX", "ERRORS"]
    assert [row[0] for row in rows] == FOUR
    assert [row[4] for row in rows].count("true") == 1
    assert [row[5] for row in rows] == ["false"] * 4


def test_endpoint_health_is_true_of_all(work, four):
    done = work.etcdctl("endpoint", "health", "-w=table", endpoints=THREE)
    assert done.returncode == 0
    header, *rows = table_rows(done.stdout)
    assert header == ["ENDPOINT", "HEALTH", "TOOK", "ERROR"]
    assert sorted(row[0] for row in rows) == sorted(THREE)
    assert [row[1] for row in rows] == ["true"] * 3


# --- Step 16: discovery through nginx ----------------------------------------


def curl(work, path):
    done = work.run("curl", "-s", "-w", "\n%{http_code}",
                    f"http://127.0.0.1:{NGINX_PORT}{path}")
    body, _, code = done.stdout.rpartition("\n")
    return int(code), body


@pytest.mark.parametrize("path", ["/servers", "/servers1", "/servers2"])
def test_discovery_answers_with_every_server(work, nginx, path):
    code, body = curl(work, path)
    assert code == 200
    answer = json.loads(body)
    assert answer["count"] == "2"
    assert [base64.b64decode(each["key"]) for each in answer["kvs"]] == [
        b"server1", b"server2"]
    assert base64.b64decode(answer["kvs"][0]["value"]).decode() == SERVER1


def test_other_places_are_nowhere(work, nginx):
    assert curl(work, "/servers3")[0] == 404
    assert curl(work, "/servers/")[0] == 404


def test_a_stopped_member_is_missed_behind_its_own_location_only(work, nginx):
    assert work.procman("run", "stop", "etcd2").returncode == 0
    assert curl(work, "/servers1")[0] == 502
    assert curl(work, "/servers")[0] == 200
    assert work.procman("run", "start", "etcd2").returncode == 0
    world.wait_healthy([22379])
    assert curl(work, "/servers1")[0] == 200


# --- Step 17: a snapshot, restored while procman stays -----------------------


def test_a_snapshot_is_restored_between_stop_all_and_start(work, four, nginx):
    assert work.etcdctl("snapshot", "save", "saved.db").returncode == 0
    assert work.etcdctl("put", "server1", "forgotten").returncode == 0
    pids = {s["pid"] for s in work.status("-f", "Procfile").values()}

    done = work.procman("-f", "Procfile", "run", "stop-all")
    assert done.returncode == 0, done.stderr
    assert not pids & set(world.marked_processes())
    assert four.is_alive()

    peers = dict(zip(("infra1", "infra2", "infra3", "infra4"),
                     (f"http://127.0.0.1:{p}" for p in world.PEER_PORTS)))
    for name, peer in peers.items():
        shutil.rmtree(work.file(name + ".etcd"))
        done = work.etcdctl(
            "snapshot", "restore", "saved.db", "--name", name,
            "--initial-cluster", ",".join("=".join(x) for x in peers.items()),
            "--initial-cluster-token", "etcd-cluster-1",
            "--initial-advertise-peer-urls", peer)
        assert done.returncode == 0, done.stderr

    done = work.procman("-f", "Procfile", "run", "start", "etcd1", "etcd2",
                        "etcd3", "etcd4", "proxy")
    assert done.returncode == 0, done.stderr
    world.wait_healthy([*CLIENT_PORTS.values(), PROXY_PORT])
    assert work.etcdctl("get", "server1").stdout == f"server1\n{SERVER1}\n"


# --- Step 13 again, by SIGTERM; step 18, by SIGKILL --------------------------


def test_a_terminated_nginx_ends_in_order(ended_by_term):
    ended_by_term[0].assert_orderly(signal.SIGTERM)


def test_a_terminated_cluster_ends_in_order(ended_by_term):
    ended_by_term[1].assert_orderly(signal.SIGTERM)


def test_nothing_is_left_of_them(ended_by_term):
    assert ended_by_term[2] == {}


def supervisor_pid(of):
    """The process that runs the others: the only child of the one that the
    user has started."""
    with open(f"/proc/{of.pid}/task/{of.pid}/children",
              encoding="ascii") as file:
        children = file.read().split()
    assert len(children) == 1
    return int(children[0])


@pytest.fixture
def nothing_left():
    yield
    world.kill_marked_processes()


def assert_all_ends_and_can_begin_again(work, supervisor, seconds):
    wait_for("the end of all members",
             lambda: not world.marked_processes(), seconds)
    supervisor.wait()
    # The ports are free and the session is, or this would not come up.
    again = work.start("start")
    again.wait_healthy(CLIENT_PORTS.values())
    Ending(again, signal.SIGINT, []).assert_orderly(signal.SIGINT)


def test_when_the_supervisor_is_killed_no_member_survives(
        work, ended_by_term, nothing_left):
    supervisor = work.start("start")
    supervisor.wait_healthy(CLIENT_PORTS.values())
    os.kill(supervisor_pid(supervisor), signal.SIGKILL)
    assert_all_ends_and_can_begin_again(work, supervisor, 15)


def test_when_the_guard_is_killed_the_members_are_stopped_in_order(
        work, ended_by_term, nothing_left):
    supervisor = work.start("start")
    supervisor.wait_healthy(CLIENT_PORTS.values())
    supervisor.signal(signal.SIGKILL)
    assert_all_ends_and_can_begin_again(work, supervisor, 15)
    assert [x for x in supervisor.own_words() if "by SIGKILL" in x] == []
