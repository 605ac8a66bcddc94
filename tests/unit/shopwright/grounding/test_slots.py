"""A product's record is told as the database has it, and a claim about it stands on nothing else."""

from collections.abc import Sequence

import pytest
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.grounding.check import Claim, check
from shopwright.grounding.slots import as_passage, filled, used
from shopwright.llm.extractive import record

TEXT = "sku: T-1; name: Tent; price: 649.00 EUR; stock: 9; weight_g: 3150; colour: red; description: Keeps rain out."


def sheet(**values: tuple[str, str, int]) -> Sheet:
    return {name: Told("T-1", "", name, Kind.WORDS, *value) for name, value in values.items()}


NOW = sheet(price=("599.00", "EUR", 4), stock=("3", "", 7), weight=("3150", "g", 1), colour=("red", "", 1))


def passage(facts: Sheet, text: str = TEXT) -> str:
    return as_passage(filled(record(text), facts))


def test_what_the_database_says_takes_the_place_of_what_was_embedded() -> None:
    assert passage(NOW) == (
        "sku: T-1; name: Tent; price: 599.00 EUR; weight_g: 3150; colour: red; stock: 3; availability: in stock; "
        "description: Keeps rain out."
    )


def test_what_the_database_does_not_know_any_more_is_left_out() -> None:
    assert passage(sheet(colour=("red", "", 1))) == "sku: T-1; name: Tent; colour: red; description: Keeps rain out."


def test_a_unit_that_changed_is_told_with_the_value() -> None:
    assert "; weight: 3.15 kg; " in passage({**NOW, **sheet(weight=("3.15", "kg", 2))})


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"stock": ("0", "", 2)}, "stock: 0; availability: out of stock"),
        ({"stock": ("0", "", 2), "availability": ("in stock", "", 1)}, "stock: 0; availability: out of stock"),
        ({"stock": ("0", "", 2), "availability": ("on preorder", "", 1)}, "stock: 0; availability: on preorder"),
        ({"stock": ("2", "", 2), "availability": ("out of stock", "", 1)}, "stock: 2; availability: out of stock"),
        ({"availability": ("out of stock", "", 1)}, "availability: out of stock"),
    ],
)
def test_what_cannot_be_had_says_so(facts: dict[str, tuple[str, str, int]], said: str) -> None:
    assert f"; {said}; description" in passage(sheet(**facts))


@pytest.mark.parametrize(
    ("text", "quotes", "stands"),
    [
        ("Tent: price 599.00 EUR", ("name: Tent", "price: 599.00 EUR"), True),
        ("Tent: price 649.00 EUR", ("name: Tent", "price: 649.00 EUR"), False),  # as it was embedded
        ("Tent: price 5.00 EUR", ("name: Tent", "price: 599.00 EUR"), False),  # tampered with
        ("Tent: price 5.00 EUR", ("name: Tent", "price: 5.00 EUR"), False),
        ("Tent: price 599.00 USD", ("name: Tent", "price: 599.00 EUR"), False),
        ("Tent: weight 3150 kg", ("name: Tent", "weight_g: 3150"), False),
    ],
)
def test_a_claim_stands_on_the_filled_record_alone(text: str, quotes: tuple[str, ...], stands: bool) -> None:
    verdict = check([Claim(text, 1, quotes)], {1: passage(NOW)})

    assert bool(verdict.supported) is stands


@pytest.mark.parametrize(
    ("quotes", "names"),
    [
        (("name: Tent", "price: 599.00 EUR"), ["price", "stock"]),
        (("name: Tent", "weight_g: 3150", "colour: red"), ["weight", "colour", "stock"]),
        (("availability: in stock",), ["stock"]),
        (("description: Keeps rain out.",), ["stock"]),
    ],
)
def test_an_answer_remembers_the_facts_that_it_tells_and_whether_there_were_any_left(
    quotes: Sequence[str], names: list[str]
) -> None:
    assert [fact.name for fact in used(quotes, NOW)] == names
