"""A slot becomes what the fact says at this moment, and nothing else does."""

from shopwright.catalog.facts import Kind, Told
from shopwright.grounding.slots import fill

PRICE = Told("p-1", "", "price", Kind.MONEY, "129.00", "EUR", 4)
STOCK = Told("p-1", "", "stock", Kind.QUANTITY, "3", "", 9)
FACTS = {"price:1": PRICE, "stock:1": STOCK}


def test_slots_are_filled_and_their_facts_told() -> None:
    filled = fill("It costs {{price:1}} and there are {{ stock:1 }} left [1]. {{price:1}}!", FACTS)

    assert filled.text == "It costs 129.00 EUR and there are 3 left [1]. 129.00 EUR!"
    assert filled.used == (PRICE, STOCK)
    assert filled.unknown == ()


def test_a_slot_that_nobody_offered_stays_and_is_named() -> None:
    filled = fill("It costs {{price:2}}, {{PRICE:1}}, {{price}} or {price:1}.", FACTS)

    assert filled.text == "It costs {{price:2}}, {{PRICE:1}}, {{price}} or {price:1}."
    assert filled.unknown == ("price:2",)
    assert filled.used == ()


def test_what_a_fact_says_is_never_read_for_slots() -> None:
    sly = Told("p-1", "", "name", Kind.WORDS, "{{price:1}}", "", 1)

    assert fill("{{name:1}}", {"name:1": sly, "price:1": PRICE}).text == "{{price:1}}"
