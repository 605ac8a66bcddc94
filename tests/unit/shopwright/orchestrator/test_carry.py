"""A wish about products becomes calls of tools and an answer; what is unsure is left to the documents."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.catalog.offer import Range
from shopwright.orchestrator import carry, going_on
from shopwright.orchestrator.carry import Asked, Carried, Desk
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.intent import WORDS_ALONE
from shopwright.orchestrator.session import Turn
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage

from tests.unit.shopwright.orchestrator.tool_shop import ANN, Shop, listed

SEARCH = "show me some tents under 300 EUR"


class Counter:
    """A shop's tools, carried out; its values are read when they are told."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.coordinator = Coordinator()
        self.read: list[tuple[str, ...]] = []
        self.price = "199.00"
        self.bought: Sequence[str] | None = None

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
            lambda caller, ids: {},
            bought=None if self.bought is None else lambda caller: self.bought or (),
        )
        wished = carry.wished(Asked(text, ANN, turns), desk=desk, deadline=Deadline(8000))
        if wished is None:
            return None
        return carry.carried(wished, desk=desk, facts=self.facts, deadline=Deadline(8000))


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
    assert Range(None, 29_999, "EUR") in ranges  # "under 300" leaves 300 out
    assert Range() in ranges  # and what is nearest, should nothing fit


def test_what_no_longer_fits_when_it_is_told_does_not_fit(counter: Counter) -> None:
    counter.price = "349.00"

    said = counter.say(SEARCH)

    assert said is not None
    assert said.sentences[0] == "Nothing here fits all of that. The nearest:"
    assert "349.00 EUR" in said.sentences[1]


@pytest.mark.parametrize(
    "message",
    [
        "Which tents cost less than 300 EUR?",
        "Find me a tent under 300 EUR",
        "What tents are cheaper than 300 EUR?",
        "Which tents are below 300 euros?",
        "Which tents can I have for under 300 EUR?",
        "Which tents cost at most 300 euros?",
        "Which tents cost no more than €300?",
        "Which tents don't cost more than 300 EUR?",
        "Which tents cost between 100 and 300 EUR?",
        "What tents do you have for less than 300 EUR?",
        "Can I get a tent for under 300 EUR?",
        "Are any tents cheaper than 300 EUR?",
        "How many tents cost less than 300 EUR?",
    ],
)
def test_whoever_asks_which_cost_so_much_is_shown_them(counter: Counter, message: str) -> None:
    said = counter.say(message)

    assert said is not None
    assert said.sentences[0] in {"This fits:", "Of those that I looked at, these fit:"}
    assert "Tent: price 199.00 EUR" in said.sentences[1]
    counter.price = "349.00"
    dearer = counter.say(message)
    assert dearer is not None
    assert "fits all of that" in dearer.sentences[0]


@pytest.mark.parametrize("message", ["Does the Tent cost less than 300 EUR?", "Is the Tent cheaper than 150 EUR?"])
def test_whether_a_product_costs_so_much_is_answered_with_its_price(counter: Counter, message: str) -> None:
    said = counter.say(message)

    assert said is not None
    assert said.sentences == ("\nTent: price 199.00 EUR [1]",)


@pytest.mark.parametrize(
    "message",
    [
        "What does delivery cost for orders under 50 EUR?",
        "Which orders below 50 EUR ship for free?",
        "Which shipping costs less than 10 EUR?",
        "What is the warranty on tents below 300 EUR?",
        "What do you charge for repairs under 20 EUR?",
        "Can I get a refund for less than 20 EUR?",
        "Is tax due on a tent over 150 EUR?",
        "What do tents below 300 EUR weigh?",
        "Which tents can be returned within 60 days?",
        "Which tents hold up to 4 people?",
        "Do you pitch tents in under 30 minutes?",
    ],
)
def test_an_amount_that_is_of_something_else_looks_for_no_product(counter: Counter, message: str) -> None:
    assert counter.say(message) is None


def test_of_those_that_were_shown_the_ones_that_cost_so_much_are_told(counter: Counter) -> None:
    said = counter.say("Which of them cost less than 200 EUR?", turn("tents", "tent"))

    assert said is not None
    assert said.sentences[0] == "This fits:"
    assert "price 199.00 EUR" in said.sentences[1]
    counter.price = "201.00"
    dearer = counter.say("Which of them cost less than 200 EUR?", turn("tents", "tent"))
    assert dearer is not None
    assert dearer.sentences[0] == "Nothing here fits all of that. The nearest:"


def test_a_search_that_cannot_be_made_tells_nothing(counter: Counter) -> None:
    counter.shop.down = True

    assert counter.say(SEARCH) is None
    assert counter.read == []


@pytest.mark.parametrize("message", ["How long can I return it?", "hello", "do you deliver to Spain?"])
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
        ("show me more", True),
        ("what else?", True),
        ("show me tents under 300", False),
        ("what is the cheapest tent?", False),
        ("How long does delivery take?", False),
    ],
)
def test_what_points_at_what_was_said_hangs_on_it(message: str, does: bool) -> None:
    assert going_on.hangs(message, [turn("tents", "tent")]) is does
    assert not going_on.hangs(message, [])


@pytest.mark.parametrize("message", ["show me popular tents", "show me some best-selling tents"])
def test_what_is_popular_is_what_was_bought_most(counter: Counter, message: str) -> None:
    counter.bought = ("tent", "stove")

    said = counter.say(message)

    assert said is not None
    assert said.sentences == ("Bought most in the last thirty days:", "\nTent: price 199.00 EUR [1]")
    assert said.watched is None  # how much was bought has no version to watch


