"""How we talk to PostgreSQL: changes when the way we connect, wait or fail does.

One connection per execution environment. It opens on first use, proves that it cannot see another tenant, and is
replaced after a failure, so that a function recovers by itself when the database is back. What PostgreSQL says about
an error may quote a row, so that its words stop here: callers get a name of ours.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol, TypeVar

import psycopg
from pgvector.psycopg.halfvec import register_halfvec_info
from psycopg import errors as pg
from psycopg.abc import PQGen, QueryNoTemplate
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg.types import TypeInfo

from shopwright.database.queries import Queries
from shopwright.errors import Denied, ShopwrightError, Unavailable
from shopwright.tenancy.passport import Passport

Row = DictRow
Cursor = psycopg.Cursor[DictRow]

_Result = TypeVar("_Result")
_QUERIES = Queries.beside(__file__)
_OTHER_MODEL = "SW002"  # raised by vectors_of (migrations/0004_search.sql)
_REFUSED_PASSPORT = "SW001"  # raised by our own SQL functions (migrations/0002_tenant.sql)


class DatabaseUnavailable(Unavailable):
    """PostgreSQL did not answer in time, or the connection broke. The next call connects again."""


class StatementTooSlow(DatabaseUnavailable):
    """PostgreSQL ended one statement that took too long, and is there for the others."""


class QueryFailed(ShopwrightError):
    """PostgreSQL refused a statement of ours: a mistake in the product, which trying again does not cure."""


class ModelDoesNotServe(QueryFailed):
    """The question was embedded by a model that does not serve this merchant."""


class NotIsolated(ShopwrightError):
    """This connection can see rows of a tenant that it holds no passport for. Nothing may be served through it."""


class PassportRefused(Denied):
    """The passport is forged, expired or signed with a key that the database does not know."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. `tls` is `require` or `disable`."""

    host: str
    port: int
    name: str
    tls: str


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the database."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username})"


class Patient(psycopg.Connection[DictRow]):
    """A connection that never waits for ever.

    `statement_timeout` is kept by the server, which may itself be what hangs: a stopped process still has a kernel
    that acknowledges every packet. So each wait has a limit on our side as well.
    """

    patience_s: float = 5.0

    def wait(self, gen: PQGen[_Result], interval: float = 0.1, timeout: float | None = None) -> _Result:
        return super().wait(gen, interval, self.patience_s if timeout is None else timeout)


def connect(
    address: Address, login: Login, *, connect_timeout_s: int, statement_timeout_ms: int, read_only: bool = False
) -> Patient:
    """One connection in autocommit, with every timeout stated. Raises psycopg's own errors."""
    connection = Patient.connect(
        host=address.host,
        port=address.port,
        dbname=address.name,
        user=login.username,
        password=login.password,
        sslmode=address.tls,
        connect_timeout=connect_timeout_s,
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=3,
        keepalives_count=3,
        tcp_user_timeout=statement_timeout_ms + 2000,
        application_name="shopwright",
        options=f"-c statement_timeout={statement_timeout_ms} -c idle_in_transaction_session_timeout=30000"
        f" -c default_transaction_read_only={'on' if read_only else 'off'}",
        autocommit=True,
        row_factory=dict_row,
    )
    connection.patience_s = statement_timeout_ms / 1000 + 1
    return connection


@contextmanager
def connect_master(address: Address, login: Login) -> Iterator[Patient]:
    """A connection for migrations, with time for an index to be built; closed when the block ends."""
    try:
        connection = connect(address, login, connect_timeout_s=10, statement_timeout_ms=240_000)
    except psycopg.Error as error:
        raise _named(error) from None
    try:
        yield connection
    finally:
        connection.close()


