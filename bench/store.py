"""A database of a bench's own, migrated as the product's is: changes when what a bench needs of one does."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shopwright.database.connection import Address, Database, Login, connect_master
from shopwright.database.migrate import Migrator
from shopwright.documents.aurora import DocumentRepository
from shopwright.tenancy.passport import Signer, SigningKey

from local import ports
from local.places import servers_dir
from local.postgres import Postgres


@dataclass(frozen=True, slots=True)
class Store:
    """Its functions are asked as the app asks them: row-level security, a passport each.

    Address, login and key are for a process of the bench's own that opens a way in itself.
    """

    server: Postgres
    address: Address
    login: Login
    key: SigningKey
    database: Database
    signer: Signer
    documents: DocumentRepository


@contextmanager
def store(name: str) -> Iterator[Store]:
    """A server on a free port; it goes, with its data, when the bench is done."""
    server = Postgres(servers_dir() / f"bench-{name}-{os.getpid()}", ports.choose("the bench", None))
    master, app = Login("bench_master", secrets.token_hex(16)), Login("shopwright_app", secrets.token_hex(16))
    key = SigningKey("k1", secrets.token_hex(32).encode())
    server.start()
    try:
        server.admit(master.username, master.password)
        server.create_database("bench", owner=master.username)
        address = Address("127.0.0.1", server.port, "bench", "disable")
        with connect_master(address, master) as connection:
            migrator = Migrator(connection)
            migrator.up()
            migrator.admit_app(app)
            migrator.install_key(key)
        database = Database(address, lambda: app, statement_timeout_ms=120_000)
        signer = Signer(lambda: key)
        try:
            yield Store(server, address, app, key, database, signer, DocumentRepository(database, signer))
        finally:
            database.close()
    finally:
        server.remove()
