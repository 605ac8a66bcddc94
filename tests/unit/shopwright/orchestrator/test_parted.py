"""Two questions in one message get two answers, or the one that has none is named."""

from dataclasses import replace

import pytest
from shopwright.grounding.wording import wording
from shopwright.orchestrator.parted import Part, holds, joined, parts
from shopwright.orchestrator.said import Said

from tests.unit.shopwright.orchestrator.test_answer import RETURNS, Counter, passage

NOTHING = Said("Nothing.", "not_in_documents", (), 0.0)
PAY = passage("You can pay by card or on invoice.", 0.85, "Paying", document="d-pay")


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        (
            "Do you ship to France and how long does it take?",
            ["Do you ship to France", "how long does it take (ship to France)?"],
        ),
        ("What does the wok cost and can I return it?", ["What does the wok cost", "can I return it (wok)?"]),
        ("Can I pay by card? How long is the warranty?", ["Can I pay by card?", "How long is the warranty?"]),
    ],
)
def test_a_message_is_parted_into_its_questions_each_with_what_it_is_about(message: str, texts: list[str]) -> None:
    assert [part.text for part in parts(message)] == texts


@pytest.mark.parametrize(
    "message",
    [
        "How long does delivery take?",
        "I bought a tent last week. Can I return it?",
        "Do you sell pots and pans?",
        "If it does not fit, can I return it?",
        "",
    ],
)
def test_one_question_is_not_parted(message: str) -> None:
    assert parts(message) == ()


def test_both_are_answered_and_each_sentence_is_told_once() -> None:
    counter = Counter(RETURNS, replace(PAY, chunk_id="c2"))

    said = counter.ask("Can I pay by card and how many days do I have to return something?")

    assert said.text == (
        "You can pay by card or on invoice. [1] You may return anything within 60 days of delivery. [2]"
    )
    assert [citation.ref for citation in said.citations] == [1, 2]
    assert [citation.quote for citation in said.citations] == [
        "You can pay by card or on invoice.",
        "You may return anything within 60 days of delivery.",
    ]


def test_what_is_found_for_neither_is_named() -> None:
    said = Counter(RETURNS).ask("How many days do I have to return something and is there a sauna?")

    missing = wording().not_of_it.format(question="is there a sauna?")
    assert said.text == f"You may return anything within 60 days of delivery. [1]\n{missing}"
    assert said.verdict == "answered"


def test_where_neither_is_found_it_is_said_once() -> None:
    assert Counter(RETURNS).ask("Is there a sauna and do you have a pool?").text == wording().not_in_documents


def test_a_sentence_that_answers_both_holds_both() -> None:
    both = Said("Standard delivery costs 5 EUR and takes 3 working days. [1]", "answered", (), 0.9)

    assert holds(both, Part("how long does it take?", "how long does it take (standard delivery)?"))
    assert not holds(both, Part("how long is the warranty?", "how long is the warranty?"))


def test_an_answer_of_no_part_is_none() -> None:
    with pytest.raises(ValueError, match="No part"):
        joined([Part("a", "a")], [NOTHING], lambda said: said.verdict == "answered")
