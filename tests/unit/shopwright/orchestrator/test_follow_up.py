"""A short question with a pronoun is about the name in the question before, and no other question is changed."""

import pytest
from shopwright.orchestrator.follow_up import resolve

TENT = "What is the price of the Grayling Ridge Winter Tent?"


@pytest.mark.parametrize("question", ["And how heavy is it?", "is it in stock", "What are its dimensions?"])
def test_it_is_what_was_named_before(question: str) -> None:
    assert resolve(question, [TENT]) == f"{question} (Grayling Ridge Winter Tent)"


def test_its_guarantee_is_the_one_on_what_was_named_before() -> None:
    assert resolve("And how long is its warranty?", [TENT]) == (
        "And how long is the warranty on the Grayling Ridge Winter Tent?"
    )


def test_it_stays_the_same_thing_over_several_questions() -> None:
    asked = resolve("And which colour is it?", ["How much is the Portage 90 Duffel?", "And how heavy is it?"])

    assert asked == "And which colour is it? (Portage 90 Duffel)"


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("How many days do I have to return something?", [TENT]),
        ("Is it lighter than the Larkmoss Tent?", [TENT]),
        ("And how heavy is it?", []),
        ("And how heavy is it?", ["How do I pay?"]),
        ("How heavy is it?", [TENT, "How do I pay?"]),
        ("When will it be here if I order it today and live on an island in the north?", [TENT]),
    ],
)
def test_a_question_that_stands_alone_or_points_nowhere_is_left_as_it_is(question: str, before: list[str]) -> None:
    assert resolve(question, before) == question
