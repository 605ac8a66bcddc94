"""A product question is answered with what the database has at this moment, whatever was embedded before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from shopwright.tenancy.passport import Signer
from shopwright.tenancy.tenant import Tenant

from tests.integration.answer.conftest import KEY, Shops

SIGNER = Signer(lambda: KEY)
TENT = "What is the price of the Grayling Ridge Winter Tent?"


@contextmanager
def changed(shops: Shops, change: str, back: str) -> Iterator[None]:
    """A change of the tent's row, by whoever; and back, as the shops are shared by many tests."""

    tent = "with tent as (select id from shopwright.product where title = 'Grayling Ridge Winter Tent') "

    def run(statement: str) -> None:
        with shops.database.as_tenant(SIGNER.sign(Tenant("outdoor"))) as db:
            db.execute((tent + statement).encode())

    run(change)
    try:
        yield
    finally:
        run(back)


def test_every_row_of_a_catalog_is_a_product_and_a_passage(shops: Shops) -> None:
    for shop, rows in (("outdoor", 102), ("electronics", 103), ("kitchen", 106)):
        with shops.database.as_tenant(SIGNER.sign(Tenant(shop))) as db:
            [row] = db.execute(
                "select count(*)::int as products, count(distinct product_id)::int as passages"
                " from shopwright.product p left join shopwright.product_passage l"
                " on l.merchant_id = p.merchant_id and l.product_id = p.id where not p.withdrawn"
            ).fetchall()
        assert (row["products"], row["passages"]) == (rows, rows)


def test_a_price_that_changed_is_told_at_once_with_its_version(shops: Shops) -> None:
    before = shops.ask("outdoor", TENT)

    price = "update shopwright.product_fact set amount = {} where name = 'price' and product_id = (select id from tent)"
    with changed(shops, price.format(59900), price.format(64900)):
        now = shops.ask("outdoor", TENT)

    assert before.text == "Grayling Ridge Winter Tent: price 649.00 EUR [1]"
    assert now.text == "Grayling Ridge Winter Tent: price 599.00 EUR [1]"
    (old, stock), (new, same) = before.facts, now.facts
    assert (stock.name, same) == ("stock", stock)  # sold out, it would say so: the answer hangs on that too
    assert (old.name, old.text, new.text) == ("price", "649.00 EUR", "599.00 EUR")
    assert (new.key, new.version) == (old.key, old.version + 1)


def test_a_product_that_sold_out_since_says_so(shops: Shops) -> None:
    held = "update shopwright.stock set held = {} where product_id = (select id from tent)"
    with changed(shops, held.format("on_hand"), held.format(0)):
        priced = shops.ask("outdoor", TENT)
        asked = shops.ask("outdoor", "Is the Grayling Ridge Winter Tent in stock?")

    assert priced.text == "Grayling Ridge Winter Tent: price 649.00 EUR, availability out of stock [1]"
    assert "stock 0, availability out of stock" in asked.text
    assert {fact.name for fact in priced.facts} == {"price", "stock"}


@pytest.mark.parametrize(
    ("question", "fact", "value"),
    [
        ("What does the Portage 90 Duffel weigh?", "weight", "1365 g"),
        ("what colour is the Peat Gaiters?", "colour", "black"),
    ],
)
def test_other_facts_are_told_from_the_database_too(shops: Shops, question: str, fact: str, value: str) -> None:
    said = shops.ask("outdoor", question)

    assert (fact, value) in [(one.name, one.text) for one in said.facts]


def test_the_shops_own_pages_are_quoted_without_facts(shops: Shops) -> None:
    assert shops.ask("outdoor", "How much does express delivery cost?").facts == ()
