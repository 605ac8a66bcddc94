"""A real server, and for each test module a database of its own, migrated by a master who is no superuser."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from shopwright.database.connection import Address, Database, Login, connect_master
from shopwright.database.migrate import Migrator
from shopwright.documents.aurora import DocumentRepository
from shopwright.retrieval.aurora import Search

from local import ports
from local.places import servers_dir
from local.postgres import Postgres
from tests.integration.database.shop import BGE, KEY, SIGNER

MASTER = Login("test_master", secrets.token_hex(16))
APP = Login("shopwright_app", secrets.token_hex(16))
UPKEEP = Login("shopwright_upkeep", secrets.token_hex(16))


@dataclass(frozen=True)
class Shop:
    """A migrated database and the ways into it."""

    address: Address
    server: Postgres
    opened: list[Database] = field(default_factory=list)

    def database(self, login: Login = APP, *, statement_timeout_ms: int = 10_000) -> Database:
        database = Database(self.address, lambda: login, statement_timeout_ms=statement_timeout_ms)
        self.opened.append(database)
        return database

    def repository(self) -> DocumentRepository:
        return DocumentRepository(self.database(), SIGNER)

    def close(self) -> None:
        """Let go of its connections; one that is asked again opens anew."""
        for database in self.opened:
            database.close()

    def search(self) -> Search:
        return Search(self.database(), model=BGE)

    def raw(self, login: Login = APP) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection with nothing of ours in between: what an injected statement could use."""
        return psycopg.connect(
            host=self.address.host,
            port=self.address.port,
            dbname=self.address.name,
            user=login.username,
            password=login.password,
            connect_timeout=5,
            autocommit=True,
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    # Another folder's tests have this fixture too, and then a server of their own.
    folder = servers_dir() / f"test-database-{os.getpid()}-{secrets.token_hex(3)}"
    server = Postgres(folder, ports.choose("the tests", None))
    server.start()
    try:
        server.admit(MASTER.username, MASTER.password)
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def new_shop(server: Postgres) -> Iterator[Callable[[], Shop]]:
    """Makes databases, each migrated."""
    made: list[Shop] = []

    def make() -> Shop:
        name = f"shop_{len(made)}"
        server.create_database(name, owner=MASTER.username)
        address = Address("127.0.0.1", server.port, name, "disable")
        with connect_master(address, MASTER) as connection:
            migrator = Migrator(connection)
            migrator.up()
            migrator.admit_app(APP)
            migrator.admit_app(UPKEEP)
            migrator.install_key(KEY)
        made.append(Shop(address, server))
        return made[-1]

    yield make
    for shop in made:
        shop.close()


@pytest.fixture(scope="module")
def shop(new_shop: Callable[[], Shop]) -> Iterator[Shop]:
    made = new_shop()
    yield made
    made.close()  # a server has only so many connections for all of a run's shops
