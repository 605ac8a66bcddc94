"""Shoppers look at what the merchant sells: its prices, its stock, and nothing of another merchant's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import products
import pytest
from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.catalog.facts import Kind
from shopwright.catalog.shelf import Article, Displayed, Left, Order, Page, ProductNotFound, Value
from shopwright.database.connection import DatabaseUnavailable
from shopwright.database.paging import NotACursor
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
KIT = gateway.member("kitchen", subject="user#kit")
NOON = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)


def said(name: str, words: str, version: int = 1) -> Value:
    return Value(name, Kind.WORDS, None, words, "", version)


def money(name: str, minor: int, currency: str, version: int = 1) -> Value:
    return Value(name, Kind.MONEY, Decimal(minor), None, currency, version)


SMALL = Article(
    "TENT/S",
    "Tent, small",
    {
        "price": money("price", 12900, "EUR", 3),
        "sale_price": money("sale_price", 9900, "EUR"),
        "availability": said("availability", "in stock", 2),
        "colour": said("colour", "green"),
        "weight": Value("weight", Kind.QUANTITY, Decimal("2.5"), None, "kg", 1),
        "price_usd": money("price_usd", 14000, "USD"),
    },
    Left(4, 7),
)
LARGE = Article("TENT/L", "Tent, large", {"price": money("price", 500, "XXX")}, None)
TENT = Displayed("TENT", "Tent", NOON, {"fabric": said("fabric", "nylon")}, (SMALL, LARGE), 2)


class Shelf(CatalogRepository, Catalog):
    """Products in memory, by merchant. It remembers how they were asked for."""

    def __init__(self, kept: Mapping[str, list[Displayed]]) -> None:
        self.kept = kept
        self.whose = ""
        self.down = False
        self.asked: list[tuple[Order, str | None, bool]] = []

    def of(self, tenant: Tenant) -> Catalog:
        self.whose = tenant.merchant_id
        return self

    def browse(
        self,
        limit: int = 20,
        cursor: str | None = None,
        *,
        order: Order = Order.NEWEST,
        text: str | None = None,
        available: bool = False,
    ) -> Page:
        if self.down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        if cursor and not cursor.isdigit():
            raise NotACursor
        self.asked.append((order, text, available))
        first, mine = int(cursor or 0), self.kept.get(self.whose, [])
        return Page(tuple(mine[first : first + limit]), str(first + limit) if len(mine) > first + limit else None)

    def find(self, sku: str) -> Displayed:
        for product in self.kept.get(self.whose, []):
            if sku in {product.id, *(variant.sku for variant in product.variants)}:
                return product
        raise ProductNotFound("There is no such product.")


class Desk:
    def __init__(self, *products: Displayed) -> None:
        self.shelf = Shelf({"outdoor": list(products or (TENT,))})

    def get(self, path: str = "", row: Member = ANN, /, **query: str) -> Answer:
        handler = products.build(lambda: products.Desk(FakeMembers(row), FakeAudit(), self.shelf.of))
        event = gateway.request("GET", f"/v1/products{path}", token=gateway.claims(row), query=query)
        return gateway.send(handler, event)


def test_a_shopper_sees_each_price_in_minor_units_and_each_fact_with_its_version() -> None:
    answer = Desk().get()

    assert answer.status == 200
    assert answer.body["cursor"] is None
    [tent] = answer.body["products"]
    small, large = tent["variants"]
    assert (tent["product_id"], tent["title"], tent["variant_count"]) == ("TENT", "Tent", 2)
    assert tent["facts"] == [{"name": "fabric", "kind": "words", "value": "nylon", "unit": "", "version": 1}]
    assert small["price"] == {"amount": 12900, "currency": "EUR", "version": 3}
    assert small["sale_price"] == {"amount": 9900, "currency": "EUR", "version": 1}
    assert small["availability"] == {"value": "in stock", "version": 2}
    assert small["stock"] == {"available": 4, "version": 7}
    assert [(fact["name"], fact["kind"], fact["value"], fact["unit"]) for fact in small["facts"]] == [
        ("colour", "words", "green", ""),
        ("weight", "quantity", "2.5", "kg"),
        ("price_usd", "money", "14000", "USD"),
    ]
    assert large["price"] == {"amount": 500, "currency": None, "version": 1}
    assert (large["sale_price"], large["availability"], large["stock"], large["facts"]) == (None, None, None, [])


def test_a_list_is_read_page_by_page_in_the_order_and_with_the_filters_asked_for() -> None:
    desk = Desk(TENT, replace(TENT, id="PAN", title="Pan"))
    first = desk.get(limit="1", order="name", text="  two\0 men ", available="true")
    second = desk.get(limit="1", cursor=first.body["cursor"])

    assert [one["product_id"] for page in (first, second) for one in page.body["products"]] == ["TENT", "PAN"]
    assert second.body["cursor"] is None
    assert desk.shelf.asked == [(Order.NAME, "two men", True), (Order.NEWEST, None, False)]


@pytest.mark.parametrize("path", ["/TENT", "/TENT%2FS", "/TENT%2FL"])
def test_a_product_is_found_by_its_id_and_by_the_sku_of_each_variant(path: str) -> None:
    answer = Desk().get(path)

    assert (answer.status, answer.body["product_id"]) == (200, "TENT")


@pytest.mark.parametrize(("sku", "found"), [("TENT/S", ["TENT"]), ("TENT", ["TENT"]), ("NONE", []), ("\0", [])])
def test_a_sku_that_fits_into_no_path_is_asked_for_in_the_list(sku: str, found: list[str]) -> None:
    answer = Desk().get(sku=sku)

    assert (answer.status, answer.body["cursor"]) == (200, None)
    assert [one["product_id"] for one in answer.body["products"]] == found


@pytest.mark.parametrize("path", ["/NONE", "/%00", "/TENT'%20or%20'1'='1"])
def test_an_unknown_sku_is_not_found(path: str) -> None:
    assert Desk().get(path).status == 404


def test_another_merchants_product_is_not_found() -> None:
    desk = Desk()

    assert desk.get("/TENT", KIT).status == 404
    assert desk.get("", KIT).body["products"] == []
    assert desk.shelf.whose == "kitchen"


def test_a_cursor_that_no_page_gave_is_refused() -> None:
    answer = Desk().get(cursor="made-up")

    assert (answer.status, answer.body["error"]) == (400, "NotACursor")


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "51"}, {"order": "price"}, {"available": "perhaps"}, {"text": "a" * 101}]
)
def test_a_question_that_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    assert Desk().get(**query).status == 422


def test_a_token_without_the_scope_is_refused() -> None:
    assert Desk().get("", gateway.member(scopes=("shop/documents",))).status == 403


def test_a_database_that_is_down_is_said() -> None:
    desk = Desk()
    desk.shelf.down = True

    assert desk.get().status == 503
