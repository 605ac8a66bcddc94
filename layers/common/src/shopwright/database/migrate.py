"""Brings a database to the schema that this version of the product expects: changes when the way we migrate does.

Each file `migrations/NNNN_name.sql` runs once, in a transaction of its own, under a lock that lets one runner in at a
time; `NNNN_name.down.sql` takes it back. A file that changed after it was applied is refused: history is added to.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors as pg
from psycopg import sql
from psycopg.rows import DictRow

from shopwright.database.connection import DatabaseUnavailable, Login
from shopwright.errors import Conflict, Invalid, ShopwrightError
from shopwright.tenancy.passport import SigningKey

FOLDER = Path(__file__).with_name("migrations")
_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_LOCK = 5_417_233_301  # any number, as long as it is the same everywhere
_BLOCK = 64  # bytes of a SHA-256 block: what HMAC pads a key to


class MigrationChanged(Conflict):
    """A migration that this database has already run reads differently now."""


class MigrationFailed(ShopwrightError):
    """PostgreSQL refused a migration; nothing of it remains."""


class NoSuchMigration(Invalid):
    """The number asked for is not one that these files lead to."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step and its way back."""

    number: int
    name: str
    forward: str
    back: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.forward.encode()).hexdigest()


def read(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Every migration of a folder, in order. A gap, a missing way back or a stray name is refused."""
    steps: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        if path.name.endswith(".down.sql"):
            continue
        match = _NAME.fullmatch(path.name)
        back = path.with_name(path.stem + ".down.sql")
        if match is None or int(match["number"]) != len(steps) + 1 or not back.exists():
            raise NoSuchMigration(f"{path.name}: migrations are numbered without gaps, each with its .down.sql.")
        steps.append(Migration(int(match["number"]), match["name"], path.read_text("utf-8"), back.read_text("utf-8")))
    return tuple(steps)


class Migrator:
    """Runs migrations over a connection of the master user (autocommit; not the app's)."""

    def __init__(self, connection: psycopg.Connection[DictRow], steps: tuple[Migration, ...] | None = None) -> None:
        self._connection = connection
        self._steps = read() if steps is None else steps

    def up(self, to: int | None = None) -> tuple[int, ...]:
        """Apply what is missing, up to and including `to`. Gives the numbers that it applied: none the second time."""
        target = self._target(to)
        with self._alone():
            done = self._applied()
            todo = [step for step in self._steps if step.number > len(done) and step.number <= target]
            for step in todo:
                self._run(step, step.forward, "record")
            return tuple(step.number for step in todo)

    def down(self, to: int) -> tuple[int, ...]:
        """Take back everything after `to` (0 = all), newest first. The data in those tables is lost."""
        target = self._target(to)
        with self._alone():
            done = self._applied()
            todo = [step for step in reversed(self._steps) if target < step.number <= len(done)]
            for step in todo:
                self._run(step, step.back, "forget")
            return tuple(step.number for step in todo)

    def add_model(self, name: str, sha256: str, dimensions: int) -> None:
        """Make an embedding model known, with a table for its vectors. One that is known already changes nothing."""
        try:
            with self._transaction():
                self._connection.execute("set local role shopwright_owner")
                self._connection.execute(
                    "select shopwright.add_embedding_model(%s, %s, %s)", (name, sha256, dimensions)
                )
        except psycopg.Error as error:
            raise MigrationFailed(f"The model {name} was not added: {error.diag.message_primary}") from None

    def admit_app(self, login: Login) -> None:
        """Give a login of ours (the app's, the upkeep's) its password, as a SCRAM verifier: the password itself is
        never in a statement."""
        verifier = self._connection.pgconn.encrypt_password(
            login.password.encode(), login.username.encode(), b"scram-sha-256"
        ).decode()
        self._execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(login.username), sql.Literal(verifier))
        )

    def install_key(self, signing: SigningKey) -> None:
        """Let the database check passports that this key signs. The key before it stays valid, older ones do not."""
        key = signing.key if len(signing.key) <= _BLOCK else hashlib.sha256(signing.key).digest()
        block = key.ljust(_BLOCK, b"\0")
        with self._transaction():
            self._connection.execute("set local role shopwright_owner")
            self._connection.execute(
                """insert into shopwright_private.tenant_key (kid, inner_pad, outer_pad, written_at)
                   values (%(kid)s, %(inner)s, %(outer)s, clock_timestamp())
                   on conflict (kid) do update
                      set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad,
                          written_at = excluded.written_at
                    where (tenant_key.inner_pad, tenant_key.outer_pad)
                          is distinct from (excluded.inner_pad, excluded.outer_pad)""",
                {
                    "kid": signing.kid,
                    "inner": bytes(byte ^ 0x36 for byte in block),
                    "outer": bytes(byte ^ 0x5C for byte in block),
                },
            )
            self._connection.execute(
                """delete from shopwright_private.tenant_key
                    where kid <> %(kid)s
                      and kid not in (select kid from shopwright_private.tenant_key
                                       where kid <> %(kid)s order by written_at desc, kid limit 1)""",
                {"kid": signing.kid},
            )

    def _target(self, to: int | None) -> int:
        last = self._steps[-1].number if self._steps else 0
        if to is None:
            return last
        if not 0 <= to <= last:
            raise NoSuchMigration(f"There is no migration {to}: choose 0 to {last}.")
        return to

    def _applied(self) -> list[DictRow]:
        rows = self._connection.execute(
            "select number, name, checksum from shopwright_migration.applied order by number"
        ).fetchall()
        for step, row in zip(self._steps, rows, strict=False):
            if (step.number, step.checksum) != (row["number"], row["checksum"]):
                raise MigrationChanged(
                    f"Migration {row['number']} is not what this database ran. Add a new one instead."
                )
        if len(rows) > len(self._steps):
            raise MigrationChanged("This database is newer than this version of the product.")
        return rows

    def _run(self, step: Migration, text: str, ledger: str) -> None:
        try:
            with self._transaction():
                # Only files of this package are run, and they hold no parameters.
                self._connection.execute(text.encode())
                self._connection.execute("reset role")
                if ledger == "record":
                    self._connection.execute(
                        "insert into shopwright_migration.applied (number, name, checksum) values (%s, %s, %s)",
                        (step.number, step.name, step.checksum),
                    )
                else:
                    self._connection.execute(
                        "delete from shopwright_migration.applied where number = %s", (step.number,)
                    )
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            # Our own statements, run on no merchant's data by name: here the server's first line may be shown.
            said = error.diag.message_primary
            raise MigrationFailed(f"Migration {step.number} ({step.name}) failed: {said}") from None

    def _execute(self, statement: sql.Composed) -> None:
        with self._transaction():
            self._connection.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _reachable(), self._connection.transaction():
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One runner at a time. The lock goes with the connection should this process die."""
        with _reachable():
            self._connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
            try:
                self._connection.execute("create schema if not exists shopwright_migration")
                self._connection.execute(
                    """create table if not exists shopwright_migration.applied (
                           number integer primary key, name text not null, checksum text not null,
                           applied_at timestamptz not null default now())"""
                )
                yield
            finally:
                if not self._connection.closed:
                    self._connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, pg.InterfaceError):
        raise DatabaseUnavailable("The database did not answer. Please try again in a moment.") from None
