"""A wish about products becomes calls of tools and an answer; what is unsure is left to the documents."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.catalog.offer import Range
from shopwright.orchestrator import carry
from shopwright.orchestrator.carry import Asked, Carried, Desk
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.intent import WORDS_ALONE
from shopwright.orchestrator.session import Turn
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage

from tests.unit.shopwright.orchestrator.tool_shop import ANN, Shop

SEARCH = "show me some tents under 300 EUR"


class Counter:
    """A shop's tools, carried out; its values are read when they are told."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.coordinator = Coordinator()
        self.read: list[tuple[str, ...]] = []
        self.price = "199.00"

    def facts(self, passages: Sequence[Passage]) -> Mapping[str, Sheet]:
        self.read.append(tuple(passage.chunk_id for passage in passages))
        price = Told("tent", "", "price", Kind.MONEY, self.price, "EUR", 7)
        return {"c-1": {"price": price, "category": Told("tent", "", "category", Kind.WORDS, "Tents", "", 1)}}

    def say(self, text: str, *turns: Turn) -> Carried | None:
        desk = Desk(
            lambda caller, name, arguments, deadline, known_as: self.shop.registry.call(
                caller, name, arguments, deadline, request_id=known_as
            ),
            self.coordinator,
            WORDS_ALONE,
        )
        return carry.carried(Asked(text, ANN, turns), desk=desk, facts=self.facts, deadline=Deadline(8000))


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.coordinator.close()
    made.shop.registry.close()


def turn(question: str, *products: str) -> Turn:
    return Turn(question, "…", "answered", 1_790_000_000, "products", products)


def test_what_is_found_is_told_by_one_reading_and_cited(counter: Counter) -> None:
    said = counter.say(SEARCH)

    assert said is not None
    assert said.sentences == ("This fits:", "\nTent: price 199.00 EUR [1]")
    assert [(fact.key, fact.version) for fact in said.facts] == [("tent#price", 7)]
    assert [citation.quote for citation in said.citations] == ["name: Tent; price: 199.00 EUR"]
    assert [product.prediction and product.prediction.model_id for product in said.products] == ["heuristic"]
    assert len(counter.read) == 1


def test_a_price_in_minor_units_is_a_tools_whole_ones(counter: Counter) -> None:
    counter.say(SEARCH)

    ranges = [asked for _, asked in counter.shop.asked if isinstance(asked, Range)]
    assert Range(None, 30_000, "EUR") in ranges
    assert Range() in ranges  # and what is nearest, should nothing fit


def test_what_no_longer_fits_when_it_is_told_does_not_fit(counter: Counter) -> None:
    counter.price = "349.00"

    said = counter.say(SEARCH)

    assert said is not None
    assert said.sentences[0] == "Nothing here fits all of that. The nearest:"
    assert "349.00 EUR" in said.sentences[1]


def test_a_search_that_cannot_be_made_tells_nothing(counter: Counter) -> None:
    counter.shop.down = True

    assert counter.say(SEARCH) is None
    assert counter.read == []


@pytest.mark.parametrize("message", ["How long can I return it?", "hello", "do you deliver to Spain?", "xyzzy plugh"])
def test_what_is_no_wish_about_products_is_left_to_the_documents(counter: Counter, message: str) -> None:
    assert counter.say(message) is None
    assert counter.shop.asked == []


def test_what_is_asked_beside_is_looked_up_in_the_documents_at_once(counter: Counter) -> None:
    said = counter.say(f"{SEARCH}. Can I return it within a month?")

    assert said is not None
    assert said.rest == "Can I return it within a month?"
    assert [passage.chunk_id for passage in said.passages] == ["c-1", "c-2"]


def test_a_product_that_was_shown_is_asked_about(counter: Counter) -> None:
    said = counter.say("how much is the first one?", turn("tents", "tent", "stove"))

    assert said is not None
    assert [fact.value for fact in said.facts] == ["199.00"]


@pytest.mark.parametrize(
    ("message", "does"),
    [
        ("how much is it?", True),
        ("and the cheaper one?", True),
        ("is there a blue one?", True),
        ("which is lighter?", True),
        ("add the second one", True),
        ("under 300?", True),
        ("anything cheaper?", True),
        ("show me tents under 300", False),
        ("what is the cheapest tent?", False),
        ("How long does delivery take?", False),
    ],
)
def test_what_points_at_what_was_said_hangs_on_it(message: str, does: bool) -> None:
    assert carry.hangs(message, [turn("tents", "tent")]) is does
    assert not carry.hangs(message, [])
