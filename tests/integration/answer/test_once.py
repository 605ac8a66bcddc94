"""What several ways of answering need is done once, and products are looked for only where they may decide."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from shopwright.llm.extractive import Draft
from shopwright.llm.units import Source
from shopwright.orchestrator.registry import Outcome
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

from tests.integration.answer.conftest import Shops


class Watched:
    """The shops, and what was done to answer."""

    def __init__(self, shops: Shops) -> None:
        self.tools: list[str] = []
        self.drafts: Counter[tuple[str, tuple[Source, ...]]] = Counter()
        assert shops.desk.carry is not None
        self._desk = shops.desk
        carry = replace(shops.desk.carry, call=self._call)
        self._shops = Shops(replace(shops.desk, carry=carry, compose=self._compose), shops.database)

    def ask(self, shop: str, question: str) -> str:
        return self._shops.ask(shop, question).text

    def _call(
        self, caller: Caller, tool: str, given: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Outcome:
        assert self._desk.carry is not None
        self.tools.append(tool)
        return self._desk.carry.call(caller, tool, given, deadline, request_id)

    def _compose(self, question: str, sources: Sequence[Source]) -> Draft:
        self.drafts[question, tuple(sources)] += 1
        return self._desk.compose(question, sources)


@pytest.fixture
def watched(shops: Shops) -> Watched:
    return Watched(shops)


@pytest.mark.parametrize(
    ("shop", "question", "says"),
    [
        ("kitchen", "How much does gift wrapping cost?", "£3.50"),
        ("kitchen", "What is the price of the Bramble Stand Mixer?", "334.00 GBP"),
        ("outdoor", "How much does it cost to hire a Meadowlark tent?", "€18.00 per night"),
    ],
)
def test_where_the_documents_answer_no_product_is_looked_for(
    watched: Watched, shop: str, question: str, says: str
) -> None:
    assert says in watched.ask(shop, question)
    assert watched.tools == []


def test_where_the_documents_are_silent_products_are_looked_for(watched: Watched) -> None:
    assert "not find" in watched.ask("outdoor", "How much does VoltCare cost?")
    assert "search_products" in watched.tools


def test_what_is_found_goes_before_the_documents_where_it_is_certain(watched: Watched) -> None:
    assert "Grayling" in watched.ask("outdoor", "Show me tents over 600 euros")
    assert "search_products" in watched.tools


@pytest.mark.parametrize(
    ("shop", "question"),
    [
        ("outdoor", "How much does VoltCare cost?"),
        ("kitchen", "How much does VoltCare cost?"),
        ("electronics", "What does membership of the Supper Society cost?"),
    ],
)
def test_the_same_passages_are_read_once_for_a_question(watched: Watched, shop: str, question: str) -> None:
    watched.ask(shop, question)

    assert watched.drafts
    assert set(watched.drafts.values()) == {1}
