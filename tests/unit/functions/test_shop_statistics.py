"""A merchant reads what its shop holds; a shopper does not."""

from datetime import UTC, datetime

import pytest
import shop_statistics
from shopwright.checkout.sales import Popular, Sales, Sold
from shopwright.database.connection import DatabaseUnavailable
from shopwright.documents.statistics import Kind, Statistics
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

MARY = gateway.member(subject="user#mary", role="merchant", scopes=("shop/statistics",))
NOON, LATER = datetime(2026, 9, 21, 12, 0, tzinfo=UTC), datetime(2026, 9, 21, 13, 0, tzinfo=UTC)
COUNTED = Statistics(
    LATER,
    (
        Kind("text/markdown", "quarantined", 1, 0, 0, 10, NOON),
        Kind("text/markdown", "searchable", 3, 12, 2, 4000, LATER),
        Kind("text/plain", "failed", 2, 0, 0, 500, NOON),
    ),
)


SOLD = Sales((Sold("EUR", 7, 70_000, 1, 9_900),), (Popular("p-1", "Tent", 3, 4),))


class Desk:
    """Remembers whose counts were asked for."""

    def __init__(self, counted: Statistics = COUNTED, *, down: bool = False) -> None:
        self.counted, self.down = counted, down
        self.asked: list[str] = []

    def statistics(self, tenant: Tenant) -> Statistics:
        self.asked.append(tenant.merchant_id)
        if self.down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        return self.counted

    def sales(self, tenant: Tenant) -> Sales:
        self.asked.append(tenant.merchant_id)
        return SOLD

    def get(self, row: Member = MARY) -> Answer:
        handler = shop_statistics.build(
            lambda: shop_statistics.Desk(FakeMembers(row), FakeAudit(), self.statistics, self.sales)
        )
        return gateway.send(handler, gateway.request("GET", "/v1/statistics", token=gateway.claims(row)))


def test_a_merchant_sees_its_documents_counted() -> None:
    desk = Desk()
    answer = desk.get()

    assert answer.status == 200
    assert desk.asked == ["outdoor", "outdoor"]
    told = {name: answer.body[name] for name in ("documents", "searchable", "refused", "failed", "passages", "masked")}
    assert told == {"documents": 6, "searchable": 3, "refused": 1, "failed": 2, "passages": 12, "masked": 2}
    assert answer.body["last_change"] == answer.body["counted_at"] == "2026-09-21T13:00:00Z"
    assert [one["status"] for one in answer.body["by_kind"]] == ["quarantined", "searchable", "failed"]


def test_a_merchant_sees_what_was_sold_and_what_is_bought_most() -> None:
    answer = Desk().get()

    assert answer.body["sales"] == [
        {"currency": "EUR", "orders": 7, "total_minor": 70_000, "refunds": 1, "refunded_minor": 9_900}
    ]
    assert answer.body["popular"] == [{"product_id": "p-1", "title": "Tent", "orders": 3, "units": 4}]


def test_a_shop_that_was_never_counted_says_so() -> None:
    answer = Desk(Statistics(None, ())).get()

    assert (answer.status, answer.body["counted_at"], answer.body["documents"]) == (200, None, 0)
    assert answer.body["last_change"] is None


@pytest.mark.parametrize(
    "row",
    [
        gateway.member(scopes=("shop/chat", "shop/statistics")),
        gateway.member(subject="user#mary", role="merchant", scopes=("shop/documents",)),
    ],
)
def test_a_shopper_and_a_token_without_the_scope_are_refused(row: Member) -> None:
    desk = Desk()

    assert desk.get(row).status == 403
    assert desk.asked == []


def test_a_database_that_is_down_is_said() -> None:
    assert Desk(down=True).get().status == 503
