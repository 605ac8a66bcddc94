"""A cart belongs to who fills it, and tells what the shop says at that moment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import carts
import pytest
from shopwright.catalog.offer import Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.cart import Bought, Line
from shopwright.errors import Unavailable
from shopwright.money import Money
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.bulkhead import one_at_a_time
from tests.fakes.carts import FakeCarts
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
BOB = gateway.member(subject="user#bob")
KIT = gateway.member("kitchen", subject="user#ann")  # the same name at another merchant
TENT = Offer("TENT-2P", "p-1", "Tent", "2 persons", Money(19900, "EUR"), 3, "in stock", 5)
PEG = Offer("peg ü+1", "p-2", "Peg", "Peg", Money(150, "XXX"), 1, "", None)


class Desk:
    """A desk with everybody's carts and one shop's articles."""

    def __init__(self) -> None:
        self.offers: dict[str, list[Offer]] = {"outdoor": [TENT, PEG], "kitchen": []}
        self.carts = FakeCarts(lambda: gateway.ISSUED_AT)
        self.down = False
        self.bulkhead = one_at_a_time()
        self.under_way: list[Bought] = []
        self.carting = carting.Desk(
            open=self.carts.open,
            change=self.carts.change,
            offers=self._offers,
            under_way=lambda caller: self.under_way,
        )

    def _offers(self, caller: Caller, skus: Sequence[str]) -> dict[str, tuple[Offer, ...]]:
        if self.down:
            raise Unavailable("The catalog did not answer.")
        mine = self.offers[caller.tenant.merchant_id]
        return {sku: (one,) for sku in skus for one in mine if one.sku == sku}

    def call(self, method: str, path: str = "/v1/cart", row: Member = ANN, **more: Any) -> Answer:
        handler = carts.build(
            lambda: carts.Desk(
                members=FakeMembers(row), trail=FakeAudit(), bulkhead=self.bulkhead, carting=self.carting
            )
        )
        return gateway.send(handler, gateway.request(method, path, token=gateway.claims(row), **more))

    def put(self, sku: str, quantity: Any = 1, row: Member = ANN, **more: Any) -> Answer:
        return self.call("PUT", f"/v1/cart/lines/{sku}", row, body={"quantity": quantity}, **more)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_cart_is_empty_until_something_is_put_into_it(desk: Desk) -> None:
    answer = desk.call("GET")

    assert answer.status == 200
    assert answer.body == {
        "version": 0,
        "lines": [],
        "total": None,
        "left_out": [],
        "prices_known": True,
        "expires_at": None,
    }


def test_an_article_is_shown_with_the_price_and_the_stock_of_now(desk: Desk) -> None:
    put = desk.put("TENT-2P", 2)
    assert put.status == 200
    assert put.body["lines"] == [
        {
            "sku": "TENT-2P",
            "quantity": 2,
            "title": "Tent, 2 persons",
            "product_id": "p-1",
            "unit_price": {"amount": 19900, "currency": "EUR"},
            "total": {"amount": 39800, "currency": "EUR"},
            "left": 5,
            "trouble": None,
        }
    ]

    desk.offers["outdoor"][0] = replace(TENT, price=Money(21000, "EUR"), left=1)

    shown = desk.call("GET").body
    assert shown["total"] == {"amount": 42000, "currency": "EUR"}
    assert shown["lines"][0]["trouble"] == "too_few_left"
    assert shown["version"] == put.body["version"]


def test_what_is_being_paid_for_is_marked_as_a_quote_marks_it_until_it_is_taken_out(desk: Desk) -> None:
    desk.put("TENT-2P", 2)
    desk.under_way = [Bought("o-1", (Line("TENT-2P", 1), Line("elsewhere", 1)))]
    desk.offers["outdoor"][0] = replace(TENT, left=1)

    shown = desk.call("GET").body
    assert shown["left_out"] == [{"order_id": "o-1", "sku": "TENT-2P", "title": "Tent, 2 persons", "quantity": 1}]
    assert shown["lines"][0]["trouble"] is None  # of the one that is still to be bought
    assert desk.put("TENT-2P", 1).body["left_out"] == shown["left_out"]

    desk.carts.of(Tenant("outdoor"), ANN.subject).change(desk.under_way[0])
    assert desk.call("GET").body["left_out"] == []


def test_an_article_number_may_hold_what_an_address_must_encode(desk: Desk) -> None:
    answer = desk.put("peg%20%C3%BC%2B1", 12)

    (line,) = answer.body["lines"]
    assert (line["sku"], line["title"], line["total"]) == (
        "peg ü+1",
        "Peg",
        {"amount": 1800, "currency": None},
    )
    assert desk.call("DELETE", "/v1/cart/lines/peg%20%C3%BC%2B1").body["lines"] == []


@pytest.mark.parametrize("row", [BOB, KIT], ids=["another shopper", "another merchant"])
def test_nobody_reaches_the_cart_of_another(desk: Desk, row: Member) -> None:
    desk.put("TENT-2P", 2)

    assert desk.call("GET", row=row).body["lines"] == []
    assert desk.call("DELETE", row=row).status == 204

    assert len(desk.call("GET").body["lines"]) == 1


def test_another_merchants_article_is_not_sold_here(desk: Desk) -> None:
    answer = desk.put("TENT-2P", row=KIT)

    assert (answer.status, answer.body["error"]) == (404, "SkuNotSold")


def test_a_request_that_names_another_merchant_is_refused(desk: Desk) -> None:
    answer = desk.call("PUT", "/v1/cart/lines/TENT-2P", body={"quantity": 1, "merchant_id": "kitchen"})

    assert (answer.status, answer.body["error"]) == (403, "TenantMismatch")


def test_the_same_request_twice_has_one_effect(desk: Desk) -> None:
    key = {"Idempotency-Key": "r-1"}
    first = desk.put("TENT-2P", 2, headers=key)
    desk.call("DELETE", "/v1/cart/lines/TENT-2P")

    again = desk.put("TENT-2P", 2, headers=key)
    other = desk.put("TENT-2P", 3, headers=key)

    assert (first.status, len(first.body["lines"])) == (200, 1)
    assert (again.status, again.body["lines"]) == (200, [])
    assert (other.status, other.body["error"]) == (409, "RequestReused")


def test_a_cart_that_changed_since_it_was_read_is_read_again_first(desk: Desk) -> None:
    version = desk.put("TENT-2P", 2).body["version"]
    desk.put("TENT-2P", 1)

    answer = desk.call("PUT", "/v1/cart/lines/TENT-2P", body={"quantity": 5, "cart_version": version})

    assert (answer.status, answer.body["error"]) == (409, "CartChanged")
    assert desk.call("GET").body["lines"][0]["quantity"] == 1


def test_an_emptied_cart_has_nothing_in_it(desk: Desk) -> None:
    desk.put("TENT-2P")

    assert desk.call("DELETE").status == 204
    assert desk.call("GET").body["lines"] == []
    assert desk.call("DELETE").status == 204


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9, 1.5, "2", None, True])
def test_a_quantity_out_of_bounds_is_refused_by_name(desk: Desk, quantity: Any) -> None:
    answer = desk.put("TENT-2P", quantity)

    assert (answer.status, answer.body["field"]) == (422, "quantity")
    assert desk.call("GET").body["lines"] == []


@pytest.mark.parametrize("sku", ["x" * 201, "%00", "%20", "%0A"])
def test_what_cannot_be_an_article_number_is_refused(desk: Desk, sku: str) -> None:
    assert desk.put(sku).status == 422
    assert desk.call("DELETE", f"/v1/cart/lines/{sku}").status == 422


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "ü"])
def test_what_cannot_be_a_request_id_is_refused(desk: Desk, key: str) -> None:
    assert desk.put("TENT-2P", headers={"Idempotency-Key": key}).status == 422


def test_without_the_catalog_the_cart_is_shown_without_prices_and_nothing_is_put_into_it(desk: Desk) -> None:
    desk.put("TENT-2P", 2)
    desk.down = True

    shown = desk.call("GET")
    refused = desk.put("TENT-2P", 3)

    assert (shown.status, shown.body["prices_known"], shown.body["lines"][0]["trouble"]) == (200, False, None)
    assert shown.body["lines"][0]["unit_price"] is None
    assert (refused.status, "retry-after" in refused.headers) == (503, True)


def test_without_the_table_the_shopper_is_asked_to_come_back(desk: Desk) -> None:
    desk.carts.down = True

    answer = desk.call("GET")

    assert (answer.status, answer.body["error"]) == (503, "CartUnavailable")
    assert "retry-after" in answer.headers


def test_a_flooded_shop_asks_to_come_back_and_another_shop_is_served_as_before(desk: Desk) -> None:
    with desk.bulkhead.admit(Tenant("outdoor"), within_s=0):
        flooded = desk.put("TENT-2P")
        other = desk.call("GET", row=KIT)

    assert (flooded.status, flooded.body["error"], flooded.headers["retry-after"]) == (429, "MerchantBusy", "1")
    assert other.status == 200
    assert desk.call("GET").body["lines"] == []
