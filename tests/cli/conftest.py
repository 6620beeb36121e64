import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import Box  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--shard", default="1/1",
                     help="i/n: every n-th test from the i-th on")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: waits 10 s and more")


def pytest_collection_modifyitems(config, items):
    index, count = map(int, config.getoption("--shard").split("/"))
    # The slow ones first, so that they are dealt out evenly.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    kept = items[index - 1::count]
    config.hook.pytest_deselected(
        items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture
def box():
    box = Box()
    try:
        yield box
    finally:
        box.close()


@pytest.fixture(scope="session", autouse=True)
def the_program_is_there():
    from harness import program
    assert os.access(program()[-1], os.X_OK), \
        f"{program()[-1]} is missing: build procman, or set PROCMAN"
