"""The laptop cloud for whichever rung needs it: one per test run, on free ports. Loaded by the root conftest.

An instance carries the number of the process that made it, so runs do not meet; and one that a killed run left behind
is cleared away by the next.
"""

import os
from collections.abc import Iterator

import pytest

from local import places
from local.cloud import Cloud, Running
from local.processes import Process


def leftovers(prefix: str = "test-") -> Iterator[str]:
    """Instances whose test run is gone."""
    for folder in sorted((places.BUILD / "cloud").glob(f"{prefix}*")):
        number = folder.name.removeprefix(prefix)
        if number.isdigit() and not _runs(int(number)) and (folder / "state.json").exists():
            yield folder.name


def _runs(pid: int) -> bool:
    try:
        return Process.of(pid).alive
    except ProcessLookupError:
        return False


@pytest.fixture(scope="session")
def laptop_cloud() -> Iterator[Cloud]:
    """The cloud as its owner holds it: its servers can be killed and started again."""
    for name in leftovers():
        Cloud(name).forget()
    cloud = Cloud(f"test-{os.getpid()}")
    try:
        cloud.up()
        yield cloud
    finally:
        cloud.forget()


@pytest.fixture(scope="session")
def cloud(laptop_cloud: Cloud) -> Running:
    """Where the running cloud is: its addresses and the stacks' outputs."""
    running = laptop_cloud.running()
    assert running is not None
    return running
