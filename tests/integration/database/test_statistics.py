"""A merchant's counts come out of a materialized view, which knows no row-level security, through one guarded door."""

import time
from collections.abc import Callable

import psycopg
import pytest
from shopwright.database.connection import PassportRefused
from shopwright.database.views import refresh
from shopwright.documents.aurora import statistics_of
from shopwright.tenancy.passport import Passport
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import KITCHEN, OUTDOOR, SIGNER, arrival, content


@pytest.fixture(scope="module")
def stocked(new_shop: Callable[[], Shop]) -> Shop:
    shop = new_shop()
    for tenant, names in ((KITCHEN, ("a.md", "b.md", "c.txt")), (OUTDOOR, ("a.md",))):
        documents = shop.repository().of(tenant)
        for name in names:
            drop = arrival(tenant, name, "01")
            documents.register(drop, title=name)
            documents.replace(drop, content(drop, ["One thing.", "Another thing."]))
    refused = arrival(KITCHEN, "bomb.md", "01")
    documents = shop.repository().of(KITCHEN)
    documents.register(refused, title="bomb")
    documents.quarantine(refused, reason="Too large.", code="TooLarge")
    return shop


def test_before_the_first_count_there_is_nothing(new_shop: Callable[[], Shop]) -> None:
    counted = statistics_of(new_shop().database(), SIGNER.sign(KITCHEN))

    assert (counted.counted_at, counted.by_kind) == (None, ())


def test_a_merchant_sees_its_own_counts_and_nobody_elses(stocked: Shop) -> None:
    database = stocked.database()
    at = refresh(database)
    kitchen, outdoor, nobody = (
        statistics_of(database, SIGNER.sign(tenant)) for tenant in (KITCHEN, OUTDOOR, Tenant("newcomer"))
    )

    assert kitchen.counted_at == outdoor.counted_at == nobody.counted_at == at
    assert (kitchen.documents(), kitchen.documents("searchable"), kitchen.documents("quarantined")) == (4, 3, 1)
    assert sum(one.passages for one in kitchen.by_kind) == 6
    assert {(one.media_type, one.status) for one in kitchen.by_kind} == {
        ("text/markdown", "searchable"),
        ("text/markdown", "quarantined"),
        ("text/plain", "searchable"),
    }
    assert (outdoor.documents(), nobody.by_kind) == (1, ())


def test_counts_change_with_the_next_refresh_and_not_before(stocked: Shop) -> None:
    database = stocked.database()
    refresh(database)
    before = statistics_of(database, SIGNER.sign(OUTDOOR))
    drop = arrival(OUTDOOR, "new.md", "01")
    documents = stocked.repository().of(OUTDOOR)
    documents.register(drop, title="new")
    documents.replace(drop, content(drop, ["A new thing."]))

    assert statistics_of(database, SIGNER.sign(OUTDOOR)) == before
    time.sleep(1.1)
    refresh(database)
    assert statistics_of(database, SIGNER.sign(OUTDOOR)).documents() == before.documents() + 1


@pytest.mark.parametrize("text", ["", "k1.kitchen.1.00", "null"])
def test_without_a_passport_that_stands_nothing_is_counted(stocked: Shop, text: str) -> None:
    with pytest.raises(PassportRefused):
        statistics_of(stocked.database(), Passport(KITCHEN, text))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from shopwright_views.documents",
        "select * from shopwright_views.refreshed",
        "refresh materialized view shopwright_views.documents",
        "set role shopwright_statistics",
        "create view shopwright_views.mine as select 1",
    ],
)
def test_the_app_cannot_get_at_the_views_themselves(stocked: Shop, statement: str) -> None:
    refresh(stocked.database())
    with stocked.raw() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_no_view_of_ours_lies_where_the_app_may_read(stocked: Shop) -> None:
    with stocked.server.connect(stocked.address.name) as admin:
        readable = admin.execute(
            "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('m', 'v') and n.nspname like 'shopwright%%'"
            " and (has_table_privilege('shopwright_app', c.oid, 'select')"
            "      or has_schema_privilege('shopwright_app', n.oid, 'usage'))"
        ).fetchall()
        held = admin.execute("select count(*) from pg_class where relkind = 'm'").fetchone()

    assert readable == []
    assert held
    assert held[0]  # else nothing was looked at


def test_a_reader_is_not_kept_waiting_by_a_refresh(stocked: Shop) -> None:
    refresh(stocked.database())
    with stocked.server.connect(stocked.address.name) as admin, admin.transaction():
        admin.execute("set local role shopwright_statistics")
        admin.execute("refresh materialized view concurrently shopwright_views.documents")
        assert statistics_of(stocked.database(statement_timeout_ms=1000), SIGNER.sign(KITCHEN)).documents() == 4
