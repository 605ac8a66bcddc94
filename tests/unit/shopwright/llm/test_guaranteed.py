"""A product that is named is guaranteed by the rule for what it is, and never by the rule for all others."""

import pytest
from shopwright.llm import guaranteed
from shopwright.llm.extractive import compose
from shopwright.llm.units import Source, units

KINDS = Source(
    1,
    ("Warranty and repairs", "How long our warranty lasts"),
    "Tents and backpacks carry a warranty of 5 years. All other equipment carries a warranty of 2 years.",
    0.75,
)
RANGES = Source(
    1,
    ("Guarantees", "How long they last"),
    "Hearthstone cast iron is guaranteed for 25 years. Whetmore knives and Plainsong steel pans are guaranteed for 15 "
    "years. Bramble appliances are guaranteed for 3 years.",
    0.7,
)


def record(ref: int, name: str, category: str) -> Source:
    return Source(ref, ("Catalog", name), f"sku: A-{ref}; name: {name}; category: {category}; price: 10 EUR", 0.7)


LARKMOSS = record(2, "Larkmoss 2 Trekking Tent", "Tents")
DUFFEL = record(3, "Portage 90 Duffel", "Backpacks")
STOVE = record(4, "Cinder Stove", "Stoves")
TOASTER = record(5, "Bramble Toaster", "Small appliances")
SKILLET = record(6, "Emberlow Skillet", "Pans")


def said(question: str, *sources: Source) -> str:
    return " ".join(sentence.text for sentence in compose(question, sources).sentences)


@pytest.mark.parametrize(
    "question",
    [
        "How long is the warranty on the Larkmoss 2?",
        "How long is the Larkmoss tent guaranteed?",
        "How long is the warranty on a duffel?",
    ],
)
def test_a_product_is_guaranteed_by_the_rule_for_its_category(question: str) -> None:
    assert said(question, KINDS, LARKMOSS, DUFFEL, STOVE) == "Tents and backpacks carry a warranty of 5 years."


def test_the_rule_for_all_others_is_never_told_alone() -> None:
    assert said("How long is the warranty on the Cinder stove?", KINDS, LARKMOSS, STOVE) == KINDS.content
    assert said("How long is the warranty on the Larkmoss 2?", KINDS) in ("", KINDS.content)


@pytest.mark.parametrize("question", ["Who makes the Larkmoss?", "How long does the Larkmoss last?"])
def test_the_rule_for_all_others_answers_nothing_else(question: str) -> None:
    assert "warranty" not in said(question, KINDS, LARKMOSS)


def test_a_product_is_guaranteed_by_the_rule_for_its_range() -> None:
    question = "How long is the guarantee on a Bramble toaster?"

    assert said(question, RANGES, TOASTER, SKILLET) == "Bramble appliances are guaranteed for 3 years."


@pytest.mark.parametrize("question", ["What is not covered by the warranty?", "What does the warranty cover?"])
def test_what_a_warranty_covers_is_not_how_long_that_of_a_cover_lasts(question: str) -> None:
    among = [unit for source in (KINDS, record(7, "Pack Cover", "Backpacks")) for unit in units(source)]

    assert guaranteed.rule(question, among, 3) == []
    assert guaranteed.rule("How long is the warranty on a cover?", among, 3) != []


def test_a_product_of_no_range_that_is_named_is_not_told_the_guarantee_of_another() -> None:
    assert said("How long is the guarantee on the Emberlow skillet?", RANGES, TOASTER, SKILLET) == ""
