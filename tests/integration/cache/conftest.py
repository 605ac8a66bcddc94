"""A shelf for kept answers: a real Valkey in cluster mode, and the fake that has to behave the same."""

from collections.abc import Iterator

import pytest
from shopwright.orchestrator.valkey import Shelf

from local.valkey import Valkey
from tests.fakes.shelf import FakeShelf


def shelf_at(server: Valkey, *, timeout_s: float = 2.0) -> Shelf:
    """With patience, since the machine of a test may be busy; the product's own limit has tests of its own."""
    return Shelf("127.0.0.1", server.port, tls="disable", token=lambda: server.password, timeout_s=timeout_s)


@pytest.fixture
def real(valkey_server: Valkey) -> Iterator[Shelf]:
    valkey_server.start()
    with valkey_server.connect() as client:
        client.flushall()
    shelf = shelf_at(valkey_server)
    yield shelf
    shelf.close()


@pytest.fixture(params=["real", "fake"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "fake":
        return FakeShelf()
    held: Shelf = request.getfixturevalue("real")
    return held