def test_where_nothing_was_bought_nothing_is_called_popular(counter: Counter) -> None:
    counter.bought = ()

    said = counter.say("show me some popular tents")

    assert said is not None
    assert said.sentences[0].startswith("Nothing is counted as bought in the last thirty days")


def test_where_nobody_counts_what_is_bought_that_is_said(counter: Counter) -> None:
    said = counter.say("show me some popular tents")

    assert said is not None
    assert said.sentences[0].startswith("The shop does not say which are the newest")


@pytest.mark.parametrize(
    ("message", "stands"),
    [
        ("Find me a tent", True),
        ("two-person tents", True),
        ("Which tents have two doors?", True),
        ("What is the union?", False),
        ("How do I fold a tent?", False),
    ],
)
def test_what_may_be_meant_is_told_where_the_documents_say_nothing(
    counter: Counter, message: str, stands: bool
) -> None:
    """No rule tells what these ask for, and here no examples do."""
    counter.shop.passages = []
    said = counter.say(message)

    looked = any(isinstance(asked, Range) for _, asked in counter.shop.asked)
    assert looked is stands
    assert said is None or said.likely


def test_what_is_denied_of_products_is_asked_of_the_pages_as_a_question_too(counter: Counter) -> None:
    said = counter.say("tents that are not suitable for snow")

    assert said is not None
    assert (said.denies, said.otherwise) == (
        ("snow",),
        ("Which tents do not snow?", "What does not work on snow?"),
    )
    plain = counter.say("show me tents")
    assert plain is not None
    assert (plain.denies, plain.otherwise) == ((), ())


def test_what_is_cheaper_than_a_certain_product_is_held_against_its_own_values(counter: Counter) -> None:
    counter.say("anything cheaper than it?", turn("show me the Tent", "stove"))

    assert ("stove", "") in [asked for _, asked in counter.shop.asked]
    assert any(isinstance(asked, str) for _, asked in counter.shop.asked)  # and another one is looked for


def test_the_second_one_is_one_of_the_list_also_after_another_was_told_of(counter: Counter) -> None:
    talk = (turn("tents", "stove", "tent"), turn("the first one", "stove"))

    said = counter.say("how much is the second one?", *talk)

    assert said is not None
    assert [fact.product_id for fact in said.facts] == ["tent"]


def test_the_cheapest_of_a_list_that_was_cut_is_of_all_that_fit(counter: Counter) -> None:
    counter.say("and the cheapest?", turn(SEARCH, "a", "b", "c", "d", "stove"))

    assert any(isinstance(asked, Range) for _, asked in counter.shop.asked)  # it is looked for anew
    assert ("a", "") not in [asked for _, asked in counter.shop.asked]


def test_whoever_picks_from_a_list_still_speaks_of_the_list(counter: Counter) -> None:
    picks = [turn(said, "stove") for said in ("and the cheapest?", "the lightest of them", "the most expensive one")]

    said = counter.say("show me the others", turn(SEARCH, "a", "b", "c", "d", "stove"), *picks)

    assert said is not None
    assert said.sentences == ("This fits:", "\nTent: price 199.00 EUR [1]")


@pytest.mark.parametrize("message", ["What tent do I need for the winter?", "Which tents should I take to Norway?"])
def test_what_somebody_needs_the_documents_say(counter: Counter, message: str) -> None:
    assert counter.say(message) is None


@pytest.mark.parametrize("message", ["anything at most 300 EUR?", "What can I buy for 199 EUR?", "gifts under 300 EUR"])
def test_a_list_of_whatever_costs_so_much_says_how_many_more_do(counter: Counter, message: str) -> None:
    counter.shop.products = [listed(f"thing-{n}", 199) for n in range(8)]

    said = counter.say(message)

    assert said is not None
    assert said.sentences[0] == "8 fit. The first 5 of them:"
    counter.shop.products = counter.shop.products[:5]
    whole = counter.say(message)
    assert whole is not None
    assert whole.sentences[0] == "These fit:"


def test_where_not_all_of_such_a_price_were_looked_at_that_is_said(counter: Counter) -> None:
    counter.shop.products = [listed(f"thing-{n}", 199) for n in range(8)]

    said = counter.say("anything wireless under 300 EUR?")

    assert said is not None
    assert said.sentences[0].startswith("Of those that I looked at, nothing fits")


@pytest.mark.parametrize("message", ["What costs exactly 199 EUR?", "Which tents cost 199 EUR?"])
def test_what_costs_exactly_so_much_is_shown(counter: Counter, message: str) -> None:
    said = counter.say(message)

    assert said is not None
    assert said.sentences[0] in {"This fits:", "Of those that I looked at, these fit:"}
    assert "price 199.00 EUR" in said.sentences[1]
    ranges = [asked for _, asked in counter.shop.asked if isinstance(asked, Range)]
    assert Range(19_900, 19_900, "EUR") in ranges


@pytest.mark.parametrize(
    "message",
    [
        "My tents are too small",
        "My tent has a hole.",
        "Do you buy used tents?",
        "Can you repair tents?",
        "Would you take back old tents?",
    ],
)
def test_what_is_said_of_a_shoppers_own_thing_looks_for_no_product(counter: Counter, message: str) -> None:
    assert counter.say(message) is None
