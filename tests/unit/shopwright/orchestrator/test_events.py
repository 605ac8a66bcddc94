"""Whoever listens hears an answer as it comes about: where it leads first, and nothing that has not been checked."""

from collections.abc import Iterator, Sequence

import pytest
from shopwright.catalog.facts import Kind, Told
from shopwright.database.connection import DatabaseUnavailable
from shopwright.errors import NotFound
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import Draft, Sentence, compose
from shopwright.llm.units import Source
from shopwright.orchestrator.answer import Answer, answer
from shopwright.orchestrator.answer_cache import AnswerCache, Cache, Standing
from shopwright.orchestrator.events import Delta, Event, Products, Sources, Telling
from shopwright.orchestrator.visit import Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline

from tests.fakes.shelf import FakeShelf
from tests.unit.shopwright.orchestrator.test_answer import ANN, RETURN, RETURNS, TENT, Counter, passage

PRICE = Told("t-1", "", "price", Kind.MONEY, "699.00", "EUR", 2)


class Left(NotFound):
    """The listener has gone."""


class Listener:
    """Writes down what it hears, and walks away after so many events."""

    def __init__(self, leaves_after: int | None = None) -> None:
        self.heard: list[Event] = []
        self.leaves_after = leaves_after

    def __call__(self, event: Event) -> None:
        if self.leaves_after is not None and len(self.heard) >= self.leaves_after:
            raise Left("nobody is there")
        self.heard.append(event)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.heard if isinstance(event, Delta))

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.heard]


def ask(counter: Counter, question: str, listener: Listener, **changed: object) -> Answer:
    deadline = Deadline(8000, now=lambda: counter.time)
    return answer(Question(question, ANN), desk=counter.desk(**changed), deadline=deadline, tell=listener)


def two_sentences(asked: str, found: Sequence[Source]) -> Draft:
    first, second = "You may return anything within 60 days of delivery.", "Anything may be returned within 90 days."
    return Draft((Sentence(first, 1, (first,)), Sentence(second, 1, (second,))), 0.9)


def test_where_an_answer_leads_is_told_before_its_first_words() -> None:
    listener = Listener()

    said = ask(Counter(RETURNS), RETURN, listener)

    assert listener.heard == [Sources(said.citations), Delta(said.text)]


def test_what_does_not_stand_is_never_told() -> None:
    listener = Listener()

    said = ask(Counter(RETURNS), RETURN, listener, compose=two_sentences)

    assert "90" not in listener.text
    assert listener.text == said.text == "You may return anything within 60 days of delivery. [1]"


def test_each_sentence_is_told_by_itself_and_together_they_are_the_answer() -> None:
    both = "Boots may come back within 60 days. Postage is free for members."

    def compose_both(asked: str, found: Sequence[Source]) -> Draft:
        return Draft(tuple(Sentence(one, 1, (one,)) for one in (both[:35], both[36:])), 0.9)

    listener = Listener()

    said = ask(Counter(passage(both)), RETURN, listener, compose=compose_both)

    assert listener.kinds == ["Sources", "Delta", "Delta"]
    assert listener.text == said.text == "Boots may come back within 60 days. [1] Postage is free for members. [1]"


def test_a_products_values_are_told_when_the_answer_tells_them() -> None:
    counter = Counter(TENT)
    counter.sheets = {"c": {"price": PRICE}}
    listener = Listener()

    said = ask(counter, "What does the Grayling Ridge Winter Tent cost?", listener, compose=compose)

    assert listener.kinds[:2] == ["Sources", "Products"]
    assert listener.heard[1] == Products(said.facts)
    assert said.facts == (PRICE,)
    assert listener.text == said.text


def test_that_the_documents_do_not_hold_it_is_told_too() -> None:
    listener = Listener()

    ask(Counter(passage("Care for wool by airing it.", 0.45)), "Who won the chess championship?", listener)

    assert listener.heard == [Sources(()), Delta(wording().not_in_documents)]


def test_a_kept_answer_is_told_whole() -> None:
    cache = AnswerCache(FakeShelf(), seen=lambda _: 1, current=lambda caller, facts: Standing(1, {}), context=())
    counter, first, second = Counter(RETURNS), Listener(), Listener()

    ask(counter, RETURN, first, cache=cache)
    said = ask(counter, RETURN, second, cache=cache)

    assert said.cache is Cache.HIT
    assert second.heard == first.heard == [Sources(said.citations), Delta(said.text)]


def test_the_first_words_are_clocked_when_they_are_told() -> None:
    counter = Counter(RETURNS)

    class Slow(Listener):
        def __call__(self, event: Event) -> None:
            super().__call__(event)
            counter.time += 0.1

    said = ask(counter, RETURN, Slow())

    assert said.clocks.first_token_ms == pytest.approx(108.0)  # embedding, search, and telling the sources
    assert said.clocks.done_ms == pytest.approx(208.0)


def test_nothing_is_told_of_an_answer_that_cannot_be_had() -> None:
    counter, listener = Counter(RETURNS), Listener()
    counter.database_is_down = True

    said = ask(counter, RETURN, listener)

    assert isinstance(said.failure, DatabaseUnavailable)
    assert listener.heard == []


@pytest.mark.parametrize("after", [0, 1])
def test_a_listener_who_leaves_ends_the_answer_and_holds_nobody_up(after: int) -> None:
    shelf = FakeShelf()
    cache = AnswerCache(shelf, seen=lambda _: 1, current=lambda caller, facts: Standing(1, {}), context=())
    counter = Counter(RETURNS)

    with pytest.raises(Left):
        ask(counter, RETURN, Listener(leaves_after=after), cache=cache)

    assert ask(counter, RETURN, Listener(), cache=cache).cache is Cache.MISS  # at once: nobody is waited for


def test_words_are_told_while_more_of_them_are_still_being_made() -> None:
    listener = Listener()
    heard_meanwhile: list[str] = []

    def slowly() -> Iterator[str]:
        for sentence in ("One.", "Two.", "Three."):
            heard_meanwhile.append(listener.text)
            yield sentence

    text = Telling(listener, lambda: 1.0).words(slowly(), mask=mask)

    assert heard_meanwhile == ["", "One.", "One. Two."]
    assert text == listener.text == "One. Two. Three."


def test_personal_data_is_masked_before_it_is_told() -> None:
    listener = Listener()

    text = Telling(listener, lambda: 1.0).words(["Write to", "ann@example.com for help."], mask=mask)

    assert "ann@example.com" not in listener.text
    assert text == listener.text == "Write to [email] for help."


def test_words_that_a_later_sentence_shows_to_be_personal_are_corrected_by_the_whole_text() -> None:
    listener = Listener()

    text = Telling(listener, lambda: 1.0).words(["Pay with 4242 4242", "4242 4242 please."], mask=mask)

    assert "4242 4242 4242 4242" not in listener.text
    assert "[card]" in text
