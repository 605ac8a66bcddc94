"""The vector indexes are kept: built anew when stale, changed for another kind, without a reader noticing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import DictRow
from shopwright.database.connection import DatabaseUnavailable, connect_master
from shopwright.database.migrate import Migrator, read
from shopwright.database.tend import Keeper, Kind, Limits, Partition, Round, cause, keeper
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import APP, MASTER, UPKEEP, Shop
from tests.integration.database.shop import KITCHEN, SIGNER, arrival, content, vector

LIMITS = replace(Limits.read(), least_rows=10)
VECTORS = "chunk_embedding_bge_small_en_v15"
ROOMY = 300_000.0


@pytest.fixture
def stocked(new_shop: Callable[[], Shop]) -> Shop:
    shop = new_shop()
    stock(shop, KITCHEN, range(300))
    return shop


def stock(shop: Shop, tenant: Tenant, numbers: range, *, name: str = "catalog.md", sequencer: str = "01") -> None:
    drop = arrival(tenant, name, sequencer)
    documents = shop.repository().of(tenant)
    documents.register(drop, title="Catalog")
    documents.replace(drop, content(drop, [f"Thing number {number} is blue." for number in numbers]))
    shop.opened[-1].close()  # a connection that ends tells the server what it has changed, one that idles may not


@contextmanager
def at_work(shop: Shop, *, limits: Limits = LIMITS, left_ms: float = ROOMY) -> Iterator[Keeper]:
    with shop.raw(UPKEEP) as connection:
        yield Keeper(_rows(connection), left_ms=lambda: left_ms, limits=limits)


def _rows(connection: "psycopg.Connection[tuple[object, ...]]") -> "psycopg.Connection[DictRow]":
    connection.row_factory = psycopg.rows.dict_row  # type: ignore[assignment]  # the same connection, other rows
    return connection  # type: ignore[return-value]  # the same


def one_round(shop: Shop, **asked: object) -> Round:
    seen(shop)
    with at_work(shop, **asked) as keeping:  # type: ignore[arg-type]  # as at_work takes them
        return keeping.round()


def seen(shop: Shop) -> None:
    """Let the server's counts of rows catch up: they are written when a connection has been idle."""
    with shop.server.connect(shop.address.name) as admin:
        admin.execute("vacuum analyze")
        admin.execute("select pg_stat_force_next_flush()")


def indexes(shop: Shop) -> list[tuple[object, ...]]:
    with shop.server.connect(shop.address.name) as admin:
        return admin.execute(
            "select a.amname, count(*) from pg_index x join pg_class c on c.oid = x.indexrelid"
            " join pg_am a on a.oid = c.relam join pg_class t on t.oid = x.indrelid"
            " where t.relname like %s and t.relkind = 'r' and a.amname in ('hnsw', 'ivfflat') and x.indisvalid"
            " group by 1 order by 1",
            (f"{VECTORS}%",),
        ).fetchall()


def found(shop: Shop) -> list[str]:
    return [name for name, _ in shop.search().nearest(SIGNER.sign(KITCHEN), vector("Thing number 7 is blue."))]


def test_good_indexes_are_sampled_and_left_alone(stocked: Shop) -> None:
    first, second = one_round(stocked), one_round(stocked)

    for done in (first, second):
        assert (done.left, done.busy, len(done.tended)) == (0, False, 16)
        assert [one.cause for one in done.tended] == [None] * 16
        assert [one.recall for one in done.tended if one.rows] == [pytest.approx(1.0)]
        assert all(one.recall is None for one in done.tended if not one.rows)


def test_one_word_of_data_changes_the_kind_of_index_and_back(stocked: Shop) -> None:
    before = found(stocked)
    assert indexes(stocked) == [("hnsw", 16)]

    seen(stocked)
    kinds: tuple[Kind, ...] = ("ivfflat", "hnsw")
    for kind in kinds:
        with at_work(stocked) as keeping:
            keeping.choose(kind)
            done = keeping.round()
        assert {one.cause for one in done.tended} == {"kind"}
        assert done.dropped
        assert indexes(stocked) == [(kind, 16)]
        (recall,) = [one.recall for one in one_round(stocked).tended if one.rows]
        assert recall is not None
        assert recall > (0.99 if kind == "hnsw" else 0.3)  # made-up vectors lie in no clusters: ivfflat's worst case
        assert found(stocked)[0] == before[0]
    assert found(stocked) == before


def test_going_back_restores_the_index_that_was_there(stocked: Shop) -> None:
    with at_work(stocked) as keeping:
        keeping.choose("ivfflat")
        keeping.round()
    with connect_master(stocked.address, MASTER) as connection:
        migrator = Migrator(connection)
        back = next(step.number for step in read() if step.name == "index_kind") - 1
        migrator.down(back)
        assert indexes(stocked) == [("hnsw", 16)]
        migrator.up()
    assert found(stocked)


def test_a_round_without_time_leaves_its_work_to_the_next_which_begins_there(stocked: Shop) -> None:
    seen(stocked)
    steps = iter([ROOMY] * 12 + [0.0] * 100)
    with stocked.raw(UPKEEP) as connection:
        keeping = Keeper(_rows(connection), left_ms=lambda: next(steps), limits=LIMITS)
        first = keeping.round()
    second = one_round(stocked)

    assert first.left > 0
    assert first.dropped == ()
    early = {one.relation for one in first.tended}
    assert early
    assert {one.relation for one in second.tended[: first.left]}.isdisjoint(early)


