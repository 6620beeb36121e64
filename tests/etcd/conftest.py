"""One cluster at a time: its ports are fixed."""

import fcntl
import os
import shutil
import tempfile

import pytest

import world


def cannot(reason):
    """Nothing is skipped where that could go unseen."""
    if os.environ.get("CI"):
        pytest.exit(reason, returncode=1)
    pytest.skip(reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """A failure shows what procman said; its files will be gone."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for supervisor in world.Supervisor.started[-2:]:
            report.sections.append(
                (f"procman {supervisor.pid}", supervisor.account()))


@pytest.fixture(scope="session", autouse=True)
def machine():
    """Step 0: the programs are there, and the ports are ours and free."""
    for program in ("etcd", "etcdctl", "curl", "/usr/sbin/nginx",
                    world.PROCMAN):
        if not shutil.which(program):
            cannot(f"there is no {program}")
    lock = os.path.join(tempfile.gettempdir(), "procman-tests-etcd.lock")
    descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def locked():
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
    world.wait_for("the end of another run of these tests", locked, 900)
    ports = [*world.CLIENT_PORTS.values(), *world.PEER_PORTS,
             world.PROXY_PORT, world.NGINX_PORT]
    taken = [port for port in ports if world.port_is_open(port)]
    if taken:
        cannot(f"somebody listens on {taken} already")
    yield
    world.kill_marked_processes()
    os.close(descriptor)


@pytest.fixture(scope="session")
def env():
    """With sessions of our own, in a place as private as logind's."""
    with tempfile.TemporaryDirectory(prefix="procman-run-") as runtime_dir:
        yield world.environment(runtime_dir)


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory, env):
    path = tmp_path_factory.mktemp("work")
    yield world.Folder(path, env)
    world.kill_marked_processes()
    # Each member preallocates 64 MB twice.
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder(tmp_path, env):
    yield world.Folder(tmp_path, env)
    world.kill_marked_processes()
    shutil.rmtree(tmp_path, ignore_errors=True)
