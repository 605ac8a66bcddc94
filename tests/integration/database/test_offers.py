"""What articles cost and whether they can be had, asked by number for a cart and by product for a search."""

from itertools import count

import pytest
from shopwright.catalog.aurora import Facts, Offers
from shopwright.catalog.offer import Listed, Offer, Overview, Range
from shopwright.money import Money
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER
from tests.integration.database.test_catalog import BOARD, KETTLE, SKILLET, Counter

TURNS = count(1)


@pytest.fixture
def counter(shop: Shop) -> Counter:
    """A counter of a merchant of the test's own."""
    return Counter(shop, Tenant(f"seller-{next(TURNS)}"))


@pytest.fixture
def offers(shop: Shop) -> Offers:
    return Offers(shop.database())


def found(counter: Counter, offers: Offers, *skus: str) -> dict[str, tuple[Offer, ...]]:
    return offers.of(SIGNER.sign(counter.merchant), skus)


def listed(counter: Counter, offers: Offers, chunks: list[str] | None = None, **more: object) -> list[str]:
    products = offers.find(SIGNER.sign(counter.merchant), chunk_ids=chunks, **more)  # type: ignore[arg-type]  # passed on as they are
    return [product.product_id for product in products]


def test_an_article_is_told_with_its_price_and_what_is_left_of_it(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE)

    told = found(counter, offers, "P-1", "nothing")

    assert set(told) == {"P-1"}
    (skillet,) = told["P-1"]
    assert (skillet.product_id, skillet.title, skillet.price, skillet.price_version, skillet.left) == (
        "P-1",
        "Skillet",
        Money(2950, "GBP"),
        1,
        4,
    )


def test_what_is_held_for_others_is_not_left(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET)
    counter.run("update shopwright.stock set held = 3 where product_id = 'P-1'")
    assert found(counter, offers, "P-1")["P-1"][0].left == 1

    counter.run("update shopwright.stock set held = 9 where product_id = 'P-1'")
    assert found(counter, offers, "P-1")["P-1"][0].is_out


def test_an_article_that_nobody_counts_has_no_number_left_and_is_not_out(counter: Counter, offers: Offers) -> None:
    counter.drop("P-1,Skillet,29.50,GBP,,1650,black")

    (skillet,) = found(counter, offers, "P-1")["P-1"]

    assert (skillet.left, skillet.is_out) == (None, False)


def test_a_withdrawn_article_is_still_known_by_what_it_was_called(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE)
    counter.drop(KETTLE)

    names = offers.last_names(SIGNER.sign(counter.merchant), ("P-1", "nothing"))

    assert names == {"P-1": "Skillet"}
    assert offers.last_names(SIGNER.sign(Tenant("somebody-else")), ("P-1",)) == {}


def test_a_withdrawn_article_is_not_sold_and_may_come_back(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE)
    counter.drop(KETTLE)
    assert found(counter, offers, "P-1") == {}

    counter.drop(SKILLET, KETTLE)
    assert found(counter, offers, "P-1")["P-1"][0].left == 4


def test_a_sale_price_is_what_an_article_costs(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET)
    counter.run(
        "insert into shopwright.product_fact (merchant_id, product_id, name, kind, amount, unit)"
        " values (shopwright.tenant(), 'P-1', 'sale_price', 'money', 1999, 'GBP')"
    )

    assert found(counter, offers, "P-1")["P-1"][0].price == Money(1999, "GBP")
    assert listed(counter, offers, price=Range(high=2000)) == ["P-1"]
    assert listed(counter, offers, price=Range(low=2001)) == []

    counter.run("update shopwright.product_fact set amount = null where name = 'sale_price'")
    assert found(counter, offers, "P-1")["P-1"][0].price == Money(2950, "GBP")


def test_a_number_that_two_products_share_comes_back_twice(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE)
    counter.run("insert into shopwright.variant values (shopwright.tenant(), 'P-2', 'P-1', 1, 'A lid')")

    assert [one.product_id for one in found(counter, offers, "P-1")["P-1"]] == ["P-1", "P-2"]


def test_nobody_sees_the_articles_of_another_merchant(shop: Shop, counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET)
    other = Counter(shop, Tenant(f"seller-{next(TURNS)}"))
    other.drop(KETTLE)

    assert found(other, offers, "P-1", "P-2").keys() == {"P-2"}
    assert listed(other, offers, [counter.chunks["P-1"], other.chunks["P-2"]]) == ["P-2"]
    assert listed(other, offers) == ["P-2"]


