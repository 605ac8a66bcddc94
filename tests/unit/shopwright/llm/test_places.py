"""A rule about deliveries answers for the places that it is of, and for no others."""

import pytest
from shopwright.llm import fits, places
from shopwright.llm.extractive import compose
from shopwright.llm.fits import Reach
from shopwright.llm.units import Source

STATES = Source(
    1,
    ("Shipping", "Where we ship"),
    "We ship to all fifty states. Alaska and Hawaii take 3 extra business days at the same rate. "
    "We do not ship to PO boxes or abroad.",
    0.7,
)
RATES = Source(2, ("Shipping", "Rates"), "Standard shipping costs $7.50 and takes 4 to 6 business days.", 0.7)
KINGDOM = Source(
    1,
    ("Delivery", "Islands and abroad"),
    "Parcels to the Scottish islands and Northern Ireland take two working days longer at the same price. "
    "We do not deliver outside the United Kingdom.",
    0.7,
)
UNION = Source(
    1, ("Delivery", "Where we deliver"), "We deliver to Ireland and to all countries of the European Union.", 0.7
)
POST = Source(2, ("Delivery", "Prices"), "Standard delivery costs €5.90 and takes 3 to 5 working days.", 0.7)
BACK = Source(3, ("Returns",), "You have 30 days from delivery to return it, free of charge within Great Britain.", 0.7)


def said(question: str, *sources: Source) -> str:
    return " ".join(sentence.text for sentence in compose(question, sources).sentences)


@pytest.mark.parametrize(
    "question",
    ["Do you ship to Canada?", "do you ship to canada", "Can you deliver to Scotland?", "Shipping to the UK?"],
)
def test_all_fifty_states_are_no_answer_for_another_country(question: str) -> None:
    assert said(question, STATES, RATES) == "We do not ship to PO boxes or abroad."


@pytest.mark.parametrize(
    "question", ["Do you ship to Texas?", "do you deliver to new york?", "Can you ship to the US?"]
)
def test_all_fifty_states_hold_each_of_them(question: str) -> None:
    assert said(question, STATES, RATES) == "We ship to all fifty states."


def test_the_rule_that_names_a_place_goes_with_the_price_that_it_does_not_tell() -> None:
    assert said("How much is shipping to Hawaii?", STATES, RATES) == (
        "Standard shipping costs $7.50 and takes 4 to 6 business days. "
        "Alaska and Hawaii take 3 extra business days at the same rate."
    )


@pytest.mark.parametrize("question", ["How much is shipping to Norway?", "How long does delivery to Canada take?"])
def test_what_delivery_costs_is_not_told_of_where_nothing_is_delivered(question: str) -> None:
    assert said(question, UNION, POST) == "We deliver to Ireland and to all countries of the European Union."
    assert said(question, POST) == ""


def test_what_delivery_costs_is_told_with_where_it_goes() -> None:
    answer = said("How long does delivery to Spain take?", UNION, POST)

    assert "3 to 5 working days" in answer
    assert "European Union" in answer


def test_of_a_place_that_nobody_knows_all_that_is_said_of_places_is_told() -> None:
    assert said("Do you ship to Puerto Rico?", STATES, RATES) == (
        "We ship to all fifty states. We do not ship to PO boxes or abroad."
    )


@pytest.mark.parametrize(
    "question",
    ["Do you ship to Canada?", "Do you ship to Ireland?", "Do you deliver outside the UK?", "Do you ship abroad?"],
)
def test_outside_a_country_is_every_other(question: str) -> None:
    assert said(question, KINGDOM, BACK) == "We do not deliver outside the United Kingdom."


def test_northern_ireland_is_not_ireland_and_a_rule_for_returns_is_none_for_deliveries() -> None:
    assert said("Do you ship to Northern Ireland?", KINGDOM, BACK).startswith("Parcels to the Scottish islands")


