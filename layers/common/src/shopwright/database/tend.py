"""Keeps the vector indexes as good as they were built: changes when what makes an index stale, or cures it, does.

One partition at a time, without blocking a reader: VACUUM, REINDEX CONCURRENTLY, CREATE INDEX CONCURRENTLY. What a
round does not get to, the next one begins with; what a broken round left half built is dropped first. Recall is
sampled before and after: stored vectors are asked for their neighbours, exactly and as shoppers' questions are.
"""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from shopwright.database.connection import Address, DatabaseUnavailable, Login, Patient, Row, connect
from shopwright.database.queries import Queries

_QUERIES = Queries.beside(__file__, "upkeep.sql")
_LOCK = 5_417_233_303  # any number that no other lock of ours has
_CONNECTION_MS = 10_000
Kind = Literal["hnsw", "ivfflat"]
_METHODS: dict[str, sql.SQL] = {
    "hnsw": sql.SQL("using hnsw (e public.halfvec_cosine_ops)"),
    "ivfflat": sql.SQL("using ivfflat (e public.halfvec_cosine_ops) with (lists = 100)"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """`upkeep.toml`, where each is explained."""

    vacuum_dead_share: float
    vacuum_dead_rows: int
    churn: float
    growth: float
    least_rows: int
    recall: float
    sample: int
    neighbours: int
    lock_timeout_ms: int
    reserve_ms: int

    @classmethod
    def read(cls) -> "Limits":
        return cls(**tomllib.loads(Path(__file__).with_name("upkeep.toml").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of vectors, and what its index was built over (None: nobody has written that down yet)."""

    relation: str
    parent: str
    wanted: str
    rows: int
    changed: int
    rows_built: int | None
    changed_built: int | None
    ef_search: int
    probes: int


@dataclass(frozen=True, slots=True)
class Tended:
    """What was found, and done, on one partition. Recall is None where nothing could be asked."""

    relation: str
    kind: str
    rows: int
    recall: float | None
    cause: str | None = None  # why its index was built anew
    recall_after: float | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round: `left` partitions are for the next; `busy`: another round is under way."""

    vacuumed: tuple[str, ...] = ()
    tended: tuple[Tended, ...] = ()
    dropped: tuple[str, ...] = ()
    left: int = 0
    busy: bool = False


def cause(partition: Partition, recall: float | None, limits: Limits) -> str | None:
    """Why the partition's index is to be built anew; None: it is good."""
    untouched = (partition.rows, partition.changed) == (partition.rows_built, partition.changed_built)
    if partition.rows < limits.least_rows or untouched:
        return None  # built anew over the same rows, it would be the same
    if recall is not None and recall < limits.recall:
        return "recall"
    if partition.rows_built is None or partition.changed_built is None:
        return None
    if partition.wanted == "ivfflat":
        grown = abs(partition.rows - partition.rows_built)
        return "growth" if grown > limits.growth * max(partition.rows_built, 1) else None
    # The server's counts begin anew after a crash; a smaller one than before says nothing.
    return "churn" if partition.changed - partition.changed_built > limits.churn * partition.rows else None


class Keeper:
    """Tends the indexes over a connection of the upkeep's login, which acts as the tables' owner."""

    def __init__(
        self, connection: psycopg.Connection[DictRow], *, left_ms: Callable[[], float], limits: Limits | None = None
    ) -> None:
        self._connection = connection
        self._left_ms = left_ms
        self._limits = limits or Limits.read()

    def choose(self, kind: Kind) -> None:
        """From now on this kind of index is to stand; rounds make it so, partition by partition."""
        with self._as("shopwright_owner"):
            self._connection.execute(_QUERIES["choose"], {"kind": kind})

    def round(self) -> Round:
        """Tend what needs it, as far as the time goes."""
        try:
            if not self._lock():
                return Round(busy=True)
            with self._as("shopwright_owner"):
                vacuumed = tuple(self._vacuum())
                partitions = [_partition(row) for row in self._connection.execute(_QUERIES["partitions"])]
            samples = self._samples(partitions)
            tended: list[Tended] = []
            for partition in partitions:
                if not self._time():
                    break
                tended.append(self._tend(partition, samples.get(partition.relation, [])))
            left = len(partitions) - len(tended)
            return Round(vacuumed, tuple(tended), () if left else tuple(self._drop_unwanted(partitions)), left)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # A statement or a lock that took too long, too: the next round goes on from here.
            raise DatabaseUnavailable("The database did not answer, or the round ran out of time.") from None

    def _tend(self, partition: Partition, samples: list[Row]) -> Tended:
        with self._as("shopwright_owner"):
            for index in self._indexes(partition):
                if not index["valid"]:
                    self._run(sql.SQL("drop index concurrently {}").format(_named(index["name"])))
            standing = [index["name"] for index in self._indexes(partition) if index["kind"] == partition.wanted]
        before = self._recall(partition, samples)
        why = cause(partition, before, self._limits) if standing else "kind"
        if why is None:
            if partition.rows_built is None:
                self._record(partition, standing[0], before)
            else:
                self._record(partition, standing[0], before, rows=partition.rows_built, changed=partition.changed_built)
            return Tended(partition.relation, partition.wanted, partition.rows, before)
        with self._as("shopwright_owner"):
            if standing:
                self._run(sql.SQL("reindex index concurrently {}").format(_named(standing[0])))
            else:
                standing = [f"{partition.relation}_{partition.wanted}"]
                self._run(
                    sql.SQL("create index concurrently {} on {} {}").format(
                        sql.Identifier(standing[0]), _named(partition.relation), _METHODS[partition.wanted]
                    )
                )
        after = self._recall(partition, samples)
        self._record(partition, standing[0], after)
        return Tended(partition.relation, partition.wanted, partition.rows, before, why, after)

    def _vacuum(self) -> Iterator[str]:
        limits = self._limits
        dead = self._connection.execute(
            _QUERIES["dead"], {"rows": limits.vacuum_dead_rows, "share": limits.vacuum_dead_share}
        ).fetchall()
        for row in dead:
            if not self._time():
                return
            self._run(sql.SQL("vacuum (analyze) {}").format(_named(row["relation"])))
            yield row["relation"]

    def _drop_unwanted(self, partitions: list[Partition]) -> Iterator[str]:
        """Once every partition has the index that it should have, the other kind goes."""
        with self._as("shopwright_owner"):
            for parent, wanted in dict.fromkeys((one.parent, one.wanted) for one in partitions):
                for index in self._connection.execute(_QUERIES["parents"], {"relation": parent}).fetchall():
                    if index["kind"] != wanted:
                        # Takes a lock that readers wait behind, for the moment that a catalog's row needs; no longer
                        # than lock_timeout, or the next round tries again.
                        self._run(sql.SQL("drop index {}").format(_named(index["name"])))
                        yield index["name"]
            for partition in partitions:
                for index in self._indexes(partition):
                    if index["kind"] != partition.wanted and not index["attached"]:
                        self._run(sql.SQL("drop index concurrently {}").format(_named(index["name"])))
                        yield index["name"]

    def _samples(self, partitions: list[Partition]) -> dict[str, list[Row]]:
        """Stored vectors, by their partition. A partition lets nobody in by its own name, so that its parent is asked;
        ten times as many as are wanted are drawn, since merchants and partitions differ in size."""
        drawn: dict[str, list[Row]] = {}
        for parent in dict.fromkeys(partition.parent for partition in partitions):
            own = [partition.rows for partition in partitions if partition.parent == parent]
            percent = min(100.0, 100 * 10 * self._limits.sample * len(own) / max(sum(own), 1))
            with self._as("shopwright_search"):
                for row in self._connection.execute(
                    sql.SQL(_QUERIES["samples"]).format(parent=_named(parent)),
                    {"percent": percent, "count": self._limits.sample},
                ):
                    drawn.setdefault(row["relation"], []).append(row)
        return drawn

    def _recall(self, partition: Partition, samples: list[Row]) -> float | None:
        """The share of true neighbours that a shopper's question would find. Equally near ones are equally true."""
        parent = _named(partition.parent)
        with self._as("shopwright_search"):
            found: dict[bool, list[list[float]]] = {}
            for exactly in (True, False):
                self._set(
                    {
                        "enable_indexscan": "off" if exactly else "on",
                        "hnsw.iterative_scan": "relaxed_order",
                        "hnsw.ef_search": str(partition.ef_search),
                        "ivfflat.iterative_scan": "relaxed_order",
                        "ivfflat.probes": str(partition.probes),
                    }
                )
                found[exactly] = [self._neighbours(parent, one) for one in samples]
        true = sum(map(len, found[True]))
        hits = sum(
            sum(distance <= exact[-1] + 1e-6 for distance in given)
            for exact, given in zip(found[True], found[False], strict=True)
            if exact
        )
        return hits / true if true else None

    def _neighbours(self, parent: sql.Identifier, sample: Row) -> list[float]:
        rows = self._connection.execute(
            sql.SQL(_QUERIES["neighbours"]).format(parent=parent),
            {"merchant": sample["merchant_id"], "e": str(sample["e"]), "count": self._limits.neighbours},
            prepare=False,  # a kept plan would not notice the settings change
        )
        return [row["distance"] for row in rows]

    def _record(
        self,
        partition: Partition,
        index: str,
        recall: float | None,
        *,
        rows: int | None = None,
        changed: int | None = None,
    ) -> None:
        values = {
            "relation": partition.relation,
            "index": index,
            "kind": partition.wanted,
            "rows": partition.rows if rows is None else rows,
            "changed": partition.changed if changed is None else changed,
            "recall": recall,
        }
        with self._as("shopwright_owner"):
            self._connection.execute(_QUERIES["record"], values)

    def _indexes(self, partition: Partition) -> list[Row]:
        return self._connection.execute(_QUERIES["indexes"], {"relation": partition.relation}).fetchall()

    def _run(self, statement: sql.Composed) -> None:
        """A statement that may take as long as the round has: outside a transaction, and given up in time."""
        patience_ms = int(max(1000, self._left_ms() - self._limits.reserve_ms))
        self._set({"statement_timeout": str(patience_ms), "lock_timeout": str(self._limits.lock_timeout_ms)})
        if isinstance(self._connection, Patient):
            self._connection.patience_s = patience_ms / 1000 + 5
        self._connection.execute(statement)
        self._set({"statement_timeout": str(_CONNECTION_MS)})

    def _set(self, settings: dict[str, str]) -> None:
        for name, value in settings.items():
            self._connection.execute("select set_config(%s, %s, false)", (name, value))

    def _lock(self) -> bool:
        row = self._connection.execute("select pg_try_advisory_lock(%s) as ours", (_LOCK,)).fetchone()
        return row is not None and bool(row["ours"])

    def _time(self) -> bool:
        return self._left_ms() > self._limits.reserve_ms

    @contextmanager
    def _as(self, role: Literal["shopwright_owner", "shopwright_search"]) -> Iterator[None]:
        self._connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.execute("reset role")


@contextmanager
def keeper(address: Address, login: Login, *, left_ms: Callable[[], float]) -> Iterator[Keeper]:
    """A keeper with a connection of its own, closed when the block ends; its lock goes with it."""
    try:
        connection = connect(address, login, connect_timeout_s=5, statement_timeout_ms=_CONNECTION_MS)
    except psycopg.Error:
        raise DatabaseUnavailable("The database did not answer. Please try again in a moment.") from None
    with connection:
        connection.execute("set maintenance_work_mem = '256MB'")
        yield Keeper(connection, left_ms=left_ms)


def _partition(row: Row) -> Partition:
    return Partition(
        relation=row["relation"],
        parent=row["parent"],
        wanted=row["wanted"],
        rows=row["rows"],
        changed=row["changed"],
        rows_built=row["rows_built"],
        changed_built=row["changed_built"],
        ef_search=row["ef_search"],
        probes=row["probes"],
    )


def _named(relation: str) -> sql.Identifier:
    return sql.Identifier("shopwright", relation)
