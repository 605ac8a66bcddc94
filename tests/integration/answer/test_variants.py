"""Shoppers ask for one variant of a product, and hear of its own stock, as it is now."""

import pytest
from shopwright.tenancy.tenant import Tenant

from tests.integration.answer.conftest import BOUTIQUE, Shops
from tests.integration.answer.test_facts import SIGNER


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Is the Fell Hoody in Slate in stock?", "Fell Hoody: colour Slate, size M, stock 7 [1]"),
        ("Is the Fell Hoody available in size L?", "Fell Hoody: colour Moss, size L, stock 4 [1]"),
        (
            "Is the Fell Hoody in Moss in stock?",
            "Fell Hoody: colour Moss, size M, stock 0, sold out [1]\nFell Hoody: colour Moss, size L, stock 4 [1]",
        ),
        ("Are the slate hoodies in stock?", "Fell Hoody: colour Slate, size M, stock 7 [1]"),
        ("Is the Wool Jumper in Ochre available?", "Wool Jumper, L, Ochre: stock 2 [1]"),
        ("Is the Beck Scarf in Plum in stock?", "The shop does not say the stock of Beck Scarf (colour Plum). [1]"),
        (
            "Is the Tarn Cap in blue in stock?",
            "Tarn Cap is not listed in blue. What is listed: [1]\nTarn Cap: colour red, stock 9 [1]",
        ),
    ],
)
def test_the_stock_of_the_variant_that_is_asked_for_is_told(shops: Shops, message: str, told: str) -> None:
    said = shops.ask(BOUTIQUE, message)

    assert (said.verdict, said.text) == ("answered", told)
    assert said.citations


def test_who_asks_on_about_it_is_told_of_that_variant(shops: Shops) -> None:
    begun = shops.ask(BOUTIQUE, "How much is the Wool Jumper?")

    said = shops.ask(BOUTIQUE, "Is it available in ochre?", begun.session_id)

    assert said.text == "Wool Jumper, L, Ochre: stock 2 [1]"


def test_a_shop_that_counts_all_sizes_together_says_so(shops: Shops) -> None:
    said = shops.ask("outdoor", "Is the Cragstone Mid Hiking Boot in size 42 in stock?")

    assert said.text == (
        "The shop counts these together, and not each by itself: [1]"
        "\nCragstone Mid Hiking Boot: colour peat, size EU 36-48, stock 65 [1]"
    )


def test_a_colour_that_is_a_product_of_its_own_is_told_of_that_product(shops: Shops) -> None:
    said = shops.ask("kitchen", "Is the Hearthstone Dutch Oven 5.5 l in juniper in stock?")

    assert "stock 44" in said.text
    assert "81" not in said.text


def test_what_was_held_since_is_told_at_once_with_the_variants_own_version(shops: Shops) -> None:
    question = "Is the Fell Hoody in Slate in stock?"
    before = shops.ask(BOUTIQUE, question)

    def hold(pieces: int) -> None:
        with shops.database.as_tenant(SIGNER.sign(Tenant(BOUTIQUE))) as db:
            db.execute(b"update shopwright.stock set held = %s where sku = 'HO-SM'", (pieces,))

    hold(7)
    try:
        now = shops.ask(BOUTIQUE, question)
    finally:
        hold(0)

    assert now.text == "Fell Hoody: colour Slate, size M, stock 0, sold out [1]"
    old, new = ({fact.name: fact for fact in said.facts}["stock"] for said in (before, now))
    assert (old.key, new.key, new.version) == ("hoody#HO-SM#stock", "hoody#HO-SM#stock", old.version + 1)


def test_another_shops_variants_are_nobodys(shops: Shops) -> None:
    said = shops.ask("outdoor", "Is the Fell Hoody in Slate in stock?")

    assert "Fell Hoody" not in said.text


def test_the_variant_that_is_meant_is_put_into_the_cart_and_no_other(shops: Shops) -> None:
    session: str | None = None
    for message, told in (
        ("Add a Fell Hoody to my cart", "Moss, M (HO-MM); Moss, L (HO-ML); Slate, M (HO-SM). Please say which one."),
        ("add the moss one in size L", "1 × Fell Hoody, Moss, L (HO-ML) (60.00 EUR)."),
        ("Add a Fell Hoody in moss, size M", "sold out"),
        ("Add the Fell Hoody in green", "not listed in green"),
        ("Add the Tarn Cap in blue", "Tarn Cap is not listed in blue"),
        ("Add a wool jumper in ochre", "1 × Wool Jumper, L, Ochre"),
        ("remove the moss hoody", "In your cart: 1 × Wool Jumper, L, Ochre"),
    ):
        said = shops.ask(BOUTIQUE, message, session)
        session = said.session_id
        assert told in said.text, (message, said.text)
    shops.ask(BOUTIQUE, "empty my cart", session)
