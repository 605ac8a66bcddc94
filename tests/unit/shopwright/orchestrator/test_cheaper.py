"""Is this one cheaper than that one? Decided and told from both products' prices of now, or said why it cannot be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.llm import words
from shopwright.orchestrator import carry
from shopwright.orchestrator.carry import Asked, Carried, Desk
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.intent import WORDS_ALONE
from shopwright.orchestrator.registry import Came, Outcome
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller

from tests.unit.shopwright.orchestrator.tool_shop import ANN

BUDS, PRO, SPEAKER = "Murmur Buds", "Murmur Buds Pro", "Boulder Portable Speaker"


class Counter:
    """A shop with three products, each with the price that a test gives it."""

    def __init__(self) -> None:
        self.coordinator = Coordinator()
        self.prices = {BUDS: ("89.00", "USD"), PRO: ("159.00", "USD"), SPEAKER: ("79.00", "USD")}
        self.searched: list[str] = []

    def call(
        self, caller: Caller, name: str, given: Mapping[str, Any], deadline: Deadline, known_as: str | None
    ) -> Outcome:
        if name != "search_products":
            return Outcome(name, Came.DONE, {"predictions": []})
        self.searched.append(given["words"])
        found = [title for title in self.prices if words.terms(given["words"]) <= words.terms(title)]
        told = [
            {"product_id": title, "title": title, "passage": _passage(title), "relevance": 0.9, "skus": [title]}
            for title in found
        ]
        return Outcome(name, Came.DONE, {"products": told, "complete": True})

    def facts(self, passages: Sequence[Passage]) -> Mapping[str, Sheet]:
        return {passage.chunk_id: self.sheet(passage.title) for passage in passages}

    def sheet(self, title: str) -> Sheet:
        amount, unit = self.prices[title]
        price = {"price": Told(title, "", "price", Kind.MONEY, amount, unit, 7)} if amount else {}
        return {**price, "category": Told(title, "", "category", Kind.WORDS, "Sound", "", 1)}

    def say(self, text: str) -> Carried | None:
        desk = Desk(self.call, self.coordinator, WORDS_ALONE, lambda caller, ids: {})
        wished = carry.wished(Asked(text, ANN), desk=desk, deadline=Deadline(8000))
        if wished is None:
            return None
        return carry.carried(wished, desk=desk, facts=self.facts, deadline=Deadline(8000))

    def told(self, text: str) -> str:
        said = self.say(text)
        assert said is not None, text
        return "".join(said.sentences)


def _passage(title: str) -> dict[str, Any]:
    made = Passage(f"c-{title}", "d", 1, title, (title,), 0, 9, "documents/c.csv", f"name: {title}", 0.9, None, 0.9)
    return {**asdict(made), "section": [title], "text": made.content}


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.coordinator.close()


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("Are the Murmur Buds cheaper than the Murmur Buds Pro?", f"{BUDS} is the cheaper one."),
        ("are the murmur buds pro cheaper than the murmur buds", f"{BUDS} is the cheaper one."),
        ("Is the Boulder Portable Speaker cheaper than the Murmur Buds?", f"{SPEAKER} is the cheaper one."),
        ("Is the Murmur Buds Pro any cheaper than the Murmur Buds?", f"{BUDS} is the cheaper one."),
        ("Isn't the Murmur Buds Pro more expensive than the Murmur Buds?", f"{PRO} is the more expensive one."),
        ("Is the Murmur Buds more expensive than the Murmur Buds Pro?", f"{PRO} is the more expensive one."),
        ("Are the Murmur Buds less expensive than the Murmur Buds Pro?", f"{BUDS} is the less expensive one."),
        ("Which is cheaper, the Murmur Buds or the Murmur Buds Pro?", f"{BUDS} is the cheaper one."),
        ("Which one is more expensive, the Murmur Buds or the Murmur Buds Pro?", f"{PRO} is the more expensive one."),
        ("Which costs less: the Murmur Buds or the Boulder Portable Speaker?", f"{SPEAKER} is the cheaper one."),
        ("What costs more, the Murmur Buds or the Boulder Portable Speaker?", f"{BUDS} is the more expensive one."),
        ("Does the Murmur Buds cost less than the Murmur Buds Pro?", f"{BUDS} is the cheaper one."),
        ("Do the Murmur Buds Pro cost more than the Murmur Buds?", f"{PRO} is the more expensive one."),
        ("Hi, is the Murmur Buds Pro cheaper than the Murmur Buds?", f"{BUDS} is the cheaper one."),
    ],
)
def test_the_cheaper_of_two_is_told_whichever_way_it_is_asked(counter: Counter, message: str, verdict: str) -> None:
    told = counter.told(message)

    assert told.startswith(verdict), told


def test_both_prices_are_told_as_they_are_now_and_cited(counter: Counter) -> None:
    said = counter.say("Are the Murmur Buds cheaper than the Murmur Buds Pro?")

    assert said is not None
    assert "".join(said.sentences) == (
        f"{BUDS} is the cheaper one. [1]\n{BUDS}: price 89.00 USD [1]\n{PRO}: price 159.00 USD [2]"
    )
    assert [(fact.key, fact.value, fact.version) for fact in said.facts] == [
        (f"{BUDS}#price", "89.00", 7),
        (f"{PRO}#price", "159.00", 7),
    ]
    assert [citation.ref for citation in said.citations] == [1, 2]
    counter.prices[BUDS] = ("160.00", "USD")
    assert counter.told("Are the Murmur Buds cheaper than the Murmur Buds Pro?").startswith(f"{PRO} is the cheaper")


@pytest.mark.parametrize("message", ["Is the {} cheaper than the {}?", "Does the {} cost more than the {}?"])
@pytest.mark.parametrize("order", [(BUDS, PRO), (PRO, BUDS)])
def test_prices_that_are_equal_are_said_to_be_so(counter: Counter, message: str, order: tuple[str, str]) -> None:
    counter.prices[PRO] = counter.prices[BUDS]

    assert " are alike in price." in counter.told(message.format(*order))


@pytest.mark.parametrize("order", [(BUDS, PRO), (PRO, BUDS)])
def test_prices_in_two_currencies_are_not_compared(counter: Counter, order: tuple[str, str]) -> None:
    counter.prices[PRO] = ("95.00", "EUR")

    told = counter.told("Is the {} cheaper than the {}?".format(*order))

    assert told.startswith("Their prices are in several currencies ("), told
    assert "I do not convert: so I cannot say which is cheaper." in told
    assert "cheaper one" not in told
    assert "price 89.00 USD" in told
    assert "price 95.00 EUR" in told


@pytest.mark.parametrize("order", [(BUDS, PRO), (PRO, BUDS)])
def test_a_price_that_the_shop_does_not_say_is_said_to_be_missing(counter: Counter, order: tuple[str, str]) -> None:
    counter.prices[PRO] = ("", "")

    told = counter.told("Is the {} cheaper than the {}?".format(*order))

    assert told.startswith(f"The shop does not say the price of {PRO}."), told
    assert "price 89.00 USD" in told


@pytest.mark.parametrize(
    ("buds", "pro", "verdict"),
    [
        ("40.00 to 60.00", "80.00 to 90.00", f"{BUDS} is the cheaper one."),
        ("40.00 to 60.00", "50.00", "Which is cheaper depends on the variant:"),
        ("40.00 to 60.00", "60.00 to 90.00", "Which is cheaper depends on the variant:"),
        ("40.00 to 60.00", "40.00", "Which is cheaper depends on the variant:"),
        ("40.00 to 60.00", "40.00 to 60.00", f"{BUDS} and {PRO} are alike in price."),
        ("61.00 to 70.00", "50.00 to 60.00", f"{PRO} is the cheaper one."),
    ],
)
def test_of_several_variants_the_whole_range_counts(counter: Counter, buds: str, pro: str, verdict: str) -> None:
    counter.prices |= {BUDS: (buds, "USD"), PRO: (pro, "USD")}

    told = counter.told("Is the Murmur Buds cheaper than the Murmur Buds Pro?")

    assert told.startswith(verdict), told
    assert f"price {buds} USD" in told
    assert f"price {pro} USD" in told


def test_what_the_shop_does_not_sell_is_said_not_to_be_listed(counter: Counter) -> None:
    assert counter.told("Is the Murmur Buds cheaper than the Zephyr Nine?").startswith(
        "The shop lists nothing called Zephyr Nine."
    )


@pytest.mark.parametrize(
    "message",
    [
        "Is express delivery cheaper than standard delivery?",
        "Does express shipping cost more than standard shipping?",
        "Is returning it cheaper than a refund?",
    ],
)
def test_what_a_service_costs_is_left_to_the_documents(counter: Counter, message: str) -> None:
    assert counter.say(message) is None


@pytest.mark.parametrize("price", ["100 USD", "$100", "a hundred dollars"])
def test_an_amount_is_no_product_to_compare_with(counter: Counter, price: str) -> None:
    assert counter.told(f"Is the Murmur Buds Pro cheaper than {price}?") == f"\n{PRO}: price 159.00 USD [1]"
