"""PostgreSQL goes away and comes back: we say so in time, leak nothing, and recover by ourselves."""

import os
import signal
import threading
import time

import pytest
from shopwright.database.connection import Address, Database, DatabaseUnavailable, QueryFailed
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import APP, Shop
from tests.integration.database.shop import KITCHEN, OUTDOOR, SIGNER, vector


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
