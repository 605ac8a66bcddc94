"""What is asked in other words than the page's is answered by the sentence that means the same, and by no neighbour."""

from collections.abc import Sequence

import pytest
from shopwright.llm.extractive import compose, nearest
from shopwright.llm.units import Source

MIXER = Source(
    1,
    ("Catalog", "Bramble Stand Mixer"),
    "sku: B-1; name: Bramble Stand Mixer; category: Baking; price: 334 GBP; weight_g: 9800; "
    "description: Planetary mixing at ten speeds; kneads up to 1.2 kg of dough.",
    0.7,
)
BLENDER = Source(
    2,
    ("Catalog", "Bramble Hand Blender"),
    "sku: B-2; name: Bramble Hand Blender; category: Baking; price: 58 GBP; weight_g: 980; description: Purées soup.",
    0.7,
)
PAYING = Source(
    3, ("Questions", "How can I pay?"), "You can pay by card or by bank transfer. Invoices are due after 21 days.", 0.6
)
RUST = Source(
    4, ("Care", "Rust"), "No skillet is lost because of rust. Rub it off with coarse salt. Oil it once a year.", 0.6
)
SHARPENING = Source(5, ("Services", "Edge Post"), "We sharpen Whetmore knives by mail for £4.00.", 0.6)
ALL = (MIXER, BLENDER, PAYING, RUST, SHARPENING)


class Embedder:
    """Finds as alike as it was told to; remembers what it compared."""

    def __init__(self, **alike: float) -> None:
        self._alike = alike
        self.asked: list[str] = []
        self.compared: list[str] = []

    def likeness(self, asked: str, texts: Sequence[str]) -> list[float]:
        self.asked.append(asked)
        self.compared += texts
        return [max((its for word, its in self._alike.items() if word in text), default=0.3) for text in texts]


def said(question: str, **alike: float) -> list[str]:
    return [one.text for one in nearest(question, ALL, Embedder(**alike).likeness).sentences]


def test_a_sentence_answers_that_says_it_in_other_words() -> None:
    assert not compose("Which methods do you take?", ALL).sentences

    assert said("Which methods do you take?", card=0.76) == ["You can pay by card or by bank transfer."]


def test_a_sentence_that_is_not_alike_enough_answers_nothing() -> None:
    assert said("Do you have gift cards?", card=0.67) == []


def test_what_stands_below_the_same_heading_and_is_nearly_as_alike_is_told_with_it_in_its_order() -> None:
    assert said("rust on my skillet help", lost=0.72, salt=0.76, Oil=0.5) == [
        "No skillet is lost because of rust.",
        "Rub it off with coarse salt.",
    ]


def test_of_a_named_product_its_own_record_is_compared_without_the_name() -> None:
    embedder = Embedder(kneads=0.7)

    [sentence] = nearest("How much bread can the stand mixer make?", ALL, embedder.likeness).sentences

    assert sentence.text == "Bramble Stand Mixer: Planetary mixing at ten speeds; kneads up to 1.2 kg of dough."
    assert embedder.asked == ["How much bread can the make?"]
    assert not any("Bramble" in text or "price" in text for text in embedder.compared)


@pytest.mark.parametrize(
    "question",
    [
        "How noisy is the stand mixer at 2000 W?",  # a figure that its record does not have
        "How noisy are the Bramble things?",  # of two, whose field would it be
        "Is the stand mixer oven safe?",
        "Does the stand mixer come with dough hooks?",  # that it speaks of one says nothing of what is in the box
    ],
)
def test_a_record_that_may_be_of_something_else_is_not_told(question: str) -> None:
    assert said(question, kneads=0.9) == []


@pytest.mark.parametrize(
    ("question", "alike"),
    [
        ("Do you sharpen Dullmann knives?", "sharpen"),  # a name that does not stand there
        ("Which is the cheapest way to pay?", "card"),  # one sentence compares nothing
        ("What is excluded from payment?", "card"),  # what is left out is not what is in
        ("How do I return a skillet?", "salt"),  # of another business
        ("Does it rust?", "rust"),  # nobody knows what
        ("Can I pay with bitcoin?", "card"),  # what can be used instead does not say
        ("How can I pay in Japan?", "card"),
        ("How do I wash a fleece?", "salt"),  # of another thing
        ("Is the coating lost?", "lost"),
    ],
)
def test_what_the_question_names_and_does_must_stand_there(question: str, alike: str) -> None:
    assert said(question, **{alike: 0.95}) == []


PIN = Source(
    6,
    ("Catalog", "French Rolling Pin"),
    "sku: C-1; name: French Rolling Pin; category: Baking; price: 17 GBP; dimensions: 46 cm; "
    "description: Comes in a box of 50 cm.",
    0.7,
)
STAND = Source(
    7,
    ("Catalog", "Tall Stand"),
    "sku: C-2; name: Tall Stand; category: Cameras; price: 69 USD; color: black; description: Closes to 42 cm.",
    0.7,
)
TIMES = Source(8, ("Returns",), "You have 30 days from delivery to return unused items.", 0.7)


@pytest.mark.parametrize("question", ["How long is the rolling pin?", "how wide is the French Rolling Pin"])
def test_a_length_is_told_by_the_products_own_field_and_by_no_period(question: str) -> None:
    embedder = Embedder(days=0.95)

    [sentence] = [
        *compose(question, (TIMES, PIN)).sentences,
        *nearest(question, (TIMES, PIN), embedder.likeness).sentences,
    ][:1]

    assert sentence.text == "French Rolling Pin: dimensions 46 cm"


def test_a_length_that_the_record_gives_of_another_side_is_not_told() -> None:
    assert compose("How tall is the Tall Stand?", (STAND, TIMES)).sentences == ()
    assert nearest("How tall is the Tall Stand?", (STAND, TIMES), Embedder(Closes=0.95).likeness).sentences == ()


@pytest.mark.parametrize("question", ["How long is the rolling stool?", "How thick is the rolling pin?"])
def test_the_length_of_another_thing_or_side_is_not_told(question: str) -> None:
    assert nearest(question, (PIN,), Embedder(dimensions=0.95).likeness).sentences == ()
