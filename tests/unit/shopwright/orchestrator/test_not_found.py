"""Where nothing is found something is still tried, and it is told as what it is."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from shopwright.database.connection import DatabaseUnavailable
from shopwright.grounding.wording import wording
from shopwright.orchestrator.answer import answer
from shopwright.orchestrator.events import Delta, Event, Sources
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

from tests.unit.shopwright.orchestrator.test_answer import ANN, RETURNS, Counter, passage

WHISTLE = passage(
    "sku: B-1; name: Signal Whistle; price: 6.90 EUR; description: Pealess, 118 dB, works wet.",
    0.7,
    *("Catalog", "Signal Whistle"),
    document="d-catalog",
)
NOTHING = wording().not_in_documents


def desk(sold: Collection[str] = ()) -> dict[str, Any]:
    return {"sold": lambda caller, words: set(sold) & set(words)}


def test_a_slip_of_the_pen_is_read_and_that_is_said() -> None:
    said = Counter(RETURNS).ask("How mnay days do i have to retrun something?", **desk())

    assert said.verdict == "answered"
    assert said.text.startswith("I read “mnay” as “many”, “retrun” as “return”. You may return anything within 60 days")
    assert "respelled" in said.flags
    assert said.citations


def test_what_is_answered_as_it_is_written_is_not_read_otherwise() -> None:
    said = Counter(RETURNS).ask("How many days do I have to return smething?", **desk())

    assert said.text == "You may return anything within 60 days of delivery. [1]"
    assert said.flags == ()


def test_what_is_not_found_either_way_is_refused_in_one_sentence() -> None:
    said = Counter(RETURNS).ask("How lodu is it?", **desk())

    assert (said.verdict, said.text, said.flags) == ("not_in_documents", NOTHING, ())


def test_without_the_shops_names_it_stays_as_it_is_written() -> None:
    def down(caller: Caller, words: Sequence[str]) -> Collection[str]:
        raise DatabaseUnavailable("The database did not answer.")

    said = Counter(RETURNS).ask("How mnay days do i have to retrun something?", sold=down)

    assert (said.verdict, said.text, said.failure) == ("not_in_documents", NOTHING, None)


def test_where_the_record_cannot_be_looked_up_now_that_nothing_was_found_is_told_all_the_same() -> None:
    counter = Counter(WHISTLE, RETURNS)
    counter.facts_are_down = True

    said = counter.ask("How loud is the signal whistle?", **desk())

    assert (said.verdict, said.text, said.failure) == ("not_in_documents", NOTHING, None)


def test_a_record_that_is_found_by_another_spelling_says_so() -> None:
    said = Counter(WHISTLE, RETURNS).ask("How loud is the singal whistle?", **desk())

    assert said.text.startswith("I read “singal” as “signal”. I could not find that stated. What the shop does say: ")
    assert said.flags == ("whole_record", "respelled")


def test_a_record_that_holds_no_known_answer_is_told_whole_and_as_that() -> None:
    said = Counter(WHISTLE, RETURNS).ask("How loud is the signal whistle?", **desk())

    assert said.verdict == "not_in_documents"
    assert said.text == (
        "I could not find that stated. What the shop does say: "
        "Signal Whistle: price 6.90 EUR, Pealess, 118 dB, works wet. [1]"
    )
    assert said.flags == ("whole_record",)
    assert said.confidence > 0.5  # in that it is no answer
    assert [one.document_id for one in said.citations] == ["d-catalog"]


def test_a_record_is_told_as_the_database_has_it_now_or_not_at_all() -> None:
    counter = Counter(WHISTLE)
    counter.gone = {"c"}

    assert counter.ask("How loud is the signal whistle?").text == NOTHING


@pytest.mark.parametrize("question", ["Wie laut ist die Signal Whistle?", "¿Qué tan fuerte es el Signal Whistle?"])
def test_what_is_asked_in_another_language_is_refused_in_it(question: str) -> None:
    said = Counter(WHISTLE, RETURNS).ask(question, **desk())

    assert said.verdict == "not_in_documents"
    assert said.text != NOTHING
    assert said.flags == ()


def test_each_word_is_told_once_to_who_listens() -> None:
    heard: list[Event] = []
    question = Question("How loud is the signal whistle?", ANN)

    said = answer(question, desk=Counter(WHISTLE).desk(), deadline=Deadline(8000), tell=heard.append)

    assert "".join(event.text for event in heard if isinstance(event, Delta)) == said.text
    assert [type(event) for event in heard].count(Sources) == 1
