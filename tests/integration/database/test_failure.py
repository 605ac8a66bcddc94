"""PostgreSQL goes away and comes back: we say so in time, leak nothing, and recover by ourselves."""

import os
import signal
import threading
import time
import uuid

import pytest
from shopwright.database.connection import Address, Database, DatabaseUnavailable, QueryFailed, StatementTooSlow
from shopwright.database.guarded import EXCUSED, DatabaseLeftAlone, Guarded
from shopwright.database.reading import Reading
from shopwright.resilience.breaker import Breaker, Tolerance
from shopwright.retrieval.aurora import Search
from shopwright.tenancy.tenant import Tenant

from tests.fakes.circuits import FakeCircuits
from tests.integration.database.conftest import APP, Shop
from tests.integration.database.shop import BGE, KITCHEN, OUTDOOR, SIGNER, vector


def test_a_killed_database_is_unavailable_and_serves_again_after_its_restart(shop: Shop) -> None:
    database, search = shop.database(), shop.search()
    database.ping(timeout_s=2)
    search.nearest(SIGNER.sign(KITCHEN), vector("x"))

    shop.server.kill()
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            database.ping(timeout_s=1)
        with pytest.raises(DatabaseUnavailable), database.as_tenant(SIGNER.sign(KITCHEN)):
            pass
        with pytest.raises(DatabaseUnavailable):
            search.nearest(SIGNER.sign(KITCHEN), vector("x"))
        assert time.monotonic() - started < 5
    shop.server.start()

    database.ping(timeout_s=2)
    search.nearest(SIGNER.sign(KITCHEN), vector("x"))
    with database.as_tenant(SIGNER.sign(KITCHEN)) as db:
        assert db.execute("select shopwright.tenant() as t").fetchone() == {"t": "kitchen"}


def test_a_connection_that_broke_while_idle_is_replaced_without_the_caller_noticing(shop: Shop) -> None:
    database, search = shop.database(), shop.search()
    with database.as_tenant(SIGNER.sign(KITCHEN)):
        pass
    search.nearest(SIGNER.sign(KITCHEN), vector("x"))
    shop.server.restart()

    with database.as_tenant(SIGNER.sign(KITCHEN)) as db:
        assert db.execute("select 1 as one").fetchone() == {"one": 1}
    search.nearest(SIGNER.sign(KITCHEN), vector("x"))


def test_a_server_that_hangs_is_given_up_on_our_side(shop: Shop) -> None:
    database = shop.database(statement_timeout_ms=500)
    with database.as_tenant(SIGNER.sign(KITCHEN)) as db:
        row = db.execute("select pg_backend_pid() as pid").fetchone()
    assert row is not None
    started = time.monotonic()
    os.kill(row["pid"], signal.SIGSTOP)  # its kernel goes on acknowledging every packet
    try:
        with pytest.raises(DatabaseUnavailable), database.as_tenant(SIGNER.sign(KITCHEN)):
            pass
    finally:
        os.kill(row["pid"], signal.SIGCONT)

    assert time.monotonic() - started < 6
    database.ping(timeout_s=2)


def test_a_statement_that_takes_too_long_is_unavailable_not_endless(shop: Shop) -> None:
    database = shop.database(statement_timeout_ms=200)
    with pytest.raises(DatabaseUnavailable), database.as_tenant(SIGNER.sign(KITCHEN)) as db:
        db.execute("select pg_sleep(5)")

    database.ping(timeout_s=2)


def test_what_postgresql_says_stays_inside(shop: Shop) -> None:
    with pytest.raises(QueryFailed) as caught, shop.database().as_tenant(SIGNER.sign(KITCHEN)) as db:
        db.execute("select 'a shopper''s secret'::int")

    assert "secret" not in str(caught.value)
    assert "22P02" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_host_that_does_not_answer_is_unavailable(shop: Shop) -> None:
    nowhere = Database(Address("127.0.0.1", 1, "shop", "disable"), lambda: APP)

    with pytest.raises(DatabaseUnavailable) as caught:
        nowhere.ping(timeout_s=1)
    assert "127.0.0.1" not in str(caught.value)


def test_threads_that_share_a_connection_take_turns_and_see_their_own_merchants_rows(shop: Shop) -> None:
    database = shop.database()
    seen: list[tuple[str, str]] = []

    def look(tenant: Tenant) -> None:
        for _ in range(20):
            with database.as_tenant(SIGNER.sign(tenant)) as db:
                row = db.execute("select shopwright.tenant() as whose, pg_sleep(0.001)").fetchone()
                assert row is not None
                seen.append((tenant.merchant_id, row["whose"]))

    threads = [threading.Thread(target=look, args=(tenant,)) for tenant in (KITCHEN, OUTDOOR, KITCHEN, OUTDOOR)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(seen) == 80
    assert all(mine == whose for mine, whose in seen)


def left_alone_after(failures: int) -> Breaker:
    return Breaker(
        f"postgresql-{uuid.uuid4()}",
        FakeCircuits().store(),
        tolerance=Tolerance(failures=failures, open_s=1),
        left_alone=DatabaseLeftAlone,
        excused=EXCUSED,
    )


def test_a_dead_database_is_left_alone_answers_so_at_once_and_serves_again(shop: Shop) -> None:
    search = Search(Guarded(shop.database(), left_alone_after(3)), model=BGE)
    passport = SIGNER.sign(KITCHEN)
    search.nearest(passport, vector("x"))

    shop.server.kill()
    try:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                search.nearest(passport, vector("x"))
        began = time.monotonic()
        with pytest.raises(DatabaseLeftAlone):
            search.nearest(passport, vector("x"))
        assert time.monotonic() - began < 1
    finally:
        shop.server.start()
    time.sleep(2.05)

    search.nearest(passport, vector("x"))


def test_statements_that_take_too_long_shut_the_database_for_nobody(shop: Shop) -> None:
    slow = Guarded(shop.database(statement_timeout_ms=300), left_alone_after(2))
    passport = SIGNER.sign(KITCHEN)

    for _ in range(5):
        with pytest.raises(StatementTooSlow):
            slow.call(passport, "select pg_sleep(5)", {})

    assert slow.call(passport, "select 1 as one", {}) == [{"one": 1}]


def test_a_dead_reader_is_left_alone_and_the_writer_answers(shop: Shop) -> None:
    class Dead:
        asked = 0

        def call(self, *_: object) -> list[dict[str, object]]:
            self.asked += 1
            raise DatabaseUnavailable("The reader did not answer.")

    dead, now = Dead(), [0.0]
    reading = Reading(
        Guarded(dead, left_alone_after(2)),
        Guarded(shop.database(), left_alone_after(2)),
        now=lambda: now[0],
    )

    for _ in range(6):
        now[0] += 60  # past the rest that it takes by itself
        assert reading.call(SIGNER.sign(KITCHEN), "select 1 as one", {}) == [{"one": 1}]

    assert dead.asked == 2
