"""Real servers for the tests that need one: started once per run, on free ports, gone afterwards."""

import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import places, ports
from local.postgres import Postgres
from local.valkey import Valkey

OWNER = "test_owner"


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """An empty database, and the login of its owner, who has what Aurora's master user has."""

    host: str
    port: int
    name: str
    username: str
    password: str


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder that the servers' user can reach, which pytest's own temporary folder need not be."""
    folder = places.state_dir(f"test-servers-{os.getpid()}")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[Postgres]:
    server = Postgres(servers_folder / "postgres", ports.choose("PostgreSQL", None))
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def new_database(postgres_server: Postgres) -> Callable[[], FreshDatabase]:
    """Makes databases; they go with the server."""
    password = secrets.token_urlsafe(16)
    postgres_server.admit(OWNER, password)
    numbers = itertools.count()

    def make() -> FreshDatabase:
        name = f"test_{next(numbers)}"
        postgres_server.create_database(name, owner=OWNER)
        return FreshDatabase("127.0.0.1", postgres_server.port, name, OWNER, password)

    return make


@pytest.fixture(scope="module")
def database(new_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    """One for each test module."""
    return new_database()


@pytest.fixture(scope="session")
def valkey_server(servers_folder: Path) -> Iterator[Valkey]:
    port = ports.choose("Valkey", None)
    server = Valkey(servers_folder / "valkey", port, ports.choose("Valkey's bus", None, taken=[port]))
    server.start()
    try:
        yield server
    finally:
        server.remove()
