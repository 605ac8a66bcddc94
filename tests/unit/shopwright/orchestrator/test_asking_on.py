""" "And X?" asks the question before of X, and no other question is changed."""

import pytest
from shopwright.orchestrator.asking_on import completed


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        ("How long is the warranty on tents?", "and on jackets?", "How long is the warranty on jackets?"),
        ("Do you ship to Germany?", "And to Japan?", "Do you ship to Japan?"),
        ("Do you ship to Germany?", "What about Japan?", "Do you ship to Japan?"),
        ("Can I pay by bank transfer", "ok, and by invoice", "Can I pay by invoice?"),
        ("Can I return boots?", "and helmets?", "Can I return helmets?"),
        ("How much is express delivery?", "and standard?", "How much is standard delivery?"),
        ("What colour is the Eiderlight -8?", "and the -18?", "What colour is the Eiderlight -18?"),
        ("How much is the Chef's Knife 20 cm?", "and the 16 cm?", "How much is the Chef's Knife 16 cm?"),
        ("How much is the Chef's Knife 20 cm?", "and the Santoku?", "How much is the Santoku?"),
        ("Is the Garlic Press dishwasher safe?", "how about the Hand Grinder", "Is the Hand Grinder dishwasher safe?"),
        (
            "How much are the Murmur Buds Pro?",
            "and the battery life?",
            "What is the battery life of the Murmur Buds Pro?",
        ),
        (
            "How heavy is the Larkmoss 2 Trekking Tent?",
            "and the price?",
            "What is the price of the Larkmoss 2 Trekking Tent?",
        ),
        ("How much is the Garlic Press?", "and the guarantee?", "How long is the guarantee on the Garlic Press?"),
    ],
)
def test_the_question_before_is_asked_again(before: str, question: str, whole: str) -> None:
    assert completed(question, [before]) == whole


def test_what_was_asked_on_can_be_asked_on_again() -> None:
    assert completed("and to France?", ["Do you ship to Germany?", "and to Japan?"]) == "Do you ship to France?"


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("Which tents are under 300 euros?", "and the second one?"),
        ("Which tents are under 300 euros?", "and the cheapest?"),
        ("Which tents are under 300 euros?", "and in blue?"),
        ("How much is the Garlic Press?", "and is it in stock?"),
        ("How much is the Garlic Press?", "and the delivery?"),
        ("How much is the Garlic Press?", "and for kids?"),
        ("How much is the Garlic Press?", "and how long does delivery take?"),
        ("Is the Garlic Press lighter than the Hand Grinder?", "and the French Press?"),  # of which of the two
        ("Do you ship from Ireland to Spain or to Japan?", "and to France?"),
        ("How can I pay?", "and the price?"),
        ("I want a tent. Is delivery free?", "and returns?"),
        ("How long is the warranty on tents?", "Do you repair jackets?"),
    ],
)
def test_what_stands_alone_or_fits_into_no_one_place_is_left_as_it_is(before: str, question: str) -> None:
    assert completed(question, [before]) == question


def test_the_first_question_of_all_is_left_as_it_is() -> None:
    assert completed("and on jackets?", []) == "and on jackets?"