def test_products_come_in_the_order_of_their_passages(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)
    chunks = [counter.chunks[one] for one in ("P-3", "P-1", "P-2")]

    assert listed(counter, offers, chunks) == ["P-3", "P-1", "P-2"]
    assert listed(counter, offers, chunks, limit=2) == ["P-3", "P-1"]
    assert listed(counter, offers, [], limit=2) == []


def test_each_product_says_by_which_passage_it_was_found(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE)
    chunks = [counter.chunks["P-2"], counter.chunks["P-2"], counter.chunks["P-1"]]

    found = offers.find(SIGNER.sign(counter.merchant), chunk_ids=chunks)

    assert [(product.product_id, product.place) for product in found] == [("P-2", 1), ("P-1", 3)]
    assert [product.place for product in offers.find(SIGNER.sign(counter.merchant))] == [0, 0]


def test_products_may_be_named_and_what_is_not_sold_is_left_out(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)
    counter.drop(SKILLET, BOARD)
    named = ["P-3", "P-2", "never", "P-1"]

    assert listed(counter, offers, product_ids=named) == ["P-3", "P-1"]
    assert listed(counter, offers, product_ids=[]) == []


def test_a_products_facts_can_be_asked_for_by_its_id(shop: Shop, counter: Counter) -> None:
    counter.drop(SKILLET, KETTLE)
    facts, passport = Facts(shop.database()), SIGNER.sign(counter.merchant)

    told = facts.of_product(passport, "P-1")

    assert told == counter.sheet("P-1")
    assert facts.of_product(passport, "P-1", "P-1")["stock"].text == "4"
    assert facts.of_product(passport, "P-1", "none") == facts.of_product(passport, "none") == {}
    counter.drop(KETTLE)
    assert facts.of_product(passport, "P-1") == {}


def test_without_passages_the_cheapest_come_first(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)

    assert listed(counter, offers) == ["P-3", "P-1", "P-2"]
    assert listed(counter, offers, limit=1) == ["P-3"]


@pytest.mark.parametrize(
    ("price", "fit"),
    [
        (Range(high=2000), ["P-3"]),
        (Range(low=2950, high=3900), ["P-1", "P-2"]),
        (Range(low=3901), []),
        (Range(high=5000, currency="GBP"), ["P-3", "P-1", "P-2"]),
        (Range(high=5000, currency="EUR"), []),
    ],
)
def test_a_price_range_holds_both_with_and_without_words(
    counter: Counter, offers: Offers, price: Range, fit: list[str]
) -> None:
    counter.drop(SKILLET, KETTLE, BOARD)

    assert listed(counter, offers, price=price) == fit
    assert sorted(listed(counter, offers, list(counter.chunks.values()), price=price)) == sorted(fit)


def test_what_is_sold_out_is_left_out_when_only_what_can_be_had_is_wanted(counter: Counter, offers: Offers) -> None:
    counter.drop(SKILLET.replace(",4,", ",0,"), KETTLE)

    passport = SIGNER.sign(counter.merchant)
    assert listed(counter, offers, only_available=True) == ["P-2"]
    assert offers.find(passport)[0] == Listed(
        "P-1", "Skillet", ("P-1",), Money(2950, "GBP"), Money(2950, "GBP"), is_out=True, left=0
    )


def test_a_shop_as_a_whole_has_its_brands_its_categories_and_what_is_sold_out(counter: Counter, offers: Offers) -> None:
    assert offers.overview(SIGNER.sign(counter.merchant)) == Overview()
    counter.drop(
        "P-1,Ladle,9.00,GBP,3,Salt,Utensils",
        "P-2,Whisk,9.00,GBP,0,Salt,Utensils",
        "P-3,Wok,49.00,GBP,2,Ember,Pans",
        header="id,title,price,currency,stock,brand,category",
    )

    whole = offers.overview(SIGNER.sign(counter.merchant))

    assert whole == Overview((("Salt", 2), ("Ember", 1)), (("Utensils", 2), ("Pans", 1)), ("P-2",))
    assert offers.overview(SIGNER.sign(Tenant("another-seller"))) == Overview()
