"""What is told of products is decided and told from the same values, and says what it does not know."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from shopwright.catalog.facts import Kind, Told
from shopwright.orchestrator import showing
from shopwright.orchestrator.showing import Item
from shopwright.orchestrator.wanted import subject_words, wanted
from shopwright.retrieval.search import Passage

UNITS = {"price": "EUR", "sale_price": "EUR", "weight": "g"}


def item(title: str, **values: str) -> Item:
    facts = {"price": "20.00", "stock": "5", **values}
    sheet = {name: told(title, name, value) for name, value in facts.items() if value}
    passage = Passage(f"c-{title}", "d", 1, "Catalog", (title,), 0, 9, "d.csv", f"name: {title}", 0.8, None, 0.8)
    return Item(title.casefold(), title, passage, sheet)


def told(title: str, name: str, value: str) -> Told:
    kind = Kind.MONEY if "price" in name else Kind.QUANTITY if name in ("weight", "stock") else Kind.WORDS
    return Told(title.casefold(), "", name, kind, value, UNITS.get(name, ""), 3)


def found(message: str, *items: Item, complete: bool = True) -> showing.Shown | None:
    by = showing.by_word(message)
    asked = showing.sought(subject_words(message), wanted(message), compared_by=by)
    return showing.found(asked, items, complete=complete)


def text(shown: showing.Shown | None) -> str:
    assert shown is not None
    return "\n".join(line.text for line in shown.lines)


KETTLES = (
    item("Blue Stream Kettle", price="25.00", colour="sea blue"),
    item("Ember Kettle", price="40.00", colour="red"),
    item("Kettle Descaler", price="5.00"),
)


def test_a_thing_is_what_its_name_ends_with() -> None:
    assert text(found("the cheapest kettle", *KETTLES)) == (
        "The cheapest that can be had:\nBlue Stream Kettle: price 25.00 EUR"
    )


def test_a_number_below_zero_ends_no_name() -> None:
    bags = (item("Summer Bag", price="20.00"), item("Eiderlight -8 Down Bag", price="379.00"))

    assert text(found("the most expensive bag", *bags)).endswith("Eiderlight -8 Down Bag: price 379.00 EUR")


def test_what_only_stands_in_the_category_comes_after_what_is_called_so() -> None:
    buds, phones = item("Murmur Buds", category="Headphones"), item("Kidwave Headphones", category="Headphones")

    shown = found("headphones", buds, phones)

    assert shown is not None
    assert [one.title for one in shown.items] == ["Kidwave Headphones", "Murmur Buds"]


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("kettles under 30 EUR", ["Blue Stream Kettle"]),
        ("kettles over 30 EUR", ["Ember Kettle"]),
        ("kettles over 25 EUR", ["Ember Kettle"]),
        ("kettles from 25 EUR", ["Blue Stream Kettle", "Ember Kettle"]),
        ("kettles under 40 EUR", ["Blue Stream Kettle"]),
        ("kettles up to 40 EUR", ["Blue Stream Kettle", "Ember Kettle"]),
        ("a blue kettle", ["Blue Stream Kettle"]),
        ("a kettle, not red", ["Blue Stream Kettle"]),
    ],
)
def test_what_is_wished_for_is_held_against_the_values(message: str, titles: list[str]) -> None:
    shown = found(message, *KETTLES)

    assert shown is not None
    assert [one.title for one in shown.items] == titles


def test_what_is_sold_out_is_said_and_comes_last() -> None:
    shown = found("kettles", item("Old Kettle", stock="0"), item("New Kettle"))

    assert text(shown).endswith("New Kettle: price 20.00 EUR\nOld Kettle: price 20.00 EUR, sold out")


def test_where_not_all_were_looked_at_no_superlative_is_claimed() -> None:
    assert text(found("the cheapest kettle", *KETTLES, complete=False)).startswith("Of those that I looked at")


def test_nothing_of_the_kind_is_no_answer() -> None:
    assert found("a red tent", *KETTLES) is None


def test_a_number_of_a_name_is_a_part_of_it() -> None:
    assert found("do you have the Stream Kettle 2?", item("Stream Kettle 3")) is None


def test_of_variants_in_several_colours_a_price_counts_whole() -> None:
    both = item("Twin Kettle", price="20.00 to 40.00", colour="red, blue")

    assert text(found("a red kettle under 30 EUR", both)).startswith("Nothing here fits")
    assert text(found("kettles under 30 EUR", both)) == "This fits:\nTwin Kettle: price 20.00 to 40.00 EUR"


def test_a_sale_price_counts_and_both_are_told() -> None:
    kettle = item("Ember Kettle", price="40.00", sale_price="25.00")

    assert text(found("kettles under 30 EUR", kettle)) == (
        "This fits:\nEmber Kettle: price 40.00 EUR, sale price 25.00 EUR"
    )


def test_grams_and_kilograms_are_compared_and_other_units_are_not() -> None:
    light, heavy = item("A Tent", weight="900"), item("B Tent", weight="1.2")
    heavy = replace(heavy, sheet={**heavy.sheet, "weight": replace(heavy.sheet["weight"], unit="kg")})
    odd = replace(heavy, sheet={**heavy.sheet, "weight": replace(heavy.sheet["weight"], unit="l")})
    by = showing.by_word("which is lighter?")

    assert showing.compared((heavy, light), by).lines[0].text == "A Tent is the lighter one."
    assert showing.compared((odd, light), by).lines[0].text == "The shop does not say the weight of B Tent."


def test_prices_of_two_currencies_are_not_compared() -> None:
    euros, pounds = item("A Tent"), item("B Tent", price="10.00")
    pounds = replace(pounds, sheet={**pounds.sheet, "price": replace(pounds.sheet["price"], unit="GBP")})

    shown = showing.compared((euros, pounds), showing.by_word("which is cheaper?"))

    assert shown.lines[0].text == (
        "Their prices are in several currencies (EUR and GBP), and I do not convert: so I cannot say which is cheaper."
    )


@pytest.mark.parametrize(
    ("wished", "value", "is_so"),
    [
        ("size M", "S-XXL", True),
        ("size XS", "S-XXL", False),
        ("size 42", "EU 36-48", True),
        ("size 49", "EU 36-48", False),
        ("28 cm", "28 cm", True),
        ("8 cm", "28 cm", False),
        ("2 persons", "2 person", True),
    ],
)
def test_a_size_may_lie_in_a_range(wished: str, value: str, is_so: bool) -> None:
    shown = found(f"boots in {wished}", item("Ridge Boots", size=value))

    assert text(shown).startswith("This fits") == is_so


def test_every_figure_that_is_told_is_a_value_with_its_version() -> None:
    shown = found("kettles under 30 EUR in stock", *KETTLES)

    assert shown is not None
    facts: Mapping[str, Told] = {fact.name: fact for line in shown.lines for fact in line.told}
    assert {(name, fact.version) for name, fact in facts.items()} == {("price", 3), ("stock", 3)}
    assert {"price", "stock"} <= shown.names
    assert {one.title for one in shown.looked_at} == {"Blue Stream Kettle", "Ember Kettle"}