@pytest.mark.parametrize(
    "question", ["do you ship to scotland", "Do you deliver to Cardiff?", "Do you deliver to England?"]
)
def test_of_a_place_within_the_country_what_holds_there_is_told_and_not_what_lies_outside_alone(question: str) -> None:
    assert said(question, KINGDOM, BACK) == ""
    heavy = Source(4, ("Delivery", "Heavy"), "The price of delivery and shipping is the same for a heavy wok.", 0.9)
    answer = said(question, KINGDOM, BACK, POST, heavy)
    assert answer.startswith("Standard delivery costs")
    assert "outside" not in answer  # that nothing goes further reads as a no


@pytest.mark.parametrize("place", ["the Hebrides", "Belfast", "Orkney", "the Isle of Skye", "the Shetlands"])
def test_what_takes_longer_is_told_with_what_it_takes_longer_than(place: str) -> None:
    answer = said(f"How long does delivery to {place} take?", KINGDOM, POST)

    assert "3 to 5 working days" in answer
    assert "two working days longer" in answer
    assert "outside" not in answer


@pytest.mark.parametrize(
    "question",
    ["Where is it made?", "Do you ship turkey basters?", "Tell us about shipping", "Do you ship from Germany?"],
)
def test_a_word_that_is_also_a_place_is_none_where_nothing_goes_to_it(question: str) -> None:
    assert fits.subject(question).places == ()


@pytest.mark.parametrize(
    ("place", "text", "reach"),
    [
        ("hawaii", "We ship to all fifty states.", Reach.COVERS),
        ("canada", "We ship to all fifty states.", Reach.LISTS),
        ("wales", "We deliver all over the UK.", Reach.COVERS),
        ("wales", "We do not ship outside Great Britain.", Reach.IMPLIES),
        ("france", "We do not ship outside Great Britain.", Reach.EXCLUDES),
        ("france", "Delivery to Norway costs 20 euros.", Reach.NOT),
        ("norway", "Delivery to Norway costs 20 euros.", Reach.NAMES),
        ("norway", "Our chargers work abroad.", Reach.NOT),
    ],
)
def test_how_far_a_sentence_answers_for_a_place(place: str, text: str, reach: Reach) -> None:
    assert fits.reach(place, text) is reach


def test_places_are_known_by_all_their_names_and_us_is_no_place() -> None:
    assert [one.place for one in places.named("to the U.S., the Czech Republic and the UK")] == [
        "united states",
        "czech republic",
        "united kingdom",
    ]
    assert places.named("tell us about china cups") == ()
    assert "europe" in places.within("scotland")


ISLES = Source(1, ("Delivery", "Islands"), f"Parcels to the Isle of Man take two days longer. {KINGDOM.content}", 0.7)


@pytest.mark.parametrize(
    "question", ["Is the Isle of Man in your delivery area?", "Do you deliver to the Isle of Man?"]
)
def test_a_place_that_is_named_does_not_lie_outside(question: str) -> None:
    assert said(question, ISLES) == "Parcels to the Isle of Man take two days longer."


def test_a_place_of_which_something_else_is_said_is_not_told_to_lie_outside() -> None:
    assert said("Is insurance part of delivery to the Isle of Man?", ISLES) == ""


FREE = Source(4, ("Delivery",), "Delivery is free for orders over £50. Under that, standard delivery costs £3.95.", 0.6)


@pytest.mark.parametrize(
    "question",
    [
        "Is delivery free at exactly £50?",
        "I spend £60. Is delivery free?",
        "does a £49.99 order ship free",
        "How much must I spend to get free delivery?",
        "What's the free delivery threshold?",
    ],
)
def test_whoever_gives_a_sum_is_told_from_which_delivery_is_free(question: str) -> None:
    assert said(question, FREE, BACK) == FREE.content


def test_a_sum_is_no_threshold_of_another_service() -> None:
    assert said("Is express delivery free at £50?", FREE) == ""
    assert said("Are returns free at £50?", FREE) == ""


LABEL = Source(
    5,
    ("Returns", "How it works"),
    "Hand the box in. Returns are free of charge within Great Britain. From Northern Ireland the label costs £2.95.",
    0.7,
)


@pytest.mark.parametrize("question", ["Are returns free from the Isle of Man?", "What does a return from Derry cost?"])
def test_what_returns_cost_from_where_is_told_of_all_places_together(question: str) -> None:
    assert said(question, LABEL, FREE) == LABEL.content.removeprefix("Hand the box in. ")
