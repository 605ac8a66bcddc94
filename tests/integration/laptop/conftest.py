"""One laptop AWS for all the contract tests, without the servers behind it."""

from collections.abc import Iterator

import pytest

from tests.integration.laptop import launcher


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[launcher.Laptop]:
    started = launcher.start(tmp_path_factory.mktemp("laptop"), {"A_SECRET_OF_THE_HOST": "never to be seen"})
    yield started
    launcher.stop(started)