def test_what_a_broken_rebuild_left_is_dropped_and_the_index_built(stocked: Shop) -> None:
    with stocked.server.connect(stocked.address.name) as admin:
        row = admin.execute(
            "select tableoid::regclass::text from shopwright.chunk_embedding_bge_small_en_v15"
        ).fetchone()
        assert row
        partition = str(row[0])
        with stocked.server.connect(stocked.address.name) as writer, writer.transaction():
            writer.execute(f"lock table {partition} in row exclusive mode".encode())
            admin.execute("set statement_timeout = 300")  # the build waits for whoever writes, and is broken off
            with pytest.raises(psycopg.errors.QueryCanceled):
                admin.execute(
                    f"create index concurrently half on {partition} using hnsw (e public.halfvec_cosine_ops)".encode()
                )
        admin.execute("set statement_timeout = 10000")
        left = admin.execute("select indisvalid from pg_index where indexrelid = to_regclass('shopwright.half')")
        assert left.fetchall() == [(False,)]
    one_round(stocked)

    with stocked.server.connect(stocked.address.name) as admin:
        assert admin.execute("select to_regclass('shopwright.half')").fetchone() == (None,)
    assert indexes(stocked) == [("hnsw", 16)]


def test_readers_are_answered_while_indexes_are_built(stocked: Shop) -> None:
    seen(stocked)
    failures: list[BaseException] = []
    slowest = [0.0]
    over = threading.Event()
    expected = found(stocked)

    def ask() -> None:
        search = stocked.search()
        while not over.is_set():
            began = time.monotonic()
            try:
                nearest = search.nearest(SIGNER.sign(KITCHEN), vector("Thing number 7 is blue."))
                assert nearest[0][0] == expected[0]
            except BaseException as failure:
                failures.append(failure)
                return
            slowest[0] = max(slowest[0], time.monotonic() - began)

    reader = threading.Thread(target=ask)
    reader.start()
    rebuilt = 0
    try:
        for number in range(3):  # every index that holds a row anew, whatever it finds
            stock(stocked, KITCHEN, range(5000 + number, 5010 + number), name=f"more-{number}.md")
            done = one_round(stocked, limits=replace(LIMITS, recall=1.1))
            rebuilt += sum(one.cause == "recall" for one in done.tended)

    finally:
        over.set()
        reader.join(30)

    assert failures == []
    assert rebuilt == 3
    assert slowest[0] < 5


def test_changed_rows_wear_an_hnsw_index_out_and_dead_rows_are_vacuumed(stocked: Shop) -> None:
    one_round(stocked)
    for number in range(3):
        stock(stocked, KITCHEN, range(1000 * number, 1000 * number + 300), sequencer=f"{2 + number:02}")
    seen(stocked)
    worn = one_round(stocked)

    assert [one.cause for one in worn.tended if one.rows] == ["churn"]
    assert [one.cause for one in one_round(stocked).tended if one.rows] == [None]


def test_dead_rows_are_vacuumed_before_anything_else(stocked: Shop) -> None:
    stock(stocked, KITCHEN, range(1000, 1300), sequencer="02")
    with stocked.server.connect(stocked.address.name) as admin:
        admin.execute("select pg_stat_force_next_flush()")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            row = admin.execute(
                "select sum(n_dead_tup) from pg_stat_all_tables where relname like %s", (f"{VECTORS}_p%",)
            ).fetchone()
            if row and row[0]:
                break
            time.sleep(0.2)
    with at_work(stocked, limits=replace(LIMITS, vacuum_dead_rows=10)) as keeping:
        done = keeping.round()

    assert any(name.startswith(VECTORS) for name in done.vacuumed)


def test_two_rounds_do_not_meet(stocked: Shop) -> None:
    with at_work(stocked) as keeping, at_work(stocked) as other:
        assert keeping.round().busy is False
        assert other.round().busy is True


def test_the_upkeeps_login_reads_nothing_of_its_own_accord(stocked: Shop) -> None:
    with stocked.raw(UPKEEP) as connection:
        for statement in ("select 1 from shopwright.chunk", "select 1 from shopwright_private.tenant_key"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with stocked.raw(APP) as connection:
        for role in ("shopwright_owner", "shopwright_upkeep", "shopwright_statistics", "shopwright_search"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"set role {role}".encode())


def test_a_keeper_who_cannot_sign_in_says_so(stocked: Shop) -> None:
    wrong = replace(UPKEEP, password="wrong")
    with pytest.raises(DatabaseUnavailable), keeper(stocked.address, wrong, left_ms=lambda: ROOMY):
        pass


def partition(kind: str, rows: int, built: int | None, changed: int = 0) -> Partition:
    return Partition("p", "t", kind, rows, changed, built, None if built is None else 0, 60, 10)


@pytest.mark.parametrize(
    ("one", "recall", "why"),
    [
        (partition("hnsw", 5001, 5000), 0.99, None),
        (partition("hnsw", 5001, 5000), 0.9, "recall"),
        (partition("hnsw", 5000, None), 0.9, "recall"),
        (partition("hnsw", 5000, 5000), 0.9, None),  # as good as it gets: the alarm has to say so
        (partition("hnsw", 50, 50, 500), 0.5, None),  # answered exactly anyway
        (partition("hnsw", 5000, 1000), 1.0, None),  # it grows well
        (partition("hnsw", 5000, 5000, 1600), 1.0, "churn"),
        (partition("hnsw", 5000, None, 1600), 1.0, None),  # met for the first time
        (partition("ivfflat", 5000, 5000, 1600), 1.0, None),
        (partition("ivfflat", 7600, 5000), 1.0, "growth"),
        (partition("ivfflat", 2400, 5000), 1.0, "growth"),
        (partition("ivfflat", 5000, 5000), None, None),
    ],
)
def test_an_index_is_built_anew_for_a_reason(one: Partition, recall: float | None, why: str | None) -> None:
    assert cause(one, recall, Limits.read()) == why
