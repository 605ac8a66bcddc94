"""Where a page says more of returning one thing than of all, that is told, alone or after the rule for all."""

import pytest
from shopwright.llm.extractive import compose
from shopwright.llm.units import Source

WINDOW = Source(1, ("Returns", "The window"), "You may return most items within 14 days of delivery.", 0.7)
EARBUDS = Source(2, ("Returns", "Earbuds"), "For hygiene, earbuds can be returned only in their sealed box.", 0.7)
ROPES = Source(3, ("Returns", "What cannot come back"), "We do not take back ropes once their seal is broken.", 0.7)
BUDS = Source(4, ("Catalog",), "name: Murmur Buds; category: Headphones; description: Small earbuds.", 0.7)
ROPE = Source(5, ("Catalog",), "name: Fingerlock Rope 60 m; category: Climbing; description: With a middle mark.", 0.7)
LAMP = Source(6, ("Catalog",), "name: Glimmer Lamp; category: Lamps; description: Red light for the map.", 0.7)


def said(question: str) -> str:
    sources = (WINDOW, EARBUDS, ROPES, BUDS, ROPE, LAMP)
    return " ".join(sentence.text for sentence in compose(question, sources).sentences)


@pytest.mark.parametrize("question", ["Can I return my Murmur Buds?", "Can I return the murmur buds after opening?"])
def test_a_product_falls_under_the_rule_for_what_its_description_says_it_is(question: str) -> None:
    assert said(question) == EARBUDS.content


def test_a_product_falls_under_the_rule_for_what_its_name_says_it_is() -> None:
    assert said("Can I return the Fingerlock?") == ROPES.content


@pytest.mark.parametrize(
    "question",
    [
        "How long do I have to return earbuds I opened?",
        "how many days do I have to return earbuds",
        "What's the return window for earbuds?",
    ],
)
def test_who_asks_how_long_is_told_both_rules(question: str) -> None:
    assert said(question) == f"{WINDOW.content} {EARBUDS.content}"


def test_what_no_rule_is_for_falls_under_that_for_all() -> None:
    assert said("Can I return the Glimmer Lamp?") == WINDOW.content


def test_a_rule_that_says_how_long_itself_is_told_alone() -> None:
    all_items = Source(1, ("Returns", "Your 30 days"), "You may return unused items within 30 days of delivery.", 0.8)
    bakeware = Source(2, ("Bakeware",), "You may return unused bakeware within 41 days of delivery.", 0.8)

    told = compose("Within how many days may I return unused bakeware?", (all_items, bakeware)).sentences

    assert [one.text for one in told] == [bakeware.content]


def test_who_asks_of_unused_items_is_not_told_the_rule_for_unused_pans() -> None:
    pans = Source(1, ("Sending things back",), "You may return unused pans within 37 days of delivery.", 0.8)
    items = Source(2, ("Questions",), "You have 30 days from delivery to return unused items.", 0.8)

    told = compose("How long may I return unused items?", (pans, items)).sentences

    assert [one.text for one in told] == [items.content]