class Reads(Protocol):
    """Who answers a statement that only reads: a `Database`, or a `Reading`, which has two."""

    def call(self, passport: Passport, query: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """One statement in one round trip, for SQL functions that take the passport themselves as %(passport)s."""


class Database:
    """One connection, opened on first use and reopened after a failure. Threads that share it take turns."""

    def __init__(
        self,
        address: Address,
        login: Callable[[], Login],
        *,
        connect_timeout_s: int = 2,
        statement_timeout_ms: int = 2000,
        read_only: bool = False,
    ) -> None:
        self._address = address
        self._login = login
        self._connect_timeout_s = connect_timeout_s
        self._statement_timeout_ms = statement_timeout_ms
        self._read_only = read_only
        self._connection: Patient | None = None
        self._turn = threading.RLock()

    def __repr__(self) -> str:
        return f"Database({self._address.host}:{self._address.port}/{self._address.name})"

    @contextmanager
    def as_tenant(self, passport: Passport) -> Iterator[Cursor]:
        """One transaction that sees the passport's tenant and nobody else. Commits when the block ends well."""
        with self._failures_named():
            connection = self._admit(passport)
            try:
                with connection.cursor() as cursor:
                    yield cursor
            except BaseException:
                _roll_back(connection)
                raise
            connection.commit()

    def call(self, passport: Passport, query: QueryNoTemplate, parameters: Mapping[str, Any]) -> list[Row]:
        """One statement in one round trip, for SQL functions that take the passport themselves as %(passport)s.

        A connection that broke while it lay idle is replaced and the statement sent again, so that it must be one
        that is safe to repeat.
        """
        with self._failures_named():
            values = {**parameters, "passport": passport.text}
            fresh = self._connection is None
            try:
                return self._open().execute(query, values).fetchall()
            except psycopg.OperationalError:
                if fresh or self._alive():
                    raise
                self.close()
                return self._open().execute(query, values).fetchall()

    def run(self, query: QueryNoTemplate, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """One statement that acts for no merchant: it sees nobody's rows, and calls what may be called so."""
        with self._failures_named():
            return self._open().execute(query, parameters).fetchall()

    def ping(self, *, timeout_s: float) -> None:
        """Raise DatabaseUnavailable unless PostgreSQL answers within the time, connecting included (whole seconds)."""
        with self._failures_named():
            started = time.monotonic()
            connection = self._open(connect_timeout_s=max(1, int(timeout_s)))
            patience, connection.patience_s = (
                connection.patience_s,
                max(0.05, timeout_s - (time.monotonic() - started)),
            )
            try:
                connection.execute("select 1")
            finally:
                connection.patience_s = patience

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _alive(self) -> bool:
        return self._connection is not None and not self._connection.broken and not self._connection.closed

    def _admit(self, passport: Passport) -> Patient:
        """Begin a transaction as the passport's tenant; a connection that broke while idle is replaced once."""
        fresh = self._connection is None
        try:
            return self._begin(passport)
        except psycopg.OperationalError:
            if fresh or self._alive():
                raise
            self.close()
            return self._begin(passport)

    def _begin(self, passport: Passport) -> Patient:
        connection = self._open()
        with connection.pipeline():
            connection.execute("begin")
            connection.execute(_QUERIES["admit"], {"passport": passport.text})
        return connection

    def _open(self, *, connect_timeout_s: int | None = None) -> Patient:
        if self._connection is not None and self._alive():
            return self._connection
        connection = connect(
            self._address,
            self._login(),
            connect_timeout_s=connect_timeout_s or self._connect_timeout_s,
            statement_timeout_ms=self._statement_timeout_ms,
            read_only=self._read_only,
        )
        try:
            _prove_isolated(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        """Turn psycopg's errors into ours, without their words, and drop a connection that cannot be trusted."""
        with self._turn:
            try:
                yield
            except psycopg.Error as error:
                failure = _named(error)
                if isinstance(failure, DatabaseUnavailable):
                    self.close()
                elif self._connection is not None:
                    _roll_back(self._connection)
                raise failure from None


def _roll_back(connection: Patient) -> None:
    """End a transaction that is open. A connection that waits for an answer is beyond that and gets closed instead."""
    if connection.closed:
        return
    if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        connection.rollback()
    elif connection.info.transaction_status is not TransactionStatus.IDLE:
        connection.close()


def _named(error: psycopg.Error) -> ShopwrightError:
    if error.sqlstate == _REFUSED_PASSPORT:
        return PassportRefused("The database does not accept this passport.")
    if error.sqlstate == _OTHER_MODEL:
        return ModelDoesNotServe(f"Another model serves this merchant (SQLSTATE {_OTHER_MODEL}).")
    if isinstance(error, pg.QueryCanceled):
        return StatementTooSlow("The database took too long over this. Please try again in a moment.")
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return DatabaseUnavailable("The database did not answer. Please try again in a moment.")
    return QueryFailed(f"The database refused a statement (SQLSTATE {error.sqlstate or 'unknown'}).")


def _prove_isolated(connection: Patient) -> None:
    """The start-up self-test: a row of a tenant that nobody can be lies in the table, and we must not see it.

    It fails for a superuser, a BYPASSRLS role, an owner without FORCE, and when the canary is missing: a test that
    could not have failed proves nothing. In the same round trip we learn the number of the vector type.
    """
    try:
        found = connection.execute(_QUERIES["prove_isolated"]).fetchone()
    except (pg.UndefinedTable, pg.UndefinedFunction, pg.InvalidSchemaName):
        raise NotIsolated("The database has no schema yet, or an old one: run the migrations.") from None
    except pg.InsufficientPrivilege:
        raise NotIsolated(
            "This role may not read the shop's tables: run the migrations, then use their role."
        ) from None
    if found is None or not found["planted"]:
        raise NotIsolated("The self-test's canary row is missing: run the migrations.")
    if found["seen"] or found["privileged"] or found["unforced"]:
        raise NotIsolated("This database role can see other tenants' rows. Use the role that the migrations made.")
    register_halfvec_info(connection, TypeInfo("halfvec", found["halfvec"], found["halfvec_array"]))
