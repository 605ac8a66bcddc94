"""An answer from sources beside our own: cited where they stand, kept for nobody, and never in the place of ours."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence

import pytest
from shopwright.costs.ledger import limits_of
from shopwright.costs.price import price_book
from shopwright.costs.used import bill
from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.llm.model import Piece, Reply, Request
from shopwright.llm.say import Desk as Models
from shopwright.orchestrator import spoken
from shopwright.orchestrator.answer import Answer
from shopwright.orchestrator.answer_cache import AnswerCache, Cache, Standing
from shopwright.resilience.breaker import Breaker
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.outside import (
    Beside,
    Found,
    Guarded,
    Measure,
    Outcome,
    SourceLeftAlone,
    SourceMalformed,
    SourceStalled,
    SourceUnavailable,
)
from shopwright.tenancy.tenant import Tenant

from tests.fakes.circuits import FakeCircuits
from tests.fakes.ledger import FakeLedgers
from tests.fakes.shelf import FakeShelf
from tests.unit.shopwright.orchestrator.test_answer import RETURN, RETURNS, Counter, passage

WARRANTY = "How many years of warranty do I get?"
YEARS = "You get 3 years of warranty on every tent."


class Shelf:
    """A source with a memory of whose passages it was asked for."""

    name = "knowledge_base"

    def __init__(self, *found: Found) -> None:
        self.found = list(found)
        self.failure: Unavailable | None = None
        self.looks: Callable[[], object] = lambda: None
        self.asked: list[tuple[str, str]] = []

    def find(self, tenant: Tenant, question: str, *, limit: int, deadline: Deadline) -> Sequence[Found]:
        self.asked.append((tenant.merchant_id, question))
        self.looks()
        if self.failure is not None:
            raise self.failure
        return self.found[:limit]


def found(text: str = YEARS, merchant: str | None = "outdoor", uri: str = "https://outdoor.example/warranty") -> Found:
    return Found(merchant, "w-1", "Warranty", uri, text)


class Shop:
    """A counter with its own passages, and one source beside them."""

    def __init__(self, *results: Found) -> None:
        self.counter = Counter(passage("Care for wool by airing it.", 0.3, "Wool", document="d-wool"))
        self.source = Shelf(*results)
        self.told: list[Outcome] = []
        breaker = Breaker(f"source-{uuid.uuid4()}", FakeCircuits().store(), left_alone=SourceLeftAlone)
        self.beside = Beside(
            [Guarded(self.source, breaker)],
            measure=Measure(mask=lambda text: text, embed=lambda texts: [[0.86] for _ in texts]),
            report=self.told.append,
        )
        self.cache = AnswerCache(
            FakeShelf(time.time),
            seen=lambda caller: 1,
            current=lambda caller, keys: Standing(1, {}),
            context=("x",),
        )

    def ask(self, text: str = WARRANTY) -> Answer:
        return self.counter.ask(text, beside=self.beside, cache=self.cache)


def test_an_answer_cites_the_source_where_it_stands() -> None:
    shop = Shop(found())

    said = shop.ask()

    assert (said.verdict, said.text) == ("answered", f"{YEARS} [1]")
    (citation,) = said.citations
    assert (citation.source_uri, citation.title) == ("https://outdoor.example/warranty", "Warranty")
    assert (citation.start, citation.end, citation.quote) == (0, len(YEARS), YEARS)
    assert shop.source.asked == [("outdoor", WARRANTY)]
    assert said.notes == ()


def test_what_others_had_a_part_in_is_kept_for_nobody_and_what_is_ours_alone_is() -> None:
    shop = Shop(found())
    shop.counter.passages = (*shop.counter.passages, RETURNS)

    assert [shop.ask().cache, shop.ask().cache] == [Cache.MISS, Cache.MISS]
    shop.source.found = []
    assert [shop.ask(RETURN).cache, shop.ask(RETURN).cache] == [Cache.MISS, Cache.HIT]


def test_what_asking_a_source_costs_is_in_the_answers_bill() -> None:
    shop = Shop(found())

    said = shop.counter.ask(WARRANTY, beside=shop.beside, priced=lambda used: bill(used, price_book(), memory_mb=1024))

    assert any(line.what == "embedding_tokens" and line.nanos > 0 for line in said.cost.lines)


def models(ledgers: FakeLedgers) -> spoken.Desk:
    """A desk at which no model is left to ask, and a ledger."""
    return spoken.Desk(
        models=Models(Nobody(), (), price_book(), count=len),
        books=lambda caller: ledgers.of(caller.tenant).books(),
        limits=limits_of(),
        embed=lambda texts: [[1.0] for _ in texts],
        counted=lambda end, before: None,
    )


class Nobody:
    """No model."""

    def stream(self, request: Request, deadline: Deadline) -> Iterator[Piece]:
        raise AssertionError("a model was asked that nobody pays for")

    def complete(self, request: Request, deadline: Deadline) -> Reply:
        raise AssertionError("a model was asked that nobody pays for")


def test_a_source_is_not_asked_while_nobody_can_say_whether_it_can_be_paid() -> None:
    shop, ledgers = Shop(found()), FakeLedgers(time.time)
    shop.counter.passages = (*shop.counter.passages, RETURNS)
    ledgers.down = True

    said = shop.counter.ask(RETURN, beside=shop.beside, spoken=models(ledgers), cache=shop.cache)

    assert shop.source.asked == []
    assert (said.verdict, said.mode) == ("answered", "extractive")
    assert said.flags == ("knowledge_base_left_alone",)
    assert said.notes == (wording().notes["source_missing"],)
    ledgers.down = False
    again = shop.counter.ask(RETURN, beside=shop.beside, spoken=models(ledgers), cache=shop.cache)
    assert (again.cache, again.notes, len(shop.source.asked)) == (Cache.MISS, (), 1)


@pytest.mark.parametrize("merchant", [None, "kitchen"])
def test_another_merchants_words_answer_nothing(merchant: str | None) -> None:
    shop = Shop(found(merchant=merchant))

    assert shop.ask().verdict == "not_in_documents"
    assert shop.told[0].dropped == (("another_merchant" if merchant else "no_merchant", 1),)


@pytest.mark.parametrize(
    ("failure", "flag"),
    [
        (SourceUnavailable(), "knowledge_base_unavailable"),
        (SourceStalled(), "knowledge_base_stalled"),
        (SourceMalformed(), "knowledge_base_malformed"),
        (SourceLeftAlone(), "knowledge_base_left_alone"),
    ],
)
def test_when_a_source_fails_our_own_words_answer_and_the_shopper_is_told(failure: Unavailable, flag: str) -> None:
    shop = Shop()
    shop.counter.passages = (RETURNS,)
    shop.source.failure = failure

    said, again = shop.ask(RETURN), shop.ask(RETURN)

    assert said.text == "You may return anything within 60 days of delivery. [1]"
    assert flag in said.flags
    assert said.notes == (wording().notes["source_missing"],)
    assert again.cache is Cache.MISS  # with less than there is as a rule: nobody else gets it


def test_both_are_looked_for_at_the_same_time() -> None:
    shop = Shop(found())
    both = threading.Barrier(2, timeout=5)  # passed only by two who look at the same time
    shop.source.looks = both.wait
    own = shop.counter.search

    def with_the_other(*asked: object) -> object:
        both.wait()
        return own(*asked)  # type: ignore[arg-type]  # as they came

    said = shop.counter.ask(WARRANTY, beside=shop.beside, search=with_the_other)

    assert said.verdict == "answered"
    assert not both.broken


def test_a_record_of_a_product_from_outside_tells_no_price() -> None:
    shop = Shop(found("sku: T-9; name: Rogue Tent; price: 1.00 EUR; description: For storms."))

    said = shop.counter.ask(
        "How much is the Rogue Tent?", beside=shop.beside, facts=lambda caller, chunks: {}
    )  # the database knows no such product

    assert "1.00" not in said.text
