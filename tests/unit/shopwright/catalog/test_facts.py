"""A fact keeps its type and its digits, and the key that an answer remembers it by leads back to it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.catalog.columns import column
from shopwright.catalog.facts import Fact, Kind, Told, availability, fact, read_key, told_value


@pytest.mark.parametrize(
    ("name", "value", "unit", "kind", "amount", "words"),
    [
        ("weight", "1280", "g", Kind.QUANTITY, Decimal(1280), None),
        ("battery", "40 h", "", Kind.QUANTITY, Decimal(40), None),
        ("length", "12.50cm", "", Kind.QUANTITY, Decimal("12.50"), None),
        ("connectivity", "Bluetooth 5.3", "", Kind.WORDS, None, "Bluetooth 5.3"),
        ("size", "1 person", "", Kind.WORDS, None, "1 person"),
        ("dishwasher_safe", "TRUE", "", Kind.FLAG, None, "yes"),
        ("weight", "about 3", "g", Kind.WORDS, None, "about 3"),
        ("maker", "anna@example.com", "", Kind.WORDS, None, "[email]"),
    ],
)
def test_a_value_has_the_type_that_can_be_told(
    name: str, value: str, unit: str, kind: Kind, amount: Decimal | None, words: str | None
) -> None:
    told = fact(name, value, unit)

    assert (told.kind, told.amount, told.words) == (kind, amount, words)
    if amount is not None:
        assert value.startswith(format(told.amount or 0, "f"))


@pytest.mark.parametrize("said", ["in_stock", "InStock", "https://schema.org/InStock", "In Stock", "in stock"])
def test_availability_has_one_spelling(said: str) -> None:
    assert availability(said) == Fact("availability", Kind.WORDS, words="in stock")


@pytest.mark.parametrize(
    ("label", "name", "unit"),
    [
        ("Variant Price", "price", ""),
        ("g:price", "price", ""),
        ("Regular price", "price", ""),
        ("regularPrice", "price", ""),
        ("weight_g", "weight", "g"),
        ("Weight (kg)", "weight", "kg"),
        ("Variant Grams", "weight", "g"),
        ("attributes dimensions width", "dimensions_width", ""),
        ("Farbe", "colour", ""),
        ("dishwasher_safe", "dishwasher_safe", ""),
        ("made_in", "made_in", ""),
        ("battery_mAh", "battery", "mAh"),
    ],
)
def test_a_column_goes_by_many_names(label: str, name: str, unit: str) -> None:
    assert (column(label).name, column(label).unit) == (name, unit)


@given(*[st.text(min_size=1, max_size=8)] * 2, st.sampled_from(["", "S#1", "100%23"]))
def test_a_key_leads_back_to_its_fact(product: str, name: str, sku: str) -> None:
    told = Told(product, sku, name, Kind.WORDS, "x", "", 1)

    assert read_key(told.key) == (product, sku, name)


def test_variants_that_differ_are_told_from_the_lowest_to_the_highest() -> None:
    assert told_value(Kind.MONEY, Decimal(1299), Decimal(2299), (), "EUR") == "12.99 to 22.99"
    assert told_value(Kind.MONEY, Decimal(500), Decimal(500), (), "JPY") == "500"
    assert told_value(Kind.WORDS, None, None, ["S", "L", "S"], "") == "S, L"
