"""Which tests one worker runs together, where there are several: changes when what is costly to start does.

`make test` has two workers. One has all that needs the laptop cloud, so that there is one cloud, and begins with it: it
takes as long as all the rest, and waits for most of that. The other goes from file to file.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

CLOUD = "cloud"
NEED_THE_CLOUD = ("tests/e2e/", "tests/integration/local/test_cloud.py", "tests/statemachines/")


class ByWhatIsStarted(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """By the cloud, and else by the file: what a module has set up is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        return CLOUD if _needs_the_cloud(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByWhatIsStarted(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "laptop_cloud" in getattr(item, "fixturenames", ()) and not _needs_the_cloud(item.nodeid):
            raise pytest.UsageError(f"{item.nodeid} needs the laptop cloud: name its folder in {__file__}")
    items.sort(key=lambda item: not _needs_the_cloud(item.nodeid))


def _needs_the_cloud(nodeid: str) -> bool:
    return nodeid.startswith(NEED_THE_CLOUD)
