"""Who asks for a policy as a whole is told what the page says first of it."""

import pytest
from shopwright.llm import policies
from shopwright.llm.extractive import also_sought, compose, sought_otherwise
from shopwright.llm.units import Source

PAGES = (
    Source(
        1,
        ("Returns", "When the money comes"),
        "We refund within 10 days. Express delivery is not refunded.",
        0.5,
        "r",
        300,
    ),
    Source(2, ("Returns", "The window"), "Keep the box. You may return anything within 60 days.", 0.6, "r", 10),
    Source(3, ("Delivery",), "We pack every order ourselves.", 0.5, "d", 10),
    Source(4, ("Delivery", "Prices"), "Standard delivery costs €5.90. Below that, it is not free.", 0.5, "d", 90),
    Source(5, ("Questions", "How can I pay?"), "We take cards and bank transfer. No instalments.", 0.5, "q", 10),
    Source(
        6, ("Guarantees",), "Tents are guaranteed for 5 years. All other things are guaranteed for 2 years.", 0.5, "g"
    ),
)
RETURNS = "You may return anything within 60 days. We refund within 10 days."


def said(question: str, *sources: Source) -> str:
    return " ".join(sentence.text for sentence in compose(question, sources or PAGES).sentences)


@pytest.mark.parametrize(
    "question",
    [
        "What is your return policy?",
        "returns policy",
        "What is the return policy of this shop?",
        "Can you tell me about your returns?",
        "what are the return conditions, please",
        "Do you have a returns policy?",
        "return policy pls",
        "Where can I find your return terms?",
        "I'd like to know about your returns policy",
        "What's the store's return policy?",
    ],
)
def test_the_return_policy_is_its_sections_first_sentences_as_they_stand_on_the_page(question: str) -> None:
    assert said(question) == RETURNS


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("refund policy", "We refund within 10 days."),
        ("What are your delivery terms?", "Standard delivery costs €5.90."),
        ("shipping information", "Standard delivery costs €5.90."),
        ("What payment methods do you accept?", "We take cards and bank transfer. No instalments."),
        ("warranty period", "Tents are guaranteed for 5 years. All other things are guaranteed for 2 years."),
        ("warranty terms", "Tents are guaranteed for 5 years. All other things are guaranteed for 2 years."),
    ],
)
def test_each_policy_is_told_from_its_own_page(question: str, answer: str) -> None:
    assert said(question).startswith(answer)


def test_two_policies_are_told_one_after_the_other() -> None:
    answer = said("What are your delivery and return policies?")

    assert answer.startswith("Standard delivery costs €5.90.")
    assert "60 days" in answer


@pytest.mark.parametrize(
    "question",
    ["What is your privacy policy?", "What is your price match policy?", "What is your policy?", "cancellation policy"],
)
def test_a_policy_of_which_no_page_speaks_is_not_made_of_another(question: str) -> None:
    assert said(question) == ""


@pytest.mark.parametrize(
    "question", ["Can I return opened earbuds?", "How long does delivery take?", "Return of the King"]
)
def test_a_question_about_one_thing_is_for_no_whole_policy(question: str) -> None:
    assert policies.topics(question) == ()


def test_a_table_goes_before_more_sentences_than_are_told() -> None:
    rows = "\n".join(
        f"What: {one}; Guarantee: {years} years" for one, years in (("A", 25), ("B", 15), ("C", 3), ("D", 2))
    )
    prose = " ".join(
        f"{one} is guaranteed for {years} years." for one, years in zip("ABCD", (25, 15, 3, 1), strict=True)
    )
    page = Source(1, ("Guarantees", "How long"), rows + "\n" + prose, 0.6)

    assert said("What is your guarantee policy?", page).startswith("What: A; Guarantee: 25 years What: B")


def test_what_a_policy_says_is_looked_for_by_its_own_words() -> None:
    assert "return" in (also_sought("What is your return policy?") or "")
    assert sought_otherwise("Do you ship to Canada?") == policies.WHERE
    assert "return" in (sought_otherwise("Can I return the Larkmoss 2?") or "")
    assert also_sought("Can I return the Larkmoss 2?") is None
    assert sought_otherwise("How can I pay?") is None


@pytest.mark.parametrize(
    "question",
    ["When will my order arrive?", "how long until my parcel gets here", "When's my package coming?"],
)
def test_when_an_order_arrives_is_told_by_how_deliveries_go(question: str) -> None:
    times = "Standard delivery takes 3 days. Delivery is free for orders over €50. Express delivery takes 1 day."
    assert said(question, Source(1, ("Delivery",), times, 0.5, "d")) == (
        "Standard delivery takes 3 days. Express delivery takes 1 day."
    )


@pytest.mark.parametrize("question", ["When can I cancel my order?", "When can I return my order?"])
def test_when_an_order_may_be_changed_is_another_question(question: str) -> None:
    assert "delivery" not in said(question)
