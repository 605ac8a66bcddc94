"""What stands below a service's own name answers what is asked of it, and nothing else that it does not speak of."""

import pytest
from shopwright.llm.extractive import compose
from shopwright.llm.units import Source

CARE = Source(
    1,
    ("Warranty", "VoltCare"),
    "VoltCare extends the warranty to 36 months and adds one accidental liquid damage. VoltCare costs $29.00 for "
    "products up to $200. You can add it within 45 days of purchase.",
    0.7,
)
REFUNDS = Source(2, ("Returns", "Refunds"), "Refunds are issued within 5 days.", 0.6)


def said(question: str) -> str:
    return " ".join(sentence.text for sentence in compose(question, (CARE, REFUNDS)).sentences)


@pytest.mark.parametrize("question", ["What does VoltCare cover?", "How long does VoltCare last?", "What's voltcare?"])
def test_the_section_of_a_service_tells_what_it_is(question: str) -> None:
    assert said(question) == CARE.content


@pytest.mark.parametrize(
    "question", ["How much is VoltCare for a $250 monitor?", "What does VoltCare cost for the Murmur Buds?"]
)
def test_whatever_it_is_bought_for_its_price_is_told(question: str) -> None:
    assert said(question) == "VoltCare costs $29.00 for products up to $200."


@pytest.mark.parametrize("question", ["Does VoltCare cover theft?", "Is VoltCare transferable?"])
def test_what_its_section_does_not_speak_of_is_not_told(question: str) -> None:
    assert said(question) == ""
